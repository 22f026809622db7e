//! Tests of audits.

use sim_core::registry::Value;
use sim_core::{Lane, Resources};

use super::*;
use crate::traces::testing::{TraceFile, data, params, text};

fn cluster(nodes: u32, cpu: u32, cards: u16) -> ClusterSpec {
    let mut spec = ClusterSpec::default();
    spec.add_uniform("node", nodes, Resources::ZERO.with(Lane::Cpu, cpu), cards);
    spec
}

fn audit_of(content: &str, given: &[(&str, Value)], cluster: Option<&ClusterSpec>) -> Audit {
    let file = TraceFile::new(content);
    let reader = Reader::named("native").unwrap();
    Audit::of(reader, &params(reader, file.path(), given), cluster)
}

const HEAD: &str = "id,submit_ns,service_ns,cpu_milli,tasks,after\n";

fn rules(rows: &str, given: &[(&str, Value)], cluster: Option<&ClusterSpec>) -> Vec<String> {
    let audit = audit_of(&format!("{HEAD}{rows}"), given, cluster);
    audit
        .problems
        .0
        .iter()
        .map(|problem| format!("{} {} {}", problem.at, problem.value, problem.rule))
        .collect()
}

#[test]
fn numbers_of_a_small_trace() {
    let rows = "1,0,10,1000,2,\n2,5,5,2000,1,\n3,10,10,1000,4,\n4,20,40,500,1,\n";
    let spec = cluster(2, 4000, 0);
    let audit = audit_of(&format!("{HEAD}{rows}"), &[], Some(&spec));
    assert!(audit.problems.0.is_empty(), "{}", audit.problems);
    let cpu = audit.lanes[Lane::Cpu.index()];
    // 2 x 1000 x 10 + 2000 x 5 + 4 x 1000 x 10 + 500 x 40 = 90,000 milli ns on 8000 milli x 20 ns.
    assert_eq!((cpu.demand, cpu.capacity), (90_000, Some(8000)));
    assert_eq!(audit.offered_load(Lane::Cpu), Some(90.0 / 160.0));
    // At 5: jobs 1 and 2. At 10 both have ended and job 3 runs with 4 tasks.
    assert_eq!((cpu.peak, audit.peak_jobs, audit.peak_tasks), (4000, 2, 4));
    assert_eq!((audit.jobs, audit.shapes, audit.dominant()), (4, 3, Some(Lane::Cpu)));
    assert_eq!(audit.gaps[0], Gap { length: SimDuration::from_ns(10), from: SimTime::from_ns(10), line: 5 });
    assert_eq!(audit.service[0].1.as_ns(), 5);
    assert_eq!(
        audit.widths.iter().map(|width| (width.least, width.jobs)).collect::<Vec<_>>(),
        [(1, 2), (2, 1), (4, 1)]
    );
}

#[test]
fn order_and_zero_duration_are_refused_with_their_lines() {
    let found = rules("1,5,1,,,\n2,4,0,,,\n", &[], None);
    assert!(found[0].starts_with("3: job 2 runs for no time"), "{found:?}");
    assert!(found[1].starts_with("3: submit 0.000000004 s is submitted before its predecessor"), "{found:?}");
    assert!(
        rules("1,5,1,,,\n2,4,0,,,\n", &[("sort", Value::Bool(true)), ("zero_duration", text("run"))], None)
            .is_empty()
    );
}

#[test]
fn numbers_that_occur_twice_are_refused() {
    let found = rules("1,0,1,,,\n2,1,1,,,\n1,2,1,,,\n1,3,1,,,\n", &[], None);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], "4: job 1 was already the number of the job on line 2");
}

#[test]
fn dependencies_on_nobody_and_cycles_are_refused() {
    let found =
        rules("1,0,1,,,9:ended\n2,1,0,,,\n3,1,1,,,2:completed\n", &[("zero_duration", text("drop"))], None);
    assert_eq!(
        found,
        [
            "2: job 1 waits for job 9, which is not in the trace",
            "4: job 3 waits for job 2, which was dropped"
        ]
    );
    let found = rules("3,0,1,,,7:ended\n7,1,1,,,3:ended\n", &[], None);
    assert_eq!(found, ["jobs 3 -> 7 -> 3 wait for each other in a cycle"]);
    let found = rules("3,0,1,,,7:ended\n7,1,1,,,\n", &[("jobs", Value::Int(1))], None);
    assert_eq!(found, ["2: job 3 waits for job 7, which is not among the jobs that were asked for"]);
}

