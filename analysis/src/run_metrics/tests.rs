//! Metrics of small runs, worked out by hand.

use sim_core::{
    Checkpoint, Extras, Gang, GpuNeed, Limits, ModelSet, Preempt, Resources, Retry, Shape, SimTime,
};

use super::*;
use crate::testing::{Case, Numbers, Scripted, cpu};

fn run_with(case: &Case, options: MetricOptions) -> Numbers {
    case.run(vec![Box::new(RunMetrics::new(options))]).1
}

fn secs(secs: u64) -> SimDuration {
    SimDuration::from_secs(secs)
}

/// Two jobs of the whole node, 10 s and 30 s, both submitted at 5 s: the second waits 10 s.
fn two_in_a_row() -> Case {
    let mut case = Case::new(1, 4);
    case.job(5, 4, 10);
    case.job(5, 4, 30);
    case
}

#[test]
fn two_jobs_in_a_row() {
    let numbers = run_with(&two_in_a_row(), MetricOptions::default());
    for (name, value) in [
        ("jobs", 2.0),
        ("completed", 2.0),
        ("unfinished", 0.0),
        ("success_rate", 1.0),
        ("wait_mean", (0.0 + 10.0) / 2.0),
        ("wait_p50", 5.0),
        ("wait_p95", 9.5),
        ("wait_max", 10.0),
        // 10 and 10 + 30.
        ("jct_mean", (10.0 + 40.0) / 2.0),
        ("slowdown_mean", (1.0 + 40.0 / 30.0) / 2.0),
        ("bounded_slowdown_max", 40.0 / 30.0),
        ("makespan", 40.0),
        ("throughput", 2.0 / (40.0 / 3600.0)),
        ("utilization_cpu", 1.0),
        // One job waits for 10 of 40 s.
        ("queue_mean", 10.0 / 40.0),
        ("queue_max", 1.0),
        ("node_hours", 40.0 / 3600.0),
        ("lost_work", 0.0),
        ("cost", 0.0),
    ] {
        numbers.expect(name, value);
    }
    for absent in ["utilization_memory", "deadline_miss_rate", "fairness_jain_users", "retry_success_rate"] {
        numbers.expect_none(absent);
    }
}

#[test]
fn warmup_and_cooldown_cut_jobs_and_time() {
    let mut case = Case::new(1, 1);
    // Submissions at 0, 10, ..., 90, each runs for 5 s.
    (0..10).for_each(|n| case.job(n * 10, 1, 5).priority = 0);
    let window = Window { warmup: secs(12), cooldown: secs(33), cut_drain: false };
    let numbers = run_with(&case, MetricOptions { window, ..Default::default() });
    // Jobs from 12 to 90 - 33 = 57: those of 20, 30, 40, 50.
    numbers.expect("jobs", 4.0);
    // The node is busy for [12, 15), [20, 25), [30, 35), [40, 45), [50, 55) of [12, 57).
    numbers.expect("utilization_cpu", (3.0 + 4.0 * 5.0) / 45.0);
    numbers.expect("throughput", 4.0 / (45.0 / 3600.0));
    numbers.expect("makespan", 95.0);
    let warm = Window { warmup: secs(12), cooldown: SimDuration::ZERO, cut_drain: false };
    let numbers = run_with(&case, MetricOptions { window: warm, ..Default::default() });
    numbers.expect("jobs", 8.0);
    // To the end of the run at 95.
    numbers.expect("utilization_cpu", (3.0 + 8.0 * 5.0) / 83.0);
}

#[test]
fn a_window_that_nothing_falls_into_has_counts_only() {
    let window = Window { warmup: secs(1000), cooldown: secs(1000), cut_drain: false };
    let numbers = run_with(&two_in_a_row(), MetricOptions { window, ..Default::default() });
    numbers.expect("jobs", 0.0);
    numbers.expect_none("wait_mean");
    numbers.expect_none("utilization_cpu");
}

