//! RLScheduler's simulator, habit by habit.

use sim_core::registry::Value;
use sim_core::testkit::{Case, cpu};

use crate::registered::{order_value, policy, profile};

fn under(case: &mut Case, order: &str, given: &[(&str, Value)]) {
    let mut all = vec![("order", order_value(order))];
    all.extend(given.iter().cloned());
    case.policy(profile("rlscheduler", &all)).run();
}

fn backfill() -> (&'static str, Value) {
    ("backfill", Value::Bool(true))
}

#[test]
fn a_choice_stands_though_a_better_job_comes() {
    // The long job is chosen at 1 s, and waits for 4 cores until 10 s. The short one of 1 core would fit from 5 s on.
    let mut case = Case::new().nodes(4, cpu(1));
    case.job(0, 10).gang(2).walltime(10).add();
    let chosen = case.job(1, 30).gang(4).walltime(30).add();
    let short = case.job(5, 3).walltime(3).add();
    under(&mut case, "sjf", &[]);
    assert_eq!((case.start(chosen), case.start(short)), (10.0, 40.0));
}

#[test]
fn the_first_of_two_arrivals_of_an_instant_is_chosen_before_the_other_is_seen() {
    // Both come when the processor is idle, or just as it is freed; the short one loses although it is preferred.
    for free in [5, 10] {
        let jobs = |case: &mut Case| {
            case.job(0, free).walltime(free).add();
            [case.job(10, 30).walltime(30).add(), case.job(10, 2).walltime(2).add()]
        };
        let mut case = Case::new().nodes(1, cpu(1));
        let [long, short] = jobs(&mut case);
        under(&mut case, "sjf", &[]);
        assert_eq!((case.start(long), case.start(short)), (10.0, 40.0));
        let mut case = Case::new().nodes(1, cpu(1));
        let [long, short] = jobs(&mut case);
        case.policy(policy("sjf", "first-fit", "block")).run();
        assert_eq!((case.start(short), case.start(long)), (10.0, 12.0), "the list scheduler sees both");
    }
}

#[test]
fn an_arrival_is_taken_in_before_an_end_of_the_same_instant() {
    // At 10 s two processors are freed, and a job of 2 s comes. One of 5 s was chosen at 1 s; one of 4 s waits. The new
    // one is seen first, so that it is preferred for the second processor. Had the end come first, the one of 4 s would
    // have been the only one to choose.
    let mut case = Case::new().nodes(2, cpu(1));
    case.job(0, 10).gang(2).walltime(10).add();
    let chosen = case.job(1, 5).walltime(5).add();
    let waits = case.job(2, 4).walltime(4).add();
    let comes = case.job(10, 2).walltime(2).add();
    under(&mut case, "sjf", &[]);
    assert_eq!((case.start(chosen), case.start(comes), case.start(waits)), (10.0, 10.0, 12.0));
}

#[test]
fn only_what_ends_strictly_before_the_shadow_is_backfilled() {
    // The chosen job waits for both processors until 10 s. At 1 s: 9 s would end at 10 s, 8 s at 9 s.
    let mut case = Case::new().nodes(2, cpu(1));
    case.job(0, 10).walltime(10).add();
    let chosen = case.job(0, 20).gang(2).walltime(20).add();
    let nine = case.job(1, 9).walltime(9).add();
    let eight = case.job(1, 8).walltime(8).add();
    under(&mut case, "fcfs", &[backfill()]);
    assert_eq!((case.start(chosen), case.start(nine), case.start(eight)), (10.0, 30.0, 1.0));
}

#[test]
fn processors_that_the_chosen_job_leaves_over_are_not_backfilled() {
    // Of 4 processors 2 are busy until 10 s, and the chosen job takes 3 then. EASY would give the fourth away at once.
    let mut case = Case::new().nodes(4, cpu(1));
    case.job(0, 10).gang(2).walltime(10).add();
    let chosen = case.job(0, 20).gang(3).walltime(20).add();
    let long = case.job(1, 100).walltime(100).add();
    under(&mut case, "fcfs", &[backfill()]);
    assert_eq!((case.start(chosen), case.start(long)), (10.0, 10.0));
}

#[test]
fn a_shadow_is_never_computed_again() {
    // Of 4 processors 2 are busy until 10 s, 2 are expected to be until 20 s: the shadow of 3 is 20 s. The second pair
    // is free at 5 s already, so that the chosen job could start at 10 s. But 2 processors for 10 s at 6 s end before
    // 20 s, start, and hold it up until 16 s.
    let mut case = Case::new().nodes(4, cpu(1));
    case.job(0, 10).gang(2).walltime(10).add();
    case.job(0, 5).gang(2).walltime(20).add();
    let chosen = case.job(1, 50).gang(3).walltime(50).add();
    let passes = case.job(6, 10).gang(2).walltime(10).add();
    under(&mut case, "fcfs", &[backfill()]);
    assert_eq!((case.start(passes), case.start(chosen)), (6.0, 16.0));
}

#[test]
fn backfilling_goes_by_submission_whatever_the_order() {
    // One processor is left beside the blocked job until 20 s. Under SJF 3 s would go before 5 s.
    let mut case = Case::new().nodes(2, cpu(1));
    case.job(0, 20).walltime(20).add();
    let chosen = case.job(0, 1).gang(2).walltime(1).add();
    case.job(1, 4).walltime(4).add();
    let five = case.job(2, 5).walltime(5).add();
    let three = case.job(3, 3).walltime(3).add();
    under(&mut case, "sjf", &[backfill()]);
    assert_eq!((case.start(five), case.start(three), case.start(chosen)), (5.0, 10.0, 20.0));
}

#[test]
fn cores_are_given_away_in_whole_nodes() {
    // Two nodes of two cores. A job of one core takes a node, one of three takes both.
    let mut case = Case::new().nodes(2, cpu(2));
    let ones: Vec<u64> = (0..3).map(|_| case.job(0, 10).walltime(10).add()).collect();
    let three = case.job(0, 10).gang(3).walltime(10).add();
    let last = case.job(0, 10).walltime(10).add();
    under(&mut case, "fcfs", &[("node_cores", Value::Int(2))]);
    let starts: Vec<f64> = ones.iter().chain([&three, &last]).map(|&job| case.start(job)).collect();
    assert_eq!(starts, [0.0, 0.0, 10.0, 20.0, 30.0]);
}
