//! Series as OpenMetrics text, which Prometheus and its relatives load.

use std::path::{Path, PathBuf};

use super::table::{columns, files, number, read, text, whole};
use super::{ExportError, Whole};
use crate::store::Records;
use Column::{Is, PerLane};

/// The file that [`export_prometheus`] writes.
pub(crate) const OPENMETRICS: &str = "openmetrics.txt";

const REMEDY: &str = "`measure.series` writes it, such as `--set measure.series=1m`";

/// A metric family and the columns of the series that it holds.
struct Family {
    /// The last word is the unit, as OpenMetrics asks for.
    name: &'static str,
    kind: Kind,
    column: Column,
    help: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Gauge,
    Counter,
}

enum Column {
    /// This one.
    Is(&'static str),
    /// All that begin so; what follows is the resource.
    PerLane(&'static str),
}

const FAMILIES: &[Family] = &[
    gauge("utilization_ratio", PerLane("utilization_"), "Allocated share of the capacity that is up."),
    gauge("queue_jobs", Is("queue"), "Jobs waiting."),
    gauge("running_executions", Is("running"), "Executions running."),
    gauge("up_nodes", Is("nodes_up"), "Nodes up."),
    gauge(
        "fragmentation_ratio",
        PerLane("fragmentation_"),
        "Share of the free capacity that typical tasks cannot use.",
    ),
    gauge("oldest_wait_seconds", Is("wait_oldest"), "Age of the job that has waited longest."),
    counter("lost_work_seconds", Is("lost_work"), "Run time of executions whose work was lost."),
    counter(
        "starved_jobs",
        Is("starved"),
        "Jobs that have waited longer for a start than the scenario allows.",
    ),
    counter("cost", Is("cost"), "Cost of the nodes, in units of currency."),
    counter(
        "allocated_resource_seconds",
        PerLane("measured_allocated_"),
        "Allocated amount times time, over the measured part of the run; cores, cards or the unit of the resource.",
    ),
    counter(
        "capacity_resource_seconds",
        PerLane("measured_capacity_"),
        "Capacity of the nodes that are up times time, over the measured part of the run.",
    ),
];

const fn gauge(name: &'static str, column: Column, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, column, help }
}

const fn counter(name: &'static str, column: Column, help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, column, help }
}

impl Column {
    /// The columns of `all` that belong to the family, each with its resource.
    fn of<'a>(&self, all: &'a [String]) -> Vec<(&'a str, Option<&'a str>)> {
        let one = |column: &'a String| match self {
            Self::Is(name) => (column == name).then_some((column.as_str(), None)),
            Self::PerLane(family) => Some((column.as_str(), Some(column.strip_prefix(family)?))),
        };
        all.iter().filter_map(one).collect()
    }
}

/// Writes the series of all runs of the folder as OpenMetrics text with timestamps: `dir/openmetrics.txt`. The start of
/// a run is the beginning of Unix time. Labels are `scenario`, `policy`, `predictor`, `seed`, `axis_<key>` for swept
/// keys, and `resource`. Yields the path.
///
/// `promtool tsdb create-blocks-from openmetrics FILE DATA` loads it; start the server with
/// `--storage.tsdb.retention.time=100y`, for the samples are old. The mean utilization of the measured time is
/// `max_over_time(windtunnel_allocated_resource_seconds_total[..]) / max_over_time(windtunnel_capacity_..)`.
///
/// # Errors
/// If the folder holds no results or no series, or a file cannot be written.
/// # Cost
/// One pass over two or more columns per column of the series, in constant memory.
/// # Source
/// OpenMetrics 1.0, <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>.
pub fn export_prometheus(dir: &Path) -> Result<PathBuf, ExportError> {
    let records = Records::open(dir)?;
    let scenario = records.scenario().to_owned();
    let mut axes: Vec<String> = Vec::new();
    for record in records {
        for (axis, _) in record?.key.axes {
            if !axes.contains(&axis) {
                axes.push(axis);
            }
        }
    }
    let files = files(dir, "series", REMEDY)?;
    let path = dir.join(OPENMETRICS);
    let mut out = Whole::create(&path)?;
    for family in FAMILIES {
        let mut is_new = true;
        for file in &files {
            let all = columns(file)?;
            for (column, resource) in family.column.of(&all) {
                if std::mem::take(&mut is_new) {
                    head(&mut out, family)?;
                }
                let own_axes: Vec<&str> =
                    axes.iter().map(String::as_str).filter(|a| all.iter().any(|c| c == a)).collect();
                Samples { scenario: &scenario, family, resource, axes: own_axes }
                    .write(file, column, &mut out)?;
            }
        }
    }
    out.put(format_args!("# EOF\n"))?;
    out.finish()?;
    Ok(path)
}

