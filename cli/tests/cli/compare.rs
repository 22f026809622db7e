//! Comparisons in pairs: of policies, of folders, and what is refused.

use serde_json::Value;

use crate::bad_input::assert_refused;
use crate::support::{Bench, json};

const A: &str = "fcfs/first-fit";
const B: &str = "sjf/best-fit/skip";
const BOTH: &str = "fcfs/first-fit,sjf/best-fit/skip";
const AXES: &str = "sweep.axes={\"workload.load\" = [0.5, 1.0]}";

/// The rows of the only comparison.
fn rows(report: &Value) -> &Vec<Value> {
    assert_eq!(report["comparisons"].as_array().unwrap().len(), 1, "{report}");
    report["comparisons"][0]["rows"].as_array().unwrap()
}

/// The value of a metric in the run of a report of `run --format json`.
fn value(report: &Value, policy: &str, seed: u64, load: f64, metric: &str) -> f64 {
    let mut runs = report["runs"].as_array().unwrap().iter();
    let run = runs
        .find(|run| run["policy"] == policy && run["seed"] == seed && run["params"]["workload.load"] == load);
    run.unwrap()["metrics"][metric].as_f64().unwrap()
}

#[test]
fn policies_are_compared_at_each_point_and_over_all() {
    let bench = Bench::new();
    let ran = json(&bench.run_small("out", &["--set", AXES, "--seeds", "3", "--format", "json"]));
    let wanted = ["compare", "out", "--policies", BOTH, "--metric", "wait_mean", "--format", "json"];
    let report = json(&bench.good(&wanted));
    assert_eq!(report["comparisons"][0]["a"]["policy"], A);
    assert_eq!(report["comparisons"][0]["pairs"], 6);
    let rows = rows(&report);
    assert_eq!(rows.len(), 3);
    let difference =
        |seed, load| value(&ran, B, seed, load, "wait_mean") - value(&ran, A, seed, load, "wait_mean");
    for (row, load) in rows.iter().zip([0.5, 1.0]) {
        assert_eq!((&row["params"]["workload.load"], &row["pairs"]), (&load.into(), &3.into()));
        let mean = (1..=3).map(|seed| difference(seed, load)).sum::<f64>() / 3.0;
        assert!((row["difference"].as_f64().unwrap() - mean).abs() < 1e-9 * mean.abs(), "{row}");
    }
    let all = &rows[2];
    assert!(all["params"].is_null() && all["pairs"] == 6 && all["samples"] == 3, "{all}");
    let mean = all["difference"].as_f64().unwrap();
    assert!(all["ci95_low"].as_f64().unwrap() <= mean && mean <= all["ci95_high"].as_f64().unwrap());
}

