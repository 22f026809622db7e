//! Tests of trace workloads.

use sim_core::registry::Value;
use sim_core::{Lane, Resources};

use super::*;
use crate::traces::testing::{TraceFile, data, params, text};

fn cluster(cpu: u32) -> ClusterSpec {
    let mut spec = ClusterSpec::default();
    spec.add_uniform("node", 1, Resources::ZERO.with(Lane::Cpu, cpu), 0);
    spec
}

fn open(file: &TraceFile, given: &[(&str, Value)], cluster: Option<&ClusterSpec>) -> TraceWorkload {
    let reader = Reader::named("native").unwrap();
    TraceWorkload::open(reader, &params(reader, file.path(), given), cluster).unwrap().0
}

fn drain(workload: &mut dyn Workload, words: &mut Vocabulary) -> Vec<(u64, u64)> {
    let mut jobs = Vec::new();
    while let Some((job, _)) = workload.next_job(words).unwrap() {
        jobs.push((job.id, job.submit.as_ns()));
    }
    jobs
}

const ROWS: &str = "id,submit_ns,service_ns,user\n1,50,1,c\n2,20,1,a\n3,50,0,c\n4,20,1,b\n5,90,1,a\n";

#[test]
fn jobs_are_sorted_stably_and_cut_after_dropping() {
    let file = TraceFile::new(ROWS);
    let given = [("sort", Value::Bool(true)), ("zero_duration", text("drop")), ("jobs", Value::Int(3))];
    let mut words = Vocabulary::default();
    let mut workload = open(&file, &given, None);
    assert_eq!(drain(&mut workload, &mut words), [(2, 20), (4, 20), (1, 50)]);
    assert_eq!(words.users().name(0), Some("a"), "words are numbered as jobs arrive");
}

#[test]
fn a_fork_goes_on_where_its_origin_stood() {
    let sorted = "id,submit_ns,service_ns\n1,10,1\n2,20,0\n3,30,1\n4,40,1\n";
    for (content, first) in [(ROWS, 2), (sorted, 1)] {
        let file = TraceFile::new(content);
        let given = [("sort", Value::Bool(true)), ("zero_duration", text("drop")), ("jobs", Value::Int(3))];
        let mut words = Vocabulary::default();
        let mut workload = open(&file, &given, None);
        assert_eq!(workload.next_job(&mut words).unwrap().unwrap().0.id, first);
        let mut fork = workload.fork();
        let rest = drain(&mut workload, &mut words);
        assert_eq!(rest.len(), 2);
        assert_eq!(drain(&mut *fork, &mut words), rest);
        assert_eq!(drain(&mut *workload.fork(), &mut words), []);
    }
}

#[test]
fn a_fork_of_a_file_that_is_gone_fails_at_its_next_job() {
    let file = TraceFile::new("id,submit_ns,service_ns\n1,10,1\n2,20,1\n");
    let workload = open(&file, &[], None);
    drop(file);
    let error = workload.fork().next_job(&mut Vocabulary::default()).unwrap_err();
    assert!(error.reason.contains("does not exist"), "{error}");
}

#[test]
fn a_file_that_changed_since_its_audit_is_noticed() {
    let file = TraceFile::new("id,submit_ns,service_ns\n1,10,1\n2,20,1\n");
    let reader = Reader::named("native").unwrap();
    let params = params(reader, file.path(), &[]);
    let audit = Audit::of(reader, &params, None);
    for (content, record, reason) in [
        ("id,submit_ns,service_ns\n1,5,1\n2,20,1\n", 2, "the file has changed since it was audited"),
        ("id,submit_ns,service_ns\n1,x,1\n2,20,1\n", 2, "submit_ns = x: must be a whole number"),
    ] {
        std::fs::write(file.path(), content).unwrap();
        let mut workload = TraceWorkload::new(reader, &params, &audit).unwrap();
        let mut words = Vocabulary::default();
        let error = workload.next_job(&mut words).unwrap_err();
        assert_eq!((error.record, error.reason.as_str()), (record, reason));
        assert_eq!(workload.next_job(&mut words), Err(error), "a stream is over after its first error");
    }
}

#[test]
fn a_load_is_reached_by_closing_gaps() {
    // 3 x 10 x 1000 on 1000 milli over 100 ns: a load of 0.3, doubled.
    let file =
        TraceFile::new("id,submit_ns,service_ns,cpu_milli\n1,50,10,1000\n2,60,10,1000\n3,150,10,1000\n");
    let spec = cluster(1000);
    let mut workload = open(&file, &[("load", Value::Float(0.6))], Some(&spec));
    assert_eq!(drain(&mut workload, &mut Vocabulary::default()), [(1, 50), (2, 55), (3, 100)]);
}

