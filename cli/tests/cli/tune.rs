//! The search for parameters, through the program.

use crate::bad_input::assert_refused;
use crate::support::{Bench, json};

const TUNE: [&str; 4] = [
    "--set",
    "workload.jobs=60",
    "--set",
    "tune={ metric = \"wait_mean\", budget = 3, train = 3, validate = 2, \
     space = { \"policy[0].order\" = [\"fcfs\", \"sjf\", \"ljf\"] } }",
];

#[test]
fn a_search_reports_training_and_held_out_seeds() {
    let bench = Bench::new();
    let text = bench.good(&[&["tune", "small.toml", "--out", "out"], &TUNE[..]].concat());
    for part in
        ["3 candidates for policy 0 by wait_mean, random search, 16 runs", "training", "held out", "Optimism"]
    {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
    // What is finished is kept, and the outcome is the same.
    let again = bench.good(&[&["tune", "small.toml", "--out", "out", "--resume"], &TUNE[..]].concat());
    assert_eq!(again, text);
    let report =
        bench.good(&[&["tune", "small.toml", "--out", "json", "--format", "json"], &TUNE[..]].concat());
    let report = json(&report);
    assert_eq!(report["held_out"]["seeds"], serde_json::json!([4, 5]));
    let gain = |side: &str| report[side]["gain"].as_f64().unwrap();
    assert!((report["optimism"].as_f64().unwrap() - gain("training") + gain("held_out")).abs() < 1e-9);
}

#[test]
fn what_is_wrong_with_a_search_is_told_by_whatever_reads_the_scenario() {
    let bench = Bench::new();
    let space = "{ \"policy[7].order\" = [\"fcfs\"] }";
    let sets = [format!("tune={{ metric = \"nosuch\", space = {space} }}")];
    for command in ["validate", "run", "tune"] {
        assert_refused(
            &bench.run(&[command, "small.toml", "--set", &sets[0]]),
            &[
                "small.toml: tune.metric = nosuch: is no metric",
                "small.toml: tune.space = policy[7].order: must be `policy[N].KEY` with N from 0 to 1",
            ],
        );
    }
    for (more, told) in [
        (
            "tune.space={ \"policy[0].order\" = [\"fcfs\", \"sfj\"] }",
            "tune.space.\"policy[0].order\" = \"sfj\"",
        ),
        ("tune.metric=utilization_", "tune.metric = utilization_: is a family of metrics"),
        (
            "sweep.point=[{ name = \"p\", set = { \"policy.0.order\" = \"ljf\" } }]",
            "sweep.point = policy.0.order",
        ),
    ] {
        let done = bench.run(&[&["validate", "small.toml"], &TUNE[..], &["--set", more]].concat());
        assert_refused(&done, &["small.toml: ", told]);
        assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
    }
}

#[test]
fn a_scenario_without_a_search_is_refused() {
    let bench = Bench::new();
    assert_refused(&bench.run(&["tune", "small.toml"]), &["tune", "is required"]);
    let overlap = ["--set", "tune.validate=[3]"];
    assert_refused(
        &bench.run(&[&["tune", "small.toml"], &TUNE[..], &overlap].concat()),
        &["training seeds too"],
    );
}
