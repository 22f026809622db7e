//! Sweeps that are killed, cut into shards, grown and stopped by their own results.

use std::process::Stdio;
use std::time::Duration;

use crate::support::{Bench, finished, json};

/// Six policies on five loads and ten seeds, of fewer jobs than the catalog has.
const SWEEP: &[&str] = &["run", "order-by-load", "--set", "workload.jobs=300"];
const SWEEP_RUNS: usize = 300;

/// Numbers that look random and are the same in every test run: how far a sweep comes before it is killed.
fn draws(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |state| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .skip(1)
    .map(|state| state >> 33)
}

fn sweep(bench: &Bench, out: &str, more: &[&str]) -> String {
    bench.good(&[SWEEP, &["--out", out], more].concat())
}

fn assert_equal(bench: &Bench, a: &str, b: &str) {
    let (found, wanted) = (bench.results(a), bench.results(b));
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (name, bytes) in &wanted {
        assert!(found[name] == *bytes, "{name} of {a} differs from that of {b}");
    }
}

#[test]
fn killed_five_times_cut_in_four_or_on_one_thread_a_sweep_leaves_the_same_bytes() {
    let bench = Bench::new();
    sweep(&bench, "whole", &["--threads", "2", "--jobs"]);
    sweep(&bench, "alone", &["--threads", "1", "--jobs"]);
    assert_equal(&bench, "alone", "whole");

    let mut kills = 0;
    for draw in draws(7) {
        let before = finished(&bench.path("cut"));
        let until = before + 1 + (draw % (SWEEP_RUNS as u64 / 8)) as usize;
        let mut command = bench.command(&[SWEEP, &["--out", "cut", "--resume", "--jobs"]].concat());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while finished(&bench.path("cut")) < until && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(draw % 3000));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let after = finished(&bench.path("cut"));
        assert!((before..SWEEP_RUNS).contains(&after), "killed at {until}, {after} runs are finished");
        kills += 1;
        if kills == 5 {
            break;
        }
    }
    let done = finished(&bench.path("cut"));
    let text = sweep(&bench, "cut", &["--resume", "--jobs"]);
    assert!(text.contains(&format!("300 runs, {done} of them done before; results in cut")), "{text}");
    assert_equal(&bench, "cut", "whole");

    for shard in 1..=4 {
        sweep(&bench, &format!("s{shard}"), &["--shard", &format!("{shard}/4"), "--jobs"]);
    }
    let partly = bench.run(&["merge", "joined", "s4", "s2"]);
    assert_eq!((partly.code, partly.stdout.as_str()), (3, "150 runs; results in joined\n"));
    assert!(
        partly.stderr.starts_with("150 of 300 runs are missing, of shards 1/4, 3/4\n"),
        "{}",
        partly.stderr
    );
    // In any order, and overlapping: `joined` has two of them already.
    bench.good(&["merge", "joined", "s3", "s1", "s2"]);
    assert_equal(&bench, "joined", "whole");
    bench.good(&["merge", "again", "joined"]);
    assert_equal(&bench, "again", "whole");
}

