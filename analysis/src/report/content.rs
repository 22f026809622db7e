//! What a report speaks of: runs, their policies, points and metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sim_core::Better;

use crate::compare::{columns, human, mean_ci95, point_text};
use crate::plot::{Bar, Quantity};
use crate::record::RunRecord;
use crate::result_table::ResultTable;
use crate::store::{Manifest, StoreError, read_manifest, read_results};

/// A point of the sweep: axes and their values.
pub(super) type Point = Vec<(String, String)>;

/// Metrics that have a panel of their own in pictures (arbitrary: what one looks at together).
const PANELS: usize = 8;
/// Metrics that are followed along axes and compared in pairs (arbitrary).
const LEADING: usize = 4;

/// A policy, with its predictor where several serve it, as one line of tables and pictures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Contestant {
    pub(super) policy: String,
    /// `None` if the policy has one predictor at each point.
    predictor: Option<String>,
    pub(super) label: String,
}

impl Contestant {
    pub(super) fn is_of(&self, run: &RunRecord) -> bool {
        self.is_named(&run.key.policy, &run.key.predictor)
    }

    pub(super) fn is_named(&self, policy: &str, predictor: &str) -> bool {
        self.policy == policy && self.predictor.as_ref().is_none_or(|own| own == predictor)
    }
}

/// Policies in order. A predictor that changes from point to point only, as what is known of run times does, tells no
/// contestants apart: it belongs to the point.
fn contestants(records: &[RunRecord]) -> Vec<Contestant> {
    let keys = || records.iter().map(|run| &run.key);
    let mut found = Vec::new();
    for policy in columns::distinct(keys().map(|key| &key.policy)) {
        let of_policy = || keys().filter(|key| key.policy == *policy);
        let mut at_points: BTreeMap<&Point, BTreeSet<&String>> = BTreeMap::new();
        for key in of_policy() {
            at_points.entry(&key.axes).or_default().insert(&key.predictor);
        }
        if at_points.values().all(|predictors| predictors.len() == 1) {
            found.push(Contestant { policy: policy.clone(), predictor: None, label: policy.clone() });
            continue;
        }
        for predictor in columns::distinct(of_policy().map(|key| &key.predictor)) {
            let label = format!("{policy} ({predictor})");
            found.push(Contestant { policy: policy.clone(), predictor: Some(predictor.clone()), label });
        }
    }
    found
}

/// A results folder as it was read.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) dir: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) records: Vec<RunRecord>,
    pub(super) contestants: Vec<Contestant>,
    /// Points in order of first appearance; one without axes if nothing is swept.
    pub(super) points: Vec<Point>,
    pub(super) seeds: Vec<u64>,
    /// Axes with more than one value.
    pub(super) axes: Vec<Swept>,
    /// Full names and units of the metrics that are shown.
    pub(super) metrics: Vec<Quantity>,
    turns_away: bool,
    /// Of each contestant its runs.
    runs: Vec<Vec<Run>>,
    /// Number of the telling point.
    telling: usize,
    /// Tables beside the metrics, as far as they are there.
    pub(super) jobs: Option<ResultTable>,
    pub(super) series: Option<ResultTable>,
    pub(super) loads: Option<ResultTable>,
}

/// Where a record belongs.
#[derive(Clone, Copy, Debug)]
struct Run {
    point: usize,
    seed: u64,
    record: usize,
}

/// An axis and its values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Swept {
    pub(super) axis: String,
    pub(super) values: Vec<String>,
    /// The values cut down to what tells them apart.
    pub(super) short: Vec<String>,
}

