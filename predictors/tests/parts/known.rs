//! Guesses that can be worked out by hand.

use crate::bench::{DAY, Row, learning, row, run};

const PLAIN: (&str, &str) = ("spread", "false");

#[track_caller]
fn assert_near(found: &[f64], expected: &[f64]) {
    let near = |(a, b): (&f64, &f64)| a == b || (a - b).abs() <= 1e-3;
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(near),
        "{found:?}, not {expected:?}"
    );
}

/// Four jobs of user 1, a job of user 2, and one of user 1 that requests 5 s.
fn users() -> Vec<Row> {
    let mut rows = vec![row(0, 10, 1), row(100, 20, 1), row(200, 60, 1), row(300, 30, 1), row(400, 7, 2)];
    rows.push(Row { request: Some(5), ..row(500, 3, 1) });
    rows
}

#[test]
fn last_two_is_the_mean_of_the_last_two() {
    let found = run("last-two", &[PLAIN], &users()).medians();
    // Nothing is known; 10; (10 + 20) / 2; (20 + 60) / 2; the mean of all four; (60 + 30) / 2, but 5 were requested.
    assert_near(&found, &[f64::INFINITY, 10.0, 15.0, 40.0, 120.0 / 4.0, 5.0]);
}

#[test]
fn user_mean_is_the_mean_of_all() {
    let mut rows = users();
    rows[5].request = None;
    let found = run("user-mean", &[PLAIN], &rows).medians();
    assert_near(&found, &[f64::INFINITY, 10.0, 15.0, 30.0, 30.0, 30.0]);
}

#[test]
fn jobs_are_alike_by_what_the_parameter_says() {
    // Users 1 and 3 have a tenant in common; the second job of user 1 has two tasks.
    let wide = Row { tasks: 2, ..row(100, 50, 1) };
    let rows = [row(0, 10, 1), wide, row(200, 5, 2), row(300, 1, 3), row(400, 1, 1)];
    let last = |by: &str| run("last-two", &[PLAIN, ("by", by)], &rows).medians()[3..].to_vec();
    // User 3 is new: the mean of 10, 50 and 5.
    assert_near(&last("user"), &[65.0 / 3.0, 30.0]);
    assert_near(&last("user+size"), &[65.0 / 3.0, 10.0]);
    assert_near(&last("tenant"), &[30.0, 25.5]);
}

/// Two jobs of user 1 and one of user 3, of the same tenant and hour; then a job of each, and of user 2.
fn neighbours() -> Vec<Row> {
    let mut rows = vec![row(0, 10, 1), row(DAY, 20, 1), row(2 * DAY, 1000, 3)];
    // These run for a year, and teach nothing before the last of them is guessed.
    rows.extend([row(3 * DAY, 365 * DAY, 1), row(4 * DAY, 365 * DAY, 3), row(5 * DAY, 365 * DAY, 2)]);
    rows
}

#[test]
fn neighbours_by_cosine_are_weighed_by_it() {
    let found = |given: &[(&str, &str)]| {
        let given: Vec<_> = [PLAIN].iter().chain(given).copied().collect();
        run("knn", &given, &neighbours()).medians()[3..].to_vec()
    };
    // All numbers are alike: only user and tenant count, 4 of 8 each. Users 1 and 3 are at 0.5 of each other and user 2
    // at 0 of both, so that it gets the mean of all.
    assert_near(&found(&[]), &[15.0, 1000.0, 1030.0 / 3.0]);
    let wide = found(&[("threshold", "0.4")]);
    assert_near(&wide, &[(10.0 + 20.0 + 500.0) / 2.5, (5.0 + 10.0 + 1000.0) / 2.0, 1030.0 / 3.0]);
    // Of equals the latest counts; and the window forgets the first.
    assert_near(&found(&[("neighbours", "1")]), &[20.0, 1000.0, 1030.0 / 3.0]);
    assert_near(&found(&[("window", "2")])[..1], &[20.0]);
}

#[test]
fn neighbours_by_distance_are_weighed_by_nearness() {
    let found = run("knn", &[PLAIN, ("metric", "scaled")], &neighbours()).medians();
    // Another user is at 2, weight 1 / 3; another tenant too at sqrt(8).
    let third = 1.0 / 3.0;
    let of_1 = (10.0 + 20.0 + 1000.0 * third) / (2.0 + third);
    let of_3 = (1000.0 + 30.0 * third) / (1.0 + 2.0 * third);
    assert_near(&found[3..], &[of_1, of_3, 1030.0 / 3.0]);
}

#[test]
fn a_line_through_logarithms_is_found() {
    // 1 + run = (1 + request) / 4, each job of a new user.
    let job = |(n, quarter): (usize, u64)| Row {
        request: Some(4 * quarter - 1),
        ..row(n as u64 * 1000 * DAY, quarter - 1, n as u32 * 2)
    };
    let mut rows: Vec<Row> = [2u64, 9, 40, 1000, 7, 300, 25, 3].into_iter().enumerate().map(job).collect();
    rows.push(job((8, 50)));
    let found = run("linear", &[PLAIN, ("refit", "8"), ("ridge", "0.000001")], &rows).medians();
    // Before the fit the request stands; then 49.
    assert_near(&found[..3], &[7.0, 35.0, 159.0]);
    assert!((found[8] - 49.0).abs() < 0.01, "{found:?}");
}

#[test]
fn whoever_knows_nothing_of_a_user_falls_back_to_request_and_mean() {
    for name in learning() {
        // None of the users comes back, and none has a tenant with another in common but by parity.
        let mut rows = vec![row(0, 10, 0), row(100, 30, 1)];
        rows[0].request = Some(50);
        let found = run(name, &[PLAIN], &rows).medians();
        assert_near(&found, &[50.0, 10.0]);
        assert_near(&run(name, &[PLAIN], &rows[1..]).medians(), &[f64::INFINITY]);
    }
}

#[test]
fn no_guess_is_above_the_request_or_zero() {
    for name in learning() {
        let mut rows: Vec<Row> = (0..150).map(|n| row(n * 100, 1 + n % 40, (n % 3) as u32)).collect();
        rows.iter_mut().skip(1).step_by(2).for_each(|row| row.request = Some(2));
        rows.extend((0..50).map(|n| row(20_000 + n * 100, 0, 9)));
        let record = run(name, &[], &rows);
        for ((_, _, estimate), row) in record.predicted.iter().zip(&rows) {
            assert!(estimate.p50.as_ns() > 0 && estimate.p90 >= estimate.p50, "{name}: {estimate:?}");
            let bound = row.request.map_or(u64::MAX, |request| request * 1_000_000_000);
            assert!(estimate.p90.as_ns() <= bound, "{name}: {estimate:?} of {row:?}");
        }
    }
}
