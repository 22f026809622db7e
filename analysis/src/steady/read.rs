//! Runs as series of values: jobs in order of submission, rows of the series in order of time.

use std::collections::BTreeMap;
use std::ops::Range;

use arrow::array::StringArray;
use sim_core::SimDuration;

use super::{SteadyInput, SteadyOptions};
use crate::key::RunKey;
use crate::live_totals::bounded_slowdown;
use crate::result_table::{ResultTable, Rows, value, word};
use crate::store::StoreError;

/// What steady state asks of a job.
#[derive(Clone, Copy, Debug)]
struct JobRow {
    submit_ns: u64,
    id: u64,
    start_ns: Option<u64>,
    end_ns: Option<u64>,
}

impl JobRow {
    /// From submission to the first start.
    fn wait_ns(&self) -> Option<u64> {
        self.start_ns.map(|start| start.saturating_sub(self.submit_ns))
    }

    /// From submission to the end, of jobs that have started: rejected ones have not.
    fn jct_ns(&self) -> Option<u64> {
        self.start_ns.and(self.end_ns).map(|end| end.saturating_sub(self.submit_ns))
    }

    /// From the first start to the end.
    fn service_ns(&self) -> Option<u64> {
        Some(self.end_ns?.saturating_sub(self.start_ns?))
    }
}

/// A metric of jobs.
pub(super) struct OfJobs {
    pub(super) name: &'static str,
    unit: &'static str,
    value: fn(&JobRow, SimDuration) -> Option<f64>,
}

/// The metrics of jobs.
pub(super) const OF_JOBS: &[OfJobs] = &[
    OfJobs { name: "wait", unit: "s", value: |job, _| Some(job.wait_ns()? as f64 / 1e9) },
    OfJobs { name: "jct", unit: "s", value: |job, _| Some(job.jct_ns()? as f64 / 1e9) },
    OfJobs {
        name: "slowdown",
        unit: "1",
        value: |job, _| {
            let service = job.service_ns().filter(|&service| service > 0)?;
            Some(job.jct_ns()? as f64 / service as f64)
        },
    },
    OfJobs {
        name: "bounded_slowdown",
        unit: "1",
        value: |job, tau| {
            let (jct, service) = (job.jct_ns()?, job.service_ns()?);
            Some(bounded_slowdown(SimDuration::from_ns(jct), SimDuration::from_ns(service), tau))
        },
    },
];

/// The unit of a column of the series that is a level; `None` for others, such as sums that only grow.
pub(super) fn unit_of(column: &str) -> Option<&'static str> {
    match column {
        "queue" => Some("jobs"),
        "running" => Some("executions"),
        "nodes_up" => Some("nodes"),
        "wait_oldest" => Some("s"),
        name if name.starts_with("utilization_") || name.starts_with("fragmentation_") => Some("1"),
        _ => None,
    }
}

/// One metric of one run, as a series.
pub(super) struct Values<'a> {
    /// Number of the run.
    pub(super) run: usize,
    pub(super) metric: &'a str,
    pub(super) unit: &'static str,
    /// When the run's first job was submitted \[ns\].
    pub(super) first_ns: u64,
    /// When each value was, in order \[ns\].
    pub(super) times: &'a [u64],
    /// At least one.
    pub(super) values: &'a [f64],
    /// Jobs or rows that have none.
    pub(super) without: usize,
}

