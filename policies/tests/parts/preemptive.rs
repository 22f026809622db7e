//! Ranks and preemption: a few jobs whose turns are worked out by hand.

use sim_core::registry::Value;
use sim_core::testkit::{Case, cpu};
use sim_core::{GpuNeed, ModelSet, Shape, SimDuration};

use crate::ranked::{preemptive, spans};

fn machine() -> Case {
    Case::new().nodes(1, cpu(1))
}

fn ends(case: &Case, jobs: &[u64]) -> Vec<f64> {
    jobs.iter().map(|&job| case.end(job).0).collect()
}

fn secs(secs: u64) -> Value {
    Value::Duration(SimDuration::from_secs(secs))
}

#[test]
fn srpt_stops_whoever_has_more_left() {
    let mut case = machine();
    let long = case.job(0, 100).walltime(100).add();
    // At 10 the first has 90 left, at 25 the second 5.
    let short = case.job(10, 20).walltime(20).add();
    let shorter = case.job(25, 4).walltime(4).add();
    case.policy(preemptive("srpt", &[], "suspend", "skip")).run();
    // 10 to 25 and 29 to 34 for the second; the first goes on at 34 with 90 left.
    assert_eq!(ends(&case, &[shorter, short, long]), [29.0, 34.0, 124.0]);
}

#[test]
fn srpt_leaves_whoever_has_less_left() {
    let mut case = machine();
    let first = case.job(0, 100).walltime(100).add();
    // 20 left against 30, and against 20: equals do not stop one another.
    let longer = case.job(80, 30).walltime(30).add();
    let equal = case.job(80, 20).walltime(20).add();
    let unknown = case.job(0, 5).add();
    case.policy(preemptive("srpt", &[], "suspend", "skip")).run();
    assert_eq!(ends(&case, &[first, equal, longer, unknown]), [100.0, 120.0, 150.0, 155.0]);
}

#[test]
fn a_stopped_job_keeps_what_it_is_allowed_to_and_pays_for_the_restart() {
    // Stopped at 25 for 20 s, with 5 s to restart. Of 25 s done all is kept, or two checkpoints of 10 s.
    for (how, end) in [("suspend", 45.0 + 5.0 + 75.0), ("requeue", 45.0 + 5.0 + 80.0)] {
        let mut case = machine();
        case.rules.kill_at_walltime = false;
        let long = case.job(0, 100).walltime(100).checkpoint(10, 5).add();
        let short = case.job(25, 20).walltime(20).add();
        case.policy(preemptive("srpt", &[], how, "skip")).run();
        assert_eq!(ends(&case, &[short, long]), [45.0, end], "{how}");
    }
}

#[test]
fn stopping_may_take_time() {
    let mut case = machine();
    case.rules.preemption_delay = SimDuration::from_secs(5);
    let long = case.job(0, 100).walltime(200).add();
    let short = case.job(10, 20).walltime(20).add();
    // Free for a moment at 35 only; nothing takes the place that is being made.
    let other = case.job(12, 30).walltime(30).add();
    case.policy(preemptive("srpt", &[], "suspend", "skip")).run();
    // Told to stop at 10, gone at 15; 15 to 35, 35 to 65, then the 90 s left.
    assert_eq!(ends(&case, &[short, other, long]), [35.0, 65.0, 155.0]);
}

#[test]
fn srsf_counts_the_size_of_a_job() {
    for (rank, ended) in [("srpt", [100.0, 250.0]), ("srsf", [250.0, 160.0])] {
        let mut case = Case::new().nodes(1, cpu(4));
        let wide = case.job(0, 100).walltime(100).each(cpu(4)).add();
        // At 10: 90 s on 4 cores, 360 core-seconds, against 150 s on one.
        let narrow = case.job(10, 150).walltime(150).add();
        case.policy(preemptive(rank, &[], "suspend", "skip")).run();
        assert_eq!(ends(&case, &[wide, narrow]), ended, "{rank}");
    }
}

#[test]
fn las_takes_turns_in_steps() {
    let mut case = machine();
    let first = case.job(0, 100).add();
    let second = case.job(5, 100).add();
    case.policy(preemptive("las", &[("step", secs(10))], "suspend", "skip")).run();
    // The first gives way when a step is full and the second is a step behind: at 10; the second at 30, a step ahead
    // then; from there on turns of 20 s. The second has 100 s at 190.
    assert_eq!(ends(&case, &[first, second]), [200.0, 190.0]);
}

#[test]
fn queues_of_service_fall_by_size_or_by_time() {
    // Four cores: 100 core-seconds after 25 s, or 40 s by time alone.
    for (rank, limits, from) in [("las-2d", [100, 1000], 25.0), ("dlas", [40, 1000], 40.0)] {
        let mut case = Case::new().nodes(1, cpu(4));
        let wide = case.job(0, 100).each(cpu(4)).add();
        let narrow = case.job(10, 30).add();
        case.policy(preemptive(rank, &[("limits", spans(&limits))], "suspend", "skip")).run();
        assert_eq!((case.start(narrow), case.end(wide).0), (from, 130.0), "{rank}");
    }
}

#[test]
fn a_starved_job_is_taken_for_a_new_one() {
    for (promote, start) in [(None, 37.0), (Some(Value::Int(2)), 47.0)] {
        let mut case = machine();
        let long = case.job(0, 100).add();
        // It falls at 10. One short job after the other goes first ..
        let short: Vec<u64> = [10, 19, 28, 37, 46].map(|at| case.job(at, 9).add()).into();
        let mut given = vec![("limits", spans(&[10]))];
        given.extend(promote.map(|times| ("promote", times)));
        case.policy(preemptive("dlas", &given, "suspend", "skip")).run();
        // .. until it has waited twice its 10 s, at 30. It was there first: from 37 it runs for another 10 s.
        assert_eq!(case.start(short[3]), start);
        assert_eq!(case.end(long).0, 145.0);
    }
}

