//! Simulated coverage of the intervals, as tables for results/published/statistics.md:
//! `cargo run --release -p windtunnel-analysis --example coverage`.

use analysis::statistics::bootstrap::{Resamples, bca, bootstrap_t};
use analysis::statistics::scores::{Draws, Scores};
use analysis::statistics::steady::{BATCHES, batch_means, mser5};
use analysis::statistics::student::one_sample;
use analysis::{Replication, Width};
use sim_core::random::{Stream, exponential, normal};

/// Simulated experiments per cell: a coverage of 95 % has a standard error of 0.34 percent points.
const TRIALS: usize = 4000;

/// Resamples within them.
const RESAMPLES: usize = 1999;

/// A draw of a difference.
type Draw = fn(&mut Stream) -> f64;

fn main() {
    fixed();
    adaptive();
    scores();
    batches();
    warm_up();
}

/// A policy's value less the baseline's, and what that is in the mean.
type Pair = (&'static str, fn(&mut Stream) -> f64, f64);

/// Mean of a lognormal with sigma 1.
const LOGNORMAL: f64 = 1.648_721_270_700_128;

const PAIRS: [Pair; 4] = [
    ("normal", |stream| 1.0 + normal(stream), 1.0),
    // Workloads differ much between seeds and policies by a factor: b = 0.9 a, with noise of 5 %.
    (
        "paired: lognormal seeds, policy 10 % better",
        |stream| {
            let a = normal(stream).exp();
            0.9 * a * (1.0 + 0.05 * normal(stream)) - a
        },
        -0.1 * LOGNORMAL,
    ),
    ("lognormal, sigma 0.5", |stream| (0.5 * normal(stream)).exp(), 1.133_148_453_066_826_3),
    ("lognormal, sigma 1", |stream| normal(stream).exp(), LOGNORMAL),
];

fn percent(covered: usize, of: usize) -> String {
    format!("{:.1} %", 100.0 * covered as f64 / of as f64)
}

fn covers(ci95: Option<(f64, f64)>, truth: f64) -> usize {
    usize::from(ci95.is_some_and(|(low, high)| low <= truth && truth <= high))
}

fn fixed() {
    println!("| differences | interval | n = 5 | n = 10 | n = 20 | n = 50 |\n|---|---|---|---|---|---|");
    for (name, draw, truth) in PAIRS {
        let (mut t, mut studentized, mut boot) = (Vec::new(), Vec::new(), Vec::new());
        for n in [5, 10, 20, 50] {
            let mut stream = Stream::new(n as u64, name);
            let resamples = Resamples::draw(n, RESAMPLES, "coverage");
            let (mut by_t, mut by_bootstrap_t, mut by_bca) = (0, 0, 0);
            for _ in 0..TRIALS {
                let values: Vec<f64> = (0..n).map(|_| draw(&mut stream)).collect();
                by_t += covers(one_sample(&values).ci95, truth);
                let found = bootstrap_t(&values, &resamples);
                by_bootstrap_t += covers(found.map(|found| found.ci95), truth);
                by_bca += covers(bca(&values, &resamples).map(|found| found.ci95), truth);
            }
            t.push(percent(by_t, TRIALS));
            studentized.push(percent(by_bootstrap_t, TRIALS));
            boot.push(percent(by_bca, TRIALS));
        }
        println!("| {name} | t | {} |\n| | bootstrap-t | {} |", t.join(" | "), studentized.join(" | "));
        println!("| | BCa | {} |", boot.join(" | "));
    }
}

/// Coverage where the rule stopped: the variance is judged on the values that end the search.
fn adaptive() {
    println!("\n| differences | wanted half width | fewest seeds | coverage | seeds, mean | at the fewest |");
    println!("|---|---|---|---|---|---|");
    let noise: [(&str, Draw); 2] =
        [("normal", normal), ("lognormal, sigma 1", |stream| (normal(stream).exp() - LOGNORMAL) / 2.161_197)];
    for (name, draw) in noise {
        // Relative to a baseline of 1 with differences of standard deviation 1.
        for (share, min) in
            [(1.0, 5), (0.5, 5), (0.5, 10), (0.25, 5), (0.25, 10), (0.25, 20), (0.1, 5), (0.1, 20)]
        {
            let rule = Replication { width: Width::Share(share), min, max: 2000 };
            let mut stream = Stream::new(min as u64, &format!("{name} {share}"));
            let (mut covered, mut seeds, mut least) = (0, 0, 0);
            for _ in 0..TRIALS {
                let (mut policy, mut baseline) = (Vec::new(), Vec::new());
                while let Some(next) = rule.next(policy.len()) {
                    baseline.resize(next, Some(1.0));
                    policy.resize_with(next, || Some(1.0 + draw(&mut stream)));
                    if rule.reached(&baseline, Some(&policy)).is_met() {
                        break;
                    }
                }
                let differences: Vec<f64> = policy.iter().flatten().map(|value| value - 1.0).collect();
                covered += covers(one_sample(&differences).ci95, 0.0);
                seeds += differences.len();
                least += usize::from(differences.len() == min);
            }
            println!(
                "| {name} | {share} sd | {min} | {} | {:.1} | {} |",
                percent(covered, TRIALS),
                seeds as f64 / TRIALS as f64,
                percent(least, TRIALS)
            );
        }
    }
}

/// Four points whose runs share half of their variance by seed, or nothing.
fn scores() {
    println!("\n| interquartile mean, 10 seeds, 4 points | drawn by whole seeds | by point |\n|---|---|---|");
    for (name, shared) in
        [("points of a seed are independent", 0.0f64), ("they share half of their variance", 0.5)]
    {
        let mut stream = Stream::new(1, name);
        let (mut whole, mut stratified) = (0, 0);
        for _ in 0..TRIALS / 2 {
            let seeds: Vec<f64> = (0..10).map(|_| normal(&mut stream)).collect();
            let mut one = |seed: &f64| shared.sqrt() * seed + (1.0 - shared).sqrt() * normal(&mut stream);
            let points = (0..4).map(|_| seeds.iter().map(&mut one).collect()).collect();
            let scores = Scores::new(points);
            let ends = |draws: &Draws| Some(scores.interval(draws, Scores::interquartile_mean));
            whole += covers(ends(&Draws::new(&scores, true, RESAMPLES / 2)), 0.0);
            stratified += covers(ends(&Draws::new(&scores, false, RESAMPLES / 2)), 0.0);
        }
        println!("| {name} | {} | {} |", percent(whole, TRIALS / 2), percent(stratified, TRIALS / 2));
    }
}

/// A series whose neighbours are correlated.
fn batches() {
    println!("\n| series of 1000, correlation of neighbours | coverage | lag 1 above 0.447 |\n|---|---|---|");
    for correlation in [0.0f64, 0.5, 0.9, 0.98] {
        let mut stream = Stream::new(1, &format!("series {correlation}"));
        let (mut covered, mut told) = (0, 0);
        for _ in 0..TRIALS {
            let mut level = normal(&mut stream);
            let step = (1.0 - correlation * correlation).sqrt();
            let values: Vec<f64> = (0..1000)
                .map(|_| {
                    level = correlation * level + step * normal(&mut stream);
                    level
                })
                .collect();
            let found = batch_means(&values, BATCHES);
            covered += covers(found.map(|found| found.ci95), 0.0);
            told += usize::from(found.is_some_and(|found| found.dependent()));
        }
        println!("| {correlation} | {} | {} |", percent(covered, TRIALS), percent(told, TRIALS));
    }
}

/// Waits behind one server, which begins empty: the mean is known, and so far from the first values the more the load.
fn warm_up() {
    println!(
        "\n| waits of an M/M/1 queue, from empty | values | not steady | cut, mean | coverage | lag 1 above 0.447 |\n\
         |---|---|---|---|---|---|"
    );
    for (load, jobs) in [(0.5, 5_000), (0.8, 10_000), (0.9, 10_000), (0.9, 100_000)] {
        let mut stream = Stream::new(1, &format!("queue {load} {jobs}"));
        // In units of the mean service: Khinchin's formula.
        let truth = load / (1.0 - load);
        let (mut steady, mut cuts, mut covered, mut told) = (0, 0, 0, 0);
        for _ in 0..TRIALS / 2 {
            let values = waits(load, jobs, &mut stream);
            let Ok(cut) = mser5(&values) else { continue };
            let batches = batch_means(&values[cut..], BATCHES);
            (steady, cuts) = (steady + 1, cuts + cut);
            covered += covers(batches.map(|batches| batches.ci95), truth);
            told += usize::from(batches.is_some_and(|batches| batches.dependent()));
        }
        println!(
            "| load {load} | {jobs} | {} | {} | {} | {} |",
            percent(TRIALS / 2 - steady, TRIALS / 2),
            cuts / steady.max(1),
            percent(covered, steady),
            percent(told, steady)
        );
    }
}

/// Waits of so many jobs, by Lindley's recursion, in units of the mean service.
fn waits(load: f64, jobs: usize, stream: &mut Stream) -> Vec<f64> {
    let mut wait = 0.0f64;
    let next = |_| {
        let this = wait;
        wait = (wait + exponential(stream) - exponential(stream) / load).max(0.0);
        this
    };
    (0..jobs).map(next).collect()
}
