//! Rewards against the metrics of native runs.

use analysis::{MetricOptions, RunMetrics};
use scenarios::episode::{EpisodeOptions, REWARDS, Reward};

use crate::agents::{native, options, play, scenario, setting};
use crate::native::CORES;

#[test]
fn the_rewards_of_an_episode_add_up_to_the_metric_with_a_minus_sign() {
    let scenario = scenario(CORES, &[]);
    let (summary, metrics) =
        native(&scenario, "fcfs", 5, vec![Box::new(RunMetrics::new(MetricOptions::default()))]);
    let metric = |name: &str| metrics.0.iter().find(|metric| metric.name == name).unwrap().value;
    for named in REWARDS {
        let setting = setting(&scenario, EpisodeOptions { reward: named.name.into(), ..options() });
        let (_, steps) = play(&setting, 5, |_, _, _| 0);
        let sum: f64 = steps.iter().map(|step| step.reward).sum();
        let (expected, dense) = match named.reward {
            Reward::Dense(_) => (-metric(&format!("{}_mean", named.name)) * summary.submitted as f64, true),
            Reward::AtEnd(_) => (-metric(named.name), false),
        };
        // Metrics keep ratios as whole billionths.
        assert!((sum / expected - 1.0).abs() < 1e-9, "{}: {sum}, not {expected}", named.name);
        let paying = steps.iter().filter(|step| step.reward != 0.0).count();
        assert!(if dense { paying > 100 } else { paying == 1 }, "{}: {paying} steps pay", named.name);
        assert!(
            steps
                .iter()
                .all(|step| step.reward <= 0.0 && step.reward.is_sign_positive() == (step.reward == 0.0))
        );
    }
}

#[test]
fn time_passes_only_where_a_job_does_not_start_at_once() {
    let scenario = scenario(CORES, &[]);
    let (episode, steps) = play(&setting(&scenario, options()), 5, |_, _, _| 0);
    let passed: u64 = steps.iter().map(|step| step.dt.as_ns()).sum();
    let first = episode.view().now().as_ns() - passed;
    let (summary, _) = native(&scenario, "fcfs", 5, Vec::new());
    // All time but that before the first submission is in some step.
    assert_eq!(first + passed, summary.end.as_ns());
    assert!(steps.iter().any(|step| step.dt.as_ns() == 0) && steps.iter().any(|step| step.dt.as_ns() > 0));
    assert_eq!(steps.len() as u64, summary.submitted);
}

#[test]
fn metrics_at_the_end_are_those_of_the_native_run() {
    let scenario = scenario("quickstart", &["workload.duration=12h"]);
    let chosen = EpisodeOptions { metrics: true, ..options() };
    let (episode, _) = play(&setting(&scenario, chosen), 3, |_, _, _| 0);
    let metrics = episode.outcome().unwrap().metrics;
    let point = &scenario.points[0];
    let source = scenarios::source::Source::prepare(point, 3).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut single = scenario.clone();
    single.points[0].policies.truncate(1);
    single.seeds = vec![3];
    let options = scenarios::sweep::SweepOptions {
        out: folder.path().join("out"),
        threads: Some(1),
        ..Default::default()
    };
    let swept = scenarios::sweep::sweep(&single, &[source], &options, &scenarios::sweep::Silent).unwrap();
    let record = swept.records().unwrap().next().unwrap().unwrap();
    assert_eq!(episode.outcome().unwrap().fingerprint, record.fingerprint);
    let mut ours: Vec<(String, f64)> =
        metrics.into_iter().map(|metric| (metric.name.to_string(), metric.value)).collect();
    let mut theirs: Vec<(String, f64)> =
        record.metrics.iter().map(|metric| (metric.name.to_string(), metric.value)).collect();
    ours.sort_by(|a, b| a.0.cmp(&b.0));
    theirs.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(ours, theirs);
}