#[test]
fn unfinished_jobs_are_counted_and_open_deadlines_are_not() {
    let mut case = two_in_a_row();
    case.rows[0].0.deadline = SimTime::from_secs(14);
    case.rows[1].0.deadline = SimTime::from_secs(100);
    case.job(6, 4, 5).deadline = SimTime::from_secs(10);
    case.limits = Limits { until: SimTime::from_secs(25), ..Default::default() };
    let numbers = run_with(&case, MetricOptions::default());
    numbers.expect("jobs", 3.0);
    numbers.expect("completed", 1.0);
    numbers.expect("unfinished", 2.0);
    numbers.expect("success_rate", 1.0);
    // The job that runs on has waited 10 s; the third has not started.
    numbers.expect("wait_mean", 5.0);
    numbers.expect("jct_mean", 10.0);
    // Ended at 15 after 14; still waiting at 25 after 10; the third deadline is open.
    numbers.expect("deadline_misses", 2.0);
    numbers.expect("deadline_miss_rate", 1.0);
    // Two wait in [6, 15), one in [5, 6) and [15, 25), of 20 s.
    numbers.expect("queue_mean", (2.0 * 9.0 + 1.0 + 10.0) / 20.0);
}

#[test]
fn a_requeued_job_loses_its_work_and_a_suspended_one_does_not() {
    let mut case = Case::new(1, 1);
    case.job(0, 1, 100);
    case.policy.script =
        vec![(10, 100, Scripted::Preempt(Preempt::Requeue)), (40, 100, Scripted::Preempt(Preempt::Suspend))];
    let numbers = run_with(&case, MetricOptions::default());
    numbers.expect("preemptions", 2.0);
    numbers.expect("lost_work", 10.0);
    // Ten seconds for nothing, then the hundred in two parts, back to back.
    numbers.expect("jct_mean", 110.0);
    numbers.expect("slowdown_mean", 1.0);
    numbers.expect("makespan", 110.0);
}

#[test]
fn preemption_costs_restarts_and_work_since_the_last_checkpoint() {
    let mut case = Case::new(1, 1);
    let checkpoint = Checkpoint { interval: secs(10), restart_cost: secs(5) };
    case.job(0, 1, 100).extras = Some(Box::new(Extras { checkpoint, ..Extras::default() }));
    case.policy.script = vec![
        (25, 100, Scripted::Preempt(Preempt::Requeue)),
        (33, 100, Scripted::Preempt(Preempt::Suspend)),
        (52, 100, Scripted::Preempt(Preempt::Requeue)),
        (54, 100, Scripted::Preempt(Preempt::Requeue)),
    ];
    let numbers = run_with(&case, MetricOptions::default());
    // At 25 s: 25 s done, 20 kept. At 33: 5 s of restart, 3 of work, all 23 kept. At 52: 5 and 14, of 37 30 are kept.
    // At 54: 2 s of restart, nothing done. Then 5 s and the 70 left.
    numbers.expect("preemption_overhead", 5.0 + 5.0 + (5.0 + 7.0) + 2.0 + 5.0);
    numbers.expect("jct_mean", 54.0 + 5.0 + 70.0);
}

#[test]
fn retries_rejections_and_kills() {
    let mut case = Case::new(1, 2);
    let retry = Retry { max: 2, first_delay: secs(5), ..Retry::NEVER };
    case.job(0, 1, 100).extras = Some(Box::new(Extras { retry, ..Extras::default() }));
    case.fails_after(10);
    case.job(0, 2, 10);
    case.job(1, 1, 10);
    case.policy.script = vec![(2, 101, Scripted::Reject), (4, 102, Scripted::Preempt(Preempt::Kill))];
    let numbers = run_with(&case, MetricOptions::default());
    numbers.expect("failed", 1.0);
    numbers.expect("rejected", 1.0);
    numbers.expect("killed", 1.0);
    numbers.expect("retries", 2.0);
    numbers.expect("retry_success_rate", 0.0);
    numbers.expect("success_rate", 0.0);
    // Three attempts of 10 s, and 3 s of the killed job.
    numbers.expect("lost_work", 33.0);
    // 10 + 5 + 10 + 10 + 10 for the first (the delay doubles), 3 for the killed one.
    numbers.expect("jct_mean", (45.0 + 3.0) / 2.0);
    numbers.expect("slowdown_max", 45.0 / 30.0);
}

