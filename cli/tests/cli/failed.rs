//! Runs that fail while others of their sweep do not: exit code 3, and nothing is lost.

use crate::support::{Bench, json, parquet};

/// At one of its two points all runs fail: the prices of 20,000 nodes at a milliard each are, in millionths, more than
/// the meter of costs can add up (2e19 > 2^64 - 1). Each of the values is allowed by itself.
const DEAR: &str = r#"name = "dear"
cluster = { type = "uniform", nodes = 2, cpu = 4, price_per_hour = 1e9 }
policy = [{ order = "fcfs", place = "first-fit" }, { order = "sjf", place = "first-fit" }]
sweep = { seeds = 2, axes = { "cluster.nodes" = [2, 20000] } }

[workload]
type = "synthetic"
jobs = 20
load = 0.5
durations = { type = "constant", value = "10m" }
shapes = [{ cpu = 1 }]
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("dear.toml", DEAR);
    bench
}

/// Ids of the failed runs that the folder lists.
fn failed(bench: &Bench, out: &str) -> Vec<String> {
    let listed = json(&String::from_utf8(bench.files(out)["failed.json"].clone()).unwrap());
    let runs = listed["failed"].as_array().unwrap();
    assert!(
        runs.iter().all(|run| run["message"].as_str().unwrap().contains("prices of all nodes")),
        "{listed}"
    );
    runs.iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn runs_that_fail_are_listed_and_the_others_are_complete() {
    let bench = bench();
    let done = bench.run(&["run", "dear.toml", "--out", "out", "--jobs", "--threads", "2"]);
    assert_eq!(done.code, 3, "{done:?}");
    assert!(done.stdout.contains("cluster.nodes = 2\n") && done.stdout.contains("4 runs; results in out"));
    assert!(!done.stdout.contains("20000"), "{}", done.stdout);
    let ids = failed(&bench, "out");
    assert_eq!(ids.len(), 4);
    assert!(ids.iter().all(|id| done.stderr.contains(&format!("\n{id}: "))), "{}", done.stderr);
    assert_eq!(parquet(&bench.path("out/jobs.parquet")).num_rows(), 4 * 20);
    let manifest = json(&String::from_utf8(bench.files("out")["manifest.json"].clone()).unwrap());
    assert_eq!(manifest["complete"], false);

    // The tables are those of the point that can be run, and the same on one thread.
    bench.good(&["run", "dear.toml", "--out", "half", "--jobs", "--set", "sweep.axes={'cluster.nodes'=[2]}"]);
    assert!(bench.files("out")["jobs.parquet"] == bench.files("half")["jobs.parquet"]);
    assert!(bench.files("out")["runs.parquet"] == bench.files("half")["runs.parquet"]);
    bench.run(&["run", "dear.toml", "--out", "alone", "--jobs", "--threads", "1"]);
    for name in ["failed.json", "jobs.parquet", "manifest.json", "runs.parquet"] {
        assert!(bench.files("alone")[name] == bench.files("out")[name], "{name} differs");
    }
}

#[test]
fn resuming_tries_failed_runs_again_and_keeps_the_finished_ones() {
    let bench = bench();
    assert_eq!(bench.run(&["run", "dear.toml", "--out", "out"]).code, 3);
    let before = bench.results("out");
    let again = bench.run(&["run", "dear.toml", "--out", "out", "--resume"]);
    assert_eq!(again.code, 3, "{again:?}");
    assert!(again.stdout.contains("4 runs, 4 of them done before"), "{}", again.stdout);
    let after = bench.results("out");
    for name in ["failed.json", "manifest.json", "runs.parquet"] {
        assert!(before[name] == after[name], "{name} differs");
    }
    // Without --resume they are not thrown away.
    let refused = bench.run(&["run", "dear.toml", "--out", "out"]);
    assert!(refused.code == 2 && refused.stderr.contains("--resume goes on with them"), "{refused:?}");
    // With fewer nodes at that point nothing fails: what was finished is kept, and the list goes.
    let fewer = ["run", "dear.toml", "--set", "sweep.axes={'cluster.nodes'=[2,4]}", "--out"];
    let text = bench.good(&[&fewer[..], &["out", "--resume"]].concat());
    assert!(text.contains("8 runs, 4 of them done before"), "{text}");
    bench.good(&[&fewer[..], &["fresh"]].concat());
    assert_eq!(bench.results("out"), bench.results("fresh"));
}

#[test]
fn shards_with_failures_merge_to_what_one_sweep_leaves() {
    let bench = bench();
    assert_eq!(bench.run(&["run", "dear.toml", "--out", "whole", "--jobs"]).code, 3);
    let (mut codes, mut lost) = (Vec::new(), 0);
    for shard in ["1/3", "2/3", "3/3"] {
        let out = format!("s{}", &shard[..1]);
        let code = bench.run(&["run", "dear.toml", "--out", &out, "--jobs", "--shard", shard]).code;
        let has_list = bench.path(&out).join("failed.json").exists();
        // 3 only for the shards in which a run failed.
        assert_eq!(code == 3, has_list, "{shard}: {code}");
        lost += if has_list { failed(&bench, &out).len() } else { 0 };
        codes.push(code);
    }
    assert!(codes.contains(&3) && lost == 4, "{codes:?}, {lost} lost");
    let merged = bench.run(&["merge", "joined", "s3", "s1", "s2"]);
    assert_eq!((merged.code, merged.stdout.as_str()), (3, "4 runs; results in joined\n"), "{merged:?}");
    assert!(merged.stderr.starts_with("4 of 8 runs are missing"), "{}", merged.stderr);
    for name in ["failed.json", "jobs.parquet", "manifest.json", "runs.parquet"] {
        assert!(bench.files("joined")[name] == bench.files("whole")[name], "{name} differs");
    }
    assert_eq!(failed(&bench, "joined").len(), 4);
}
