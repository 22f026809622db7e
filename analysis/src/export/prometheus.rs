//! Series as OpenMetrics text, which Prometheus and its relatives load.

use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::{StringArray, UInt64Array};

use crate::result_table::{ResultTable, Rows, TableFile, value, word};
use crate::store::{StoreError, read_manifest};
use crate::whole_file::WholeFile;
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
pub fn export_prometheus(dir: &Path) -> Result<PathBuf, StoreError> {
    let scenario = read_manifest(dir)?.scenario;
    let series = ResultTable::wanted(dir, "series", REMEDY)?;
    let path = dir.join(OPENMETRICS);
    let mut out =
        Text { out: WholeFile::create(&path).map_err(|error| StoreError::io(&path, &error))?, path };
    for family in FAMILIES {
        let mut is_new = true;
        for file in series.files() {
            for (column, resource) in family.column.of(file.columns()) {
                if std::mem::take(&mut is_new) {
                    head(&mut out, family)?;
                }
                Samples { scenario: &scenario, family, resource }.write(file, column, &mut out)?;
            }
        }
    }
    out.put(format_args!("# EOF\n"))?;
    let Text { out, path } = out;
    out.finish().map_err(|error| StoreError::io(&path, &error))?;
    Ok(path)
}

/// The file being written.
struct Text {
    out: WholeFile,
    path: PathBuf,
}

impl Text {
    fn put(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), StoreError> {
        self.out.write_fmt(text).map_err(|error| StoreError::io(&self.path, &error))
    }
}

fn head(out: &mut Text, family: &Family) -> Result<(), StoreError> {
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
}

/// What tells the runs of rows apart.
struct Keys<'a> {
    policies: StringArray,
    predictors: StringArray,
    seeds: UInt64Array,
    axes: Vec<(&'a str, StringArray)>,
}

impl<'a> Keys<'a> {
    fn of(rows: &'a Rows<'_>) -> Result<Self, StoreError> {
        let axis = |axis: &'a String| Ok((axis.as_str(), rows.words(axis)?));
        Ok(Self {
            policies: rows.words("policy")?,
            predictors: rows.words("predictor")?,
            seeds: rows.integers("seed")?,
            axes: rows.axes().iter().map(axis).collect::<Result<_, StoreError>>()?,
        })
    }
}

/// A sample that is not written yet: its labels, time \[ns\] and value.
type Sample = (String, u64, f64);

impl Samples<'_> {
    fn write(&self, file: &TableFile, column: &str, out: &mut Text) -> Result<(), StoreError> {
        // Prometheus keeps milliseconds: of two rows within one, the later counts.
        let mut held: Option<Sample> = None;
        file.each(
            |name| name == "time_ns" || name == column,
            |rows| {
                let (keys, times) = (Keys::of(rows)?, rows.integers("time_ns")?);
                for (n, number) in rows.numbers(column)?.into_iter().enumerate() {
                    let (Some(at), Some(number)) = (value(&times, n), number) else { continue };
                    let labels = self.labels(&keys, n);
                    if let Some(before) = held.take()
                        && (before.0 != labels || before.1 / 1_000_000 != at / 1_000_000)
                    {
                        self.put(&before, out)?;
                    }
                    held = Some((labels, at, number));
                }
                Ok(())
            },
        )?;
        held.map_or(Ok(()), |last| self.put(&last, out))
    }

    fn put(&self, (labels, at, value): &Sample, out: &mut Text) -> Result<(), StoreError> {
        let total = if self.family.kind == Kind::Counter { "_total" } else { "" };
        let (secs, millis) = (at / 1_000_000_000, at / 1_000_000 % 1000);
        out.put(format_args!(
            "windtunnel_{}{total}{{{labels}}} {value} {secs}.{millis:03}\n",
            self.family.name
        ))
    }

    fn labels(&self, keys: &Keys<'_>, n: usize) -> String {
        let mut labels = format!(
            "scenario=\"{}\",policy=\"{}\",predictor=\"{}\",seed=\"{}\"",
            escaped(self.scenario),
            escaped(word(&keys.policies, n)),
            escaped(word(&keys.predictors, n)),
            value(&keys.seeds, n).unwrap_or(0)
        );
        for (axis, words) in &keys.axes {
            let key: String = axis.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            labels.push_str(&format!(",axis_{key}=\"{}\"", escaped(word(words, n))));
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