#[test]
fn folders_of_other_scenarios_or_of_none_are_not_merged() {
    let bench = Bench::new();
    bench.run_small("a", &["--shard", "1/2"]);
    bench.run_small("b", &["--shard", "2/2", "--set", "workload.load=0.9"]);
    std::fs::create_dir(bench.path("empty")).unwrap();
    for (dirs, told) in [
        (&["a", "b"][..], "b: holds results of `small` with other settings"),
        (&["a", "empty"], "empty: is no results folder"),
        (&["a", "missing"], "missing: is not a folder"),
        (&["a", "a"], "a: is named twice"),
    ] {
        let done = bench.run(&[&["merge", "out"], dirs].concat());
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
        assert!(done.stderr.contains(told), "{told} is not in {}", done.stderr);
        assert!(!bench.path("out").exists());
    }
    let done = bench.run(&["merge", "a", "a", "missing"]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
    assert_eq!(done.stderr, "a: is the folder to be made: give it once\nmissing: is not a folder\n");
}

#[test]
fn seeds_policies_and_points_can_be_added_to_what_is_finished() {
    let bench = Bench::new();
    let more = ["--jobs", "--log-decisions"];
    bench.run_small("out", &more);
    let policy = "\n[[policy]]\norder = 'ljf'\nplace = 'best-fit'\n";
    bench.write("small.toml", crate::support::SCENARIO.replace("seeds = 2", "seeds = 3") + policy);
    // Three policies on three seeds, of which two on two are there.
    let text = bench.run_small("out", &[&["--resume"], &more[..]].concat());
    assert!(text.contains("9 runs, 4 of them done before"), "{text}");
    bench.run_small("fresh", &more);
    assert_equal(&bench, "out", "fresh");
    // A change that matters makes other runs. The finished ones are kept, and said to be.
    let text = bench.run_small("out", &[&["--resume", "--set", "workload.load=0.5"], &more[..]].concat());
    assert!(
        text.contains("9 runs; results in out\n9 finished runs that the scenario no longer asks for"),
        "{text}"
    );
    let text = bench.run_small("out", &[&["--resume"], &more[..]].concat());
    assert!(text.contains("9 runs, 9 of them done before"), "{text}");
    assert!(text.contains("9 finished runs that the scenario no longer asks for"), "{text}");
}

#[test]
fn a_table_that_was_not_asked_for_before_makes_runs_anew() {
    let bench = Bench::new();
    bench.run_small("out", &[]);
    let text = bench.run_small("out", &["--resume", "--jobs"]);
    assert!(text.contains("4 runs; results in out"), "{text}");
    bench.run_small("fresh", &["--jobs"]);
    assert_equal(&bench, "out", "fresh");
    // The other way round the table would be lost.
    let refused = bench.run(&["run", "small.toml", "--out", "out", "--resume", "--seeds", "3"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(
        refused.stderr.contains("out: holds jobs.parquet, which would be lost: add --jobs to"),
        "{refused:?}"
    );
    assert_equal(&bench, "out", "fresh");
}

#[test]
fn damage_is_not_carried_on() {
    let bench = Bench::new();
    bench.run_small("out", &["--jobs"]);
    for name in ["jobs.parquet", "runs.parquet"] {
        let mut bytes = bench.files("out")[name].clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        bench.write(&format!("out/{name}"), &bytes);
        let done = bench.run(&["run", "small.toml", "--out", "out", "--jobs", "--resume", "--seeds", "3"]);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
        assert!(done.stderr.contains(&format!("out/{name}: is damaged")), "{done:?}");
        bytes[middle] ^= 4;
        if name == "runs.parquet" {
            let compared = bench.run(&["compare", "out"]);
            assert_eq!(compared.code, 2, "{compared:?}");
            assert!(compared.stderr.contains("out/runs.parquet: is damaged"), "{compared:?}");
        }
        bench.write(&format!("out/{name}"), &bytes);
    }
    bench.run_small("out", &["--jobs", "--resume", "--seeds", "3"]);
    bench.run_small("fresh", &["--jobs", "--seeds", "3"]);
    assert_equal(&bench, "out", "fresh");
}

#[test]
fn a_metric_that_no_run_has_ends_the_sweep_after_the_first_block() {
    let bench = Bench::new();
    let enough = |metric| {
        format!("sweep.seeds={{ until = \"ci95 < 1%\", metric = \"{metric}\", min = 2, max = 1000000 }}")
    };
    let done = bench.run(&["run", "small.toml", "--out", "out", "--set", &enough("utilization_cup")]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
    assert!(
        done.stderr
            .starts_with("small: sweep.seeds.metric = utilization_cup: no run of the first 2 seeds has"),
        "{done:?}"
    );
    assert_eq!(finished(&bench.path("out")), 4);
    let done = bench.run(&["run", "small.toml", "--out", "no", "--set", &enough("utilization_")]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("metric = utilization_: is a family of metrics"), "{done:?}");
}

#[test]
fn values_that_are_all_equal_are_said_to_be() {
    let bench = Bench::new();
    let text =
        crate::support::SCENARIO.replace("place = \"best-fit\"\nhead = \"skip\"", "place = \"first-fit\"");
    // Two policies that do the same: every difference is zero.
    bench.write("small.toml", text.replace("order = \"sjf\"", "order = \"fcfs\"\nname = \"again\""));
    let enough = "sweep.seeds={ until = \"ci95 < 1%\", metric = \"jct_mean\", min = 2, max = 9 }";
    let text = bench.run_small("out", &["--set", enough]);
    assert!(text.contains("2 seeds are enough") && text.contains("every difference was equal"), "{text}");
}

#[test]
fn a_dry_run_says_how_seeds_are_added_and_has_its_own_csv() {
    let bench = Bench::new();
    let enough = "sweep.seeds={ until = \"ci95 < 1%\", metric = \"jct_mean\", min = 2, max = 3 }";
    let dry = |more: &[&'static str]| [&["run", "small.toml", "--dry-run"], more].concat();
    let report = json(&bench.good(&dry(&["--format", "json", "--set", enough])));
    assert_eq!(report["replication"]["metric"], "jct_mean");
    assert_eq!((&report["replication"]["min"], &report["replication"]["max"]), (&2.into(), &3.into()));
    assert!(json(&bench.good(&dry(&["--format", "json"]))).get("replication").is_none());
    let refused = bench.run(&dry(&["--shard", "1/2", "--set", enough]));
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(refused.stderr.starts_with("--shard = 1/2: does not go with `sweep.seeds.until`"), "{refused:?}");
    let axes = "sweep.axes={ \"workload.load\" = [0.5, 0.7] }";
    let csv = bench.good(&dry(&["--format", "csv", "--set", axes]));
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!((lines[0], lines.len()), ("id,policy,predictor,seed,workload.load", 9));
    assert!(
        lines[1].starts_with("fcfs-first-fit-s1-") && lines[1].ends_with(",fcfs/first-fit,requested,1,0.5")
    );
}

#[test]
fn seeds_are_added_until_the_intervals_are_narrow_and_always_the_same_ones() {
    let bench = Bench::new();
    let enough = "sweep.seeds={ until = \"ci95 < 30%\", metric = \"jct_mean\", min = 3, max = 40 }";
    let more = ["--set", enough, "--set", "workload.jobs=400"];
    let report =
        json(&bench.run_small("one", &[&more[..], &["--threads", "1", "--format", "json"]].concat()));
    let replication = &report["replication"];
    let seeds = replication["seeds"].as_u64().unwrap();
    assert!((4..40).contains(&seeds), "{seeds} seeds: the first block or the last would show nothing");
    assert_eq!(replication["met"], true);
    let difference = &replication["differences"][0];
    assert!(difference["ci95_half"].as_f64() < difference["allowed"].as_f64(), "{difference}");
    assert_eq!(report["runs"].as_array().unwrap().len() as u64, 2 * seeds);
    bench.run_small("two", &[&more[..], &["--threads", "2"]].concat());
    assert_equal(&bench, "two", "one");
    // Killed after the first block, and resumed; then resumed once more.
    let arguments = [&["run", "small.toml", "--out", "cut"], &more[..]].concat();
    let mut child = bench.command(&arguments).stdout(Stdio::null()).spawn().unwrap();
    while finished(&bench.path("cut")) < 7 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for _ in 0..2 {
        let text = bench.run_small("cut", &[&more[..], &["--resume"]].concat());
        assert!(text.contains(&format!("{seeds} seeds are enough for ci95 < 30% of jct_mean")), "{text}");
        assert_equal(&bench, "cut", "one");
    }
    let refused = bench.run(&[&["run", "small.toml", "--out", "x", "--shard", "1/2"], &more[..]].concat());
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.starts_with("--shard = 1/2: does not go with `sweep.seeds.until`"), "{refused:?}");
}

#[test]
fn axes_zipped_axes_and_named_points_are_multiplied() {
    let bench = Bench::new();
    let sweep = "seeds = 1
axes = { \"workload.jobs\" = [20, 30] }
zip = { \"workload.load\" = [0.5, 0.7], \"policy[0].order\" = ['fcfs', 'ljf'] }
[[sweep.point]]
name = 'calm'
set = { \"failures.task_probability\" = 0.0 }
[[sweep.point]]
name = 'rough'
set = { \"failures.task_probability\" = 0.1, \"measure.starvation\" = '1h' }
";
    bench.write("small.toml", crate::support::SCENARIO.replace("seeds = 2", sweep));
    let report = json(&bench.good(&["run", "small.toml", "--dry-run", "--format", "json"]));
    let runs = report["runs"].as_array().unwrap();
    // Two points by two numbers of jobs by two pairs, two policies each.
    assert_eq!(runs.len(), 16);
    assert_eq!(
        runs[0]["params"].to_string(),
        r#"{"point":"calm","workload.jobs":20,"workload.load":0.5,"policy[0].order":"fcfs"}"#
    );
    assert_eq!(
        runs[15]["params"].to_string(),
        r#"{"point":"rough","workload.jobs":30,"workload.load":0.7,"policy[0].order":"ljf"}"#
    );
    bench.run_small("out", &[]);
    let table = crate::support::parquet(&bench.path("out/runs.parquet"));
    assert!(
        table.schema().field_with_name("point").is_ok()
            && table.schema().field_with_name("workload.load").is_ok()
    );
    // A key that is swept alone can be set; one that goes side by side with others cannot.
    let set = |key: &str| bench.run(&["run", "small.toml", "--dry-run", "--set", key]);
    let done = set("workload.jobs=50");
    assert_eq!((done.code, done.stdout.lines().count()), (0, 8), "{done:?}");
    assert!(done.stdout.lines().all(|line| line.contains("workload.jobs = 50")));
    let done = set("workload.load=0.9");
    assert_eq!(done.code, 2);
    assert_eq!(
        done.stderr,
        "--set: workload.load: is swept by sweep.zip, which would override it: change sweep.zip instead\n"
    );
    assert!(set("failures.task_probability=1").stderr.contains("is swept by sweep.point"));
}

#[test]
fn what_is_swept_wrongly_is_told_all_at_once() {
    let bench = Bench::new();
    let sweep = "seeds = 1
axes = { \"workload.load\" = [0.5, 0.5, 1], \"workload.jobs\" = [], name = ['a'], \"sweep.seeds\" = [2] }
zip = { \"workload.load\" = [0.5, 0.7], \"cluster.nodes[0].count\" = [1, 2, 3] }
point = [{ name = 'a', set = {} }, { name = 'a', set = { 'workload.jobs' = 5 } }]
";
    bench.write("small.toml", crate::support::SCENARIO.replace("seeds = 2", sweep));
    let done = bench.run(&["run", "small.toml", "--out", "out"]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
    for told in [
        "sweep.axes.\"workload.load\" = 0.5: is listed twice",
        "sweep.axes.\"name\" = name: cannot be swept",
        "sweep.axes.\"sweep.seeds\" = sweep.seeds: cannot be swept",
        "sweep.axes.\"workload.jobs\" = []: must have at least one value",
        "must be equally long: \"workload.load\" has 2, \"cluster.nodes[0].count\" has 3",
        "sweep.point[1].name = \"a\": another point has this name",
        "sweep.zip = workload.load: is swept twice",
    ] {
        assert!(done.stderr.contains(told), "{told} is not in:\n{}", done.stderr);
    }
    assert!(!bench.path("out").exists());
}

#[test]
fn values_that_are_read_alike_are_refused_however_they_are_written() {
    let bench = Bench::new();
    let refused = |sweep: &str| {
        bench.write("small.toml", crate::support::SCENARIO.replace("seeds = 2", sweep));
        let done = bench.run(&["run", "small.toml", "--out", "out"]);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{done:?}");
        done.stderr
    };
    // Each is told once, whatever else is swept.
    assert_eq!(
        refused(
            "axes = { \"workload.load\" = [1, 1.0], \"measure.tau\" = [\"60s\", \"1m\"], \
             \"cluster.nodes[0].memory\" = [\"64GiB\", \"65536MiB\", \"32GiB\"] }"
        ),
        "small.toml: sweep.axes.\"cluster.nodes[0].memory\" = \"65536MiB\": is the same value as \"64GiB\"\n\
         small.toml: sweep.axes.\"measure.tau\" = \"1m\": is the same value as \"60s\"\n\
         small.toml: sweep.axes.\"workload.load\" = 1.0: is the same value as 1\n"
    );
    assert_eq!(
        refused(
            "point = [{ name = 'a', set = { 'measure.tau' = '1h' } }, { name = 'b', set = { 'measure.tau' = 3600 } }]"
        ),
        "small.toml: sweep.point = \"b\": sets the same values as \"a\"\n"
    );
    assert_eq!(
        refused("zip = { \"workload.load\" = [1, 1.0], \"measure.tau\" = [\"60s\", \"1m\"] }"),
        "small.toml: sweep = workload.load = 1.0, measure.tau = \"1m\": has the same runs as workload.load = 1, \
         measure.tau = \"60s\"\n"
    );
    // Text that is no amount is what it says.
    bench.write(
        "small.toml",
        crate::support::SCENARIO.replace("seeds = 2", "axes = { \"policy[0].name\" = [\"60s\", \"1m\"] }"),
    );
    assert_eq!(bench.run(&["validate", "small.toml"]).code, 0);
}

#[test]
fn a_wrong_value_is_told_at_the_place_that_sweeps_it() {
    let bench = Bench::new();
    let sweep = "axes = { \"policy[7].order\" = ['sjf'], \"workload.load\" = ['much'] }
zip = { \"measure.tau\" = [true], \"workload.jobs\" = [10] }
point = [{ name = 'a', set = { 'policy[0].order' = 'fastest' } }]
";
    bench.write("small.toml", crate::support::SCENARIO.replace("seeds = 2", sweep));
    let done = bench.run(&["validate", "small.toml"]);
    assert_eq!(done.code, 2, "{done:?}");
    for told in [
        "small.toml: sweep.axes.\"policy[7].order\" = \"sjf\": policy = 7: is not an index",
        "small.toml: sweep.axes.\"workload.load\" = \"much\": is text: must be",
        "small.toml: sweep.zip.\"measure.tau\" = true: is a truth value",
        "small.toml: sweep.point.set.\"policy[0].order\" = \"fastest\": ",
    ] {
        assert!(done.stderr.contains(told), "{told} is not in:\n{}", done.stderr);
    }
    assert_eq!(done.stderr.lines().count(), 4, "{}", done.stderr);
}
