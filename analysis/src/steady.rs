//! Steady state of the runs of a results folder: where the warm-up of each ends, and what it comes to after that.
//!
//! Metrics of jobs are series in order of submission, as queueing theory has them: a job's wait depends on those before
//! it, and `measure.warmup` leaves jobs out by their submission. Metrics of the cluster are the rows of the series,
//! from the first submission to the last: what drains after that is no steady state.

mod common;
mod read;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sim_core::SimDuration;

use crate::key::RunKey;
use crate::result_table::{ResultTable, TableFile};
use crate::statistics::steady::{BatchMeans, NotSteady, batch_means, mser5};
use crate::statistics::{mean, student::mean_ci95};
use crate::store::{Records, StoreError, read_manifest};
use common::{Common, Cuts};
use read::{Values, each_series};
pub use text::{steady_csv, steady_json, steady_text};

/// The tables of a results folder that tell of steady state.
#[derive(Debug)]
pub struct SteadyInput {
    dir: PathBuf,
    /// What tells jobs.
    jobs: ResultTable,
    /// What tells levels over time.
    series: Option<ResultTable>,
}

impl SteadyInput {
    /// Opens `jobs.parquet` and, where it is there, `series.parquet` of the folder.
    ///
    /// # Errors
    /// If it holds no assembled results, or damaged ones; if there is no table of jobs.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let jobs = ResultTable::wanted(dir, "jobs", "`windtunnel run --jobs` writes it")?;
        Ok(Self { dir: dir.to_owned(), jobs, series: ResultTable::open(dir, "series")? })
    }

    /// Names of the metrics that the tables have: those of jobs, then levels of the series.
    pub fn metrics(&self) -> Vec<String> {
        let mut names: Vec<String> = read::OF_JOBS.iter().map(|metric| metric.name.to_owned()).collect();
        for column in self.series.iter().flat_map(ResultTable::files).flat_map(TableFile::columns) {
            if read::unit_of(column).is_some() && !names.contains(column) {
                names.push(column.clone());
            }
        }
        names
    }
}

/// How many batches may be asked for. Fewer tell nothing of how much they depend on each other; more are too small in
/// runs that can be had (both arbitrary, about the 10 to 30 that are usual).
pub const STEADY_BATCHES: std::ops::RangeInclusive<usize> = 5..=1000;

/// What is told if nothing is asked for.
const DEFAULT: [&str; 5] = ["wait", "jct", "bounded_slowdown", "queue", "utilization_"];

/// The threshold of bounded slowdown, by the axes of a point and their values.
pub type Thresholds<'a> = dyn Fn(&[(String, String)]) -> Option<SimDuration> + 'a;

/// How steady state is looked for.
pub struct SteadyOptions<'a> {
    /// Metrics or families; none: the usual ones.
    pub metrics: &'a [String],
    /// Batches of an interval, two at least.
    pub batches: usize,
    /// The threshold of bounded slowdown at a point of the sweep, more than zero; `None` if there is no such point.
    pub tau: &'a Thresholds<'a>,
}

/// A run after its warm-up.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Steady {
    /// Values that are left out.
    pub cut: usize,
    /// The time from the first submission to the first value that is left \[ns\].
    pub warmup_ns: u64,
    /// The mean of the values that are left.
    pub mean: f64,
    /// Its interval; `None` if there are too few values for it.
    pub batches: Option<BatchMeans>,
}

/// One metric of one run.
#[derive(Clone, PartialEq, Debug)]
pub struct SteadyRow {
    /// The policy.
    pub policy: String,
    /// The predictor.
    pub predictor: String,
    /// The seed.
    pub seed: u64,
    /// The point of the sweep.
    pub axes: Vec<(String, String)>,
    /// The metric.
    pub metric: String,
    /// Its unit.
    pub unit: &'static str,
    /// Values of the run, in order of time.
    pub values: usize,
    /// Jobs, or rows of the series, that have no value.
    pub without: usize,
    /// The mean of all values.
    pub mean: f64,
    /// What it comes to after the warm-up, or why that cannot be told.
    pub steady: Result<Steady, NotSteady>,
}