#[test]
fn tasks_of_an_independent_job_overlap_in_its_service() {
    let mut case = Case::new(2, 1);
    let job = case.job(0, 1, 10);
    (job.tasks, job.gang) = (3, Gang::Independent);
    let numbers = run_with(&case, MetricOptions::default());
    // Two tasks in [0, 10), one in [10, 20): service is 20 s, not 30.
    numbers.expect("jct_mean", 20.0);
    numbers.expect("slowdown_mean", 1.0);
    numbers.expect("utilization_cpu", 3.0 * 10.0 / (2.0 * 20.0));
}

#[test]
fn tenants_share_what_they_hold() {
    let mut case = Case::new(1, 4);
    let (a, b) = (case.words.tenant("a"), case.words.tenant("b"));
    case.job(0, 1, 10).tenant = a;
    case.job(0, 3, 20).tenant = b;
    let numbers = run_with(&case, MetricOptions::default());
    numbers.expect("utilization_tenant_cpu:a", 10.0 / 80.0);
    numbers.expect("utilization_tenant_cpu:b", 60.0 / 80.0);
    numbers.expect("utilization_cpu", 70.0 / 80.0);
    numbers.expect("fairness_jain_tenants", 1.0);
}

#[test]
fn fairness_is_taken_over_the_means_of_users() {
    let mut case = two_in_a_row();
    case.rows[0].0.user = case.words.user("a");
    case.rows[1].0.user = case.words.user("b");
    let (a, b) = (1.0, 40.0 / 30.0);
    let numbers = run_with(&case, MetricOptions::default());
    numbers.expect("fairness_jain_users", (a + b) * (a + b) / (2.0 * (a * a + b * b)));
}

#[test]
fn stranded_capacity_is_what_the_mix_cannot_use() {
    let mut case = Case::new(2, 4);
    case.job(0, 3, 10);
    case.job(0, 3, 30);
    // Half of the mix needs 2 cores, half needs 1.
    let mix = vec![(cpu(2), 500_000), (cpu(1), 500_000)];
    let numbers = run_with(&case, MetricOptions { mix, ..Default::default() });
    // [0, 10): 1 core free on each node, 2-core tasks do not fit: half of 2. [10, 30): 4 + 1 free, half of 1
    // stranded.
    numbers.expect("fragmentation_cpu", (1.0 * 10.0 + 0.5 * 20.0) / (2.0 * 10.0 + 5.0 * 20.0));
    numbers.expect_none("fragmentation_gpu");
}

#[test]
fn fragmentation_follows_cards_and_moves() {
    let mut case = Case::new(0, 0);
    case.cluster.add_uniform("g", 2, Resources::ZERO.with(sim_core::Lane::Cpu, 8000), 2);
    let gpu = |cards, milli_each| GpuNeed { cards, milli_each, models: ModelSet::ANY };
    let half = cpu(1).with_gpu(gpu(1, 500));
    let job = case.job(0, 1, 10);
    (job.tasks, job.gang) = (2, Gang::Elastic { min: 1 });
    let shape = case.words.shape(half);
    case.rows[0].0.shape = shape;
    case.policy.script = vec![(4, 100, Scripted::Resize(1))];
    let mix = vec![(Shape::new(Resources::ZERO).with_gpu(gpu(2, 1000)), 1_000_000)];
    let numbers = run_with(&case, MetricOptions { mix, ..Default::default() });
    // Both tasks on node 0, card 0 full: 1 + 2 cards free, 1 stranded, for 4 s. Then one task: 1.5 + 2 free,
    // 1.5 stranded, for twice the 6 s that are left at half the width.
    numbers.expect("fragmentation_gpu", (1.0 * 4.0 + 1.5 * 12.0) / (3.0 * 4.0 + 3.5 * 12.0));
    numbers.expect("utilization_gpu", (1.0 * 4.0 + 0.5 * 12.0) / (4.0 * 16.0));
}

