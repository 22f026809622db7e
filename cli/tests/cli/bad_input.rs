//! Bad scenarios, options and folders: one clear message, exit code 2, and nothing written.
//!
//! The tests here and in `bad_traces` are the rows of docs/bad-input.md.

use crate::support::{Bench, Done, SCENARIO};

/// What must be true of every answer to bad input. `parts` are place, value and rule in the message.
pub fn assert_refused(done: &Done, parts: &[&str]) {
    assert_eq!(done.code, 2, "{done:?}");
    assert_eq!(done.stdout, "", "{done:?}");
    assert!(!done.stderr.contains("panicked"), "{done:?}");
    for part in parts {
        assert!(done.stderr.contains(part), "`{part}` is not in:\n{}", done.stderr);
    }
}

/// Runs the program with `--out out` and expects to be refused, with nothing written.
pub fn refuse(bench: &Bench, arguments: &[&str], parts: &[&str]) {
    let done = bench.run(&[arguments, &["--out", "out"]].concat());
    assert_refused(&done, parts);
    assert!(!bench.path("out").exists(), "{:?}", bench.files("out").keys());
}

/// Runs `small.toml` with one piece of its text replaced, and expects to be refused.
fn refuse_edit(from: &str, to: &str, parts: &[&str]) {
    let bench = Bench::new();
    assert!(SCENARIO.contains(from), "{from}");
    bench.write("bad.toml", SCENARIO.replace(from, to));
    refuse(&bench, &["run", "bad.toml"], &[&["bad.toml"], parts].concat());
    assert_refused(&bench.run(&["validate", "bad.toml"]), parts);
}

#[test]
fn unknown_key() {
    let parts = ["workload.laod = 0.8", "unknown key", "did you mean `load`?"];
    refuse_edit("load = 0.8", "laod = 0.8", &parts);
    refuse_edit("cpu = [1, 2], memory", "cpu = [1, 2], memroy", &["workload.shapes[0].memroy", "`memory`"]);
}

#[test]
fn unknown_name() {
    refuse_edit("order = \"sjf\"", "order = \"sfj\"", &["policy[1].order = \"sfj\"", "did you mean `sjf`?"]);
}

#[test]
fn a_head_that_is_passed_over_and_a_backfill() {
    let both = "order = \"sjf\"\nbackfill = \"easy\"";
    let parts = ["policy[1].head = \"skip\"", "must be `block` where there is a `backfill`"];
    refuse_edit("order = \"sjf\"", both, &parts);
}

#[test]
fn wrong_type() {
    refuse_edit("load = 0.8", "load = \"high\"", &["workload.load = \"high\"", "is text: must be a number"]);
}

#[test]
fn out_of_range() {
    refuse_edit("jobs = 200", "jobs = 0", &["workload.jobs = 0", "must be a whole number from 1"]);
    refuse_edit("mean = \"20m\"", "mean = \"20 parsecs\"", &["`parsecs` is not a unit", "\"5m\""]);
}

#[test]
fn missing_key() {
    refuse_edit("name = \"small\"", "", &["bad.toml: name: is required"]);
}

#[test]
fn a_name_that_no_folder_can_have() {
    for name in ["", ".", "..", "../x", "/abs", "a\\\\b"] {
        let to = format!("name = \"{name}\"");
        refuse_edit("name = \"small\"", &to, &["bad.toml: name = \"", "must be fit for a folder"]);
    }
}

#[test]
fn a_name_that_no_table_can_show() {
    for name in ["", " ", "a\\tb", "a\\nb", "\\u001b[2J"] {
        let to = format!("name = \"{name}\"\norder = \"fcfs\"");
        let told = format!("bad.toml: policy[0].name = \"{}", if name.contains('u') { "" } else { name });
        refuse_edit("order = \"fcfs\"", &to, &[&told, "must be fit for a table"]);
        let point = format!("seeds = 2\npoint = [{{ name = \"{name}\", set = {{ 'workload.jobs' = 5 }} }}]");
        refuse_edit("seeds = 2", &point, &["bad.toml: sweep.point[0].name = \"", "must be fit for a table"]);
    }
}