impl Content {
    /// Reads the folder; `named` are metrics or families to be shown instead of the usual ones.
    pub(super) fn read(dir: &Path, named: &[String]) -> Result<Self, StoreError> {
        let (manifest, records) = (read_manifest(dir)?, read_results(dir)?);
        let contestants = contestants(&records);
        let (points, runs) = placed(&contestants, &records);
        let seeds = records.iter().map(|run| run.key.seed).collect::<BTreeSet<u64>>().into_iter().collect();
        let axes = swept(&points);
        let values = || records.iter().flat_map(|run| &run.metrics);
        let turns_away = columns::turns_away(values().map(|metric| (metric.name.as_str(), metric.value)));
        let metrics = chosen(&records, named);
        let mut content = Self {
            dir: dir.to_owned(),
            manifest,
            records,
            contestants,
            points,
            seeds,
            axes,
            metrics,
            turns_away,
            runs,
            telling: 0,
            jobs: ResultTable::open(dir, "jobs")?,
            series: ResultTable::open(dir, "series")?,
            loads: ResultTable::open(dir, "loads")?,
        };
        content.telling = content.most_telling();
        Ok(content)
    }

    /// Metrics that have a panel of their own.
    pub(super) fn panels(&self) -> &[Quantity] {
        &self.metrics[..self.metrics.len().min(PANELS)]
    }

    /// Metrics that are followed along axes and compared in pairs.
    pub(super) fn leading(&self) -> &[Quantity] {
        &self.metrics[..self.metrics.len().min(LEADING)]
    }

    pub(super) fn better(&self, metric: &str) -> Better {
        columns::better(metric, self.turns_away)
    }

    /// Mean and interval over seeds of the metric of a contestant at the points that `is_here`: of each seed its mean
    /// over these points, because pairs of different points are no samples of one population. A seed that lacks one of
    /// them is left out.
    pub(super) fn mean(&self, who: usize, metric: &str, is_here: impl Fn(&Point) -> bool) -> Option<Bar> {
        let here: Vec<bool> = self.points.iter().map(is_here).collect();
        let mut by_seed: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for run in self.runs[who].iter().filter(|run| here[run.point]) {
            if let Some(value) = self.records[run.record].value(metric) {
                by_seed.entry(run.seed).or_default().push(value);
            }
        }
        let whole = by_seed.values().map(Vec::len).max()?;
        by_seed.retain(|_, values| values.len() == whole);
        let means: Vec<f64> =
            by_seed.values().map(|values| values.iter().sum::<f64>() / whole as f64).collect();
        let (value, interval) = mean_ci95(&means);
        Some(Bar { value, interval })
    }

    /// Runs without a record whose contestant, point and seed have records: contestant, point, seed.
    pub(super) fn missing(&self) -> Vec<(usize, &Point, u64)> {
        let mut lost = Vec::new();
        for (who, runs) in self.runs.iter().enumerate() {
            let there: BTreeSet<(usize, u64)> = runs.iter().map(|run| (run.point, run.seed)).collect();
            let all =
                (0..self.points.len()).flat_map(|point| self.seeds.iter().map(move |seed| (point, *seed)));
            let lacks = all.filter(|run| !there.contains(run));
            lost.extend(lacks.map(|(point, seed)| (who, &self.points[point], seed)));
        }
        lost
    }

    /// The values of the contestants side by side.
    pub(super) fn bars(&self, metric: &str, is_here: impl Fn(&Point) -> bool) -> Vec<Option<Bar>> {
        (0..self.contestants.len()).map(|who| self.mean(who, metric, &is_here)).collect()
    }

    /// The texts of `bars`, the best marked.
    pub(super) fn cells(&self, metric: &Quantity, bars: &[Option<Bar>]) -> Vec<super::html::Cell> {
        let values: Vec<f64> = bars.iter().flatten().map(|bar| bar.value).collect();
        let cell = |bar: &Option<Bar>| {
            let Some(bar) = bar else { return super::html::Cell::plain("-") };
            let half = bar.interval.map(|(low, high)| (high - low) / 2.0);
            super::html::Cell {
                text: human::value(&metric.name, &metric.unit, bar.value, half),
                is_best: crate::compare::is_best(self.better(&metric.name), bar.value, &values),
            }
        };
        bars.iter().map(cell).collect()
    }

