//! Bad traces: each refused with line, field, value and rule, and nothing written. Rows of docs/bad-input.md.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::bad_input::{assert_refused, refuse};
use crate::support::Bench;

/// A job of ten seconds on one processor, with its number and submit time.
fn swf_line(id: u32, submit: u32) -> String {
    format!("{id} {submit} -1 10 1 -1 -1 1 20 -1 1 1 1 -1 1 -1 -1 -1\n")
}

const SWF: &str = r#"# Question: is this trace refused?
name = "trace"
workload = { type = "swf", path = "log.swf" }
cluster = { type = "uniform", nodes = 4, cpu = 1 }
policy = [{ order = "fcfs" }]
"#;

const NATIVE_HEADER: &str = "id,submit_ns,service_ns,cpu_milli,after\n";

fn with_swf(bytes: impl AsRef<[u8]>) -> Bench {
    let bench = Bench::new();
    bench.write("trace.toml", SWF);
    bench.write("log.swf", bytes);
    bench
}

fn with_native(rows: &str) -> Bench {
    let bench = Bench::new();
    bench.write("trace.toml", SWF.replace("\"swf\", path = \"log.swf\"", "\"native\", path = \"log.csv\""));
    bench.write("log.csv", format!("{NATIVE_HEADER}{rows}"));
    bench
}

fn refuse_swf(bytes: impl AsRef<[u8]>, parts: &[&str]) {
    let bench = with_swf(bytes);
    refuse(&bench, &["run", "trace.toml"], parts);
    assert_refused(&bench.run(&["validate", "trace.toml"]), parts);
    assert_refused(&bench.run(&["trace", "convert", "trace.toml", "copy.csv"]), parts);
    assert!(!bench.path("copy.csv").exists());
}

fn refuse_native(rows: &str, parts: &[&str]) {
    refuse(&with_native(rows), &["run", "trace.toml"], parts);
}

fn zip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn truncated_swf() {
    let whole = swf_line(1, 0) + &swf_line(2, 5);
    let parts = ["log.swf:2:", "the file is truncated", "has 6 of 18 fields"];
    refuse_swf(&whole[..swf_line(1, 0).len() + "2 5 -1 10 1 -1".len()], &parts);
}

#[test]
fn truncated_gz() {
    let log: String = (1..2000).map(|n| swf_line(n, n)).collect();
    let bytes = zip(&log);
    refuse_swf(
        &bytes[..bytes.len() / 2],
        &["log.swf:", "the file is truncated: the compressed stream has no end"],
    );
}

#[test]
fn corrupt_gz() {
    let log: String = (1..2000).map(|n| swf_line(n, n)).collect();
    let mut bytes = zip(&log);
    // Within the check sum: everything before it reads well.
    let at = bytes.len() - 6;
    bytes[at] ^= 0xff;
    refuse_swf(bytes, &["log.swf:", "the compressed stream is corrupt"]);
}

#[test]
fn binary_swf() {
    refuse_swf(b"\x7fELF\x02\x01\x01\x00\xff\xfe\n", &["log.swf:1:", "not UTF-8", "is this the right file?"]);
}

#[test]
fn fewer_and_more_than_18_fields() {
    refuse_swf(swf_line(1, 0) + "2 5 -1\n", &["log.swf:2:", "must have 18 fields, has 3"]);
    refuse_swf(swf_line(1, 0).replace('\n', " 7 8\n"), &["log.swf:1:", "must have 18 fields, has 20"]);
}

#[test]
fn negative_numbers() {
    let parts = ["log.swf:1: run time (field 4) = -7:", "must not be negative, except -1 for unknown"];
    refuse_swf(swf_line(1, 0).replace(" 10 ", " -7 "), &parts);
    refuse_native("1,0,-5,1000,\n", &["log.csv:2: service_ns = -5:", "must be at least 0"]);
}

#[test]
fn absurd_numbers() {
    let line = swf_line(1, 0);
    let huge = line.replace(" 10 ", " 99999999999999999999 ");
    refuse_swf(huge, &["run time (field 4) = 99999999999999999999:", "must be at most"]);
    let wide = line.replace(" 10 1 ", " 10 99999999999 ");
    refuse_swf(wide, &["allocated processors (field 5) = 99999999999:", "must be at most 2147483648"]);
    refuse_swf(line.replace(" 10 ", " 1e9x "), &["run time (field 4) = 1e9x:", "must be a number"]);
    refuse_native("1,0,99999999999999999999999,1000,\n", &["service_ns = 9999999999", "must be at most"]);
}