#[test]
fn holes_are_sampled_on_the_grid() {
    let mut case = Case::new(2, 4);
    case.job(0, 3, 10);
    case.job(0, 3, 30);
    let options = MetricOptions { hole_every: Some(secs(10)), ..Default::default() };
    let numbers = run_with(&case, options);
    // At 0, before the window: the nodes come up. At 10, after the first end: 4 and 1 free. At 30: 4 and 4.
    numbers.expect("largest_hole_cpu", ((1.0 - 4.0 / 5.0) + (1.0 - 4.0 / 8.0)) / 2.0);
}

#[test]
fn a_fork_goes_on_as_the_original_does() {
    let case = two_in_a_row();
    let mut engine = case.engine(vec![Box::new(RunMetrics::new(MetricOptions::default()))]);
    let mut policy = case.policy.clone();
    engine.attach(&mut policy);
    assert_eq!(engine.advance(), Ok(sim_core::Step::Decide));
    let mut fork = engine.clone();
    let outcomes = [&mut engine, &mut fork].map(|engine| {
        engine.resume(&mut policy.clone()).unwrap();
        let mut numbers = Numbers::default();
        engine.finish(&mut numbers).unwrap();
        numbers.0
    });
    assert_eq!(outcomes[0], outcomes[1]);
}

#[test]
fn every_scalar_belongs_to_a_declared_metric() {
    let numbers = run_with(&two_in_a_row(), MetricOptions::default());
    assert!(numbers.0.keys().all(|name| crate::metric(name).is_some()));
}

#[test]
fn idle_gpu_is_told_by_category_over_time() {
    let mut case = Case::new(0, 0);
    case.cluster.add_uniform("g", 1, Resources::ZERO.with(sim_core::Lane::Cpu, 4000), 2);
    let gpu = |cards, milli_each| GpuNeed { cards, milli_each, models: ModelSet::ANY };
    let half = case.words.shape(cpu(3).with_gpu(gpu(1, 500)));
    case.job(0, 1, 10).shape = half;
    let whole = case.words.shape(cpu(1).with_gpu(gpu(2, 1000)));
    case.job(0, 1, 30).shape = whole;
    let kinds = [(2000, gpu(1, 1000), 3), (0, gpu(0, 0), 1)];
    let kinds = kinds.map(|(cpu_milli, gpu, count)| sim_core::TypicalTask { cpu_milli, gpu, count });
    let typical = Some(Arc::new(TypicalTasks::cover(kinds, 1_000_000)));
    let numbers = run_with(&case, MetricOptions { typical, ..Default::default() });
    // [0, 10): 1500 of the GPU and 1 core are idle. Three of four tasks lack CPU, the fourth needs no GPU. The two
    // whole cards are taken from 10 on.
    numbers.expect("gpu_fragmentation_ratio", 1.0);
    numbers.expect("gpu_fragmentation_amount", 1500.0 * 10.0 / (2000.0 * 40.0));
    numbers.expect("gpu_idle_q4_lack_cpu", 0.75);
    numbers.expect("gpu_idle_xl_satisfied", 0.25);
    numbers.expect("gpu_idle_q3_satisfied", 0.0);
}

#[test]
fn estimates_are_held_against_what_jobs_did() {
    let mut case = Case::new(1, 4);
    // Estimated 15, 20 and 5 s; the fourth is unknown, the fifth does not end in time.
    for (service, walltime) in [(10, 15), (20, 20), (8, 5), (5, u64::MAX), (50, 30)] {
        let job = case.job(0, 1, service);
        job.walltime = if walltime == u64::MAX { SimDuration::MAX } else { secs(walltime) };
    }
    case.rules.kill_at_walltime = false;
    case.limits.until = SimTime::from_secs(40);
    let numbers = run_with(&case, MetricOptions::default());
    numbers.expect("prediction_unknown", 1.0);
    // Too long by 5, right, too short by 3.
    numbers.expect("prediction_mae", 8.0 / 3.0);
    numbers.expect("prediction_accuracy", (10.0 / 15.0 + 1.0 + 5.0 / 8.0) / 3.0);
    numbers.expect("prediction_pinball_p50", 4.0 / 3.0);
    numbers.expect("prediction_pinball_p90", (0.1 * 5.0 + 0.9 * 3.0) / 3.0);
    numbers.expect("prediction_over_pct", 100.0 / 3.0);
    numbers.expect("prediction_under_pct", 100.0 / 3.0);
    numbers.expect("prediction_p90_coverage_pct", 200.0 / 3.0);
}

