//! Paired differences: what changes from one policy or folder to another where seed and point are the same.

mod findings;
mod profile;
mod report;

use std::collections::BTreeMap;

use sim_core::Better;

use super::columns::{DEFAULT_COLUMNS, better, distinct, named, turns_away};
use crate::record::RunRecord;
use crate::statistics::bootstrap::{RESAMPLES, Resamples, bca, bootstrap_t};
use crate::statistics::effect::{chance_above, cohen_dz, hedges_g};
use crate::statistics::holm::adjusted;
use crate::statistics::student::{mean_ci95, one_sample};
pub use findings::findings;
pub use profile::{Profile, profiles};
pub(crate) use report::{cells, phrase};
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
    /// The p-value after Holm, by [`correct`]; `None` before that.
    pub p_holm: Option<f64>,
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
    /// Its two-sided 95 % interval; `None` with too few samples.
    pub ci95: Option<(f64, f64)>,
    /// The p-value of no difference, of this row alone.
    pub p: Option<f64>,
    /// Effect sizes over the samples.
    pub effect: Effect,
}

/// How large a difference is beside the noise; `None` where that is not defined.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Effect {
    /// Mean over standard deviation of the paired differences.
    pub cohen_dz: Option<f64>,
    /// Difference of means over the pooled standard deviation of the two sides, corrected for small samples.
    pub hedges_g: Option<f64>,
    /// Chance that a value of B is above one of A of any seed, ties counted as half.
    pub chance_above: Option<f64>,
}

/// How intervals and p-values are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Method {
    /// Student's t.
    #[default]
    Student,
    /// The studentized bootstrap.
    BootstrapT,
    /// The bias-corrected and accelerated bootstrap.
    Bca,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Student, Self::BootstrapT, Self::Bca];

    /// Its name, as users write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Student => "t",
            Self::BootstrapT => "bootstrap-t",
            Self::Bca => "bca",
        }
    }
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
    fn of(pairs: &[(f64, f64)], method: Method) -> Option<Self> {
        if pairs.is_empty() {
            return None;
        }
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let differences: Vec<f64> = pairs.iter().map(|(a, b)| b - a).collect();
        let student = one_sample(&differences);
        let draws = || Resamples::draw(differences.len(), RESAMPLES, "pairs");
        let (ci95, p) = match method {
            Method::Student => (student.ci95, student.p),
            Method::BootstrapT => {
                bootstrap_t(&differences, &draws()).map(|found| (found.ci95, found.p)).unzip()
            }
            Method::Bca => bca(&differences, &draws()).map(|found| (found.ci95, found.p)).unzip(),
        };
        Some(Self {
            pairs: pairs.len() as u64,
            samples: pairs.len() as u64,
            mean_a: mean_ci95(&a).0,
            mean_b: mean_ci95(&b).0,
            mean: student.mean,
            ci95,
            p,
            effect: Effect {
                cohen_dz: cohen_dz(&differences),
                hedges_g: hedges_g(&a, &b),
                chance_above: Some(chance_above(&a, &b)),
            },
        })
    }
}

impl PairedRow {
    /// Whether the difference is there and in whose favour, after the correction for all that was compared.
    pub fn corrected_verdict(&self) -> Verdict {
        let Some(difference) = self.difference else { return Verdict::NoInterval };
        match (difference.verdict(self.better), self.p_holm) {
            (Verdict::Equal | Verdict::NoInterval, _) | (_, None) => difference.verdict(self.better),
            (_, Some(p)) if p >= ALPHA => Verdict::Unclear,
            // Believed after the correction: then it is in favour of the side that the mean says.
            _ => Difference { ci95: Some((difference.mean, difference.mean)), ..difference }
                .verdict(self.better),
        }
    }
}

/// Chance of any false finding among the rows that are corrected together.
pub(super) const ALPHA: f64 = 0.05;

/// Corrects the p-values of all comparisons after Holm. The rows over all points, which findings are about, are one
/// family; those at single points, which say where a finding comes from, are another.
///
/// Yields the number of rows of the first.
pub fn correct(comparisons: &mut [Comparison<'_>]) -> usize {
    let mut of_all = 0;
    for at_points in [true, false] {
        let mut rows: Vec<&mut PairedRow> = comparisons
            .iter_mut()
            .flat_map(|one| &mut one.rows)
            .filter(|row| row.point.is_some() == at_points)
            .filter(|row| row.difference.is_some_and(|difference| difference.p.is_some()))
            .collect();
        let p_values: Vec<f64> = rows.iter().filter_map(|row| row.difference?.p).collect();
        of_all = p_values.len();
        rows.iter_mut().zip(adjusted(&p_values)).for_each(|(row, p)| row.p_holm = Some(p));
    }
    of_all
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
    pub fn new(a: Side<'a>, b: Side<'a>, metrics: &[&str], method: Method) -> Self {
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
                p_holm: None,
            };
            add_rows(&points, &blank, method, &mut rows);
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
fn add_rows(points: &[Point<'_>], blank: &PairedRow, method: Method, rows: &mut Vec<PairedRow>) {
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
        row.difference = Difference::of(&pairs, method);
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
    overall.difference = Difference::of(&seeds, method).map(|difference| Difference { pairs, ..difference });
    rows.push(overall);
}

#[cfg(test)]
mod tests;