#[test]
fn a_job_larger_than_the_cluster() {
    let wide = swf_line(1, 0).replace(" 10 1 ", " 10 8 ");
    let parts =
        ["log.swf:1: job = 1:", "needs 8 tasks at once; the empty cluster holds 4", "oversized = \"drop\""];
    refuse_swf(&wide, &parts);
    let bench = with_swf(wide + &swf_line(2, 0));
    let set = ["run", "trace.toml", "--out", "out", "--set", "workload.oversized=drop"];
    assert!(bench.good(&set).contains("1 left out: "), "the table counts what was dropped");
}

#[test]
fn submit_times_out_of_order() {
    let log = swf_line(1, 10) + &swf_line(2, 5);
    let parts = ["log.swf:2: submit = 5 s:", "before its predecessor, at 10 s", "sort = true"];
    refuse_swf(&log, &parts);
    let bench = with_swf(log);
    let sorted = bench.good(&["run", "trace.toml", "--out", "out", "--set", "workload.sort=true"]);
    assert!(sorted.contains("2 jobs from log.swf"), "{sorted}");
    assert!(sorted.contains("sorted by submit time"), "that it was sorted is said: {sorted}");
}

#[test]
fn jobs_of_no_duration() {
    let log = swf_line(1, 0).replace(" 10 ", " 0 ") + &swf_line(2, 5);
    refuse_swf(&log, &["log.swf:1: job = 1:", "runs for no time", "zero_duration = \"drop\"", "\"run\""]);
    let bench = with_swf(log);
    let run = |out: &str, rule: &str| {
        let set = format!("workload.zero_duration={rule}");
        bench.good(&["run", "trace.toml", "--out", out, "--set", &set])
    };
    let dropped = run("dropped", "drop");
    assert!(dropped.contains("1 jobs from log.swf\n  1 left out: zero duration"), "{dropped}");
    let kept = run("kept", "run");
    assert!(kept.contains("2 jobs from log.swf") && !kept.contains("left out"), "{kept}");
}

#[test]
fn duplicate_ids() {
    let parts = ["log.swf:2: job = 7:", "was already the number of the job on line 1"];
    refuse_swf(swf_line(7, 0) + &swf_line(7, 5), &parts);
}

#[test]
fn missing_trace() {
    let bench = with_swf("");
    std::fs::remove_file(bench.path("log.swf")).unwrap();
    refuse(&bench, &["run", "trace.toml"], &["log.swf", "the file does not exist"]);
    assert_refused(&bench.run(&["trace", "inspect", "log.swf"]), &["log.swf", "does not exist"]);
}

#[test]
fn empty_trace() {
    refuse_swf("", &["log.swf", "holds no jobs"]);
    refuse_swf("; Version: 2.2\n; MaxProcs: 4\n", &["log.swf", "holds no jobs"]);
    let bench = with_swf(swf_line(1, 0).replace(" 10 ", " 0 "));
    let all_dropped = ["run", "trace.toml", "--set", "workload.zero_duration=drop"];
    refuse(&bench, &all_dropped, &["log.swf", "holds no jobs: all 1 were dropped"]);
}

#[test]
fn cyclic_dependencies() {
    let parts = ["log.csv: jobs = 1 -> 2 -> 1:", "wait for each other in a cycle"];
    refuse_native("1,0,1000,1000,2:ended\n2,0,1000,1000,1:ended\n", &parts);
    refuse_native(
        "1,0,1000,1000,9:ended\n",
        &["log.csv:2: job = 1:", "waits for job 9, which is not in the trace"],
    );
}

#[test]
fn unknown_and_missing_columns() {
    let bench = with_native("");
    bench.write("log.csv", "id,submit_ns,servic_ns,cpu_milli\n1,0,1000,1000\n");
    let parts = ["log.csv: column = servic_ns:", "\"service_ns\"", "is needed and is not there"];
    refuse(&bench, &["run", "trace.toml"], &parts);
}

#[test]
fn several_bad_records_at_once() {
    let log = swf_line(1, 0).replace(" 10 ", " -7 ") + "2 5\n" + &swf_line(3, 1).replace(" 1 20 ", " 9 20 ");
    refuse_swf(log, &["log.swf:1: run time (field 4) = -7", "log.swf:2: must have 18", "log.swf:3: job = 3"]);
}

#[test]
fn traces_that_no_name_or_header_tells() {
    let bench = Bench::new();
    bench.write("jobs.txt", "a b c\n");
    assert_refused(&bench.run(&["trace", "inspect", "jobs.txt"]), &["jobs.txt", "give --reader"]);
    let wrong = ["trace", "inspect", "jobs.txt", "--reader", "swif"];
    assert_refused(&bench.run(&wrong), &["--reader = swif", "must be one of swf"]);
    let odd = ["trace", "generate", "small.toml", "jobs.xlsx"];
    assert_refused(&bench.run(&odd), &["jobs.xlsx", "must end in .csv, .parquet or .swf"]);
}