#[test]
fn gittins_finishes_what_is_nearly_done() {
    // All jobs are known to need 10: whoever has 5 behind it goes first. Had half of them needed 1, it would go last.
    let half = Value::List([1, 10].map(secs).into());
    for (samples, ended) in [(spans(&[10, 10, 10]), [10.0, 11.0]), (half, [11.0, 6.0])] {
        let mut case = machine();
        let first = case.job(0, 10).add();
        let second = case.job(5, 1).add();
        let given = [("limits", spans(&[5])), ("samples", samples)];
        case.policy(preemptive("gittins", &given, "suspend", "skip")).run();
        assert_eq!(ends(&case, &[first, second]), ended);
    }
}

#[test]
fn gittins_learns_from_jobs_that_completed() {
    let mut case = machine();
    // Nothing is known: queues as of las. The first falls at 5, and the second goes first from 5 to 6.
    let first = case.job(0, 10).add();
    let second = case.job(5, 1).add();
    // 1 is known: nobody who has had 5 will end soon. From 11, 1 and 10: 1/2 against 1/5.
    let third = case.job(20, 10).add();
    let fourth = case.job(25, 1).add();
    case.policy(preemptive("gittins", &[("limits", spans(&[5]))], "suspend", "skip")).run();
    assert_eq!(ends(&case, &[first, second, third, fourth]), [11.0, 6.0, 31.0, 26.0]);
}

#[test]
fn fifo_takes_the_place_of_what_was_let_through() {
    let mut case = Case::new().nodes(1, cpu(2));
    let first = case.job(0, 10).add();
    let wide = case.job(1, 10).each(cpu(2)).add();
    let late = case.job(2, 100).add();
    case.policy(preemptive("fifo", &[], "suspend", "skip")).run();
    // The late one runs from 2 to 10 and from 20 on.
    assert_eq!(ends(&case, &[first, wide, late]), [10.0, 20.0, 112.0]);
    let mut case = Case::new().nodes(1, cpu(2));
    let jobs = [case.job(0, 10).add(), case.job(1, 10).each(cpu(2)).add(), case.job(2, 100).add()];
    case.policy(preemptive("fifo", &[], "suspend", "block")).run();
    assert_eq!(ends(&case, &jobs), [10.0, 20.0, 120.0]);
}

#[test]
fn smallest_counts_all_tasks() {
    let mut case = Case::new().nodes(3, cpu(1));
    let wide = case.job(0, 10).gang(3).add();
    let narrow = case.job(1, 10).gang(2).add();
    case.policy(preemptive("smallest", &[], "suspend", "skip")).run();
    assert_eq!(ends(&case, &[narrow, wide]), [11.0, 20.0]);
}

fn cards(cards: u16) -> Shape {
    Shape::new(cpu(0)).with_gpu(GpuNeed { cards, milli_each: 1000, models: ModelSet::ANY })
}

#[test]
fn no_more_jobs_stop_than_it_takes() {
    let mut case = Case::new().gpu_nodes(2, cpu(1), 4);
    // 3 + 1 cards on the first node, 3 on the second; the one-card job has the most left.
    let best = case.job(0, 100).walltime(100).shape(cards(3)).add();
    let worst = case.job(0, 300).walltime(300).shape(cards(1)).add();
    let middle = case.job(0, 200).walltime(200).shape(cards(3)).add();
    let whole = case.job(10, 20).walltime(20).shape(cards(4)).add();
    case.policy(preemptive("srpt", &[], "suspend", "skip")).run();
    // By the sums the last two have to stop; the card of the last is on a node that is not used, and it stays.
    assert_eq!(ends(&case, &[whole, best, middle, worst]), [30.0, 100.0, 220.0, 300.0]);
}

#[test]
fn a_job_that_fits_nowhere_stops_nobody() {
    let mut case = Case::new().gpu_nodes(2, cpu(1), 4);
    // A job that ranks first holds one card of the first node, others three there and four on the second.
    let first = case.job(0, 30).walltime(30).shape(cards(1)).add();
    let others = [3, 4].map(|count| case.job(0, 100).walltime(100).shape(cards(count)).add());
    // Eight cards on two nodes are not to be had before 30.
    let gang = case.job(10, 40).walltime(40).shape(cards(4)).gang(2).add();
    case.policy(preemptive("srpt", &[], "suspend", "skip")).run();
    assert_eq!(ends(&case, &[first, gang, others[0], others[1]]), [30.0, 70.0, 140.0, 140.0]);
}

#[test]
fn what_a_stopped_job_leaves_over_goes_to_those_behind_it() {
    let mut case = Case::new().nodes(1, cpu(8));
    let wide = case.job(0, 100).walltime(100).each(cpu(8)).add();
    // Ranks after the wide job, and does not fit beside it.
    let narrow = case.job(1, 300).walltime(300).each(cpu(4)).add();
    // Takes the place of the wide job at 10 and leaves seven cores.
    let short = case.job(10, 20).walltime(20).add();
    case.policy(preemptive("srpt", &[], "suspend", "skip")).run();
    // The wide job has 90 s left at 10 and is back at 30; it takes the place of the narrow one until 120.
    assert_eq!((case.start(narrow), case.end(short).0), (10.0, 30.0));
    assert_eq!(ends(&case, &[wide, narrow]), [120.0, 400.0]);
}
