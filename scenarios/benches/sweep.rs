//! Sweeps: what a run costs beside its simulation, what a large sweep holds in memory, and what a second core brings.
//!
//! `cargo bench -p windtunnel-scenarios --bench sweep [-- overhead|memory|threads] [RUNS]`
//!
//! *Overhead*: runs of one job each, whole sweep by the number of runs, beside the same simulations without a store.
//! *Memory*: peak resident memory of sweeps of growing size (Linux alone tells). *Threads*: the catalog's
//! `order-by-load` on one thread and on two, in turns.
#![allow(clippy::disallowed_types, reason = "a benchmark needs a clock; the simulator has none")]

use std::time::Instant;

use scenarios::batch::Worker;
use scenarios::scenario::{Overrides, Scenario, load, load_text};
use scenarios::sweep::{Silent, SweepOptions, prepare, sweep};

/// Runs of a fraction of a millisecond: one job on one node, under two policies.
fn tiny(seeds: usize) -> Scenario {
    let text = format!(
        "name = \"tiny\"\nworkload = {{ type = \"synthetic\", jobs = 1, load = 0.5, \
         durations = {{ type = \"constant\", value = \"10m\" }}, shapes = [{{ cpu = 1 }}] }}\n\
         cluster = {{ type = \"uniform\", nodes = 1, cpu = 4 }}\n\
         policy = [{{ order = \"fcfs\", place = \"first-fit\" }}, {{ order = \"sjf\", place = \"first-fit\" }}]\n\
         sweep = {{ seeds = {seeds} }}\n"
    );
    load_text(&text, "tiny", &Overrides::default()).expect("the scenario is right")
}

/// Seconds that the sweep takes, into a folder of its own.
fn seconds(scenario: &Scenario, threads: usize) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let sources = prepare(scenario).expect("the scenario is right");
    let options =
        SweepOptions { out: folder.path().join("out"), threads: Some(threads), ..SweepOptions::default() };
    let began = Instant::now();
    let swept = sweep(scenario, &sources, &options, &Silent).expect("the sweep comes to its end");
    assert!(swept.failed.is_empty());
    began.elapsed().as_secs_f64()
}

fn overhead(runs: usize) {
    let scenario = tiny(runs / 2);
    let worker = Worker::new(&scenario.text, "tiny").expect("the scenario is right");
    let ids: Vec<String> = scenario.runs().into_iter().map(|run| scenario.id(run)).collect();
    let began = Instant::now();
    let packed: usize = ids
        .chunks(1000)
        .map(|ids| worker.run(ids, Default::default(), &Silent).expect("runs succeed").len())
        .sum();
    let alone = began.elapsed().as_secs_f64();
    let whole = seconds(&scenario, 1);
    let each = |secs: f64| secs * 1e3 / ids.len() as f64;
    println!("{} runs of one job, one thread, {} bytes each", ids.len(), packed / ids.len());
    println!("  whole sweep, from open to assembled  {:.3} ms per run", each(whole));
    println!("  the runs alone, packed in memory     {:.3} ms per run", each(alone));
    println!("  difference                           {:.3} ms per run", each(whole - alone));
}

fn memory(runs: usize) {
    for runs in [runs / 100, runs / 10, runs] {
        let secs = seconds(&tiny(runs / 2), 2);
        println!("{runs} runs: {secs:.1} s, peak so far {}", peak());
    }
}

/// The peak of resident memory of this process, as Linux tells it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |line| line.trim().to_owned())
}

fn threads() {
    let scenario = load("order-by-load", &Overrides::default()).expect("the catalog is right");
    println!("{} runs of order-by-load", scenario.runs().len());
    for round in 1..=3 {
        let (one, two) = (seconds(&scenario, 1), seconds(&scenario, 2));
        println!("  round {round}: one thread {one:.2} s, two {two:.2} s, {:.3} times as fast", one / two);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runs = arguments.iter().filter_map(|argument| argument.parse().ok()).next();
    let wants = |name: &str| {
        let named = |argument: &&String| ["overhead", "memory", "threads"].contains(&argument.as_str());
        arguments.iter().find(named).is_none_or(|argument| argument == name)
    };
    if wants("overhead") {
        overhead(runs.unwrap_or(10_000));
    }
    if wants("memory") {
        memory(runs.unwrap_or(100_000));
    }
    if wants("threads") {
        threads();
    }
}