#[test]
fn several_problems_at_once() {
    let bench = Bench::new();
    let text =
        SCENARIO.replace("jobs = 200", "jobs = -1\njbos = 3").replace("order = \"fcfs\"", "order = \"x\"");
    bench.write("bad.toml", text.replace("series = \"30m\"", "series = true"));
    let parts =
        ["workload.jobs = -1", "workload.jbos = 3", "policy[0].order = \"x\"", "measure.series = true"];
    refuse(&bench, &["run", "bad.toml"], &parts);
}

#[test]
fn toml_syntax_error() {
    let bench = Bench::new();
    bench.write("bad.toml", "name = \"x\n");
    refuse(&bench, &["run", "bad.toml"], &["bad.toml:1:", "invalid basic string"]);
    bench.write("bad.toml", b"\x7fELF\xff\xfe\x00");
    refuse(&bench, &["run", "bad.toml"], &["bad.toml", "UTF-8"]);
}

#[test]
fn missing_scenario() {
    let bench = Bench::new();
    refuse(&bench, &["run", "quickstrat"], &["quickstrat", "did you mean `quickstart`?"]);
    refuse(&bench, &["run", "none.toml"], &["none.toml", "cannot be read"]);
}

#[test]
fn unset_environment_variable() {
    refuse(&Bench::new(), &["run", "nasa"], &["workload.path", "`WINDTUNNEL_DATA` is not set"]);
}

#[test]
fn two_policies_of_one_name() {
    let bench = Bench::new();
    let twice = "order = \"fcfs\"\nplace = \"first-fit\"";
    bench.write("bad.toml", SCENARIO.replace(twice, &format!("{twice}\n\n[[policy]]\n{twice}")));
    refuse(
        &bench,
        &["run", "bad.toml"],
        &["policy[1].name = fcfs/first-fit", "another policy has this name"],
    );
}

#[test]
fn a_generated_job_larger_than_the_cluster() {
    let bench = Bench::new();
    bench.write("bad.toml", SCENARIO.replace("gpus = 2, tasks = 2", "gpus = 2, tasks = 200"));
    let parts = ["workload: job ", "needs 200 tasks at once", "cluster holds 6", "more or larger nodes"];
    refuse(&bench, &["run", "bad.toml"], &parts);
    // Before any run: `validate` tells it too.
    assert_refused(&bench.run(&["validate", "bad.toml"]), &parts);
}

#[test]
fn bad_options() {
    let bench = Bench::new();
    let small = |more: &[&'static str]| [&["run", "small.toml"], more].concat();
    refuse(&bench, &small(&["--shard", "3/2"]), &["--shard = 3/2", "I/N with I from 1 to N"]);
    refuse(&bench, &small(&["--shard", "0/2"]), &["--shard = 0/2", "I/N"]);
    refuse(&bench, &small(&["--seeds", "0"]), &["--seeds = 0", "at least 1"]);
    refuse(&bench, &small(&["--seeds", "many"]), &["--seeds", "many", "invalid"]);
    refuse(&bench, &small(&["--threads", "0"]), &["--threads = 0", "at least 1"]);
    refuse(&bench, &small(&["--threads", "x"]), &["--threads", "'x'", "invalid"]);
    refuse(&bench, &small(&["--set", "workload"]), &["--set", "workload", "must be KEY=VALUE"]);
    refuse(&bench, &small(&["--set", "policy.7.order=sjf"]), &["--set: policy = 7", "2 element(s)"]);
    refuse(&bench, &small(&["--set", "workload.load=hot"]), &["workload.load = \"hot\"", "must be a number"]);
    assert_refused(&bench.run(&["list", "polices"]), &["list = polices", "policy"]);
    assert_refused(&bench.run(&["reproduce", "btach", "--data", "."]), &["reproduce = btach", "batch"]);
    assert_refused(
        &bench.run(&["reproduce", "batch", "--data", "gone"]),
        &["--data = gone", "is not a folder"],
    );
    for name in ["batch", "fgd"] {
        assert_refused(
            &bench.run(&["reproduce", name, "--data", "."]),
            &["--data = .", "holds nothing to compare"],
        );
        let traces = ["reproduce", name, "--data", ".", "--traces", "defualt"];
        std::fs::create_dir_all(bench.path("goldens/batch")).unwrap();
        std::fs::create_dir_all(bench.path("goldens/fgd")).unwrap();
        bench.write("goldens/batch/reference_schedule_lublin-1_5_fcfs.csv", "job_id,start\n1,0\n");
        let head = "policy,seed,arrived_load_pct,alloc_pct,frag_amount_pct,frag_ratio_pct\n";
        bench.write("goldens/fgd/expected_default.csv", head);
        assert_refused(&bench.run(&traces), &["--traces = defualt", "is in no golden file"]);
        std::fs::remove_dir_all(bench.path("goldens")).unwrap();
    }
}

#[test]
fn a_results_folder_that_cannot_be_written() {
    let bench = Bench::new();
    bench.write("file", "not a folder");
    let done = bench.run(&["run", "small.toml", "--out", "file/out"]);
    assert_refused(&done, &["file/out", "Not a directory"]);
    assert_eq!(std::fs::read(bench.path("file")).unwrap(), b"not a folder");
    let done = bench.run(&["trace", "generate", "small.toml", "file/jobs.csv"]);
    assert_refused(&done, &["file/jobs.csv", "cannot be written"]);
}

#[test]
fn a_folder_with_something_else_in_it() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("thesis")).unwrap();
    bench.write("thesis/chapter.txt", "years of work");
    let before = bench.files("thesis");
    for more in [&[][..], &["--resume"]] {
        let done = bench.run(&[&["run", "small.toml", "--out", "thesis"], more].concat());
        assert_refused(&done, &["thesis", "neither empty nor a results folder", "--out DIR"]);
        assert_eq!(bench.files("thesis"), before);
    }
}