#[test]
fn promises_are_kept_broken_or_open() {
    // One core. The first job runs in [5, 15), the second in [15, 45), the third in [45, 65); the fourth is there at
    // 50 s and has not started when the run is cut off at 60 s.
    let mut case = Case::new(1, 1);
    for (submit, service) in [(5, 10), (5, 30), (5, 20), (50, 10)] {
        case.job(submit, 1, service);
    }
    case.limits = Limits { until: SimTime::from_secs(60), ..Default::default() };
    let numbers = run_with(&case, MetricOptions::default());
    ["promises", "promises_broken_pct", "promise_delay_mean"]
        .into_iter()
        .for_each(|name| numbers.expect_none(name));
    // The second starts 3 s late, whatever it was promised later; the third 5 s early; the fourth is 2 s overdue.
    case.policy.script = vec![
        (5, 101, Scripted::Promise(12)),
        (6, 101, Scripted::Promise(15)),
        (6, 102, Scripted::Promise(50)),
        (51, 103, Scripted::Promise(58)),
    ];
    let numbers = run_with(&case, MetricOptions::default());
    numbers.expect("promises", 3.0);
    numbers.expect("promises_broken_pct", 100.0 * 2.0 / 3.0);
    numbers.expect("promise_delay_mean", 3.0 / 2.0);
    numbers.expect("promise_early_mean", 5.0 / 2.0);
}

#[test]
fn deviations_are_from_weighted_max_min_shares() {
    let mut case = Case::new(1, 4);
    let (a, b) = (case.words.tenant("a"), case.words.tenant("b"));
    case.job(0, 3, 10).tenant = a;
    case.job(0, 1, 10).tenant = b;
    case.job(0, 3, 10).tenant = b;
    let measured = |entitled: Option<Vec<(String, f64)>>| {
        run_with(&case, MetricOptions { entitled, ..Default::default() })
    };
    let numbers = measured(Some(Vec::new()));
    // In [0, 10) a holds 3/4 and wants no more, b holds 1/4 and waits: both are entitled to 1/2. Then b is alone.
    numbers.expect("share_deviation_cpu", (2.0 * 0.25 * 10.0) / (2.0 * 10.0 + 10.0));
    numbers.expect("wait_tenant_a", 0.0);
    numbers.expect("wait_tenant_b", 5.0);
    numbers.expect_none("share_deviation_memory");
    // By 3 : 1 each has its own.
    measured(Some(vec![("a".to_owned(), 3.0)])).expect("share_deviation_cpu", 0.0);
    measured(None).expect_none("share_deviation_cpu");
}

#[test]
fn who_waits_too_long_starves_even_if_it_never_starts() {
    // One core: a runs in [0, 10), b's first job in [10, 40), its second still waits when the run is cut off at 30 s.
    let mut case = Case::new(1, 1);
    let (a, b) = (case.words.tenant("a"), case.words.tenant("b"));
    case.job(0, 1, 10).tenant = a;
    case.job(0, 1, 30).tenant = b;
    case.job(4, 1, 10).tenant = b;
    case.limits = Limits { until: SimTime::from_secs(30), ..Default::default() };
    let numbers = run_with(&case, MetricOptions { starvation: secs(10), ..Default::default() });
    // Waits of 0, 10 and (so far) 26 s: 10 is not longer than 10.
    numbers.expect("starved", 1.0);
    numbers.expect("starved_tenant_a", 0.0);
    numbers.expect("starved_tenant_b", 1.0);
    numbers.expect("wait_max_tenant_b", 26.0);
    numbers.expect("wait_tenant_b", 10.0);
}