#[test]
fn dates_begin_at_the_first_job() {
    let head = "timestamp,duration,num_gpus,gpu_time,cluster\n";
    let rows = "2017-10-09 07:01:55,5.0,1,5.0,a\n2017-10-09 07:01:50,5.0,1,5.0,b\n";
    let file = TraceFile::new(format!("{head}{rows}"));
    let reader = Reader::named("philly").unwrap();
    let (mut workload, _) =
        TraceWorkload::open(reader, &params(reader, file.path(), &[("sort", Value::Bool(true))]), None)
            .unwrap();
    assert_eq!(drain(&mut workload, &mut Vocabulary::default()), [(2, 0), (1, 5_000_000_000)]);
}

#[test]
fn oversized_jobs_are_left_out() {
    let file = TraceFile::new("id,submit_ns,service_ns,cpu_milli\n1,1,1,1000\n2,2,1,1001\n3,3,1,1\n");
    let spec = cluster(1000);
    let mut workload = open(&file, &[("oversized", text("drop"))], Some(&spec));
    assert_eq!(drain(&mut workload, &mut Vocabulary::default()), [(1, 1), (3, 3)]);
}

#[test]
fn real_traces_yield_what_their_audits_promise() {
    for (reader, name) in [("philly", "pollux/philly.csv"), ("openb", "openb/openb_pod_list_gpuspec33.csv")] {
        let Some(path) = data(name) else { return };
        let reader = Reader::named(reader).unwrap();
        let mut spec = ClusterSpec::default();
        let node = Resources::ZERO.with(Lane::Cpu, 128_000).with(Lane::Memory, 1 << 20);
        for model in ["P100", "T4", "G2", "G3", "V100M16", "V100M32", "A10"] {
            spec.add_uniform(model, 20, node, 8);
            spec.nodes.iter_mut().rev().take(20).for_each(|node| node.gpu_model = Some(model.to_owned()));
        }
        let params = params(reader, &path, &[("sort", Value::Bool(true)), ("load", Value::Float(0.8))]);
        let (mut workload, audit) = TraceWorkload::open(reader, &params, Some(&spec)).unwrap();
        let jobs = drain(&mut workload, &mut Vocabulary::default());
        assert_eq!(jobs.len() as u64, audit.jobs);
        assert!(jobs.is_sorted_by_key(|(_, submit)| *submit));
        let load = audit.offered_load(audit.dominant().unwrap()).unwrap();
        let span = (jobs[jobs.len() - 1].1 - jobs[0].1) as f64;
        assert!((load * audit.span().as_ns() as f64 / span - 0.8).abs() < 1e-6);
    }
}

#[test]
fn skipped_jobs_are_counted_after_dropping_and_the_others_keep_their_times() {
    let sorted = "id,submit_ns,service_ns,user\n1,10,1,a\n2,20,0,b\n3,30,1,c\n4,40,1,d\n5,50,1,e\n";
    let shuffled = "id,submit_ns,service_ns,user\n5,50,1,e\n2,20,0,b\n1,10,1,a\n4,40,1,d\n3,30,1,c\n";
    for content in [sorted, shuffled] {
        let file = TraceFile::new(content);
        let given = |jobs| {
            [
                ("sort", Value::Bool(true)),
                ("zero_duration", text("drop")),
                ("skip", Value::Int(1)),
                ("jobs", Value::Int(jobs)),
            ]
        };
        let mut words = Vocabulary::default();
        let mut workload = open(&file, &given(2), None);
        assert_eq!(drain(&mut *workload.fork(), &mut words), [(3, 30), (4, 40)]);
        assert_eq!(workload.next_job(&mut words).unwrap().unwrap().0.id, 3);
        assert_eq!(drain(&mut *workload.fork(), &mut words), [(4, 40)]);
        assert_ne!(words.users().name(0), Some("a"), "words of skipped jobs are not taken over");
        assert_eq!(drain(&mut open(&file, &given(9), None), &mut words), [(3, 30), (4, 40), (5, 50)]);
    }
}

#[test]
fn a_trace_that_is_skipped_whole_is_refused() {
    let file = TraceFile::new("id,submit_ns,service_ns\n1,10,1\n2,20,1\n");
    let reader = Reader::named("native").unwrap();
    let given = [("skip", Value::Int(2))];
    let problems = TraceWorkload::open(reader, &params(reader, file.path(), &given), None).err().unwrap();
    assert!(problems.to_string().contains("holds 2 jobs, and skip = 2 leaves all of them out"), "{problems}");
}
