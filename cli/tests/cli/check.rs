//! The regression gate: baselines that hold, that break, and that cannot be used.

use crate::bad_input::assert_refused;
use crate::support::{Bench, SCENARIO, json};

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
        let parts = ["small.snap: scenario = small: is the baseline of another scenario, not of `other`"];
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
fn a_baseline_of_another_scenario_is_neither_checked_nor_overwritten() {
    let bench = Bench::new();
    let file = ["--baseline", "b.snap", "--seeds", "1", "--set", "workload.jobs=30"];
    bench.good(&[&["check", "small.toml", "--bless"], &file[..]].concat());
    let first = std::fs::read(bench.path("b.snap")).ok();
    bench.write("other.toml", SCENARIO.replace("\"small\"", "\"other\""));
    let told = ["b.snap: scenario = small: is the baseline of another scenario, not of `other`"];
    for bless in [&[][..], &["--bless"]] {
        for file in [&file[..2], &file[..]] {
            assert_refused(&bench.run(&[&["check", "other.toml"], file, bless].concat()), &told);
        }
    }
    // Nor is what is no baseline at all.
    let toml = ["check", "small.toml", "--bless", "--baseline", "other.toml", "--seeds", "1"];
    assert_refused(&bench.run(&toml), &["other.toml: is no baseline"]);
    assert_eq!(std::fs::read(bench.path("b.snap")).ok(), first);
}

#[test]
fn seeds_that_both_sides_have_are_compared_in_pairs() {
    let bench = Bench::new();
    let jobs = ["--set", "workload.jobs=60"];
    bench.good(&[&["check", "small.toml", "--bless", "--seeds", "3"], &jobs[..]].concat());
    let more = ["check", "small.toml", "--statistical", "--seeds", "5", "--format", "json"];
    let report = json(&bench.good(&more));
    // The same seeds give the same numbers: of three pairs nothing moved, whatever the other two seeds say.
    assert_eq!((&report["passes"], &report["tolerated"]), (&true.into(), &0.into()), "{report}");
}

#[cfg(target_os = "linux")]
#[test]
fn outcomes_go_through_links_and_to_devices() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("kept")).unwrap();
    std::os::unix::fs::symlink("kept/b.snap", bench.path("b.snap")).unwrap();
    std::os::unix::fs::symlink("kept/b.xml", bench.path("b.xml")).unwrap();
    let of = ["check", "small.toml", "--seeds", "1", "--set", "workload.jobs=30", "--baseline"];
    bench.good(&[&of[..], &["b.snap", "--bless"]].concat());
    for _ in 0..2 {
        bench.good(&[&of[..], &["b.snap", "--junit", "b.xml"]].concat());
    }
    assert_eq!(bench.files("kept").keys().collect::<Vec<_>>(), ["b.snap", "b.xml"]);
    assert!(bench.path("b.snap").is_symlink() && bench.path("b.xml").is_symlink());
    let shown = bench.good(&[&of[..], &["b.snap", "--junit", "/dev/stdout"]].concat());
    assert!(shown.starts_with("<?xml") && shown.contains("nothing moved"), "{shown}");
    let shown = bench.good(&[&of[..], &["/dev/stdout", "--bless"]].concat());
    assert!(shown.starts_with("# windtunnel baseline"), "{shown}");
    let full = ["/dev/full: cannot be written: No space left on device"];
    assert_refused(&bench.run(&[&of[..], &["b.snap", "--junit", "/dev/full"]].concat()), &full);
    assert_refused(&bench.run(&[&of[..], &["/dev/full", "--bless"]].concat()), &full);
    use std::os::unix::fs::FileTypeExt;
    assert!(std::fs::metadata("/dev/full").unwrap().file_type().is_char_device());
}

#[cfg(unix)]
#[test]
fn an_interrupted_check_leaves_nothing_behind() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("tmp")).unwrap();
    let many = ["check", "small.toml", "--bless", "--seeds", "20000"];
    let child = bench.command(&many).env("TMPDIR", bench.path("tmp")).spawn().unwrap();
    while bench.files("tmp").is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let signal = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status();
    assert!(signal.unwrap().success());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    assert_eq!(std::fs::read_dir(bench.path("tmp")).unwrap().count(), 0);
    assert!(!bench.path("small.snap").exists());
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
    assert_refused(&bench.run(&with(&["--threads", "0"])), &["--threads = 0: must be at least 1"]);
    assert_refused(&bench.run(&with(&["--seeds", "0"])), &["--seeds = 0: must be at least 1"]);
}
