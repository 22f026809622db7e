//! Jobs on nodes as Chrome trace events, which Perfetto and `chrome://tracing` show.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use arrow::array::{StringArray, UInt32Array, UInt64Array};
use serde_json::json;

use crate::key::RunKey;
use crate::record::RunRecord;
use crate::result_table::{ResultTable, Rows, value, word};
use crate::store::{StoreError, read_results};
use crate::whole_file::WholeFile;

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
pub fn export_perfetto(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let records = read_results(dir)?;
    let jobs = ResultTable::wanted(dir, "jobs", REMEDY)?;
    let mut counters = counters_of(dir)?;
    let folder = dir.join(TRACES);
    std::fs::create_dir_all(&folder).map_err(|error| StoreError::io(&folder, &error))?;
    let runs: BTreeMap<String, &RunRecord> =
        records.iter().map(|record| (name_of_key(&record.key), record)).collect();
    let mut written = Vec::new();
    let mut write = |name: &str, slices: Vec<Slice>| -> Result<(), StoreError> {
        let Some(record) = runs.get(name) else { return Ok(()) };
        let path = folder.join(format!("{}.json", record.key.id()));
        let out = WholeFile::create(&path).and_then(|mut out| {
            write_run(record, slices, &counters.remove(name).unwrap_or_default(), &mut out)?;
            out.finish()
        });
        out.map_err(|error| StoreError::io(&path, &error))?;
        written.push(path);
        Ok(())
    };
    for file in jobs.files() {
        let mut slices = Vec::new();
        let mut current = String::new();
        file.each(
            |name| JOB_COLUMNS.contains(&name),
            |rows| {
                let jobs = Jobs::of(rows)?;
                for (n, name) in names(rows)?.into_iter().enumerate() {
                    // The rows of a run lie together.
                    if name != current {
                        write(&current, std::mem::take(&mut slices))?;
                        current = name;
                    }
                    let end_ns = runs.get(&current).map_or(0, |record| record.end_ns);
                    slices.extend(jobs.slices(n, end_ns));
                }
                Ok(())
            },
        )?;
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

/// The name of the run that each row is of.
fn names(rows: &Rows<'_>) -> Result<Vec<String>, StoreError> {
    let (policies, predictors) = (rows.words("policy")?, rows.words("predictor")?);
    let seeds = rows.integers("seed")?;
    let axes = rows.axes().iter().map(|axis| Ok((axis.as_str(), rows.words(axis)?)));
    let axes = axes.collect::<Result<Vec<_>, StoreError>>()?;
    let name = |n: usize| {
        let axes = axes.iter().map(|(axis, words)| (*axis, word(words, n)));
        name_of(word(&policies, n), word(&predictors, n), seeds.value(n), axes)
    };
    Ok((0..rows.len()).map(name).collect())
}

/// The counters of all runs, by the run's name; none if there are no series.
fn counters_of(dir: &Path) -> Result<BTreeMap<String, Counters>, StoreError> {
    let mut runs: BTreeMap<String, Counters> = BTreeMap::new();
    let series = ResultTable::open(dir, "series")?;
    let is_shown = |name: &str| name.starts_with("utilization_") || ["queue", "running"].contains(&name);
    for file in series.iter().flat_map(ResultTable::files) {
        let shown: Vec<&String> = file.columns().iter().filter(|name| is_shown(name)).collect();
        file.each(
            |name| name == "time_ns" || is_shown(name),
            |rows| {
                let (names, times) = (names(rows)?, rows.integers("time_ns")?);
                for column in &shown {
                    for (n, value) in rows.numbers(column)?.into_iter().enumerate() {
                        let Some(value) = value else { continue };
                        let counters = runs.entry(names[n].clone()).or_default();
                        counters.entry((*column).clone()).or_default().push((times.value(n), value));
                    }
                }
                Ok(())
            },
        )?;
    }
    Ok(runs)
}

/// Rows of the per-job table.
struct Jobs {
    jobs: UInt64Array,
    submit_ns: UInt64Array,
    start_ns: UInt64Array,
    end_ns: UInt64Array,
    tasks: UInt64Array,
    nodes: Vec<UInt32Array>,
    states: StringArray,
    preemptions: UInt64Array,
    tenants: StringArray,
}

impl Jobs {
    fn of(rows: &Rows<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            jobs: rows.integers("job_id")?,
            submit_ns: rows.integers("submit_ns")?,
            start_ns: rows.integers("start_ns")?,
            end_ns: rows.integers("end_ns")?,
            tasks: rows.integers("tasks")?,
            nodes: rows.nodes()?,
            states: rows.words("final_state")?,
            preemptions: rows.integers("preemptions")?,
            tenants: rows.words("tenant")?,
        })
    }

    /// The slices of a job, one per node; none if it never started.
    fn slices(&self, n: usize, run_end_ns: u64) -> Vec<Slice> {
        let Some(start_ns) = value(&self.start_ns, n) else { return Vec::new() };
        let mut nodes = self.nodes[n].values().to_vec();
        nodes.sort_unstable();
        let groups: Vec<(u32, u32)> =
            nodes.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
        let args = Rc::new(Args {
            wait_ns: start_ns.saturating_sub(self.submit_ns.value(n)),
            tasks: self.tasks.value(n),
            nodes: groups.len(),
            state: word(&self.states, n).to_owned(),
            tenant: word(&self.tenants, n).to_owned(),
            preemptions: self.preemptions.value(n),
        });
        let end_ns = value(&self.end_ns, n).unwrap_or(run_end_ns).max(start_ns);
        let job = self.jobs.value(n);
        let slice = |(node, tasks)| Slice { node, start_ns, end_ns, job, tasks, args: Rc::clone(&args) };
        groups.into_iter().map(slice).collect()
    }
}