#[test]
fn jobs_that_never_fit_are_refused_or_dropped() {
    let spec = cluster(2, 4000, 0);
    let rows = "1,0,1,4000,3,\n2,1,1,5000,1,\n3,2,1,1000,8,\n";
    let found = rules(rows, &[], Some(&spec));
    assert_eq!(found.len(), 2);
    assert!(found[0].contains("needs 3 tasks at once; the empty cluster holds 2"), "{found:?}");
    assert!(found[1].contains("no node of the cluster can hold a task"), "{found:?}");
    let audit = audit_of(&format!("{HEAD}{rows}"), &[("oversized", text("drop"))], Some(&spec));
    assert_eq!((audit.jobs, audit.impossible, audit.oversized.as_slice()), (1, 2, [2, 3].as_slice()));
    assert_eq!(audit.dropped, [("larger than the cluster", 2)]);
}

#[test]
fn a_trace_without_jobs_is_refused() {
    assert_eq!(rules("", &[], None), ["  holds no jobs"]);
    assert_eq!(
        rules("1,0,0,,,\n", &[("zero_duration", text("drop"))], None),
        ["  holds no jobs: all 1 were dropped"]
    );
    let reader = Reader::named("swf").unwrap();
    let missing = Audit::of(reader, &params(reader, "/no/such.swf", &[]), None);
    assert_eq!(missing.problems.to_string(), "/no/such.swf: the file does not exist");
}

#[test]
fn a_load_needs_a_cluster_and_a_span() {
    let load = ("load", Value::Float(0.5));
    let spec = cluster(1, 1000, 0);
    assert!(
        rules("1,0,1,5,,\n2,1,1,5,,\n", std::slice::from_ref(&load), None)[0].contains("needs a cluster")
    );
    assert!(
        rules("1,0,1,5,,\n2,0,1,5,,\n", std::slice::from_ref(&load), Some(&spec))[0]
            .contains("different times")
    );
    let gpu = ("load_lane", text("gpu"));
    assert!(
        rules("1,0,1,5,,\n2,1,1,5,,\n", &[load.clone(), gpu.clone()], Some(&spec))[0].contains("has no gpu")
    );
    let spec = cluster(1, 1000, 1);
    assert!(rules("1,0,1,5,,\n2,1,1,5,,\n", &[load, gpu], Some(&spec))[0].contains("asks for no gpu"));
}

#[test]
fn an_audit_prints_for_people_and_for_programs() {
    let spec = cluster(100, 4000, 0);
    let audit = audit_of(&format!("{HEAD}1,0,10,1000,2,\n2,100,5,2000,1,\n"), &[], Some(&spec));
    let shown = audit.to_string();
    assert!(shown.contains("the cluster is nearly empty: cpu, the busiest resource"), "{shown}");
    assert!(shown.contains("no requested time"), "{shown}");
    let json = audit.to_json();
    assert_eq!(json["jobs"], 2);
    assert_eq!(json["lanes"]["cpu"]["capacity"], 400_000);
    assert_eq!(json["dominant"], "cpu");
}

#[test]
fn a_header_that_promises_more_jobs_is_a_warning() {
    let file =
        TraceFile::new("; MaxJobs: 2\n; MaxProcs: 128\n1 10 -1 60 4 -1 -1 8 120 -1 1 7 1 -1 3 -1 -1 -1\n");
    let reader = Reader::named("swf").unwrap();
    let audit = Audit::of(reader, &params(reader, file.path(), &[]), None);
    assert_eq!(audit.header.max_procs, Some(128));
    assert_eq!(audit.warnings, ["the header promises 2 jobs, the file has 1"]);
}

#[test]
fn the_nasa_log_is_as_published() {
    let Some(path) = data("swf/NASA-iPSC-1993-3.1-cln.swf.gz") else { return };
    let reader = Reader::named("swf").unwrap();
    let refused = Audit::of(reader, &params(reader, &path, &[]), None);
    assert_eq!((refused.jobs, refused.problems.0.len(), refused.in_order), (18_239, 173, true));
    let spec = cluster(128, 1000, 0);
    let audit = Audit::of(reader, &params(reader, &path, &[("zero_duration", text("drop"))]), Some(&spec));
    assert!(audit.problems.0.is_empty() && audit.warnings.is_empty());
    assert_eq!((audit.jobs, audit.dropped.as_slice()), (18_066, [("zero duration", 173)].as_slice()));
    assert_eq!(audit.header.max_procs, Some(128));
    assert!(audit.notes.contains(&("requested time taken from the run time", 18_066)));
    assert_eq!(format!("{:.4}", audit.offered_load(Lane::Cpu).unwrap()), "0.4661");
}

