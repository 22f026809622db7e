//! Tests of windows: beside the same cut by parameters.

use sim_core::registry::Value;
use sim_core::{ClusterSpec, Lane, Resources, Truth, UserId, Vocabulary, Workload};

use super::*;
use crate::traces::Reader;
use crate::traces::testing::{TraceFile, params, text};

fn cluster() -> ClusterSpec {
    let mut spec = ClusterSpec::default();
    spec.add_uniform("node", 1, Resources::ZERO.with(Lane::Cpu, 4000), 0);
    spec
}

fn open(file: &TraceFile, given: &[(&str, Value)]) -> (TraceWorkload, Windows) {
    let reader = Reader::named("native").unwrap();
    let given = params(reader, file.path(), given);
    let (trace, audit) = TraceWorkload::open(reader, &given, Some(&cluster())).unwrap();
    let windows = Windows::read(&trace, &audit).unwrap();
    (trace, windows)
}

/// Jobs as they reach a run, with their users by name: numbers depend on what else was read.
fn drain(mut workload: impl Workload) -> Vec<(Job, Truth, String)> {
    let (mut words, mut jobs) = (Vocabulary::default(), Vec::new());
    while let Some((mut job, truth)) = workload.next_job(&mut words).unwrap() {
        let user = words.users().name(job.user.0).unwrap().to_owned();
        job.user = UserId(0);
        jobs.push((job, truth, user));
    }
    jobs
}

const IN_ORDER: &str = "id,submit_ns,service_ns,user\n1,10,1,c\n2,20,5,a\n3,30,0,c\n4,30,7,b\n5,90,1,a\n";
const MIXED: &str = "id,submit_ns,service_ns,user\n1,30,1,c\n2,20,5,a\n3,30,0,c\n4,10,7,b\n5,90,1,a\n";

#[test]
fn a_window_is_the_trace_with_skip_and_jobs_set_so() {
    for content in [IN_ORDER, MIXED] {
        let file = TraceFile::new(content);
        let common = [("sort", Value::Bool(content == MIXED)), ("zero_duration", text("drop"))];
        let (_, windows) = open(&file, &common);
        assert_eq!(windows.jobs(), 4, "job 3 runs for no time");
        for (start, jobs) in [(0, 4), (0, 1), (1, 2), (2, 2), (3, 1)] {
            let cut = [("skip", Value::Int(start)), ("jobs", Value::Int(jobs))];
            let (by_parameters, _) = open(&file, &[&common[..], &cut[..]].concat());
            let window = windows.cut(start as u64, jobs as u64);
            let expected = drain(by_parameters);
            assert_eq!(windows.first_submit(start as u64), expected[0].0.submit);
            assert_eq!(drain(window), expected, "{jobs} jobs from {start} on");
        }
    }
}

#[test]
fn windows_count_from_the_first_job_that_the_scenario_leaves() {
    let file = TraceFile::new(IN_ORDER);
    let cut = [("zero_duration", text("run")), ("skip", Value::Int(1)), ("jobs", Value::Int(3))];
    let (_, windows) = open(&file, &cut);
    assert_eq!(windows.jobs(), 3);
    let ids: Vec<u64> = drain(windows.cut(1, 2)).iter().map(|(job, _, _)| job.id).collect();
    assert_eq!(ids, [3, 4]);
}

#[test]
fn gaps_have_the_factor_of_the_whole_trace() {
    // Four cores for 100 ns in 400 ns: a natural load of 4 x 100 x 3 / (4 x 400) = 0.75.
    let rows = "id,submit_ns,service_ns,cpu_milli\n1,100,100,4000\n2,120,100,4000\n3,500,100,4000\n";
    let (_, windows) = open(&TraceFile::new(rows), &[("load", Value::Float(1.5))]);
    let submits: Vec<u64> = drain(windows.cut(1, 2)).iter().map(|(job, _, _)| job.submit.as_ns()).collect();
    // Half the gap of 380 ns, though a cut of its own would have a load of 2 x 100 / 380.
    assert_eq!(submits, [120, 120 + 190]);
}

#[test]
fn a_job_that_waits_for_one_outside_does_not() {
    let rows = "id,submit_ns,service_ns,after\n1,10,1,\n2,20,1,1:ended\n3,30,1,1:ended|2:failed\n4,40,1,\n";
    let (_, windows) = open(&TraceFile::new(rows), &[]);
    let waits = |start| -> Vec<Vec<u64>> {
        let of = |job: &Job| job.after().iter().map(|after| after.job).collect();
        drain(windows.cut(start, 2)).iter().map(|(job, _, _)| of(job)).collect()
    };
    assert_eq!(waits(0), [vec![], vec![1]]);
    assert_eq!(waits(1), [vec![], vec![2]]);
    assert_eq!(waits(2), [Vec::<u64>::new(), vec![]]);
}

#[test]
#[should_panic(expected = "2 jobs from 3 on, of 4")]
fn a_window_beyond_the_end_is_a_mistake() {
    let rows = "id,submit_ns,service_ns\n1,10,1\n2,20,1\n3,30,1\n4,40,1\n";
    open(&TraceFile::new(rows), &[]).1.cut(3, 2);
}
