//! Paired differences: what changes from one policy or folder to another where seed and point are the same.

mod report;

use std::collections::BTreeMap;

use sim_core::Better;

use super::columns::{DEFAULT_COLUMNS, better, distinct, named, turns_away};
use super::mean_ci95;
use crate::record::RunRecord;
pub(crate) use report::cells;
pub use report::{paired_csv, paired_json, paired_text};

/// A point of the sweep: axes and their values.
type Axes = Vec<(String, String)>;

/// One side of a comparison.
#[derive(Clone, PartialEq, Debug)]
pub struct Side<'a> {
    /// The results folder, as it was named.
    pub folder: String,
    /// The policy.
    pub policy: String,
    /// Its runs.
    pub runs: Vec<&'a RunRecord>,
}

/// Two sides and how they differ.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison<'a> {
    /// The baseline.
    pub a: Side<'a>,
    /// What is compared to it.
    pub b: Side<'a>,
    /// Pairs of runs with equal seed and point.
    pub pairs: u64,
    /// Runs of A without a counterpart.
    pub only_a: u64,
    /// Runs of B without a counterpart.
    pub only_b: u64,
    /// Per metric, the points of the sweep, then all of them together.
    pub rows: Vec<PairedRow>,
}

/// One metric at one point, or over all points.
#[derive(Clone, PartialEq, Debug)]
pub struct PairedRow {
    /// Full name of the metric.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Which of its values are better.
    pub better: Better,
    /// The point; `None` for all points together.
    pub point: Option<Axes>,
    /// Values of B without a counterpart in A, because the run or the metric is missing there.
    pub missing_a: u64,
    /// Values of A without a counterpart in B.
    pub missing_b: u64,
    /// Over all points: seeds that lack a pair at some point, and do not count for that.
    pub seeds_left_out: u64,
    /// `None` without a pair; over all points, if no seed has a pair at every point.
    pub difference: Option<Difference>,
}

/// The difference over pairs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Difference {
    /// Pairs that it is made of.
    pub pairs: u64,
    /// Independent samples: pairs at a point, seeds over all points.
    pub samples: u64,
    /// Mean of the values of A that have a counterpart.
    pub mean_a: f64,
    /// Mean of their counterparts.
    pub mean_b: f64,
    /// Mean of B - A.
    pub mean: f64,
    /// Its two-sided 95 % interval by Student's t; `None` with a single sample.
    pub ci95: Option<(f64, f64)>,
}

/// What an interval says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// There is no interval: a single sample.
    NoInterval,
    /// Every pair is equal.
    Equal,
    /// The interval contains zero.
    Unclear,
    /// It excludes zero, and A is better.
    FavoursA,
    /// It excludes zero, and B is better.
    FavoursB,
    /// It excludes zero, of a metric of which neither more nor less is better.
    Differs,
}

impl Difference {
    /// Whether the interval excludes zero, and in whose favour.
    pub fn verdict(&self, better: Better) -> Verdict {
        match (self.ci95, better) {
            (None, _) => Verdict::NoInterval,
            (Some((0.0, 0.0)), _) => Verdict::Equal,
            (Some((low, high)), _) if low <= 0.0 && high >= 0.0 => Verdict::Unclear,
            (_, Better::Neither) => Verdict::Differs,
            (_, Better::Higher) if self.mean > 0.0 => Verdict::FavoursB,
            (_, Better::Lower) if self.mean < 0.0 => Verdict::FavoursB,
            _ => Verdict::FavoursA,
        }
    }

    /// `pairs` of values of A and B, each of a seed of its own.
    fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        if pairs.is_empty() {
            return None;
        }
        let mean = |values: Vec<f64>| mean_ci95(&values);
        let (mean_diff, ci95) = mean(pairs.iter().map(|(a, b)| b - a).collect());
        Some(Self {
            pairs: pairs.len() as u64,
            samples: pairs.len() as u64,
            mean_a: mean(pairs.iter().map(|pair| pair.0).collect()).0,
            mean_b: mean(pairs.iter().map(|pair| pair.1).collect()).0,
            mean: mean_diff,
            ci95,
        })
    }
}

/// The runs of both sides at one point, by seed.
struct Point<'a> {
    axes: Axes,
    cells: Vec<Cell<'a>>,
}

/// The runs of one seed at one point.
#[derive(Clone, Copy)]
struct Cell<'a> {
    seed: u64,
    a: Option<&'a RunRecord>,
    b: Option<&'a RunRecord>,
}