#[test]
fn the_lublin_trace_asks_for_a_little_more_than_its_machine() {
    let Some(path) = data("swf/lublin_256.swf") else { return };
    let reader = Reader::named("swf").unwrap();
    let spec = cluster(256, 1000, 0);
    let audit = Audit::of(reader, &params(reader, &path, &[]), Some(&spec));
    assert!(audit.problems.0.is_empty(), "{}", audit.problems);
    assert_eq!((audit.jobs, audit.users), (10_000, 0));
    assert_eq!(format!("{:.4}", audit.offered_load(Lane::Cpu).unwrap()), "1.0608");
}

#[test]
fn the_philly_trace_is_as_published() {
    let Some(path) = data("pollux/philly.csv") else { return };
    let reader = Reader::named("philly").unwrap();
    let audit = Audit::of(reader, &params(reader, &path, &[("sort", Value::Bool(true))]), None);
    assert!(audit.problems.0.is_empty(), "{}", audit.problems);
    assert_eq!((audit.jobs, audit.tenants, audit.in_order), (82_247, 15, false));
    assert_eq!(audit.lanes[Lane::Gpu.index()].peak, 1_243_000);
    let hours = audit.to_json()["lanes"]["gpu"]["demand_hours"].as_f64().unwrap();
    assert_eq!((hours / 1000.0) as u64, 978_078);
}

#[test]
fn the_openb_trace_is_as_published() {
    let Some(path) = data("openb/openb_pod_list_default.csv") else { return };
    let Some(nodes) = data("openb/openb_node_list_gpu_node.csv") else { return };
    let spec = crate::traces::openb::openb_nodes(&nodes).unwrap();
    assert_eq!((spec.nodes.len(), spec.groups.len()), (1213, 15));
    assert_eq!(spec.capacity()[..3], [107_018_000, 503_828_480, 6_212_000]);
    let reader = Reader::named("openb").unwrap();
    let audit = Audit::of(reader, &params(reader, &path, &[]), Some(&spec));
    assert!(audit.problems.0.is_empty(), "{}", audit.problems);
    assert_eq!((audit.jobs, audit.dropped.as_slice()), (7_255, [("never scheduled", 897)].as_slice()));
    // From scheduling to deletion, the real cluster used 65.59 GPUs at most. Here jobs start when they are
    // submitted and so end a little earlier, which takes one of them out of the peak.
    assert_eq!((audit.peak_jobs, audit.lanes[Lane::Gpu.index()].peak), (56, 64_590));
    assert!(audit.verdict().contains("nearly empty"));
    // One pod of this list wants 120 cores beside a G2 card; nodes with these cards have 96.
    let Some(path) = data("openb/openb_pod_list_gpuspec33.csv") else { return };
    let audit = Audit::of(reader, &params(reader, &path, &[]), Some(&spec));
    assert_eq!((audit.impossible, audit.impossible_first[0].id), (1, 1639));
    assert!(audit.impossible_first[0].reason.ends_with("of model G2"), "{:?}", audit.impossible_first);
    let run = params(reader, &path, &[("never_scheduled", text("run")), ("zero_duration", text("run"))]);
    assert_eq!(Audit::of(reader, &run, Some(&spec)).jobs, 8_152);
}

#[test]
fn the_dlrm_trace_is_as_published() {
    let Some(path) = data("alibaba/disaggregated_DLRM_trace.csv.gz") else { return };
    let reader = Reader::named("dlrm").unwrap();
    let read = |role| {
        let given = [("sort", Value::Bool(true)), ("zero_duration", text("run")), ("role", text(role))];
        Audit::of(reader, &params(reader, &path, &given), None)
    };
    let all = read("all");
    assert!(all.problems.0.is_empty(), "{}", all.problems);
    // The page of the trace counts 16,485 and 7,386 instances of 156 services.
    assert_eq!((all.jobs, all.tenants, all.dropped.len()), (23_871, 156, 0));
    for (role, jobs, other) in [("cn", 16_485, 7_386), ("hn", 7_386, 16_485)] {
        let audit = read(role);
        assert_eq!((audit.jobs, audit.dropped.as_slice()), (jobs, [("of the other role", other)].as_slice()));
    }
}
