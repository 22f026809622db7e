//! What becomes of guesses that jobs outlive.

use sim_core::{Gang, SimTime};

use crate::bench::{Row, row, run, seconds};

fn revised(given: &[(&str, &str)], request: Option<u64>) -> Vec<(f64, f64)> {
    let late = Row { request, ..row(100, 1000, 1) };
    let record = run("last-two", given, &[row(0, 10, 1), late]);
    assert_eq!(seconds(record.predicted[1].2.p50), 10.0, "what was predicted at submission stays known");
    let since = |at: SimTime| at.as_secs_f64() - 100.0;
    record.revised.iter().map(|(_, at, estimate)| (since(*at), seconds(estimate.p90))).collect()
}

#[test]
fn a_job_that_outlives_its_guess_is_given_more_and_more() {
    // 10 s, then 1, 5 and 15 minutes more; the job ends after 1000 s.
    assert_eq!(revised(&[("spread", "false")], None), [(10.0, 70.0), (70.0, 370.0), (370.0, 1270.0)]);
}

#[test]
fn corrections_end_at_the_request_until_that_is_outlived_too() {
    // 200 s were requested, and are not enforced: 15 minutes follow.
    assert_eq!(revised(&[("spread", "false")], Some(200)), [(10.0, 70.0), (70.0, 200.0), (200.0, 1100.0)]);
}

#[test]
fn guesses_stand_where_corrections_are_switched_off() {
    assert_eq!(revised(&[("spread", "false"), ("correct", "false")], None), []);
}

#[test]
fn tasks_that_outlive_a_guess_together_correct_it_once() {
    let many = Row { tasks: 50, gang: Gang::Independent, ..row(100, 1000, 1) };
    let record = run("last-two", &[("spread", "false")], &[row(0, 10, 1), many, row(2000, 5, 1)]);
    let found: Vec<f64> = record.revised.iter().map(|(_, _, estimate)| seconds(estimate.p90)).collect();
    assert_eq!(found, [70.0, 370.0, 1270.0]);
    // The longest of its tasks is what the job ran for: (10 + 1000) / 2.
    assert_eq!(seconds(record.predicted[2].2.p50), 505.0);
}
