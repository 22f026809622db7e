//! Arrival processes against what theory says of them.

use super::*;
use crate::generate::testing;

const HOUR_NS: u64 = 3_600_000_000_000;

fn build(name: &str, text: &str, rate_is_set: bool, seed: u64) -> Result<Arrivals, String> {
    let about = ARRIVALS.iter().find(|about| about.name == name).unwrap();
    let params = testing::params(about, text).map_err(|problems| problems.to_string())?;
    Arrivals::new(name, &params, rate_is_set, Stream::new(seed, "workload/arrivals"))
        .map_err(|problem| problem.to_string())
}

/// Arrivals in each window of `window_ns`.
fn counts(arrivals: &mut Arrivals, windows: usize, window_ns: u64) -> Vec<f64> {
    let (mut counts, mut now) = (vec![0.0; windows], SimTime::ZERO);
    loop {
        now = arrivals.next(now).unwrap();
        match counts.get_mut((now.as_ns() / window_ns) as usize) {
            Some(count) => *count += 1.0,
            None => return counts,
        }
    }
}

fn mean_and_dispersion(counts: &[f64]) -> (f64, f64) {
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    (mean, counts.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0) / mean)
}

/// Mean per window within 4 standard errors of `rate_per_hour * hours`; dispersion within 4 of `dispersion`,
/// where the standard error of an index of dispersion over n windows is about `dispersion * sqrt(2 / n)`.
fn check(name: &str, text: &str, rate_per_hour: f64, dispersion: f64) {
    let mut arrivals = build(name, text, false, 1).unwrap();
    assert!((arrivals.mean_rate() * SECONDS_PER_HOUR - rate_per_hour).abs() < 1e-9 * rate_per_hour, "{name}");
    let (windows, hours) = (4000, 10);
    let (mean, found) = mean_and_dispersion(&counts(&mut arrivals, windows, hours * HOUR_NS));
    let expected = rate_per_hour * hours as f64;
    let error = (expected * dispersion / windows as f64).sqrt();
    assert!((mean - expected).abs() < 4.0 * error, "{name}: {mean} is not {expected} +- {error}");
    let error = dispersion * (2.0 / windows as f64).sqrt();
    assert!((found - dispersion).abs() < 4.0 * error, "{name}: {found} is not {dispersion} +- {error}");
}

#[test]
fn poisson_counts_have_dispersion_one() {
    check("poisson", "rate_per_hour = 50", 50.0, 1.0);
}

#[test]
fn mmpp_counts_have_the_dispersion_of_the_cookbook() {
    // Two states with rates a, b [1/h] that are left at q1, q2 [1/h]: over a window t,
    // IDC(t) = 1 + 2 (a-b)^2 q1 q2 / ((q1+q2)^2 (a q2 + b q1)) * (1 - (1 - exp(-(q1+q2) t)) / ((q1+q2) t)).
    let (a, b, q1, q2, t) = (90.0, 10.0, 10.0, 6.0, 10.0);
    let limit = 2.0 * f64::powi(a - b, 2) * q1 * q2 / (f64::powi(q1 + q2, 2) * (a * q2 + b * q1));
    let dispersion = 1.0 + limit * (1.0 - (1.0 - f64::exp(-(q1 + q2) * t)) / ((q1 + q2) * t));
    let mean = (a / q1 + b / q2) / (1.0 / q1 + 1.0 / q2);
    check("mmpp", "rates_per_hour = [90, 10]\nmean_sojourn = ['6m', '10m']", mean, dispersion);
}

#[test]
fn mmpp_visits_all_states_either_way() {
    for switch in ["cyclic", "uniform"] {
        let text =
            format!("rates_per_hour = [10, 0, 200]\nmean_sojourn = ['5m', '10m', '1m']\nswitch = '{switch}'");
        let mut arrivals = build("mmpp", &text, false, 3).unwrap();
        let (mean, dispersion) = mean_and_dispersion(&counts(&mut arrivals, 2000, 10 * HOUR_NS));
        let expected = 10.0 * (10.0 * 5.0 + 200.0) / 16.0;
        let error = (expected * dispersion / 2000.0).sqrt();
        assert!((mean - expected).abs() < 4.0 * error, "{switch}: {mean} is not {expected} +- {error}");
    }
}

#[test]
fn hawkes_counts_have_the_dispersion_of_a_branching_process() {
    // Over long windows the variance by the mean is 1 / (1 - n)^2 (Hawkes 1971); over a window t of decays b
    // it is that less its excess times (1 - exp(-c t)) / (c t) with c = b (1 - n). The delay is 30 s: c t is
    // 480.
    let n: f64 = 0.6;
    let limit = 1.0 / ((1.0 - n) * (1.0 - n));
    let ct = 36_000.0 / 30.0 * (1.0 - n);
    let dispersion = 1.0 + (limit - 1.0) * (1.0 - (1.0 - f64::exp(-ct)) / ct);
    check("hawkes", "base_per_hour = 20\nbranching = 0.6\ndecay = '30s'", 50.0, dispersion);
}

