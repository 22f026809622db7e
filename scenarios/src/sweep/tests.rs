//! Sweeps of which some runs fail, and ones with very many seeds.

use std::time::{Duration, Instant};

use super::*;
use crate::batch::Worker;
use crate::scenario::{Overrides, load_text};

const TEXT: &str = "name = 'two'
workload = { type = 'synthetic', jobs = 20, load = 0.8, durations = { type = 'exponential', mean = '20m' }, \
             shapes = [{ cpu = 1 }] }
cluster = { nodes = [{ count = 2, cpu = 4 }] }
policy = [{ order = 'fcfs' }]
sweep = { seeds = 2, axes = { 'workload.load' = [0.5, 0.9] } }
";

fn scenario(text: &str) -> Scenario {
    load_text(text, "two.toml", &Overrides::default()).unwrap()
}

#[test]
fn runs_that_fail_are_listed_and_done_again_and_the_others_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut scenario = scenario(TEXT);
    let sources = prepare(&scenario).unwrap();
    let mut options = SweepOptions { out: folder.path().join("out"), ..SweepOptions::default() };
    // Twenty jobs come and go, which is forty events at least.
    let limit = std::mem::replace(&mut scenario.points[1].limits.events_max, 30);
    let swept = sweep(&scenario, &sources, &options, &Silent).unwrap();
    assert_eq!((swept.runs, swept.failed.len()), (2, 2));
    let failed = std::fs::read_to_string(options.out.join("failed.json")).unwrap();
    let failed: serde_json::Value = serde_json::from_str(&failed).unwrap();
    for (n, seed) in [1, 2].into_iter().enumerate() {
        let run = &failed["failed"][n];
        assert_eq!(run["id"], scenario.id(RunSpec { point: 1, policy: 0, seed }).as_str());
        assert_eq!(run["message"], "events exceed the limit of 30");
    }
    assert_eq!(failed["failed"].as_array().unwrap().len(), 2);
    assert!(!analysis::has_all_runs(&options.out).unwrap());
    let kept: Vec<String> =
        swept.records().unwrap().map(|record| record.unwrap().key.axes[0].1.clone()).collect();
    assert_eq!(kept, ["0.5", "0.5"]);

    scenario.points[1].limits.events_max = limit;
    options.resume = true;
    let swept = sweep(&scenario, &sources, &options, &Silent).unwrap();
    assert_eq!((swept.runs, swept.resumed, swept.failed.len()), (4, 2, 0));
    assert!(analysis::has_all_runs(&options.out).unwrap() && !options.out.join("failed.json").exists());
}

#[test]
fn seeds_that_may_never_be_run_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let enough = "seeds = { until = 'ci95 < 1%', metric = 'jct_mean', min = 2, max = 1000000 }";
    let text = TEXT.replace("seeds = 2", enough);
    let (scenario, began) = (scenario(&text), Instant::now());
    let options = SweepOptions { out: folder.path().join("out"), ..SweepOptions::default() };
    let mut session = Session::open(&scenario, &options).unwrap();
    let worker = Worker::new(&scenario.text, "two.toml").unwrap();
    let missing = session.missing_ids().unwrap();
    assert_eq!(missing.len(), 4);
    let accepted = session.accept(&worker.run(&missing, options.tables, &Silent).unwrap()).unwrap();
    assert_eq!(accepted.finished, missing);
    // Two million digests take some seconds; four runs of twenty jobs do not.
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let unknown = missing[0].replace("-s1-", "-s1000001-");
    assert!(
        worker.run(&[unknown], options.tables, &Silent).unwrap_err().to_string().contains("is no run of")
    );
}