/// Who takes in series.
pub(super) type Take<'t> = &'t mut dyn FnMut(Values<'_>);

/// Hands on the series of all runs: metrics of jobs run by run, then levels run by run. Yields how many jobs were
/// stopped and went on.
pub(super) fn each_series(
    input: &SteadyInput,
    keys: &[RunKey],
    wanted: &[&str],
    options: &SteadyOptions<'_>,
    take: Take<'_>,
) -> Result<u64, StoreError> {
    let (spans, restarted) = jobs(input, keys, wanted, options, take)?;
    if let Some(table) = &input.series {
        series(table, keys, wanted, &spans, take)?;
    }
    Ok(restarted)
}

/// Hands on what there is of a metric.
fn hand_on(
    run: usize,
    metric: (&str, &'static str),
    first_ns: u64,
    all: impl Iterator<Item = (u64, Option<f64>)>,
    take: Take<'_>,
) {
    let (mut times, mut values, mut without) = (Vec::new(), Vec::new(), 0);
    for (at, value) in all {
        match value {
            Some(value) => {
                times.push(at);
                values.push(value);
            }
            None => without += 1,
        }
    }
    if !values.is_empty() {
        let (metric, unit) = metric;
        take(Values { run, metric, unit, first_ns, times: &times, values: &values, without });
    }
}

/// First and last submission of each run that has jobs \[ns\].
type Spans = BTreeMap<usize, (u64, u64)>;

/// Metrics of jobs, run by run.
fn jobs(
    input: &SteadyInput,
    keys: &[RunKey],
    wanted: &[&str],
    options: &SteadyOptions<'_>,
    take: Take<'_>,
) -> Result<(Spans, u64), StoreError> {
    let (mut spans, mut restarted) = (Spans::new(), 0);
    let mut jobs: Vec<JobRow> = Vec::new();
    let columns = ["job_id", "submit_ns", "start_ns", "end_ns", "retries", "preemptions"];
    each_run(&input.jobs, keys, &columns, &mut |part| match part {
        Part::Rows(batch, rows) => {
            let [id, submit] = [batch.integers("job_id")?, batch.integers("submit_ns")?];
            let [start, end] = [batch.integers("start_ns")?, batch.integers("end_ns")?];
            let stops = [batch.integers("retries")?, batch.integers("preemptions")?];
            for row in rows {
                restarted += u64::from(stops.iter().any(|stops| stops.value(row) > 0));
                jobs.push(JobRow {
                    submit_ns: submit.value(row),
                    id: id.value(row),
                    start_ns: value(&start, row),
                    end_ns: value(&end, row),
                });
            }
            Ok(())
        }
        Part::End(run) => {
            jobs.sort_unstable_by_key(|job| (job.submit_ns, job.id));
            let tau = (options.tau)(&keys[run].axes).ok_or_else(|| StoreError::Damaged {
                path: input.dir.join("manifest.json"),
                reason: "it has runs at points that its scenario does not have".into(),
            })?;
            if let (Some(first), Some(last)) = (jobs.first(), jobs.last()) {
                spans.insert(run, (first.submit_ns, last.submit_ns));
                for metric in OF_JOBS.iter().filter(|metric| wanted.contains(&metric.name)) {
                    let all = jobs.iter().map(|job| (job.submit_ns, (metric.value)(job, tau)));
                    hand_on(run, (metric.name, metric.unit), first.submit_ns, all, take);
                }
            }
            jobs.clear();
            Ok(())
        }
    })?;
    Ok((spans, restarted))
}

/// Levels of the cluster, run by run, between the submissions of `spans`.
fn series(
    table: &ResultTable,
    keys: &[RunKey],
    wanted: &[&str],
    spans: &Spans,
    take: Take<'_>,
) -> Result<(), StoreError> {
    let levels: Vec<(&str, &'static str)> =
        wanted.iter().filter_map(|name| Some((*name, unit_of(name)?))).collect();
    if levels.is_empty() {
        return Ok(());
    }
    let columns: Vec<&str> = levels.iter().map(|(name, _)| *name).chain(["time_ns"]).collect();
    let mut times: Vec<u64> = Vec::new();
    let mut values: Vec<Vec<Option<f64>>> = vec![Vec::new(); levels.len()];
    each_run(table, keys, &columns, &mut |part| match part {
        Part::Rows(batch, rows) => {
            times.extend(&batch.integers("time_ns")?.values()[rows.clone()]);
            for ((name, _), values) in levels.iter().zip(&mut values) {
                // A file of other columns may lack the level: clusters differ from point to point.
                match batch.columns().iter().any(|column| column == name) {
                    true => values.extend(&batch.numbers(name)?[rows.clone()]),
                    false => values.extend(rows.clone().map(|_| None)),
                }
            }
            Ok(())
        }
        Part::End(run) => {
            if let Some(&(first, last)) = spans.get(&run) {
                for (level, values) in levels.iter().zip(&values) {
                    let rows = times.iter().zip(values).filter(|(at, _)| (first..=last).contains(*at));
                    let all = rows.map(|(at, value)| (*at, value.filter(|value| value.is_finite())));
                    hand_on(run, *level, first, all, take);
                }
            }
            times.clear();
            values.iter_mut().for_each(Vec::clear);
            Ok(())
        }
    })
}

/// What [`each_run`] hands on.
enum Part<'a> {
    /// Rows of the present run.
    Rows(&'a Rows<'a>, Range<usize>),
    /// The run of that number has had all of its rows.
    End(usize),
}

/// Hands on the rows of the table run by run, of which each has its rows together, and says where a run ends.
///
/// # Errors
/// If the table cannot be read, has a row of no known run, or the rows of a run are apart.
fn each_run(
    table: &ResultTable,
    keys: &[RunKey],
    columns: &[&str],
    then: &mut dyn FnMut(Part<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let words = |key: &RunKey| {
        let own = [key.policy.clone(), key.predictor.clone()];
        own.into_iter().chain(key.axes.iter().map(|(_, value)| value.clone())).collect::<Vec<String>>()
    };
    let numbers: BTreeMap<(u64, Vec<String>), usize> =
        keys.iter().enumerate().map(|(n, key)| ((key.seed, words(key)), n)).collect();
    let (mut present, mut seen) = (None, vec![false; keys.len()]);
    for file in table.files() {
        let is_wanted = |name: &str| columns.contains(&name);
        file.each(is_wanted, |rows| {
            let axes = rows.axes().iter().map(String::as_str);
            let words = ["policy", "predictor"].into_iter().chain(axes).map(|name| rows.words(name));
            let (seeds, words) =
                (rows.integers("seed")?, words.collect::<Result<Vec<StringArray>, StoreError>>()?);
            let is_same = |a: usize, b: usize| {
                seeds.value(a) == seeds.value(b)
                    && words.iter().all(|column| word(column, a) == word(column, b))
            };
            let mut from = 0;
            while from < rows.len() {
                let to = (from + 1..rows.len()).find(|&row| !is_same(from, row)).unwrap_or(rows.len());
                let own = words.iter().map(|column| word(column, from).to_owned()).collect();
                let run = numbers.get(&(seeds.value(from), own)).copied();
                let run =
                    run.ok_or_else(|| rows.damaged("it has rows of a run that manifest.json does not list"))?;
                if present != Some(run) {
                    if let Some(before) = present.replace(run) {
                        then(Part::End(before))?;
                    }
                    if std::mem::replace(&mut seen[run], true) {
                        return Err(rows.damaged("the rows of a run do not follow each other"));
                    }
                }
                then(Part::Rows(rows, from..to))?;
                from = to;
            }
            Ok(())
        })?;
    }
    present.map_or(Ok(()), |run| then(Part::End(run)))
}
