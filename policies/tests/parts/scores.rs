//! Orders by a score: three numbers per job, and the order that follows.

use sim_core::testkit::{Case, cpu};

use crate::registered::policy;

/// Estimate [s] and cores of jobs that are submitted at 1 s, where the logarithm of the submission is 0. Two of them
/// never fit side by side.
const JOBS: [(u64, u32); 4] = [(100, 8), (1000, 5), (225, 5), (150, 5)];

fn started(order: &str) -> Vec<u64> {
    let mut case = Case::new().nodes(1, cpu(8));
    case.job(0, 2).each(cpu(8)).add();
    let numbers = JOBS.map(|(walltime, cores)| case.job(1, 10).each(cpu(cores)).walltime(walltime).add());
    case.policy(policy(order, "first-fit", "block")).run();
    let mut numbers = numbers.to_vec();
    numbers.sort_by(|&a, &b| case.start(a).total_cmp(&case.start(b)));
    numbers.into_iter().map(|number| number - 1).collect()
}

#[test]
fn the_learnt_orders_weigh_length_and_size_differently() {
    // log10 r x n: 16, 15, 11.8, 10.9.
    assert_eq!(started("f1"), [4, 3, 2, 1]);
    // sqrt r x n: 80, 158, 75, 61.
    assert_eq!(started("f2"), [4, 3, 1, 2]);
    // r x n: 800, 5000, 1125, 750.
    assert_eq!(started("f3"), [4, 1, 3, 2]);
    assert_eq!(started("smallest-area"), [4, 1, 3, 2]);
    // r x sqrt n: 283, 2236, 503, 335.
    assert_eq!(started("f4"), [1, 4, 3, 2]);
}

#[test]
fn the_learnt_orders_prefer_an_early_submission_to_almost_anything() {
    // At 10 s the logarithm is 1, at 100 s it is 2: that outweighs the 1000 times longer run time of the first job.
    for order in ["f1", "f2", "f3", "f4"] {
        let mut case = Case::new().nodes(1, cpu(1));
        case.job(0, 200).add();
        let early = case.job(10, 10).walltime(10_000).add();
        let late = case.job(100, 10).walltime(10).add();
        case.policy(policy(order, "first-fit", "block")).run();
        assert_eq!((case.start(early), case.start(late)), (200.0, 210.0), "{order}");
    }
}

/// Which of two jobs starts first when the machine is free at `free`: the one of 100 s that came at 1 s, or the one of
/// 10 s that came at 50 s.
fn first_at(order: &str, free: u64) -> u64 {
    let mut case = Case::new().nodes(1, cpu(2));
    case.job(0, free).each(cpu(2)).add();
    let long = case.job(1, 100).each(cpu(2)).walltime(100).add();
    let short = case.job(50, 10).each(cpu(2)).walltime(10).add();
    case.policy(policy(order, "first-fit", "block")).run();
    if case.start(long) < case.start(short) { long } else { short }
}

#[test]
fn wfp3_and_unicep_compare_what_was_waited_by_now() {
    for order in ["wfp3", "unicep"] {
        // At 55 s they have waited 0.54 and 0.5 of their lengths, at 60 s 0.59 and 1.0.
        assert_eq!((first_at(order, 55), first_at(order, 60)), (2, 3), "{order}");
        // As the repository has it, -1 - 1 over 100 s against -1 - 50 over 10 s: the later one, always.
        let inverted = format!("{order}-rlscheduler");
        assert_eq!((first_at(&inverted, 55), first_at(&inverted, 60)), (2, 2), "{inverted}");
    }
}

#[test]
fn unicep_puts_jobs_of_one_processor_first() {
    let mut case = Case::new().nodes(1, cpu(2));
    case.job(0, 10).each(cpu(2)).add();
    let wide = case.job(1, 5).each(cpu(2)).walltime(5).add();
    let narrow = case.job(2, 50).each(cpu(1)).walltime(50).add();
    case.policy(policy("unicep", "first-fit", "block")).run();
    assert_eq!((case.start(narrow), case.start(wide)), (10.0, 60.0));
}