#[test]
fn results_of_another_scenario() {
    let bench = Bench::new();
    bench.run_small("out", &[]);
    let before = bench.files("out");
    bench.write("other.toml", SCENARIO.replace("name = \"small\"", "name = \"other\""));
    // With --resume the same scenario may have changed: what it still asks for is kept (see `sweeps`).
    for arguments in [
        &["run", "other.toml"][..],
        &["run", "other.toml", "--resume"],
        &["run", "small.toml", "--set", "workload.load=0.5"],
    ] {
        let done = bench.run(&[arguments, &["--out", "out"]].concat());
        assert_refused(&done, &["out: holds results of `small`", "--out DIR"]);
        let after = bench.files("out");
        assert!(before.iter().all(|(name, bytes)| name == ".lock" || after.get(name) == Some(bytes)));
    }
}

/// A disk that is full after a few blocks, for those who may mount one in a name space of their own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("disk")).unwrap();
    let script = |command: &str| {
        format!(
            "mount -t tmpfs -o size=16k none disk || exit 77; {command}; code=$?; ls -A disk/out disk >&2; exit $code"
        )
    };
    let run = |command: &str| {
        let arguments = ["-rm", "sh", "-c", &script(command), env!("CARGO_BIN_EXE_windtunnel")];
        let output =
            std::process::Command::new("unshare").args(arguments).current_dir(bench.path("")).output();
        output.ok().map(|output| Done::of(&output)).filter(|done| done.code != 77 && done.code != 1)
    };
    let Some(done) = run("\"$0\" run small.toml --jobs --out disk/out") else {
        println!("skipped: no disk can be mounted here");
        return;
    };
    assert_refused(&done, &["disk/out", "No space left on device"]);
    assert!(!done.stderr.contains("manifest.json") && !done.stderr.contains("runs.parquet"), "{done:?}");
    let done = run("\"$0\" trace generate small.toml disk/jobs.csv").unwrap();
    assert_refused(&done, &["disk/jobs.csv", "No space left on device"]);
    assert!(done.stderr.ends_with("disk:\n"), "a part of the file was left behind: {done:?}");
}

/// The same for everyone: files may not grow beyond a few blocks.
#[cfg(unix)]
#[test]
fn a_file_that_cannot_grow() {
    let bench = Bench::new();
    let run = |command: &str| {
        let script = format!("trap '' XFSZ; ulimit -f 4; exec {command}");
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_windtunnel")]).current_dir(bench.path(""));
        Done::of(&shell.output().expect("there is a shell"))
    };
    assert_refused(&run("\"$0\" run small.toml --jobs --out out"), &["out/", "File too large"]);
    let left = bench.files("out");
    assert!(!left.contains_key("manifest.json") && !left.contains_key("runs.parquet"), "{:?}", left.keys());
    assert_refused(&run("\"$0\" trace generate small.toml jobs.csv"), &["jobs.csv", "File too large"]);
    let names: Vec<_> =
        std::fs::read_dir(bench.path("")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name == "small.toml" || name == "out"), "{names:?}");
}
