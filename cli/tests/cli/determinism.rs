//! The same scenario in two processes, with one thread and with two: the same bytes.

use crate::support::{Bench, RUNS, json};

#[test]
fn threads_and_processes_do_not_change_a_byte() {
    let bench = Bench::new();
    let run = |out: &str, threads: &str| {
        json(&bench.run_small(out, &["--jobs", "--log-decisions", "--threads", threads, "--format", "json"]))
    };
    let (one, two) = (run("one", "1"), run("two", "2"));
    assert_eq!(one, two, "fingerprints and metrics");
    let (one, two) = (bench.results("one"), bench.results("two"));
    for name in ["runs.parquet", "jobs.parquet", "series.parquet", "manifest.json"] {
        assert!(one.contains_key(name), "{name} is not among {:?}", one.keys());
        assert!(one.get(name) == two.get(name), "{name} differs");
    }
    assert!(one == two, "{:?}, {:?}", one.keys(), two.keys());
}

#[test]
fn every_run_has_a_fingerprint_of_its_own() {
    let bench = Bench::new();
    let report = json(&bench.run_small("out", &["--format", "json"]));
    let mut prints: Vec<String> =
        report["runs"].as_array().unwrap().iter().map(|run| run["fingerprint"].to_string()).collect();
    assert_eq!(prints.len(), RUNS);
    assert!(prints.iter().all(|print| print.len() == 34), "128 bits in hexadecimal: {prints:?}");
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), RUNS, "two runs had the same events");
}

#[test]
fn what_is_written_beside_a_run_does_not_change_it() {
    let bench = Bench::new();
    let bare = json(&bench.run_small("bare", &["--format", "json"]));
    let full = json(&bench.run_small("full", &["--jobs", "--log-decisions", "--format", "json"]));
    assert_eq!(bare, full);
}

#[test]
fn the_order_of_policies_does_not_change_their_runs() {
    let bench = Bench::new();
    let both = json(&bench.run_small("both", &["--format", "json"]));
    let sjf = "[[policy]]\norder = \"sjf\"\nplace = \"best-fit\"\nhead = \"skip\"\n";
    let text = crate::support::SCENARIO;
    assert!(text.contains(sjf));
    bench
        .write("turned.toml", text.replace(sjf, "").replacen("[[policy]]", &format!("{sjf}\n[[policy]]"), 1));
    let turned = json(&bench.good(&["run", "turned.toml", "--out", "turned", "--format", "json"]));
    for run in both["runs"].as_array().unwrap() {
        assert!(turned["runs"].as_array().unwrap().contains(run), "{run}");
    }
}
