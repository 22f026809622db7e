//! Interrupted sweeps, shared ones, and folders that hold results already.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Bench, Done, RUNS, finished, json};

/// Many runs, each of them long enough for the sweep to be caught in the middle.
const MANY: &[&str] = &["--seeds", "30", "--set", "workload.jobs=4000", "--threads", "1", "--jobs"];

/// Starts the sweep into `out` and kills it, by the signal that no process can catch, once three runs are done.
fn kill_in_the_middle(bench: &Bench, out: &str) -> usize {
    let mut command = bench.command(&[&["run", "small.toml", "--out", out], MANY].concat());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while finished(&bench.path(out)) < 3 {
        assert!(began.elapsed() < Duration::from_secs(60), "no run was finished in a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let done = finished(&bench.path(out));
    assert!((3..60).contains(&done), "{done} of 60 runs were done: nothing was interrupted");
    done
}

#[test]
fn a_killed_sweep_goes_on_and_ends_as_if_nothing_had_happened() {
    let bench = Bench::new();
    bench.run_small("whole", MANY);
    let done = kill_in_the_middle(&bench, "cut");
    // Without --resume the finished runs are not thrown away.
    let refused = bench.run(&[&["run", "small.toml", "--out", "cut"], MANY].concat());
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(refused.stderr.contains("--resume") && refused.stderr.contains("--out DIR"), "{refused:?}");
    assert_eq!(finished(&bench.path("cut")), done);
    let text = bench.run_small("cut", &[MANY, &["--resume"]].concat());
    assert!(text.contains(&format!("60 runs, {done} of them done before; results in cut")), "{text}");
    let (whole, cut) = (bench.results("whole"), bench.results("cut"));
    assert_eq!(whole.keys().collect::<Vec<_>>(), cut.keys().collect::<Vec<_>>());
    for (name, bytes) in &whole {
        assert!(cut[name] == *bytes, "{name} differs");
    }
}

#[test]
fn resuming_what_is_complete_runs_nothing_and_lists_everything() {
    let bench = Bench::new();
    let first = json(&bench.run_small("out", &["--format", "json"]));
    let before = bench.files("out");
    let text = bench.run_small("out", &["--resume"]);
    assert!(text.contains(&format!("{RUNS} runs, {RUNS} of them done before")), "{text}");
    assert_eq!(json(&bench.run_small("out", &["--resume", "--format", "json"])), first);
    let mut after = bench.files("out");
    for name in [".lock", ".scenario.json"] {
        assert_eq!(after.remove(name).is_some(), before.contains_key(name), "{name}");
    }
    assert!(after.iter().all(|(name, bytes)| before[name] == *bytes));
}

#[test]
fn resuming_a_missing_or_an_empty_folder_just_runs() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    for out in ["missing", "empty"] {
        let text = bench.run_small(out, &["--resume"]);
        assert!(text.contains(&format!("{RUNS} runs; results in {out}")), "{text}");
    }
    assert!(bench.results("missing") == bench.results("empty"));
}

#[test]
fn the_same_scenario_runs_afresh_into_its_own_folder() {
    let bench = Bench::new();
    // Twice without --out, as the first command of README: the folder is named after the scenario.
    for _ in 0..2 {
        let text = bench.good(&["run", "small.toml", "--jobs"]);
        assert!(text.ends_with(&format!("{RUNS} runs; results in results/small\n")), "{text}");
    }
    bench.write("results/small/notes.txt", "mine");
    let before = bench.results("results/small");
    bench.good(&["run", "small.toml", "--jobs"]);
    assert!(
        bench.results("results/small") == before,
        "the results are the same, and the note is still there"
    );
}

#[test]
fn a_lock_that_a_dead_process_left_stops_nobody() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("out")).unwrap();
    bench.write("out/.lock", "1");
    bench.run_small("out", &["--resume"]);
}

#[test]
fn two_processes_do_not_write_to_one_folder() {
    let bench = Bench::new();
    let mut command = bench.command(&[&["run", "small.toml", "--out", "out"], MANY].concat());
    let mut first = command.stdout(Stdio::null()).spawn().unwrap();
    while finished(&bench.path("out")) < 1 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let second = bench.run(&[&["run", "small.toml", "--out", "out", "--resume"], MANY].concat());
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.code, 2, "{second:?}");
    assert!(second.stderr.contains(&format!("in use by process {}", first.id())), "{second:?}");
}

#[test]
fn shards_cover_every_run_once() {
    let bench = Bench::new();
    let runs = |report: &serde_json::Value| report["runs"].as_array().unwrap().clone();
    let key = |run: &serde_json::Value| (run["policy"].to_string(), run["seed"].to_string());
    let mut whole = runs(&json(&bench.run_small("whole", &["--seeds", "3", "--format", "json"])));
    let mut shards = Vec::new();
    for shard in ["1/2", "2/2"] {
        let out = format!("shard-{}", &shard[..1]);
        let more = ["--seeds", "3", "--format", "json", "--shard", shard];
        shards.extend(runs(&json(&bench.run_small(&out, &more))));
    }
    whole.sort_by_key(key);
    shards.sort_by_key(key);
    assert_eq!(shards, whole);
}

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_says_so_by_its_code_and_keeps_what_is_done() {
    let bench = Bench::new();
    let mut command = bench.command(&[&["run", "small.toml", "--out", "out"], MANY].concat());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while finished(&bench.path("out")) < 1 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let signal = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(signal.unwrap().success());
    let done = Done::of(&child.wait_with_output().unwrap());
    assert_eq!((done.code, done.stdout.as_str()), (130, ""), "{done:?}");
    assert!(finished(&bench.path("out")) >= 1);
}