impl<'a> Comparison<'a> {
    /// Compares `b` to `a` by `metrics`, which are full names or families that end in `_`.
    ///
    /// Runs are paired if they have the same seed and the same values of the same axes. At a point, the interval
    /// is that of the differences of its pairs. Over all points it is that of the means over points of each
    /// seed: pairs of different points are no samples of one population, and those of one seed share their
    /// random numbers, but seeds are independent of each other. So a seed counts there if it has a pair at
    /// every point at which any seed has one; how many do not is said.
    ///
    /// # Order
    /// Metrics in the order of `metrics`, points in order of first appearance, A's before B's.
    pub fn new(a: Side<'a>, b: Side<'a>, metrics: &[&str]) -> Self {
        let points = points(&a.runs, &b.runs);
        let cells = || points.iter().flat_map(|point| &point.cells);
        let count = |wanted: &dyn Fn(&Cell<'_>) -> bool| cells().filter(|cell| wanted(cell)).count() as u64;
        let (pairs, only_a, only_b) = (
            count(&|cell| cell.a.is_some() && cell.b.is_some()),
            count(&|cell| cell.b.is_none()),
            count(&|cell| cell.a.is_none()),
        );
        let runs = || a.runs.iter().chain(&b.runs).copied();
        let turns_away = turns_away(values(runs()));
        let names = distinct(values(runs()).map(|(name, _)| name));
        let mut rows = Vec::new();
        for name in named(&names, metrics) {
            let unit = runs().flat_map(|run| &run.metrics).find(|metric| metric.name == name);
            let blank = PairedRow {
                metric: name.to_owned(),
                unit: unit.map_or(String::new(), |metric| metric.unit.to_string()),
                better: better(name, turns_away),
                point: None,
                missing_a: 0,
                missing_b: 0,
                seeds_left_out: 0,
                difference: None,
            };
            add_rows(&points, &blank, &mut rows);
        }
        Self { a, b, pairs, only_a, only_b, rows }
    }
}

/// The metrics of the text table that both sides have, without those that are zero in all of their runs.
pub fn default_metrics<'a>(a: &[&'a RunRecord], b: &[&'a RunRecord]) -> Vec<&'a str> {
    let in_b = distinct(values(b.iter().copied()).map(|(name, _)| name));
    let mut names = distinct(values(a.iter().copied()).map(|(name, _)| name));
    names.retain(|name| in_b.contains(name));
    let mut found = named(&names, DEFAULT_COLUMNS);
    found.retain(|name| a.iter().chain(b).any(|run| run.value(name).is_some_and(|value| value != 0.0)));
    found
}

/// Names and values of all metrics of `runs`.
fn values<'a>(runs: impl Iterator<Item = &'a RunRecord>) -> impl Iterator<Item = (&'a str, f64)> {
    runs.flat_map(|run| &run.metrics).map(|metric| (metric.name.as_str(), metric.value))
}

/// All runs, those with equal seed and point side by side. A run that is there twice is paired once.
fn points<'a>(a: &[&'a RunRecord], b: &[&'a RunRecord]) -> Vec<Point<'a>> {
    let mut numbers: BTreeMap<Axes, usize> = BTreeMap::new();
    let mut points: Vec<Point<'a>> = Vec::new();
    let mut point_of = |run: &RunRecord, points: &mut Vec<Point<'a>>| {
        // Two scenarios may have the same axes in another order.
        let mut axes = run.key.axes.clone();
        axes.sort();
        let n = *numbers.entry(axes).or_insert(points.len());
        if n == points.len() {
            points.push(Point { axes: run.key.axes.clone(), cells: Vec::new() });
        }
        n
    };
    for &run in a {
        let n = point_of(run, &mut points);
        points[n].cells.push(Cell { seed: run.key.seed, a: Some(run), b: None });
    }
    for &run in b {
        let n = point_of(run, &mut points);
        let is_open =
            |cell: &&mut Cell<'_>| cell.seed == run.key.seed && cell.a.is_some() && cell.b.is_none();
        match points[n].cells.iter_mut().find(is_open) {
            Some(cell) => cell.b = Some(run),
            None => points[n].cells.push(Cell { seed: run.key.seed, a: None, b: Some(run) }),
        }
    }
    points
}

/// Adds the rows of the metric of `blank`: one per point, and the one over all points.
fn add_rows(points: &[Point<'_>], blank: &PairedRow, rows: &mut Vec<PairedRow>) {
    let mut overall = blank.clone();
    // Per seed, the pairs of the points, of those that have any.
    let mut by_seed: BTreeMap<u64, Vec<(f64, f64)>> = BTreeMap::new();
    let mut covered = 0;
    for point in points {
        let mut row = PairedRow { point: Some(point.axes.clone()), ..blank.clone() };
        let mut pairs = Vec::new();
        for cell in &point.cells {
            let value = |run: Option<&RunRecord>| run.and_then(|run| run.value(&blank.metric));
            match (value(cell.a), value(cell.b)) {
                (Some(a), Some(b)) => {
                    pairs.push((a, b));
                    by_seed.entry(cell.seed).or_default().push((a, b));
                }
                (Some(_), None) => row.missing_b += 1,
                (None, Some(_)) => row.missing_a += 1,
                (None, None) => {}
            }
        }
        row.difference = Difference::of(&pairs);
        overall.missing_a += row.missing_a;
        overall.missing_b += row.missing_b;
        covered += usize::from(row.difference.is_some());
        rows.push(row);
    }
    let whole: Vec<&Vec<(f64, f64)>> = by_seed.values().filter(|pairs| pairs.len() == covered).collect();
    let mean = |pairs: &Vec<(f64, f64)>, side: fn(&(f64, f64)) -> f64| {
        pairs.iter().map(side).sum::<f64>() / pairs.len() as f64
    };
    let seeds: Vec<(f64, f64)> =
        whole.iter().map(|pairs| (mean(pairs, |pair| pair.0), mean(pairs, |pair| pair.1))).collect();
    overall.seeds_left_out = (by_seed.len() - whole.len()) as u64;
    let pairs = whole.iter().map(|pairs| pairs.len() as u64).sum();
    overall.difference = Difference::of(&seeds).map(|difference| Difference { pairs, ..difference });
    rows.push(overall);
}

#[cfg(test)]
mod tests;
