//! Orders: one machine, several jobs at once, and the order in which they run.

use policies::order::ORDERS;
use sim_core::testkit::{Case, JobBuilder, cpu, cpu_mem};

use crate::registered::policy;

type Describe = fn(JobBuilder<'_>) -> JobBuilder<'_>;

/// Numbers of the jobs in the order in which they started. Each runs for 10 s, and only one at a time.
fn started(order: &str, jobs: &[Describe]) -> Vec<u64> {
    let mut case = Case::new().nodes(1, cpu_mem(8, 1000));
    // Holds the machine until all others wait: it alone is there at the first decision.
    case.job(0, 2).each(cpu(8)).add();
    let mut numbers = Vec::new();
    for describe in jobs {
        numbers.push(describe(case.job(1, 10).each(cpu(5))).add());
    }
    case.policy(policy(order, "first-fit", "block")).run();
    numbers.sort_by(|&a, &b| case.start(a).total_cmp(&case.start(b)));
    numbers.into_iter().map(|number| number - 1).collect()
}

#[test]
fn fcfs_follows_submission() {
    assert_eq!(started("fcfs", &[|job| job.priority(0), |job| job.priority(5), |job| job]), [1, 2, 3]);
}

#[test]
fn sjf_follows_the_estimate_and_puts_unknown_times_last() {
    let jobs: [Describe; 4] = [|job| job, |job| job.walltime(300), |job| job.walltime(20), |job| job];
    assert_eq!(started("sjf", &jobs), [3, 2, 1, 4]);
}

#[test]
fn ljf_is_the_reverse_but_for_ties() {
    let jobs: [Describe; 4] = [|job| job.walltime(20), |job| job.walltime(300), |job| job, |job| job];
    assert_eq!(started("ljf", &jobs), [3, 4, 2, 1]);
}

#[test]
fn smallest_and_largest_count_all_tasks() {
    // 5, 2 x 4 = 8, 6 and 3 x 2 = 6 cores; of equals the first.
    let jobs: [Describe; 4] =
        [|job| job, |job| job.each(cpu(4)).gang(2), |job| job.each(cpu(6)), |job| job.each(cpu(2)).gang(3)];
    assert_eq!(started("smallest", &jobs), [1, 3, 4, 2]);
    assert_eq!(started("largest", &jobs), [2, 3, 4, 1]);
}

#[test]
fn priority_puts_the_highest_first_and_equals_in_order() {
    let jobs: [Describe; 4] =
        [|job| job.priority(-1), |job| job, |job| job.priority(7), |job| job.priority(7)];
    assert_eq!(started("priority", &jobs), [3, 4, 2, 1]);
}

#[test]
fn edf_puts_jobs_without_a_deadline_last() {
    let jobs: [Describe; 4] = [|job| job, |job| job.deadline(500), |job| job.deadline(40), |job| job];
    assert_eq!(started("edf", &jobs), [3, 2, 1, 4]);
}

#[test]
fn the_random_order_is_the_same_under_every_placer() {
    let run = |place: &str, seed: u64| {
        let mut case = Case::new().nodes(1, cpu(1));
        case.seed = seed;
        let jobs: Vec<u64> = (0..12).map(|_| case.job(0, 10).add()).collect();
        case.policy(policy("random", place, "block")).run();
        jobs.iter().map(|&job| case.start(job) as u64).collect::<Vec<_>>()
    };
    for seed in 1..=10 {
        assert_eq!(run("first-fit", seed), run("random", seed));
        assert_ne!(run("first-fit", seed), run("first-fit", seed + 1));
    }
}

#[test]
fn every_order_starts_equal_jobs_in_order_of_submission() {
    for order in ORDERS.iter().filter(|about| about.name != "random") {
        let jobs: [Describe; 3] = [|job| job.walltime(10); 3];
        assert_eq!(started(order.name, &jobs), [1, 2, 3], "{}", order.name);
    }
}
