//! What the commands print and write when all is well.

use crate::support::{Bench, RUNS, json, parquet};

#[test]
fn json_is_exactly_what_is_documented() {
    let bench = Bench::new();
    let report = json(&bench.run_small("out", &["--format", "json"]));
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&report), ["scenario", "version", "runs", "summary"]);
    assert_eq!(report["scenario"], "small");
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    let runs = report["runs"].as_array().unwrap();
    assert_eq!(runs.len(), RUNS);
    for run in runs {
        assert_eq!(keys(run), ["policy", "seed", "params", "fingerprint", "metrics"]);
        assert!(run["metrics"].as_object().unwrap().values().all(serde_json::Value::is_number), "{run}");
        assert_eq!(run["metrics"]["jobs"], 200.0);
    }
    for row in report["summary"].as_array().unwrap() {
        assert_eq!(keys(row), ["policy", "metric", "mean", "ci95_low", "ci95_high", "n"]);
        assert!(row["mean"].is_number() && row["n"].is_u64(), "{row}");
    }
}

#[test]
fn axes_are_parameters_of_runs() {
    let bench = Bench::new();
    let axes = "sweep.axes={\"workload.load\" = [0.5, 1.0]}";
    let report = json(&bench.run_small("out", &["--set", axes, "--seeds", "1", "--format", "json"]));
    let loads: Vec<_> =
        report["runs"].as_array().unwrap().iter().map(|run| &run["params"]["workload.load"]).collect();
    assert_eq!(loads, [0.5, 0.5, 1.0, 1.0]);
}