#[test]
fn diurnal_counts_follow_the_cosine_and_the_weekend() {
    let text = "rate_per_hour = 100\npeak_to_mean = 1.8\npeak_hour = 15\nweekend_factor = 0.4";
    let weeks = 200;
    let hourly = counts(&mut build("diurnal", text, false, 5).unwrap(), weeks * 168, HOUR_NS);
    let mut by_hour = [0.0; 168];
    for (hour, count) in hourly.iter().enumerate() {
        by_hour[hour % 168] += count / weeks as f64;
    }
    let total = by_hour.iter().sum::<f64>() / 168.0;
    assert!((total - 100.0).abs() < 4.0 * (100.0f64 / (168.0 * weeks as f64)).sqrt(), "{total}");
    for (hour, found) in by_hour.iter().enumerate() {
        let wave = |h: f64| {
            24.0 / (2.0 * std::f64::consts::PI) * (2.0 * std::f64::consts::PI * (h - 15.0) / 24.0).sin()
        };
        let start = (hour % 24) as f64;
        let day_factor = if hour >= 120 { 0.4 } else { 1.0 };
        let expected = 100.0 * 7.0 / 5.8 * day_factor * (1.0 + 0.8 * (wave(start + 1.0) - wave(start)));
        let error = (expected / weeks as f64).sqrt();
        assert!((found - expected).abs() < 4.5 * error, "hour {hour}: {found} is not {expected} +- {error}");
    }
    let day: Vec<f64> = (0..24).map(|h| (0..5).map(|d| by_hour[d * 24 + h]).sum()).collect();
    let peak = (0..24).max_by(|&a, &b| day[a].total_cmp(&day[b])).unwrap();
    assert!((13..=16).contains(&peak), "the peak hour is {peak}");
}

#[test]
fn regular_and_observed_gaps() {
    let mut uniform = build("uniform", "gap = '90s'", false, 1).unwrap();
    assert_eq!(uniform.next(SimTime::from_secs(10)), Some(SimTime::from_secs(100)));
    let mut gaps = build("gaps", "gaps = ['1s', '2s', '9s']", false, 1).unwrap();
    let (mean, _) = mean_and_dispersion(&counts(&mut gaps, 1000, HOUR_NS));
    // A renewal process has dispersion cv^2 = (86/3 - 16) / 16.
    let error = (900.0f64 * 0.79 / 1000.0).sqrt();
    assert!((mean - 900.0).abs() < 4.0 * error, "{mean}");
}

#[test]
fn a_set_rate_is_met_by_every_process() {
    for (name, text) in [
        ("poisson", ""),
        ("mmpp", "rates_per_hour = [9, 1]\nmean_sojourn = ['1m', '2m']"),
        ("diurnal", "weekend_factor = 0.5"),
        ("hawkes", "branching = 0.3"),
        ("uniform", ""),
        ("gaps", "gaps = ['1s', '3s']"),
    ] {
        let mut arrivals = build(name, text, true, 2).unwrap();
        arrivals.set_mean_rate(0.5);
        assert!((arrivals.mean_rate() - 0.5).abs() < 1e-12, "{name}");
        let (mean, dispersion) = mean_and_dispersion(&counts(&mut arrivals, 70, 24 * HOUR_NS));
        let error = (43_200.0 * dispersion.max(1.0) / 70.0).sqrt();
        assert!((mean - 43_200.0).abs() < 4.0 * error, "{name}: {mean} +- {error}");
    }
}

#[test]
fn rules_between_parameters_are_named() {
    let refused = |name, text, set| build(name, text, set, 1).unwrap_err();
    assert_eq!(
        refused("poisson", "", false),
        "workload: arrivals.rate_per_hour: is required where `load` is not given"
    );
    assert_eq!(
        refused("poisson", "rate_per_hour = 3", true),
        "workload: arrivals.rate_per_hour: must not be given together with `load`"
    );
    assert_eq!(
        refused("mmpp", "rates_per_hour = [1, 2]\nmean_sojourn = ['1s']", false),
        "workload: arrivals.mean_sojourn = 1 element(s): must have as many elements as `rates_per_hour`, \
         which has 2"
    );
    assert!(refused("hawkes", "base_per_hour = 1\nbranching = 1.0", false).contains("from 0 to 0.999"));
    assert!(refused("gaps", "gaps = [0]", false).contains("above 0"));
}
