//! Jobs on nodes as Chrome trace events, which Perfetto and `chrome://tracing` show.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::UInt32Type;
use serde_json::json;

use super::table::{columns, files, number, read, text, whole};
use super::{ExportError, Whole, io};
use crate::key::RunKey;
use crate::record::RunRecord;
use crate::store::read_results;

/// The folder into which [`export_perfetto`] writes.
pub(crate) const TRACES: &str = "perfetto";

const REMEDY: &str = "`run --jobs` writes it";

/// A job on one of its nodes.
struct Slice {
    node: u32,
    start_ns: u64,
    end_ns: u64,
    job: u64,
    /// Its tasks on this node.
    tasks: u32,
    args: Rc<Args>,
}

/// What a slice tells when it is clicked.
struct Args {
    wait_ns: u64,
    tasks: u64,
    nodes: usize,
    state: String,
    tenant: String,
    preemptions: u64,
}

/// Rows of a run's counters: time \[ns\] and value, by name.
type Counters = BTreeMap<String, Vec<(u64, f64)>>;

/// Writes one file per run of the folder, `dir/perfetto/<id of the run>.json`, and yields the paths. A node is a
/// process and each of its jobs a slice, from the job's first start to its end, on the nodes that it ran on last; jobs
/// that share a node at the same time lie on threads of their own, the lowest free one first. If there are series,
/// queue, executions and utilization are counters of a process of their own. Jobs that never started are left out.
///
/// # Errors
/// If the folder holds no results or no per-job table, or a file cannot be written.
/// # Cost
/// Memory for the placements of one run and for the series of all; O(n log n) of the placements.
/// # Source
/// Trace Event Format: complete (`X`), counter (`C`) and metadata (`M`) events; times in microseconds.
pub fn export_perfetto(dir: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let records = read_results(dir)?;
    let jobs = files(dir, "jobs", REMEDY)?;
    let mut counters = counters_of(dir)?;
    let folder = dir.join(TRACES);
    std::fs::create_dir_all(&folder).map_err(io(&folder))?;
    let runs: BTreeMap<String, &RunRecord> =
        records.iter().map(|record| (name_of_key(&record.key), record)).collect();
    let mut written = Vec::new();
    let mut write = |name: &str, slices: Vec<Slice>| {
        let Some(record) = runs.get(name) else { return Ok(()) };
        let path = folder.join(format!("{}.json", record.key.id()));
        let mut out = Whole::create(&path)?;
        write_run(record, slices, &counters.remove(name).unwrap_or_default(), &mut out)?;
        written.push(path);
        out.finish()
    };
    for file in &jobs {
        let mut slices = Vec::new();
        let mut current = String::new();
        each_row(file, &JOB_COLUMNS, |name, columns, n| {
            // The rows of a run lie together.
            if name != current {
                write(&std::mem::replace(&mut current, name.to_owned()), std::mem::take(&mut slices))?;
            }
            let end_ns = runs.get(name).map_or(0, |record| record.end_ns);
            slices_of(columns, n, end_ns, &mut slices);
            Ok(())
        })?;
        write(&current, slices)?;
    }
    Ok(written)
}

const JOB_COLUMNS: [&str; 9] =
    ["job_id", "submit_ns", "start_ns", "end_ns", "tasks", "nodes", "final_state", "preemptions", "tenant"];

/// What tells a run from the others of its folder, in a word.
fn name_of<'a>(
    policy: &str,
    predictor: &str,
    seed: u64,
    axes: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let axes = axes.map(|(axis, value)| format!("\u{1f}{axis}\u{1f}{value}"));
    format!("{policy}\u{1f}{predictor}\u{1f}{seed}") + &axes.collect::<String>()
}

fn name_of_key(key: &RunKey) -> String {
    let axes = key.axes.iter().map(|(axis, value)| (axis.as_str(), value.as_str()));
    name_of(&key.policy, &key.predictor, key.seed, axes)
}

/// Calls `take` for every row with the name of its run and the wanted columns.
fn each_row(
    file: &Path,
    wanted: &[&str],
    mut take: impl FnMut(&str, &[ArrayRef], usize) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let all = columns(file)?;
    // Between the seed and the table's own columns, whose first is `wanted`'s or the time.
    let own = all.iter().position(|name| name == "job_id" || name == "time_ns").unwrap_or(all.len());
    let axes: Vec<&str> = all[3.min(own)..own].iter().map(String::as_str).collect();
    let keyed: Vec<&str> =
        wanted.iter().copied().chain(["policy", "predictor", "seed"]).chain(axes.iter().copied()).collect();
    read(file, &keyed, |columns| {
        let (own, key) = columns.split_at(wanted.len());
        for n in 0..key[0].len() {
            let axes = axes.iter().zip(&key[3..]).map(|(axis, column)| (*axis, text(column, n)));
            let seed = whole(&key[2], n).unwrap_or(0);
            take(&name_of(text(&key[0], n), text(&key[1], n), seed, axes), own, n)?;
        }
        Ok(())
    })
}

