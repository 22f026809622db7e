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
fn a_scenario_without_a_search_is_refused() {
    let bench = Bench::new();
    assert_refused(&bench.run(&["tune", "small.toml"]), &["tune", "is required"]);
    let overlap = ["--set", "tune.validate=[3]"];
    assert_refused(
        &bench.run(&[&["tune", "small.toml"], &TUNE[..], &overlap].concat()),
        &["training seeds too"],
    );
}