#[test]
fn set_and_seeds_override_the_file() {
    let bench = Bench::new();
    let more = ["--set", "workload.jobs=50", "--seeds", "3", "--format", "json"];
    let report = json(&bench.run_small("out", &more));
    let runs = report["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 6);
    assert!(runs.iter().all(|run| run["metrics"]["jobs"] == 50.0));
    let seeds: Vec<u64> = runs.iter().map(|run| run["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [1, 2, 3, 1, 2, 3]);
    let listed = json(&bench.run_small("listed", &["--set", "sweep.seeds=[42, 43]", "--format", "json"]));
    assert_eq!(listed["runs"][1]["seed"], 43);
}

#[test]
fn a_dry_run_lists_the_runs_and_writes_nothing() {
    let bench = Bench::new();
    let text = bench.run_small("out", &["--dry-run"]);
    assert_eq!(text.lines().count(), RUNS);
    assert!(text.contains("policy sjf/best-fit/skip  seed 2"), "{text}");
    assert!(!bench.path("out").exists());
    assert_eq!(bench.good(&["validate", "small.toml"]), "small is right: 4 runs\n");
}

#[test]
fn the_table_names_question_policies_and_folder() {
    let text = Bench::new().run_small("out", &[]);
    for part in ["Is this small scenario run as it should be?", "wait_mean", "utilization_gpu", "cost"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(text.ends_with("4 runs; results in out\n"), "{text}");
}

#[test]
fn csv_has_a_line_per_policy_and_metric() {
    let text = Bench::new().run_small("out", &["--format", "csv"]);
    let head = "policy,predictor,information,metric,unit,mean,ci95_low,ci95_high,n";
    assert_eq!(text.lines().next(), Some(head));
    assert!(text.lines().any(|line| line.starts_with("fcfs/first-fit,") && line.contains(",wait_mean,s,")));
}

#[test]
fn tables_have_the_documented_columns() {
    let bench = Bench::new();
    bench.run_small("out", &["--jobs"]);
    let columns = |name: &str| {
        let table = parquet(&bench.path("out").join(name));
        let names: Vec<String> = table.schema().fields().iter().map(|field| field.name().clone()).collect();
        (table.num_rows(), names)
    };
    let (rows, names) = columns("jobs.parquet");
    assert_eq!(rows, RUNS * 200);
    for column in [
        "policy",
        "seed",
        "job_id",
        "submit_ns",
        "start_ns",
        "end_ns",
        "wait_ns",
        "tasks",
        "nodes",
        "final_state",
        "retries",
        "preemptions",
        "cost",
    ] {
        assert!(names.iter().any(|name| name == column), "{column} is not in {names:?}");
    }
    let (_, names) = columns("runs.parquet");
    let wanted = ["scenario", "policy", "predictor", "information", "seed", "metric", "unit", "value"];
    assert_eq!(names, wanted);
    assert!(columns("series.parquet").0 > 0);
    let manifest = json(&std::fs::read_to_string(bench.path("out/manifest.json")).unwrap());
    assert_eq!(manifest["complete"], true);
    assert_eq!(manifest["runs"].as_array().unwrap().len(), RUNS);
}

#[test]
fn the_story_of_a_job_is_told() {
    let bench = Bench::new();
    bench.run_small("out", &["--jobs", "--log-decisions"]);
    let story = bench.good(&["explain", "out", "--job", "7", "--policy", "sjf/best-fit/skip", "--seed", "2"]);
    assert!(story.starts_with("job 7 under sjf/best-fit/skip, seed 2\n"), "{story}");
    assert!(story.contains("entered the queue") && story.contains("start on nodes ["), "{story}");
    let refused = |arguments: &[&str], part: &str| {
        let done = bench.run(arguments);
        assert!(done.code == 2 && done.stdout.is_empty() && done.stderr.contains(part), "{done:?}");
    };
    refused(&["explain", "out", "--job", "999"], "job 999 does not come up in this run");
    refused(&["explain", "out", "--job", "7", "--policy", "x"], "it has: fcfs/first-fit seed 1");
    refused(&["explain", "gone", "--job", "7"], "gone");
    bench.run_small("bare", &[]);
    refused(&["explain", "bare", "--job", "7"], "--log-decisions");
}

#[test]
fn the_program_knows_itself() {
    let bench = Bench::new();
    let all = bench.good(&["list"]);
    for word in ["quickstart", "best-fit", "fcfs", "swf", "lublin", "batch", "metrics"] {
        assert!(all.contains(word), "{word} is not in {all}");
    }
    let words = ["policy", "order", "place", "workload", "cluster", "predictor", "arrivals", "durations"];
    for word in words.into_iter().chain(["estimates", "metrics", "keys", "scenarios", "experiments"]) {
        assert!(bench.good(&["list", word]).lines().count() > 1, "{word}");
    }
    for question in bench.good(&["list", "scenarios"]).lines().filter_map(|line| line.strip_prefix("  ")) {
        let is_whole = question.ends_with('?') && question.starts_with(char::is_uppercase);
        assert!(is_whole, "{question} is no whole question");
    }
    let schema = json(&bench.good(&["schema"]));
    assert!(schema["$schema"].is_string() && schema["properties"]["workload"].is_object(), "{schema}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(bench.good(&["completions", shell]).contains("windtunnel"), "{shell}");
    }
    assert!(bench.good(&["man"]).contains(".TH windtunnel 1"));
    assert!(bench.good(&["--version"]).starts_with("windtunnel "));
}

#[test]
fn the_help_of_every_command_shows_an_example() {
    let bench = Bench::new();
    let commands =
        ["", "run", "compare", "list", "schema", "validate", "trace", "trace inspect", "trace convert"];
    let more = ["trace generate", "explain", "reproduce", "completions", "man"];
    let judges = ["merge", "steady", "report", "check", "tune", "export"];
    for command in commands.into_iter().chain(more).chain(judges) {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = bench.good(&words);
        assert!(
            help.contains("Example") && help.contains(&format!("windtunnel {command}")),
            "{command}: {help}"
        );
    }
}

#[test]
fn whoever_stops_reading_is_not_told_off() {
    let bench = Bench::new();
    let mut child = bench.command(&["schema"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
