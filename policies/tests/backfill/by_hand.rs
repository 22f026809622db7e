//! Cases small enough to be worked out by hand.

use sim_core::testkit::{Case, cpu, cpu_mem};
use sim_core::{GpuNeed, ModelSet, Shape};

use crate::registered::backfilling;

fn starts<const N: usize>(case: &mut Case, jobs: [u64; N], kind: &str, given: &[(&str, &str)]) -> [f64; N] {
    case.policy(backfilling("fcfs", "first-fit", kind, given)).run();
    jobs.map(|job| case.start(job))
}

/// Four nodes of one core; two are busy until 10 s, and a job of three waits from 1 s on.
fn blocked_head() -> (Case, u64) {
    let mut case = Case::new().nodes(4, cpu(1));
    case.job(0, 10).walltime(10).gang(2).add();
    let head = case.job(1, 10).walltime(10).gang(3).add();
    (case, head)
}

#[test]
fn a_job_that_ends_before_the_head_can_start_passes_it() {
    let (mut case, head) = blocked_head();
    // 2 + 8 = 10; at 2 s, 9 s would be too long for both of the free nodes, but one node is not needed by the head.
    let short = case.job(2, 8).walltime(8).gang(2).add();
    assert_eq!(starts(&mut case, [head, short], "easy", &[]), [10.0, 2.0]);
}

#[test]
fn a_long_job_passes_the_head_on_nodes_that_it_does_not_need() {
    let (mut case, head) = blocked_head();
    let wide = case.job(2, 9).walltime(9).gang(2).add();
    let one = case.job(2, 100).walltime(100).add();
    let too_many = case.job(2, 100).walltime(100).add();
    // At 10 s four nodes would be free and the head takes three: one is extra. `wide` would take two beyond 10 s. The
    // head runs until 20 s; then three nodes are free.
    let found = starts(&mut case, [head, wide, one, too_many], "easy", &[]);
    assert_eq!(found, [10.0, 20.0, 2.0, 20.0]);
}

#[test]
fn candidates_are_tried_in_their_own_order() {
    for (given, expected) in [(&[][..], [1.0, 2.0, 7.0]), (&[("candidates", "sjf")], [1.0, 5.0, 2.0])] {
        let (mut case, _) = blocked_head();
        let extra = case.job(1, 100).walltime(100).add();
        // One node is left: for 5 s and then 3 s, or the other way round. Both end by 10 s.
        let longer = case.job(2, 5).walltime(5).add();
        let shorter = case.job(2, 3).walltime(3).add();
        assert_eq!(starts(&mut case, [extra, longer, shorter], "easy", given), expected);
    }
}

#[test]
fn an_end_before_its_time_brings_the_planned_start_forward() {
    let mut case = Case::new().nodes(4, cpu(1));
    // Says 100 s and takes 10 s.
    case.job(0, 10).walltime(100).gang(2).add();
    let head = case.job(1, 10).walltime(10).gang(4).add();
    let short = case.job(2, 50).walltime(50).add();
    // At 10 s the head lacks the node of the job that passed it, and starts when that ends: it was promised 100 s. From
    // 10 s on it is promised 52 s, so that nobody who takes longer than 42 s gets in between.
    let long = case.job(11, 42).walltime(42).add();
    let brief = case.job(11, 41).walltime(41).add();
    assert_eq!(starts(&mut case, [head, short, long, brief], "easy", &[]), [52.0, 2.0, 62.0, 11.0]);
}

#[test]
fn memory_counts_for_the_planned_start() {
    // A node of 8 cores and 8 GiB, of which 6 are taken until 10 s, so that the head (4 GiB) waits.
    let mut case = Case::new().nodes(1, cpu_mem(8, 8192));
    case.job(0, 10).walltime(10).each(cpu_mem(1, 6144)).add();
    let head = case.job(1, 10).walltime(10).each(cpu_mem(1, 4096)).add();
    let cores = case.job(2, 100).walltime(100).each(cpu_mem(3, 1024)).add();
    let memory = case.job(2, 100).walltime(100).each(cpu_mem(1, 1024)).add();
    let much = case.job(3, 8).walltime(8).each(cpu_mem(1, 1024)).add();
    // At 10 s, 8 - 1 - 1 = 6 GiB will be free: the head needs 4. The last job finds 8 - 6 - 1 - 1 = 0 GiB.
    let found = starts(&mut case, [head, cores, memory, much], "easy", &[]);
    assert_eq!(found, [10.0, 2.0, 2.0, 10.0]);
}