    /// The point at which means of the first metric lie the farthest apart, as part of the largest: what there is to
    /// see is seen there.
    pub(super) fn telling_point(&self) -> &Point {
        &self.points[self.telling]
    }

    fn most_telling(&self) -> usize {
        let gap = |point: &Point| {
            let Some(metric) = self.metrics.first() else { return 0.0 };
            let values: Vec<f64> =
                self.bars(&metric.name, |at| at == point).iter().flatten().map(|bar| bar.value).collect();
            let (low, high) = (values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied());
            let high = high.fold(f64::NEG_INFINITY, f64::max);
            if high > low { (high - low) / high.abs().max(low.abs()) } else { 0.0 }
        };
        let mut best = (0, gap(&self.points[0]));
        for (n, point) in self.points.iter().enumerate().skip(1) {
            let gap = gap(point);
            if gap > best.1 {
                best = (n, gap);
            }
        }
        best.0
    }

    /// The point in words, axes with a single value left out; empty if nothing is swept.
    pub(super) fn words(&self, point: &Point) -> String {
        let one = |axis: &Swept| {
            let value = point.iter().find(|(name, _)| *name == axis.axis).map(|(_, value)| value);
            let at = value.and_then(|value| axis.values.iter().position(|known| known == value));
            at.map(|at| (axis.axis.clone(), axis.short[at].clone()))
        };
        point_text(&self.axes.iter().filter_map(one).collect::<Point>())
    }

    pub(super) fn labels(&self) -> Vec<String> {
        self.contestants.iter().map(|who| who.label.clone()).collect()
    }
}

/// The points in order of first appearance, and where the records belong.
fn placed(contestants: &[Contestant], records: &[RunRecord]) -> (Vec<Point>, Vec<Vec<Run>>) {
    let mut numbers: BTreeMap<&Point, usize> = BTreeMap::new();
    let (mut points, mut runs) = (Vec::new(), vec![Vec::new(); contestants.len()]);
    for (record, run) in records.iter().enumerate() {
        let point = *numbers.entry(&run.key.axes).or_insert(points.len());
        if point == points.len() {
            points.push(run.key.axes.clone());
        }
        let who = contestants.iter().position(|who| who.is_of(run));
        let who = who.expect("contestants are made of the runs");
        runs[who].push(Run { point, seed: run.key.seed, record });
    }
    (points, runs)
}

fn swept(points: &[Point]) -> Vec<Swept> {
    let names = columns::distinct(points.iter().flatten().map(|(axis, _)| axis));
    let one = |axis: &String| {
        let of_axis = points.iter().flatten().filter(|(name, _)| name == axis).map(|(_, value)| value);
        let values: Vec<String> = columns::distinct(of_axis).into_iter().cloned().collect();
        let short = crate::compare::short_forms(&values.iter().map(String::as_str).collect::<Vec<_>>());
        Swept { axis: axis.clone(), values, short }
    };
    names.into_iter().map(one).filter(|swept| swept.values.len() > 1).collect()
}

/// The metrics that are shown: those that were named, or those of the text table that are not zero everywhere.
fn chosen(records: &[RunRecord], named: &[String]) -> Vec<Quantity> {
    let all = || records.iter().flat_map(|run| &run.metrics);
    let names = columns::distinct(all().map(|metric| metric.name.as_str()));
    let wanted: Vec<&str> = match named.is_empty() {
        true => columns::DEFAULT_COLUMNS.to_vec(),
        false => named.iter().map(String::as_str).collect(),
    };
    let mut found = columns::distinct(columns::named(&names, &wanted).into_iter());
    if named.is_empty() {
        found.retain(|name| all().any(|metric| metric.name == *name && metric.value != 0.0));
    }
    let unit =
        |name: &str| all().find(|metric| metric.name == name).map_or("", |metric| metric.unit.as_str());
    found.into_iter().map(|name| Quantity::new(name, unit(name))).collect()
}