#[test]
fn the_table_says_what_was_compared() {
    let bench = Bench::new();
    bench.run_small("out", &["--set", AXES]);
    let text = bench.good(&["compare", "out"]);
    let first = "sjf/best-fit/skip against fcfs/first-fit, 4 pairs of equal seed and point\n";
    assert!(text.starts_with(first), "{text}");
    for part in ["workload.load", "0.5", "all", "wait_mean", "utilization_gpu", "Student's t"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let alone = bench.good(&["compare", "out", "--metric", "utilization_"]);
    assert!(alone.contains("utilization_cpu") && !alone.contains("wait_mean"), "{alone}");
}

#[test]
fn a_single_pair_has_no_interval() {
    let bench = Bench::new();
    bench.run_small("out", &["--seeds", "1"]);
    assert!(bench.good(&["compare", "out", "--policies", BOTH]).contains("no interval"));
    let report = json(&bench.good(&["compare", "out", "--format", "json"]));
    assert!(rows(&report).iter().all(|row| row["ci95_low"].is_null() && row["verdict"].is_null()));
}

#[test]
fn bca_intervals_of_few_seeds_come_with_a_caution() {
    let bench = Bench::new();
    bench.run_small("out", &["--seeds", "3"]);
    let caution = "BCa intervals of 3 seeds cover less than 95 %";
    assert_eq!(bench.good(&["compare", "out", "--interval", "bca"]).matches(caution).count(), 1);
    assert!(!bench.good(&["compare", "out"]).contains("cover less"));
    let report = json(&bench.good(&["compare", "out", "--interval", "bca", "--format", "json"]));
    assert!(report["notes"][0].as_str().unwrap().starts_with(caution), "{report}");
    bench.run_small("many", &["--seeds", "20", "--set", "workload.jobs=20"]);
    assert!(!bench.good(&["compare", "many", "--interval", "bca"]).contains("cover less"));
}

#[test]
fn a_folder_does_not_differ_from_itself() {
    let bench = Bench::new();
    bench.run_small("out", &[]);
    let report = json(&bench.good(&["compare", "out", "out", "--policies", A, "--format", "json"]));
    let rows = rows(&report);
    assert!(rows.len() > 4 && rows.iter().all(|row| row["difference"] == 0.0 && row["verdict"] == "equal"));
}

#[test]
fn folders_are_compared_policy_by_policy() {
    let bench = Bench::new();
    bench.run_small("before", &[]);
    bench.run_small("after", &["--set", "workload.load=0.4"]);
    let text = bench.good(&["compare", "before", "after", "--metric", "utilization_cpu"]);
    for policy in [A, B] {
        let heading = format!("{policy}: after against before, 2 pairs of equal seed and point\n");
        assert!(text.contains(&heading), "{text}");
    }
    let csv = bench.good(&["compare", "before", "after", "--format", "csv"]);
    assert!(csv.starts_with("folder_a,policy_a,folder_b,policy_b,scope,metric,unit,pairs,"), "{csv}");
    assert!(csv.lines().any(|line| line.starts_with("before,fcfs/first-fit,after,fcfs/first-fit,all,")));
}

#[test]
fn runs_without_a_counterpart_are_reported() {
    let bench = Bench::new();
    bench.run_small("before", &["--seeds", "3"]);
    bench.run_small("after", &["--set", "policy.1.name=new"]);
    let text = bench.good(&["compare", "before", "after"]);
    for part in [
        "3 runs of sjf/best-fit/skip are in before alone",
        "2 runs of new are in after alone",
        "2 pairs of equal seed and point\n  1 run of before has no counterpart",
        "2 of 3",
    ] {
        assert!(text.contains(part), "`{part}` is not in {text}");
    }
    let report = json(&bench.good(&["compare", "before", "after", "--format", "json"]));
    assert_eq!(
        (&report["comparisons"][0]["only_a"], &report["comparisons"][0]["only_b"]),
        (&1.into(), &0.into())
    );
    assert_eq!(report["notes"].as_array().unwrap().len(), 2);
    let csv = bench.run(&["compare", "before", "after", "--format", "csv"]);
    assert_eq!(csv.code, 0);
    assert!(csv.stderr.contains("runs without a counterpart: 1 of fcfs/first-fit of before"), "{csv:?}");
}

#[test]
fn a_folder_that_lacks_runs_is_noted() {
    let bench = Bench::new();
    bench.run_small("out", &["--shard", "1/2"]);
    bench.run_small("whole", &[]);
    let text = bench.good(&["compare", "whole", "out"]);
    assert!(text.contains("out is not complete: it has 2 of its runs"), "{text}");
}

#[test]
fn what_is_not_there_is_refused() {
    let bench = Bench::new();
    bench.run_small("out", &[]);
    bench.run_small("other", &["--set", "sweep.seeds=[7]"]);
    std::fs::create_dir(bench.path("empty")).unwrap();
    for (arguments, parts) in [
        (&["compare", "gone"][..], &["gone: does not exist"][..]),
        (&["compare", "small.toml"], &["small.toml: is not a folder"]),
        (&["compare", "empty"], &["empty: holds no results"]),
        (
            &["compare", "out", "--policies", "fcfs/first-fit,sjf/best-fit"],
            &["--policies = sjf/best-fit: out has no such policy", "did you mean `sjf/best-fit/skip`?"],
        ),
        (&["compare", "out", "--policies", A], &["--policies = fcfs/first-fit: needs another policy"]),
        (&["compare", "out", "--policies", "fcfs/first-fit,fcfs/first-fit"], &["is named twice"]),
        (
            &["compare", "out", "--metric", "wait_men"],
            &["--metric = wait_men: no run has such a metric", "did you mean `wait_mean`?"],
        ),
        (&["compare", "out", "other"], &["no run has the seed and the axis values of a run of"]),
        (&["compare", "out", "--profile", "--format", "csv"], &["--profile: has no place in rows"]),
        (&["compare"], &["<DIR>"]),
        (&["compare", "out", "out", "out"], &["error: "]),
    ] {
        assert_refused(&bench.run(arguments), parts);
    }
}