fn head(out: &mut Whole, family: &Family) -> Result<(), ExportError> {
    let Family { name, kind, help, .. } = family;
    let kind = if *kind == Kind::Counter { "counter" } else { "gauge" };
    out.put(format_args!("# TYPE windtunnel_{name} {kind}\n"))?;
    if let Some((_, unit)) = name.rsplit_once('_') {
        out.put(format_args!("# UNIT windtunnel_{name} {unit}\n"))?;
    }
    out.put(format_args!("# HELP windtunnel_{name} {help}\n"))
}

/// The samples of one column of one file.
struct Samples<'a> {
    scenario: &'a str,
    family: &'a Family,
    resource: Option<&'a str>,
    axes: Vec<&'a str>,
}

/// A sample that is not written yet: its labels, time \[ns\] and value.
type Sample = (String, u64, f64);

impl Samples<'_> {
    fn write(&self, file: &Path, column: &str, out: &mut Whole) -> Result<(), ExportError> {
        let wanted: Vec<&str> = ["policy", "predictor", "seed", "time_ns", column]
            .into_iter()
            .chain(self.axes.iter().copied())
            .collect();
        // Prometheus keeps milliseconds: of two rows within one, the later counts.
        let mut held: Option<Sample> = None;
        read(file, &wanted, |columns| {
            for n in 0..columns[0].len() {
                let (Some(at), Some(value)) = (whole(&columns[3], n), number(&columns[4], n)) else {
                    continue;
                };
                let labels = self.labels(columns, n);
                if let Some(before) = held.take()
                    && (before.0 != labels || before.1 / 1_000_000 != at / 1_000_000)
                {
                    self.put(&before, out)?;
                }
                held = Some((labels, at, value));
            }
            Ok(())
        })?;
        held.map_or(Ok(()), |last| self.put(&last, out))
    }

    fn put(&self, (labels, at, value): &Sample, out: &mut Whole) -> Result<(), ExportError> {
        let total = if self.family.kind == Kind::Counter { "_total" } else { "" };
        let (secs, millis) = (at / 1_000_000_000, at / 1_000_000 % 1000);
        out.put(format_args!(
            "windtunnel_{}{total}{{{labels}}} {value} {secs}.{millis:03}\n",
            self.family.name
        ))
    }

    fn labels(&self, columns: &[arrow::array::ArrayRef], n: usize) -> String {
        let mut labels = format!(
            "scenario=\"{}\",policy=\"{}\",predictor=\"{}\",seed=\"{}\"",
            escaped(self.scenario),
            escaped(text(&columns[0], n)),
            escaped(text(&columns[1], n)),
            whole(&columns[2], n).unwrap_or(0)
        );
        for (axis, column) in self.axes.iter().zip(&columns[5..]) {
            let key: String = axis.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            labels.push_str(&format!(",axis_{key}=\"{}\"", escaped(text(column, n))));
        }
        if let Some(resource) = self.resource {
            labels.push_str(&format!(",resource=\"{}\"", escaped(resource)));
        }
        labels
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
