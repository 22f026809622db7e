//! Traces made, audited and turned from one format into another.

use crate::support::{Bench, json};

/// Whole seconds and cores, so that SWF can say everything.
const PLAIN: &str = r#"# Question: does this trace survive every format?
name = "plain"
policy = [{ order = "fcfs" }]

[workload]
type = "lublin"
jobs = 100
load = 0.7

[cluster]
type = "uniform"
nodes = 64
cpu = 1
"#;

#[test]
fn a_generated_trace_is_audited_and_survives_every_native_format() {
    let bench = Bench::new();
    let said = bench.good(&["trace", "generate", "small.toml", "jobs.csv", "--seed", "3"]);
    assert_eq!(said, "200 jobs written to jobs.csv\n");
    let audit = bench.good(&["trace", "inspect", "jobs.csv"]);
    for part in ["200", "shapes", "gap", "peak", "gpu"] {
        assert!(audit.contains(part), "{part} is not in {audit}");
    }
    let audit = json(&bench.good(&["trace", "inspect", "jobs.csv", "--format", "json"]));
    assert_eq!(audit["jobs"], 200);
    bench.good(&["trace", "convert", "jobs.csv", "jobs.parquet"]);
    bench.good(&["trace", "convert", "jobs.parquet", "back.csv"]);
    let text = |name: &str| std::fs::read_to_string(bench.path(name)).unwrap();
    assert_eq!(text("jobs.csv"), text("back.csv"));
    bench.good(&["trace", "generate", "small.toml", "again.csv", "--seed", "3"]);
    bench.good(&["trace", "generate", "small.toml", "other.csv", "--seed", "4"]);
    assert_eq!(text("jobs.csv"), text("again.csv"));
    assert_ne!(text("jobs.csv"), text("other.csv"));
}

#[test]
fn swf_says_all_that_it_can_and_counts_what_it_cannot() {
    let bench = Bench::new();
    bench.write("plain.toml", PLAIN);
    bench.good(&["trace", "generate", "plain.toml", "plain.swf"]);
    bench.good(&["trace", "convert", "plain.swf", "plain.csv"]);
    bench.good(&["trace", "convert", "plain.csv", "back.swf"]);
    let jobs = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(bench.path(name)).unwrap();
        text.lines().filter(|line| !line.starts_with(';')).map(str::to_owned).collect()
    };
    assert_eq!(jobs("plain.swf").len(), 100);
    assert_eq!(jobs("plain.swf"), jobs("back.swf"));
    let said = bench.good(&["trace", "generate", "small.toml", "small.swf"]);
    assert!(said.contains("not expressible in this format: resources other than processors"), "{said}");
}

#[test]
fn schedules_become_swf_and_jobs_of_batsim() {
    let bench = Bench::new();
    bench.run_small("out", &["--jobs"]);
    let pick = ["--policy", "sjf/best-fit/skip", "--seed", "2"];
    bench.good(&[&["trace", "convert", "out", "done.swf"][..], &pick].concat());
    let swf = std::fs::read_to_string(bench.path("done.swf")).unwrap();
    let lines: Vec<&str> = swf.lines().filter(|line| !line.starts_with(';')).collect();
    assert_eq!(lines.len(), 200);
    assert!(lines.iter().all(|line| line.split_whitespace().count() == 18));
    bench.good(&[&["trace", "convert", "out", "batsim.csv"][..], &pick].concat());
    let csv = std::fs::read_to_string(bench.path("batsim.csv")).unwrap();
    let head = "job_id,workload_name,profile,submission_time,requested_number_of_resources,requested_time,success,\
                final_state,starting_time,execution_time,finish_time,waiting_time,turnaround_time,stretch,\
                allocated_resources";
    assert_eq!(csv.lines().next(), Some(head));
    assert_eq!(csv.lines().count(), 201);
    let done = bench.run(&["trace", "convert", "out", "done.swf", "--policy", "none"]);
    assert!(done.code == 2 && done.stderr.contains("no such run; it has: fcfs"), "{done:?}");
    // Of several points the first one, and no mixture.
    let points = ["--jobs", "--set", "sweep.axes={'workload.jobs'=[150,200]}"];
    bench.run_small("points", &points);
    bench.good(&["trace", "convert", "points", "first.csv"]);
    assert_eq!(std::fs::read_to_string(bench.path("first.csv")).unwrap().lines().count(), 151);
    bench.run_small("bare", &[]);
    let done = bench.run(&["trace", "convert", "bare", "bare.swf"]);
    assert!(done.code == 2 && done.stderr.contains("runs with --jobs write it"), "{done:?}");
    assert!(!bench.path("bare.swf").exists());
}

#[test]
fn a_schedule_replayed_is_the_same_trace() {
    let bench = Bench::new();
    bench.write("plain.toml", PLAIN);
    bench.good(&["run", "plain.toml", "--out", "out", "--jobs"]);
    bench.good(&["trace", "convert", "out", "done.swf"]);
    let audit = json(&bench.good(&["trace", "inspect", "done.swf", "--format", "json"]));
    assert_eq!(audit["jobs"], 100);
}