/// Microseconds with three digits behind the point: exact.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1000, ns % 1000)
}

fn write_run(
    record: &RunRecord,
    mut slices: Vec<Slice>,
    counters: &Counters,
    out: &mut impl Write,
) -> io::Result<()> {
    let about = json!({
        "policy": record.key.policy,
        "seed": record.key.seed,
        "fingerprint": record.fingerprint_hex(),
    });
    out.write_fmt(format_args!("{{\"displayTimeUnit\":\"ms\",\"otherData\":{about},\"traceEvents\":["))?;
    let name = json!({ "name": format!("{} seed {}", record.key.policy, record.key.seed) });
    out.write_fmt(format_args!("\n{{\"ph\":\"M\",\"pid\":0,\"name\":\"process_name\",\"args\":{name}}}"))?;
    for (name, samples) in counters {
        let name = json!(name);
        for (at, value) in samples {
            let at = micros(*at);
            out.write_fmt(format_args!(
                ",\n{{\"ph\":\"C\",\"pid\":0,\"ts\":{at},\"name\":{name},\"args\":{{\"value\":{value}}}}}"
            ))?;
        }
    }
    slices.sort_unstable_by_key(|slice| (slice.node, slice.start_ns, slice.job));
    for node in slices.chunk_by(|a, b| a.node == b.node) {
        write_node(node, out)?;
    }
    out.write_fmt(format_args!("\n]}}\n"))
}

/// The slices of one node, by start.
fn write_node(slices: &[Slice], out: &mut impl Write) -> io::Result<()> {
    let (node, pid) = (slices[0].node, u64::from(slices[0].node) + 1);
    out.write_fmt(format_args!(
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
        out.write_fmt(format_args!(
            ",\n{{\"ph\":\"X\",\"pid\":{pid},\"tid\":{thread},\"ts\":{start},\"dur\":{span},\"name\":\"job {job}\",\
             \"cat\":{state},\"args\":{args}}}"
        ))?;
    }
    Ok(())
}
