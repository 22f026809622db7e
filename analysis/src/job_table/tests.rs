//! The per-job table of small runs.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, UInt32Type, UInt64Type};
use sim_core::{Gang, Limits, Preempt};

use super::*;
use crate::testing::{Case, Scripted, key, read_parquet};

fn table_of(case: &Case) -> RecordBatch {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.parquet");
    case.run(vec![Box::new(JobTable::create(&path, &key()).unwrap())]);
    read_parquet(&path)
}

fn ints(rows: &RecordBatch, name: &str) -> Vec<Option<u64>> {
    rows.column_by_name(name).unwrap().as_primitive::<UInt64Type>().iter().collect()
}

fn words(rows: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = rows.column_by_name(name).unwrap().as_dictionary::<Int32Type>();
    let words = column.values().as_string::<i32>();
    column.keys().iter().map(|key| key.map(|key| words.value(key as usize).to_owned())).collect()
}

fn nodes(rows: &RecordBatch) -> Vec<Vec<u32>> {
    let lists = rows.column_by_name("nodes").unwrap().as_list::<i32>();
    (0..lists.len()).map(|n| lists.value(n).as_primitive::<UInt32Type>().values().to_vec()).collect()
}

const S: u64 = 1_000_000_000;

#[test]
fn jobs_stand_in_order_of_end_and_those_that_never_end_come_last() {
    let mut case = Case::new(2, 2);
    case.cluster.groups[0].price_micros_per_hour = 3_600_000_000;
    let a = case.words.user("a");
    let job = case.job(0, 1, 20);
    (job.tasks, job.user) = (4, a);
    case.job(1, 2, 5);
    case.job(2, 2, 100);
    case.job(3, 2, 100);
    case.job(4, 2, 1);
    case.policy.script = vec![(10, 104, Scripted::Reject)];
    case.limits = Limits { until: SimTime::from_secs(60), ..Default::default() };
    let rows = table_of(&case);
    assert_eq!(ints(&rows, "job_id").into_iter().flatten().collect::<Vec<_>>(), [104, 100, 101, 102, 103]);
    let states = words(&rows, "final_state").into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(states, ["rejected", "completed", "completed", "running", "running"]);
    assert_eq!(ints(&rows, "start_ns"), [None, Some(0), Some(20 * S), Some(20 * S), Some(25 * S)]);
    assert_eq!(ints(&rows, "end_ns"), [Some(10 * S), Some(20 * S), Some(25 * S), None, None]);
    assert_eq!(ints(&rows, "wait_ns"), [None, Some(0), Some(19 * S), Some(18 * S), Some(22 * S)]);
    assert_eq!(nodes(&rows), [vec![], vec![0, 0, 1, 1], vec![0], vec![1], vec![0]]);
    let cost = rows.column_by_name("cost").unwrap().as_primitive::<Float64Type>();
    // Four halves of a node for 20 s; one node for 5 s.
    assert_eq!(cost.values().to_vec(), [0.0, 40.0, 5.0, 0.0, 0.0]);
    assert_eq!(words(&rows, "user")[1].as_deref(), Some("a"));
    assert_eq!(words(&rows, "policy")[0].as_deref(), Some("greedy"));
    assert_eq!(words(&rows, "workload.load")[4].as_deref(), Some("1.3"));
    assert_eq!(ints(&rows, "seed"), [Some(7); 5]);
}

#[test]
fn nodes_are_those_of_the_last_execution() {
    let mut case = Case::new(2, 1);
    case.job(0, 1, 5);
    case.job(0, 1, 20);
    case.job(7, 1, 20);
    case.policy.script = vec![(10, 101, Scripted::Preempt(Preempt::Requeue))];
    let rows = table_of(&case);
    // Job 101 leaves node 1 and, submitted before 102, starts again on the same node; 102 has node 0.
    assert_eq!(nodes(&rows), [vec![0], vec![0], vec![1]]);
    assert_eq!(ints(&rows, "job_id"), [Some(100), Some(102), Some(101)]);
}

#[test]
fn independent_tasks_list_the_nodes_of_all_their_executions() {
    let mut case = Case::new(2, 1);
    let job = case.job(0, 1, 10);
    (job.tasks, job.gang) = (3, Gang::Independent);
    assert_eq!(nodes(&table_of(&case)), [vec![0, 1, 0]]);
}

#[test]
fn the_same_run_writes_the_same_bytes() {
    let mut case = Case::new(3, 4);
    (0..20_000).for_each(|n| case.job(n * 7, 1 + (n % 4) as u32, n % 50 + 1).priority = 0);
    let folder = tempfile::tempdir().unwrap();
    let bytes = ["a", "b"].map(|name| {
        let path = folder.path().join(name);
        case.run(vec![Box::new(JobTable::create(&path, &key()).unwrap())]);
        std::fs::read(&path).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
}

#[test]
fn a_table_that_cannot_be_made_names_its_file() {
    let error = JobTable::create(Path::new("/proc/none/jobs.parquet"), &key()).err().unwrap();
    assert_eq!(error.place, "/proc/none/jobs.parquet");
}
