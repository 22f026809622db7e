//! What the `trace` command does: inspecting, converting and generating traces, whatever names them.

use std::path::Path;

use sim_core::registry::Params;
use sim_core::{ClusterSpec, Lane, Resources, Vocabulary, Workload};

use crate::catalog;
use crate::file::{apply_set, check_table};
use crate::problem::{Problem, Problems};
use crate::registries::registries;
use crate::scenario::{Overrides, Point, load};
use crate::source::Source;
use crate::traces::write::{Format, Written, create};
use crate::traces::{Audit, Reader, TraceWorkload};

/// A trace with the parameters to read it by, and the cluster to hold it against.
pub struct Target {
    reader: &'static Reader,
    params: Params,
    cluster: Option<ClusterSpec>,
}

/// Finds out what `name` names: a scenario with a trace, or a trace file. `reader` and `sets` refer to a file's keys,
/// or to those of the scenario.
///
/// # Errors
/// If it is neither, or its parameters are wrong.
pub fn target(name: &str, reader: Option<&str>, sets: &[String]) -> Result<Target, Problems> {
    if name.ends_with(".toml") || catalog::text(name).is_some() {
        return target_of(name, &point_of(name, sets)?);
    }
    let reader = match reader {
        Some(reader) => named_reader(reader)?,
        None => guess_reader(name)?,
    };
    let mut table = toml::Table::new();
    // A file by itself is looked at whatever order it is in, and with whatever it holds.
    for (key, value) in [("sort", "true"), ("zero_duration", "\"run\""), ("oversized", "\"drop\"")] {
        apply_set(&mut table, &format!("{key}={value}"))?;
    }
    table.insert(reader.file_key.into(), toml::Value::String(name.into()));
    for set in sets {
        apply_set(&mut table, set)?;
    }
    let about = registries().find("workload", reader.about.name).expect("every reader is registered");
    let mut problems = Problems::default();
    let params = check_table(&table, about.params, "", name, registries(), &mut problems);
    let params = problems.or_ok(params)?;
    let cluster = machine_of(reader, &params);
    Ok(Target { reader, params, cluster })
}

/// The trace of a point of a scenario, which problems call `name`, on its cluster.
///
/// # Errors
/// If its workload is a generator.
pub fn target_of(name: &str, point: &Point) -> Result<Target, Problems> {
    let (kind, params) = &point.workload;
    let reader = Reader::named(kind).ok_or_else(|| {
        Problem::new(name, "workload.type", kind, "is a generator; `trace generate` writes its jobs")
    })?;
    Ok(Target { reader, params: params.clone(), cluster: Some(point.cluster.clone()) })
}

fn named_reader(name: &str) -> Result<&'static Reader, Problem> {
    Reader::named(name).ok_or_else(|| {
        let known: Vec<&str> = crate::traces::READERS.iter().map(|reader| reader.about.name).collect();
        Problem::new("--reader", "", name, format!("must be one of {}", known.join(", ")))
    })
}

/// The reader that a file's name or its header line points to.
fn guess_reader(path: &str) -> Result<&'static Reader, Problem> {
    let name = path.strip_suffix(".gz").unwrap_or(path);
    let by_name = if name.ends_with(".swf") {
        Some("swf")
    } else if name.ends_with(".parquet") {
        Some("native")
    } else {
        let text = std::fs::read(path)
            .map_err(|error| Problem::of_file(path, format!("cannot be read: {error}")))?;
        let head = String::from_utf8_lossy(&text[..text.len().min(4096)]).into_owned();
        let header = head.lines().next().unwrap_or_default();
        let columns = [
            ("service_ns", "native"),
            ("gpu_milli", "openb"),
            ("num_gpus", "philly"),
            ("max_instance_per_node", "dlrm"),
        ];
        columns.into_iter().find(|(column, _)| header.contains(column)).map(|(_, reader)| reader)
    };
    let reader = by_name.and_then(Reader::named);
    reader
        .ok_or_else(|| Problem::of_file(path, "is in no format that its name or header tells; give --reader"))
}

/// The machine that a log describes in its header: so many one-core nodes.
fn machine_of(reader: &'static Reader, params: &Params) -> Option<ClusterSpec> {
    let header = Audit::of(reader, params, None).header;
    let procs = header.max_procs.or(header.max_nodes).and_then(|procs| u32::try_from(procs).ok())?;
    let mut spec = ClusterSpec::default();
    spec.add_uniform("proc", procs, Resources::ZERO.with(Lane::Cpu, 1000), 0);
    Some(spec)
}

fn point_of(name: &str, sets: &[String]) -> Result<Point, Problems> {
    let scenario = load(name, &Overrides { sets: sets.to_vec(), seeds: None })?;
    Ok(scenario.points.into_iter().next().expect("a scenario has a point"))
}

impl Target {
    /// What is in the trace. Problems are part of it.
    pub fn audit(&self) -> Audit {
        Audit::of(self.reader, &self.params, self.cluster.as_ref())
    }

    /// Writes the trace's jobs, as a run would see them, in another format.
    ///
    /// # Errors
    /// Everything that is wrong with the trace, or the file that cannot be written.
    pub fn convert(&self, out: &Path, format: Option<Format>) -> Result<Written, Problems> {
        let (workload, _) = TraceWorkload::open(self.reader, &self.params, self.cluster.as_ref())?;
        write_jobs(Box::new(workload), out, format)
    }
}

/// Writes the jobs of a scenario's workload, generated with `seed`.
///
/// # Errors
/// Everything that is wrong with the scenario, or the file that cannot be written.
pub fn generate(
    scenario: &str,
    sets: &[String],
    seed: u64,
    out: &Path,
    format: Option<Format>,
) -> Result<Written, Problems> {
    generate_of(&point_of(scenario, sets)?, seed, out, format)
}

/// Writes the jobs of a point's workload, generated with `seed`.
///
/// # Errors
/// Everything that is wrong with the workload, or the file that cannot be written.
pub fn generate_of(
    point: &Point,
    seed: u64,
    out: &Path,
    format: Option<Format>,
) -> Result<Written, Problems> {
    let source = Source::prepare(point, seed)?;
    write_jobs(source.workload(point, seed)?, out, format)
}

fn write_jobs(
    mut workload: Box<dyn Workload>,
    out: &Path,
    format: Option<Format>,
) -> Result<Written, Problems> {
    let format = format.or_else(|| Format::of_path(out)).ok_or_else(|| {
        let rule = "must end in .csv, .parquet or .swf, or a format must be given";
        Problem::of_file(out.display().to_string(), rule)
    })?;
    let mut sink = create(format, out)?;
    let mut words = Vocabulary::default();
    loop {
        let next = workload.next_job(&mut words);
        let next = next.map_err(|error| Problem::new(error.source_name, error.record, "", error.reason))?;
        let Some((job, truth)) = next else { break };
        sink.write(&job, &truth, &words)?;
    }
    Ok(sink.finish()?)
}