const PODS: &str = r#"# Question: is this list refused?
name = "pods"
workload = { type = "openb-inflation", pods = "pods.csv", orders = "orders.txt" }
cluster = { type = "uniform", nodes = 2, cpu = 8, memory = 64, gpus = 2 }
policy = [{ order = "fcfs", head = "skip" }]
sweep = { seeds = [42] }
"#;

const POD_HEADER: &str = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time\n";
const TWO_PODS: &str = "p1,1000,1,1,500,0,60\np2,1000,1,0,0,10,70\n";

fn with_pods(rows: &str, orders: &str) -> Bench {
    let bench = Bench::new();
    bench.write("pods.toml", PODS);
    bench.write("pods.csv", format!("{POD_HEADER}{rows}"));
    bench.write("orders.txt", orders);
    bench
}

#[test]
fn bad_pods() {
    let bench = with_pods("p1,x,1,1,500,0,60\np2,1000,1,1,0,10,70\np3,1\n", "pods 42 0\n");
    let parts = [
        "pods.csv:2: cpu_milli = x: must be a number",
        "pods.csv:3: gpu_milli = 0: must be at least 1",
        "pods.csv:4: must have 7 fields like the first row, has 2",
    ];
    refuse(&bench, &["run", "pods.toml"], &parts);
    bench.write("pods.csv", "name,cpu_milli,memory_mib,num_gpu\n");
    refuse(&bench, &["run", "pods.toml"], &["pods.csv:1", "has no column \"gpu_milli\", which is needed"]);
}

#[test]
fn bad_orders() {
    let bench = with_pods(TWO_PODS, "pods 42 0 2\nrank 42 0\nrank 43 1 1\norder 1\n");
    let parts = [
        "orders.txt:1: row = 2: must be below 2",
        "orders.txt:2: rank: 1 ranks are given, and the cluster has 2 nodes",
        "orders.txt:3: rank = 1: is there twice",
        "orders.txt:4 = order: must be `pods` or `rank`",
    ];
    refuse(&bench, &["run", "pods.toml"], &parts);
}

#[test]
fn seeds_without_an_order() {
    let bench = with_pods(TWO_PODS, "pods 42 0 1\npods 44 1 0\n");
    let parts = ["orders.txt: seed = 43: has no order for this seed; it has those of 42, 44"];
    refuse(&bench, &["run", "pods.toml", "--set", "sweep.seeds=[42, 43]"], &parts);
    refuse(
        &bench,
        &["run", "pods.toml", "--set", "workload.load=1.3"],
        &["workload: load = 1.3: must be left out where `orders` say which pods arrive"],
    );
    bench.good(&["run", "pods.toml", "--out", "out"]);
}

#[test]
fn pods_that_fit_no_node() {
    let rows = format!("{TWO_PODS}p3,1000,1,3,1000,20,80\n");
    // Without departures such a pod waits for ever, as the published runs have it; a replay is asked what to do.
    let bench = with_pods(&rows, "pods 42 2 0 1\n");
    bench.good(&["run", "pods.toml", "--out", "out"]);
    let replay = r#"{ type = "openb-replay", pods = "pods.csv", load = 0.1 }"#;
    let inflation = r#"{ type = "openb-inflation", pods = "pods.csv", orders = "orders.txt" }"#;
    bench.write("replay.toml", PODS.replace(inflation, replay));
    let parts = ["pods.csv:4: pod: no node of the cluster can hold a task of it", "oversized = \"drop\""];
    let done = bench.run(&["run", "replay.toml", "--out", "replayed"]);
    assert_refused(&done, &parts);
    let drop = ["run", "replay.toml", "--set", "workload.oversized=drop", "--out", "replayed"];
    let said = bench.good(&drop);
    assert!(said.contains("32 jobs: 16 copies of 2 pods\n  1 left out: oversized"), "{said}");
}

#[test]
fn loads_out_of_reach() {
    let bench = with_pods(TWO_PODS, "");
    let replay = r#"{ type = "openb-replay", pods = "pods.csv", load = 50, copies = 2 }"#;
    let inflation = r#"{ type = "openb-inflation", pods = "pods.csv", orders = "orders.txt" }"#;
    bench.write("replay.toml", PODS.replace(inflation, replay));
    let parts = ["workload: load = 50: cannot be reached: 2 copies", "ask for at most", "copies = "];
    refuse(&bench, &["run", "replay.toml"], &parts);
}
