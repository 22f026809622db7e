//! Steady state of series worked out by hand, and of such whose mean is known.

use sim_core::random::{Stream, normal};

use super::common::Common;
use super::*;
use crate::statistics::steady::BATCHES;

const S: u64 = 1_000_000_000;

/// A series of the run `run` with a value every ten seconds from the first submission at 7 s.
fn with<T>(run: usize, values: &[f64], then: impl FnOnce(Values<'_>) -> T) -> T {
    let times: Vec<u64> = (0..values.len() as u64).map(|n| (7 + 10 * n) * S).collect();
    then(Values { run, metric: "wait", unit: "s", first_ns: 7 * S, times: &times, values, without: 0 })
}

/// Twenty values of 10, then eighty that are 0 or 1, with a mean of 0.4.
fn step() -> Vec<f64> {
    (0..100).map(|n| if n < 20 { 10.0 } else { f64::from(n % 5 % 2) }).collect()
}

#[test]
fn the_warm_up_ends_with_the_first_value_that_is_left() {
    let found = with(0, &step(), |series| judge(&series, 10)).unwrap();
    // The 21st value comes 200 s after the first. Of the 80 that are left each batch of 8 has 3 or 4 ones.
    assert_eq!((found.cut, found.warmup_ns, found.mean), (20, 200 * S, 0.4));
    let batches = found.batches.unwrap();
    assert_eq!((batches.batches, batches.size, batches.mean), (10, 8, 0.4));
    let nothing = with(0, &[1.0; 100], |series| judge(&series, 10)).unwrap();
    assert_eq!((nothing.cut, nothing.warmup_ns), (0, 0));
    let rising: Vec<f64> = (0..100).map(f64::from).collect();
    assert_eq!(with(0, &rising, |series| judge(&series, 10)), Err(NotSteady::Late(75)));
    assert_eq!(with(0, &[1.0; 49], |series| judge(&series, 10)), Err(NotSteady::TooShort));
}

#[test]
fn what_chance_does_in_one_run_is_not_cut_from_all() {
    let key = |seed, policy: &str| RunKey { seed, policy: policy.into(), ..crate::testing::key() };
    let keys = [key(1, "a"), key(2, "a"), key(1, "b"), key(2, "b")];
    // The runs of `a` mirror each other: by itself each is cut at 20, but their means over the 100 values that both
    // have are level, 5 and every second time half a thousandth more.
    let mirror = step().into_iter().enumerate().map(|(n, value)| 10.0 - value + 0.001 * (n % 2) as f64);
    let other: Vec<f64> = mirror.chain([99.0; 7]).collect();
    assert_eq!(mser5(&other[..100]), Ok(20));
    let mut common = Common::new(&keys);
    assert_eq!(common.groups, [0, 0, 1, 1]);
    with(0, &step(), |series| common.add(&series));
    with(1, &other, |series| common.add(&series));
    // Both runs of `b` begin so, and so do their means.
    with(2, &step(), |series| common.add(&series));
    with(3, &step(), |series| common.add(&series));
    let cuts = common.cuts();
    assert_eq!(cuts[&(0, "wait".to_owned())], Ok(0));
    assert_eq!(cuts[&(1, "wait".to_owned())], Ok(20));
}

#[test]
fn intervals_after_the_warm_up_cover_the_mean_of_a_series_that_starts_far_from_it() {
    // Autoregressive, of mean 0 and standard deviation 1, from 20 on: the first values are 20, 10, 5, .. and noise.
    let (trials, mut covered, mut uncut, mut stream) = (500, 0, 0, Stream::new(5, "autoregressive"));
    for trial in 0..trials {
        let mut level = 20.0;
        let values: Vec<f64> = (0..2000)
            .map(|_| {
                level = 0.5 * level + 0.75f64.sqrt() * normal(&mut stream);
                level
            })
            .collect();
        let found = with(0, &values, |series| judge(&series, BATCHES))
            .unwrap_or_else(|why| panic!("{trial}: {why:?}"));
        let covers = |batches: BatchMeans| usize::from(batches.ci95.0 <= 0.0 && 0.0 <= batches.ci95.1);
        covered += covers(found.batches.unwrap());
        uncut += usize::from(batch_means(&values, BATCHES).unwrap().mean < found.batches.unwrap().mean);
    }
    // 95 % of 500, give or take three standard errors of 4.9.
    assert!((461..=489).contains(&covered), "{covered} of {trials}");
    // The start adds 20 + 10 + 5 + .. = 40 to the sum, 0.02 to the mean of 2000: without the cut, means are higher.
    assert!(uncut < trials / 20, "keeping the start lowers {uncut} of {trials} means");
}

fn report() -> SteadyReport {
    let row = |seed, metric: &str, unit, steady| SteadyRow {
        policy: "fcfs".into(),
        predictor: "none".into(),
        seed,
        axes: vec![("workload.load".into(), "0.9".into())],
        metric: metric.into(),
        unit,
        values: 1000,
        without: 0,
        mean: 150.0,
        steady,
    };
    let batches =
        |lag1| BatchMeans { mean: 160.0, ci95: (150.0, 170.0), batches: 20, size: 45, lag1: Some(lag1) };
    let steady =
        |lag1| Steady { cut: 90, warmup_ns: 5_400_200_000_000, mean: 160.0, batches: Some(batches(lag1)) };
    let mean = SteadyMean { cut: 75, warmup_ns: 4_500_200_000_000, mean: 162.5, ci95: Some((160.0, 165.0)) };
    let group =
        |first, runs, dependent, steady| SteadySummary { first, runs, dependent, mean: 156.0, steady };
    SteadyReport {
        scenario: "s".into(),
        rows: vec![
            row(1, "wait", "s", Ok(steady(0.25))),
            row(1, "queue", "jobs", Err(NotSteady::Late(800))),
            row(2, "wait", "s", Ok(steady(0.5))),
        ],
        summary: vec![group(0, 2, 1, Ok(mean)), group(1, 1, 0, Err(NotSteady::Late(800)))],
        restarted: 0,
    }
}

#[test]
fn the_text_tells_runs_and_seeds_and_the_warm_up_to_be_set() {
    let text = steady_text(&report());
    let table = "\
workload.load = 0.9
policy  metric  seed  values  cut   warm-up  mean of all     mean after it   lag 1
fcfs    wait       1    1000   90     1.5 h      2.5 min  2.67 ±0.17 min    0.25
fcfs    wait       2    1000   90     1.5 h      2.5 min  2.67 ±0.17 min  0.50 !
fcfs    wait     all           75  1.25 h      2.6 min  2.71 ±0.042 min  1 of 2 !
fcfs    queue      1    1000    -         -          150      not steady       -
";
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let shown: Vec<&str> = text.lines().take(6).collect();
    assert_eq!(words(&shown.join("\n")), words(table), "{text}");
    assert!(text.contains("not steady: queue of fcfs at workload.load = 0.9: the estimated error"), "{text}");
    // A part of a second counts as a whole one.
    assert!(text.ends_with("[measure]\nwarmup = \"4501s\"\n\nor --set measure.warmup=4501s\n"), "{text}");
}

#[test]
fn csv_and_json_have_whole_numbers() {
    let csv = steady_csv(&report());
    let wanted = "policy,predictor,seed,workload.load,metric,unit,values,without,state,cut,warmup_s,mean_all,mean,\
                  batch_mean,ci95_low,ci95_high,batches,batch_size,lag1\n\
                  fcfs,none,1,0.9,wait,s,1000,0,steady,90,5400.2,150,160,160,150,170,20,45,0.25\n\
                  fcfs,none,1,0.9,queue,jobs,1000,0,not steady,800,,150,,,,,,,\n\
                  fcfs,none,2,0.9,wait,s,1000,0,steady,90,5400.2,150,160,160,150,170,20,45,0.5\n";
    assert_eq!(csv, wanted);
    let json = steady_json(&report());
    assert_eq!(json["warmup_s"], 4501);
    assert_eq!(json["summary"][0]["ci95_high"], 165.0);
    assert_eq!(json["summary"][1]["state"], "not steady");
    assert_eq!(json["runs"][2]["dependent"], true);
}