#[test]
fn a_job_that_waits_for_cards_is_not_delayed_by_those_without() {
    let two = |shape: Shape| shape.with_gpu(GpuNeed { cards: 2, milli_each: 1000, models: ModelSet::ANY });
    let mut case = Case::new().gpu_nodes(1, cpu(4), 2).nodes(1, cpu(4));
    case.job(0, 10).walltime(10).shape(two(Shape::new(cpu(1)))).add();
    let head = case.job(1, 10).walltime(10).shape(two(Shape::new(cpu(2)))).add();
    // First fit puts both on the node with the cards: two more cores beyond 10 s are fine there, the third is not, and
    // the placer is not asked for another node. At 10 s, when the head has started, only the other node has room.
    let fine = case.job(2, 100).walltime(100).each(cpu(2)).add();
    let not = case.job(2, 100).walltime(100).each(cpu(1)).add();
    assert_eq!(starts(&mut case, [head, fine, not], "easy", &[]), [10.0, 2.0, 10.0]);
}

/// Three jobs in a row on four nodes, and a fourth that would delay the third but not the second.
fn second_in_line() -> (Case, [u64; 3]) {
    let mut case = Case::new().nodes(4, cpu(1));
    case.job(0, 10).walltime(10).gang(3).add();
    let first = case.job(1, 10).walltime(10).gang(2).add();
    let second = case.job(2, 10).walltime(10).gang(4).add();
    // One node until 33 s: beside the first, but in the way of the second, which is due at 20 s.
    let long = case.job(3, 30).walltime(30).add();
    (case, [first, second, long])
}

#[test]
fn conservative_backfilling_delays_nobody_where_easy_delays_the_second() {
    let (mut case, jobs) = second_in_line();
    assert_eq!(starts(&mut case, jobs, "easy", &[]), [10.0, 33.0, 3.0]);
    for plan in ["replan", "keep"] {
        let (mut case, jobs) = second_in_line();
        assert_eq!(starts(&mut case, jobs, "conservative", &[("plan", plan)]), [10.0, 20.0, 30.0], "{plan}");
    }
}

#[test]
fn an_end_before_its_time_brings_all_planned_starts_forward() {
    for plan in ["replan", "keep"] {
        // Five nodes. The first job takes 4 of them and says 20 s, but ends at 10 s. B (3 nodes, 20 s) is planned for
        // 20 s, C (1 node, 25 s) starts at once, D (5 nodes) is planned for 40 s, when B would be over.
        let mut case = Case::new().nodes(5, cpu(1));
        case.job(0, 10).walltime(20).gang(4).add();
        let b = case.job(1, 20).walltime(20).gang(3).add();
        let c = case.job(2, 25).walltime(25).add();
        let d = case.job(3, 5).walltime(5).gang(5).add();
        // At 10 s B moves there, and D to 30 s, when B is over; C has ended at 27 s.
        let found = starts(&mut case, [b, c, d], "conservative", &[("plan", plan)]);
        assert_eq!(found, [10.0, 2.0, 30.0], "{plan}");
    }
}

#[test]
fn what_outlives_its_estimate_holds_the_due_job_up_and_nobody_gets_in_between() {
    // Says 10 s and runs for 30 s. The next is due at 10 s; the third is short, but nobody knows for how long the first
    // will run on: what is free then is all that the due job lacks nothing of.
    for (kind, given) in crate::registered::BACKFILLINGS {
        let mut case = Case::new().nodes(4, cpu(1));
        case.rules.kill_at_walltime = false;
        case.job(0, 30).walltime(10).gang(2).add();
        let due = case.job(1, 10).walltime(10).gang(4).add();
        let short = case.job(15, 5).walltime(5).add();
        assert_eq!(starts(&mut case, [due, short], kind, given), [30.0, 40.0], "{kind} {given:?}");
    }
}

#[test]
fn a_job_that_is_due_and_meets_pieces_holds_up_the_others() {
    // Three nodes of four cores, each with two taken, until 10, 20 and 30 s: six cores are free, but a job of four
    // finds no node. All together say it is due, and that two cores are left beside it. A job of two gets those if it
    // is over by 10 s, when the first node is free, and else waits until the due job has started there.
    for (plan, span, start) in
        [("replan", 9, 1.0), ("replan", 10, 10.0), ("keep", 9, 1.0), ("keep", 10, 10.0)]
    {
        let mut case = Case::new().nodes(3, cpu(4));
        for service in [10, 20, 30] {
            case.job(0, service).walltime(service).each(cpu(2)).add();
        }
        let due = case.job(1, 10).walltime(10).each(cpu(4)).add();
        let other = case.job(1, span).walltime(span).each(cpu(2)).add();
        case.policy(backfilling("fcfs", "worst-fit", "conservative", &[("plan", plan)])).run();
        assert_eq!((case.start(due), case.start(other)), (10.0, start), "{plan} {span}");
    }
}
