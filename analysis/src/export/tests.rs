//! A small folder of results, exported and read back.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::testing::{Case, every, key};
use crate::{
    JobTable, MetricOptions, ResultStore, Resume, RunKey, RunMetrics, RunRecord, Scalars, ScenarioStamp,
    Series, StoreError, Tables, read_results,
};

/// Two runs of 6 jobs on 2 nodes of 4 cores, with a series per 5 s, under a policy with a name to be escaped.
fn results(dir: &Path) -> Vec<RunRecord> {
    results_with(dir, true)
}

/// Such a folder, with tables of jobs and of series if `has_tables`.
fn results_with(dir: &Path, has_tables: bool) -> Vec<RunRecord> {
    let tables = Tables { jobs: has_tables, decisions: false };
    let stamp =
        ScenarioStamp { name: "tiny".into(), text: "name = \"tiny\"\n".into(), hash: "h".into(), tables };
    let store = ResultStore::open(dir, stamp, Resume::No).unwrap();
    let keys: Vec<RunKey> =
        (1..3).map(|seed| RunKey { policy: "a \"b\"\\c".into(), seed, content: seed, ..key() }).collect();
    for key in &keys {
        let mut case = Case::new(2, 4);
        for n in 0..6 {
            case.job(2 * n, 1 + n as u32 % 4, 7 + key.seed);
        }
        case.rows[5].0.tasks = 2;
        let part = store.begin(key, true).unwrap();
        let mut observers: Vec<Box<dyn sim_core::Observer>> =
            vec![Box::new(RunMetrics::new(MetricOptions::default()))];
        if has_tables {
            observers.push(Box::new(JobTable::create(&part.jobs(), key).unwrap()));
            observers.push(Box::new(Series::new(&part.series(), key, every(5))));
        }
        let mut engine = case.engine(observers);
        let summary = engine.run(&mut case.policy.clone()).unwrap();
        let mut scalars = Scalars::default();
        engine.finish(&mut scalars).unwrap();
        drop(engine);
        store.commit(part, &RunRecord::new(key.clone(), &summary, scalars), 0.5).unwrap();
    }
    let order: Vec<String> = keys.iter().map(RunKey::id).collect();
    store.assemble(&order, &[], None).unwrap();
    read_results(dir).unwrap()
}

#[test]
fn openmetrics_hold_whole_families_in_order_of_time_and_the_run_s_utilization() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    let records = results(&dir);
    let text = std::fs::read_to_string(export_prometheus(&dir).unwrap()).unwrap();
    assert!(text.ends_with("# EOF\n"));
    let mut families: Vec<&str> = Vec::new();
    // Per series: its last time and value.
    let mut last: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(name) = line.strip_prefix("# TYPE ") {
            let name = name.split(' ').next().unwrap();
            assert!(!families.contains(&name), "{name} comes twice");
            families.push(name);
        } else if !line.starts_with('#') {
            assert!(line.starts_with(families.last().unwrap()), "{line}");
            let (series, rest) = line.rsplit_once("} ").unwrap();
            let (value, at) = rest.split_once(' ').unwrap();
            let (value, at): (f64, f64) = (value.parse().unwrap(), at.parse().unwrap());
            let before = last.insert(series, (at, value));
            assert!(before.is_none_or(|(before, _)| before < at), "{line}");
        }
    }
    for record in &records {
        let of = |name: &str| {
            let labels = format!(
                "windtunnel_{name}{{scenario=\"tiny\",policy=\"a \\\"b\\\"\\\\c\",predictor=\"none\",seed=\"{}\",\
                 axis_workload_load=\"1.3\",resource=\"cpu\"",
                record.key.seed
            );
            last[labels.as_str()].1
        };
        let mean = of("allocated_resource_seconds_total") / of("capacity_resource_seconds_total");
        assert!((mean - record.value("utilization_cpu").unwrap()).abs() < 1e-12, "{mean}");
    }
}

#[test]
fn traces_hold_every_placement_once_and_slices_of_a_thread_do_not_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    results(&dir);
    let paths = export_perfetto(&dir).unwrap();
    assert_eq!(paths.len(), 2);
    let trace: Value = serde_json::from_str(&std::fs::read_to_string(&paths[0]).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let slices: Vec<&Value> = events.iter().filter(|event| event["ph"] == "X").collect();
    // Six jobs, of which the last has two tasks of 2 cores: on one node or on two.
    let tasks: u64 = slices.iter().map(|slice| slice["args"]["tasks_here"].as_u64().unwrap()).sum();
    assert_eq!(tasks, 7);
    let mut threads: BTreeMap<(u64, u64), f64> = BTreeMap::new();
    for slice in &slices {
        let thread = (slice["pid"].as_u64().unwrap(), slice["tid"].as_u64().unwrap());
        let (ts, dur) = (slice["ts"].as_f64().unwrap(), slice["dur"].as_f64().unwrap());
        let end = threads.insert(thread, ts + dur);
        assert!(end.is_none_or(|end| end <= ts), "{slice}");
        assert!(slice["name"].as_str().unwrap().starts_with("job 10"), "{slice}");
    }
    let counters: Vec<&Value> = events.iter().filter(|event| event["ph"] == "C").collect();
    assert!(counters.iter().any(|counter| counter["name"] == "utilization_cpu"), "{counters:?}");
    assert!(events.iter().all(|event| event["pid"].is_u64() && event["name"].is_string()));
}

#[test]
fn what_is_not_there_is_said_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    results_with(&dir, false);
    let error = export_prometheus(&dir).unwrap_err().to_string();
    assert!(error.contains("series.parquet: is not there") && error.contains("measure.series"), "{error}");
    let error = export_perfetto(&dir).unwrap_err().to_string();
    assert!(error.contains("jobs.parquet: is not there") && error.contains("--jobs"), "{error}");
    assert!(!dir.join("openmetrics.txt").exists() && !dir.join("perfetto").exists());
    assert!(matches!(export_prometheus(folder.path()), Err(StoreError::Io { .. })));
}