/// The counters of all runs, by the run's name; none if there are no series.
fn counters_of(dir: &Path) -> Result<BTreeMap<String, Counters>, ExportError> {
    let mut runs: BTreeMap<String, Counters> = BTreeMap::new();
    for file in files(dir, "series", "").unwrap_or_default() {
        let all = columns(&file)?;
        let is_shown = |name: &&String| {
            name.starts_with("utilization_") || ["queue", "running"].contains(&name.as_str())
        };
        let shown: Vec<&str> = all.iter().filter(is_shown).map(String::as_str).collect();
        let wanted: Vec<&str> = std::iter::once("time_ns").chain(shown.iter().copied()).collect();
        each_row(&file, &wanted, |name, columns, n| {
            let at = whole(&columns[0], n).unwrap_or(0);
            let counters = runs.entry(name.to_owned()).or_default();
            for (name, column) in shown.iter().zip(&columns[1..]) {
                if let Some(value) = number(column, n) {
                    counters.entry((*name).to_owned()).or_default().push((at, value));
                }
            }
            Ok(())
        })?;
    }
    Ok(runs)
}

/// Adds the slices of a row of the per-job table, one per node.
fn slices_of(columns: &[ArrayRef], n: usize, run_end_ns: u64, slices: &mut Vec<Slice>) {
    let Some(start_ns) = whole(&columns[2], n) else { return };
    let whole_of = |column: usize| whole(&columns[column], n).unwrap_or(0);
    let placed = columns[5].as_list_opt::<i32>().map(|lists| lists.value(n));
    let placed = placed.as_ref().and_then(|nodes| nodes.as_primitive_opt::<UInt32Type>());
    let mut nodes = placed.map_or(Vec::new(), |nodes| nodes.values().to_vec());
    nodes.sort_unstable();
    let groups: Vec<(u32, u32)> =
        nodes.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
    let args = Rc::new(Args {
        wait_ns: start_ns.saturating_sub(whole_of(1)),
        tasks: whole_of(4),
        nodes: groups.len(),
        state: text(&columns[6], n).to_owned(),
        tenant: text(&columns[8], n).to_owned(),
        preemptions: whole_of(7),
    });
    let end_ns = whole(&columns[3], n).unwrap_or(run_end_ns).max(start_ns);
    let slice =
        |(node, tasks)| Slice { node, start_ns, end_ns, job: whole_of(0), tasks, args: Rc::clone(&args) };
    slices.extend(groups.into_iter().map(slice));
}

/// Microseconds with three digits behind the point: exact.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1000, ns % 1000)
}

fn write_run(
    record: &RunRecord,
    mut slices: Vec<Slice>,
    counters: &Counters,
    out: &mut Whole,
) -> Result<(), ExportError> {
    let about = json!({
        "policy": record.key.policy,
        "seed": record.key.seed,
        "fingerprint": record.fingerprint_hex(),
    });
    out.put(format_args!("{{\"displayTimeUnit\":\"ms\",\"otherData\":{about},\"traceEvents\":["))?;
    let name = json!({ "name": format!("{} seed {}", record.key.policy, record.key.seed) });
    out.put(format_args!("\n{{\"ph\":\"M\",\"pid\":0,\"name\":\"process_name\",\"args\":{name}}}"))?;
    for (name, samples) in counters {
        let name = json!(name);
        for (at, value) in samples {
            let at = micros(*at);
            out.put(format_args!(
                ",\n{{\"ph\":\"C\",\"pid\":0,\"ts\":{at},\"name\":{name},\"args\":{{\"value\":{value}}}}}"
            ))?;
        }
    }
    slices.sort_unstable_by_key(|slice| (slice.node, slice.start_ns, slice.job));
    for node in slices.chunk_by(|a, b| a.node == b.node) {
        write_node(node, out)?;
    }
    out.put(format_args!("\n]}}\n"))
}

/// The slices of one node, by start.
fn write_node(slices: &[Slice], out: &mut Whole) -> Result<(), ExportError> {
    let (node, pid) = (slices[0].node, u64::from(slices[0].node) + 1);
    out.put(format_args!(
        ",\n{{\"ph\":\"M\",\"pid\":{pid},\"name\":\"process_name\",\"args\":{{\"name\":\"node {node}\"}}}}\
         ,\n{{\"ph\":\"M\",\"pid\":{pid},\"name\":\"process_sort_index\",\"args\":{{\"sort_index\":{pid}}}}}"
    ))?;
    let mut busy: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    let mut free: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
    let mut threads = 0;
    for slice in slices {
        while busy.peek().is_some_and(|Reverse((end, _))| *end <= slice.start_ns) {
            let Reverse((_, thread)) = busy.pop().expect("the top was seen");
            free.push(Reverse(thread));
        }
        let thread = free.pop().map_or_else(
            || {
                threads += 1;
                threads
            },
            |Reverse(thread)| thread,
        );
        busy.push(Reverse((slice.end_ns, thread)));
        let args = json!({
            "wait_s": slice.args.wait_ns as f64 / 1e9,
            "tasks_here": slice.tasks,
            "tasks": slice.args.tasks,
            "nodes": slice.args.nodes,
            "final_state": slice.args.state,
            "tenant": slice.args.tenant,
            "preemptions": slice.args.preemptions,
        });
        let (start, span) = (micros(slice.start_ns), micros(slice.end_ns - slice.start_ns));
        let (job, state) = (slice.job, json!(slice.args.state));
        out.put(format_args!(
            ",\n{{\"ph\":\"X\",\"pid\":{pid},\"tid\":{thread},\"ts\":{start},\"dur\":{span},\"name\":\"job {job}\",\
             \"cat\":{state},\"args\":{args}}}"
        ))?;
    }
    Ok(())
}