/// One metric of one policy at one point of the sweep, over all its seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct SteadySummary {
    /// Number of the first of its rows; the others follow with the other metrics of their runs between.
    pub first: usize,
    /// Runs.
    pub runs: usize,
    /// Runs of which the batches depend on each other.
    pub dependent: usize,
    /// The mean of all values, over the runs.
    pub mean: f64,
    /// What the runs come to after the warm-up that they have in common, or why that cannot be told.
    pub steady: Result<SteadyMean, NotSteady>,
}

/// Runs after the warm-up that they have in common.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SteadyMean {
    /// Values that are left out of each.
    pub cut: usize,
    /// The longest time, of all runs, from the first submission to the first value that is left \[ns\].
    pub warmup_ns: u64,
    /// The mean of the runs' means after it.
    pub mean: f64,
    /// Its 95 % interval by Student's t over the runs; that of its batches if there is a single run.
    pub ci95: Option<(f64, f64)>,
}

/// What a results folder tells of steady state.
#[derive(Clone, PartialEq, Debug)]
pub struct SteadyReport {
    /// The scenario's name.
    pub scenario: String,
    /// By run, in the order of the scenario, then by metric.
    pub rows: Vec<SteadyRow>,
    /// By policy and point, then by metric.
    pub summary: Vec<SteadySummary>,
    /// Jobs that were stopped and went on: what was between counts as service in slowdowns.
    pub restarted: u64,
}

impl SteadyReport {
    /// The summary with the longest warm-up of those that become steady.
    pub fn longest(&self) -> Option<(&SteadySummary, SteadyMean)> {
        let mut longest: Option<(&SteadySummary, SteadyMean)> = None;
        for group in &self.summary {
            if let Ok(steady) = group.steady
                && longest.is_none_or(|(_, before)| steady.warmup_ns > before.warmup_ns)
            {
                longest = Some((group, steady));
            }
        }
        longest
    }
}

/// What a series of values comes to.
fn judge(series: &Values<'_>, batches: usize) -> Result<Steady, NotSteady> {
    let cut = mser5(series.values)?;
    let left = &series.values[cut..];
    Ok(Steady { cut, warmup_ns: until(series, cut), mean: mean(left), batches: batch_means(left, batches) })
}

/// The time from the first submission to the first value that is left \[ns\].
fn until(series: &Values<'_>, cut: usize) -> u64 {
    if cut == 0 { 0 } else { series.times[cut] - series.first_ns }
}

/// True if `named` is the metric `name`, or a family such as `utilization_` that it belongs to.
pub fn steady_covers(named: &str, name: &str) -> bool {
    named == name || (named.ends_with('_') && name.starts_with(named))
}

/// The text of the scenario that the folder holds the results of.
///
/// # Errors
/// If it holds no assembled results.
pub fn scenario_text(dir: &Path) -> Result<String, StoreError> {
    Ok(read_manifest(dir)?.text)
}

