//! The regression gate: baselines that hold, that break, and that cannot be used.

use crate::bad_input::assert_refused;
use crate::support::{Bench, json};

/// More tasks that fail: every policy meets other jobs.
const MOVED: [&str; 2] = ["--set", "failures.task_probability=0.05"];

#[test]
fn a_blessed_scenario_passes_until_a_number_moves() {
    let bench = Bench::new();
    let blessed = bench.good(&["check", "small.toml", "--bless", "--set", "workload.jobs=100"]);
    assert!(blessed.starts_with("small.snap: ") && blessed.contains(" of 2 seeds blessed"), "{blessed}");
    // The baseline's own overrides hold again.
    assert!(bench.good(&["check", "small.toml"]).starts_with("small: nothing moved in "));
    let threads = bench.good(&["check", "small.toml", "--threads", "1"]);
    assert!(threads.contains("nothing moved"), "{threads}");

    let moved = bench.run(&[&["check", "small.toml", "--junit", "out/check.xml"], &MOVED[..]].concat());
    assert_eq!((moved.code, moved.stderr.as_str()), (1, ""), "{moved:?}");
    for part in ["rows moved", "more\n\n", "Most likely: ", "All 2 policies moved"] {
        assert!(moved.stdout.contains(part), "`{part}` is not in:\n{}", moved.stdout);
    }
    let xml = String::from_utf8(bench.files("out")["check.xml"].clone()).unwrap();
    assert!(xml.starts_with("<?xml") && xml.contains("tests=\"2\" failures=\"2\""), "{xml}");

    let report = bench.run(&[&["check", "small.toml", "--format", "json"], &MOVED[..]].concat());
    let report = json(&report.stdout);
    assert_eq!((&report["passes"], &report["judge"]), (&false.into(), &"exact".into()));
    assert!(report["likely"]["metric"].is_string() && !report["moved"].as_array().unwrap().is_empty());
}

#[test]
fn blessing_again_keeps_the_overrides_of_the_baseline() {
    let bench = Bench::new();
    bench.good(&["check", "small.toml", "--bless", "--seeds", "1", "--set", "workload.jobs=60"]);
    let first = std::fs::read(bench.path("small.snap")).ok();
    bench.good(&["check", "small.toml", "--bless"]);
    assert_eq!(std::fs::read(bench.path("small.snap")).ok(), first);
    assert!(String::from_utf8(first.unwrap()).unwrap().contains("# set: workload.jobs=60\n# seeds: 1\n"));
}

#[test]
fn the_baseline_of_another_scenario_is_not_blessed_over() {
    let bench = Bench::new();
    bench.good(&["check", "small.toml", "--bless", "--seeds", "1", "--set", "workload.jobs=60"]);
    let before = std::fs::read(bench.path("small.snap")).unwrap();
    bench.write("other.toml", crate::support::SCENARIO.replace("name = \"small\"", "name = \"other\""));
    for more in [&[][..], &["--seeds", "2"]] {
        let bless = ["check", "other.toml", "--baseline", "small.snap", "--bless"];
        let parts = ["small.snap: is the baseline of `small`, not of `other`"];
        assert_refused(&bench.run(&[&bless, more].concat()), &parts);
        assert_eq!(std::fs::read(bench.path("small.snap")).unwrap(), before);
    }
}

#[test]
fn a_small_move_is_within_tolerance_or_chance() {
    let bench = Bench::new();
    bench.good(&["check", "small.toml", "--bless", "--seeds", "3", "--set", "workload.jobs=100"]);
    let moved = ["check", "small.toml", "--set", "rules.preemption_delay=1s", "--tolerance", "0"];
    assert_eq!(bench.run(&moved).code, 0, "nothing is preempted, so nothing moves");
    let all = bench.run(&[&["check", "small.toml", "--tolerance", "1000000"], &MOVED[..]].concat());
    assert_eq!(all.code, 0, "{}", all.stdout);
    assert!(all.stdout.contains("within their tolerance"), "{}", all.stdout);
    // Other seeds of the same scenario do not differ in their means, as far as chance can be told.
    let seeds = "sweep.seeds=[11, 12, 13, 14]";
    let others = bench.good(&["check", "small.toml", "--statistical", "--set", seeds]);
    assert!(others.contains("differ by no more than chance"), "{others}");
}

#[test]
fn what_cannot_be_checked_is_refused() {
    let bench = Bench::new();
    assert_refused(&bench.run(&["check", "small.toml"]), &["small.snap", "--bless makes it"]);
    bench.write("small.snap", "policy,metric\n");
    assert_refused(&bench.run(&["check", "small.toml"]), &["small.snap", "is no baseline"]);
    bench.good(&["check", "small.toml", "--baseline", "b.snap", "--bless", "--seeds", "1"]);
    let with = |more: &[&'static str]| [&["check", "small.toml", "--baseline", "b.snap"], more].concat();
    assert_refused(&bench.run(&with(&["--seeds", "2"])), &["--seeds", "an exact check runs the same ones"]);
    assert_refused(&bench.run(&with(&["--statistical"])), &["at least two seeds"]);
    assert_refused(&bench.run(&with(&["--tolerance", "wait_meen=1%"])), &["wait_meen", "wait_mean"]);
    assert_refused(
        &bench.run(&with(&["--tolerance", "wait_mean=x"])),
        &["--tolerance", "must be `METRIC=1%`"],
    );
    assert_refused(&bench.run(&["check", "quickstart", "--bless"]), &["--bless", "needs --baseline FILE"]);
}
