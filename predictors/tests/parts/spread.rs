//! The 90th percentile: made of errors, and honest.

use sim_core::random::{Stream, normal};

use crate::bench::{Row, learning, row, run, seconds};

#[test]
fn the_90th_percentile_is_the_guess_times_what_nine_of_ten_kept() {
    // Jobs 2 to 9 run as long as the guess, job 10 twice as long; the 11th is guessed at (20 + 10) / 2 s.
    let rows: Vec<Row> = (0..11).map(|n| row(n * 100, if n == 9 { 20 } else { 10 }, 1)).collect();
    let found = run("last-two", &[], &rows).predicted;
    let of = |n: usize| (seconds(found[n].2.p50), seconds(found[n].2.p90));
    // Eight errors say nothing of a 90th percentile; of nine it is the largest.
    assert_eq!((of(9), of(10)), ((10.0, 10.0), (15.0, 30.0)));
    // With a request, that is all there is to say while errors are few.
    let with: Vec<Row> = rows.iter().map(|&row| Row { request: Some(25), ..row }).collect();
    let found = run("last-two", &[], &with).predicted;
    let of = |n: usize| (seconds(found[n].2.p50), seconds(found[n].2.p90));
    assert_eq!((of(9), of(10)), ((10.0, 25.0), (15.0, 25.0)));
}

#[test]
fn nine_in_ten_jobs_stay_within_the_90th_percentile() {
    let mut stream = Stream::new(5, "test");
    let mut lognormal = |median: f64| (median * libm::exp(0.8 * normal(&mut stream))).round() as u64 + 1;
    let rows: Vec<Row> =
        (0..3000).map(|n| row(n * 10, lognormal(100.0 * (1 + n % 5) as f64), (n % 5) as u32)).collect();
    for name in learning() {
        let record = run(name, &[], &rows);
        let covered = record.predicted.iter().zip(&rows).skip(200);
        let covered =
            covered.filter(|((_, _, estimate), row)| row.run as f64 <= seconds(estimate.p90)).count();
        // Of 2800; independent errors would have a standard deviation of 0.6 %, those of one window have more.
        let share = covered as f64 / 2800.0;
        assert!((0.87..0.93).contains(&share), "{name}: {share}");
    }
}