/// Looks for the steady state of every run of the folder; and of all seeds of a
/// policy at a point together, by the means over the seeds of the first values, the second ones, and so on: what chance
/// does in a single run is no reason to cut more of all.
///
/// # Errors
/// If the folder holds no assembled results, or damaged ones.
/// # Cost
/// Two passes over the tables; memory for the jobs of one run, about 100 bytes each, and 16 bytes for the values of
/// each metric of a run.
/// # Source
/// Law, "Simulation modeling and analysis", 5th edition, sections 9.5.1 to 9.5.3; MSER-5 over several runs after Hoad,
/// Robinson and Davies, "Automating warm-up length estimation", JORS 61(9), 2010; see [`mser5`] and [`batch_means`].
pub fn steady(input: &SteadyInput, options: &SteadyOptions<'_>) -> Result<SteadyReport, StoreError> {
    let known = input.metrics();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let named: Vec<&str> = match options.metrics.is_empty() {
        true => DEFAULT.into(),
        false => options.metrics.iter().map(String::as_str).collect(),
    };
    let is_wanted = |name: &&str| named.iter().any(|wanted| steady_covers(wanted, name));
    let wanted: Vec<&str> = known.iter().copied().filter(is_wanted).collect();
    let records = Records::open(&input.dir)?;
    let scenario = records.scenario().to_owned();
    let keys = records.map(|record| Ok(record?.key)).collect::<Result<Vec<_>, StoreError>>()?;
    let mut found: Vec<(usize, SteadyRow)> = Vec::new();
    let mut common = Common::new(&keys);
    let restarted = each_series(input, &keys, &wanted, options, &mut |series| {
        common.add(&series);
        found.push((series.run, row(&keys[series.run], &series, options.batches)));
    })?;
    let cuts = common.cuts();
    let mut after: BTreeMap<(usize, &str), Vec<(f64, u64)>> = BTreeMap::new();
    each_series(input, &keys, &wanted, options, &mut |series| {
        let group = common.groups[series.run];
        if let Some(((_, metric), Ok(cut))) = cuts.get_key_value(&(group, series.metric.to_owned())) {
            let mean = mean(&series.values[*cut..]);
            after.entry((group, metric)).or_default().push((mean, until(&series, *cut)));
        }
    })?;
    let place = |metric: &str| wanted.iter().position(|name| *name == metric);
    found.sort_by_key(|(run, row)| (*run, place(&row.metric)));
    let summary = summed(&found, &common.groups, &cuts, &after);
    Ok(SteadyReport { scenario, rows: found.into_iter().map(|(_, row)| row).collect(), summary, restarted })
}

fn row(key: &RunKey, series: &Values<'_>, batches: usize) -> SteadyRow {
    SteadyRow {
        policy: key.policy.clone(),
        predictor: key.predictor.clone(),
        seed: key.seed,
        axes: key.axes.clone(),
        metric: series.metric.to_owned(),
        unit: series.unit,
        values: series.values.len(),
        without: series.without,
        mean: mean(series.values),
        steady: judge(series, batches),
    }
}

/// The summaries of the rows, which come with the numbers of their runs.
fn summed(
    rows: &[(usize, SteadyRow)],
    groups: &[usize],
    cuts: &Cuts,
    after: &BTreeMap<(usize, &str), Vec<(f64, u64)>>,
) -> Vec<SteadySummary> {
    let mut numbers: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut all: Vec<Vec<usize>> = Vec::new();
    for (n, (run, row)) in rows.iter().enumerate() {
        let group = *numbers.entry((groups[*run], &row.metric)).or_insert(all.len());
        if group == all.len() {
            all.push(Vec::new());
        }
        all[group].push(n);
    }
    let one = |of: &Vec<usize>| {
        let rows_of = || of.iter().map(|&n| &rows[n].1);
        let (run, first) = &rows[of[0]];
        let means: Vec<f64> = rows_of().map(|row| row.mean).collect();
        let batches = |row: &SteadyRow| row.steady.ok().and_then(|steady| steady.batches);
        let key = (groups[*run], first.metric.as_str());
        let steady = cuts[&(key.0, first.metric.clone())].map(|cut| {
            let (values, times): (Vec<f64>, Vec<u64>) = after[&key].iter().copied().unzip();
            let (mean, over_runs) = mean_ci95(&values);
            SteadyMean {
                cut,
                warmup_ns: times.into_iter().max().unwrap_or(0),
                mean,
                ci95: over_runs.or(batches(first).map(|batches| batches.ci95)),
            }
        });
        SteadySummary {
            first: of[0],
            runs: of.len(),
            dependent: rows_of().filter_map(batches).filter(BatchMeans::dependent).count(),
            mean: mean(&means),
            steady,
        }
    };
    all.iter().map(one).collect()
}
