//! Aggregates over many points: how much better a side is at each, as interquartile mean and as a profile.

use serde_json::{Value, json};
use sim_core::Better;

use super::{Comparison, Side, points};
use crate::statistics::bootstrap::RESAMPLES;
use crate::statistics::scores::{Draws, Scores};

/// Scores at which profiles are shown: from half as good to twice as good (arbitrary, symmetric in ratios).
const THRESHOLDS: [f64; 9] = [0.5, 0.8, 0.9, 0.95, 1.0, 1.0 / 0.95, 1.0 / 0.9, 1.25, 2.0];

/// Seeds from which on resampling them says anything.
const SEEDS_MIN: usize = 3;

/// One metric of B beside A, over all points and seeds.
///
/// The score of a pair is the ratio of its values, turned so that more is better: A / B of a metric of which less is
/// better, otherwise B / A. So 1.25 is a quarter better than A on the same jobs.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// Full name of the metric.
    pub metric: String,
    /// Points of the sweep.
    pub points: usize,
    /// Pairs that have a score.
    pub pairs: usize,
    /// Pairs left out of the scores because a value is zero, and a ratio says nothing.
    pub left_out: usize,
    /// True if resamples keep the pairs of a seed together; otherwise each point is resampled by itself.
    pub by_seed: bool,
    /// The interquartile mean of the scores.
    pub iqm: f64,
    /// Its 95 % interval, by the percentile bootstrap over seeds; `None` with less than three seeds at some point.
    pub iqm_ci95: Option<(f64, f64)>,
    /// Chance that B is better than A at the same point with any seed, ties counted as half, pairs with a zero
    /// included; mean over points.
    pub improvement: f64,
    /// Its 95 % interval.
    pub improvement_ci95: Option<(f64, f64)>,
    /// Threshold, share of pairs with a better score, and share of points with a better mean score.
    pub steps: Vec<(f64, f64, f64)>,
}

/// A profile for each of the comparison's metrics of which more or less is better and that has a pair with values that
/// are not zero.
///
/// # Source
/// Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS 2021.
pub fn profiles(comparison: &Comparison<'_>) -> Vec<Profile> {
    let rows = comparison.rows.iter().filter(|row| row.point.is_none());
    rows.filter_map(|row| profile(&comparison.a, &comparison.b, &row.metric, row.better)).collect()
}

fn profile(a: &Side<'_>, b: &Side<'_>, metric: &str, better: Better) -> Option<Profile> {
    if better == Better::Neither {
        return None;
    }
    let (mut scores, mut values_a, mut values_b, mut left_out) = (Vec::new(), Vec::new(), Vec::new(), 0);
    // Seeds of the pairs that have a score at each point, and of all pairs.
    let (mut scored, mut paired) = (Vec::new(), Vec::new());
    for point in points(&a.runs, &b.runs) {
        let (mut of_point, mut of_a, mut of_b) = (Vec::new(), Vec::new(), Vec::new());
        let (mut with_score, mut with_pair) = (Vec::new(), Vec::new());
        for cell in &point.cells {
            let Some((x, y)) =
                cell.a.and_then(|run| run.value(metric)).zip(cell.b.and_then(|run| run.value(metric)))
            else {
                continue;
            };
            let sign = if better == Better::Higher { 1.0 } else { -1.0 };
            of_a.push(sign * x);
            of_b.push(sign * y);
            with_pair.push(cell.seed);
            if x == 0.0 || y == 0.0 {
                left_out += 1;
                continue;
            }
            of_point.push(if better == Better::Higher { y / x } else { x / y });
            with_score.push(cell.seed);
        }
        if !of_a.is_empty() {
            values_a.push(of_a);
            values_b.push(of_b);
            paired.push(with_pair);
        }
        if !of_point.is_empty() {
            scores.push(of_point);
            scored.push(with_score);
        }
    }
    if scores.is_empty() {
        return None;
    }
    let is_shared = |seeds: &[Vec<u64>]| seeds.iter().all(|of_point| *of_point == seeds[0]);
    let by_seed = is_shared(&scored);
    let (count, all) = (scores.len(), Scores::new(scores));
    let draws = Draws::new(&all, by_seed, RESAMPLES);
    let several = all.least_seeds() >= SEEDS_MIN;
    let (values_a, values_b) = (Scores::new(values_a), Scores::new(values_b));
    let draws_of_pairs = Draws::new(&values_a, is_shared(&paired), RESAMPLES);
    Some(Profile {
        metric: metric.to_owned(),
        points: count,
        pairs: all.count(),
        left_out,
        by_seed,
        iqm: all.interquartile_mean(),
        iqm_ci95: several.then(|| all.interval(&draws, Scores::interquartile_mean)),
        improvement: values_b.chance_above(&values_a),
        improvement_ci95: several
            .then(|| values_b.interval_beside(&values_a, &draws_of_pairs, Scores::chance_above)),
        steps: THRESHOLDS.iter().map(|&t| (t, all.share_above(t), all.points_above(t))).collect(),
    })
}

impl Profile {
    /// The profile as JSON: its fields, with `"profile": [{"threshold", "share_of_pairs", "share_of_points"}]`.
    pub fn json(&self) -> Value {
        let step = |&(threshold, pairs, points): &(f64, f64, f64)| {
            let (of_pairs, of_points) = (Value::from(pairs), Value::from(points));
            json!({ "threshold": threshold, "share_of_pairs": of_pairs, "share_of_points": of_points })
        };
        json!({
            "metric": self.metric,
            "points": self.points,
            "pairs": self.pairs,
            "left_out": self.left_out,
            "resampled": if self.by_seed { "seeds" } else { "seeds of each point" },
            "iqm": self.iqm,
            "iqm_ci95_low": self.iqm_ci95.map(|ends| ends.0),
            "iqm_ci95_high": self.iqm_ci95.map(|ends| ends.1),
            "improvement": self.improvement,
            "improvement_ci95_low": self.improvement_ci95.map(|ends| ends.0),
            "improvement_ci95_high": self.improvement_ci95.map(|ends| ends.1),
            "profile": self.steps.iter().map(step).collect::<Vec<_>>(),
        })
    }

    /// Cells of a text table: metric, pairs, interquartile mean, chance of improvement, and the profile.
    pub fn cells(&self) -> Vec<String> {
        let ends = |ends: Option<(f64, f64)>| {
            ends.map_or("no interval".to_owned(), |(low, high)| format!("{low:.3} .. {high:.3}"))
        };
        let mut cells = vec![self.metric.clone(), self.pairs.to_string()];
        cells.extend([format!("{:.3}", self.iqm), ends(self.iqm_ci95)]);
        cells.extend([format!("{:.2}", self.improvement), ends(self.improvement_ci95)]);
        cells.extend(self.steps.iter().map(|(_, share, _)| format!("{:.0} %", 100.0 * share)));
        cells
    }

    /// The head of the columns of [`Profile::cells`].
    pub fn head() -> Vec<String> {
        let named = ["metric", "pairs", "IQM", "95% CI", "better", "95% CI"].map(str::to_owned);
        named.into_iter().chain(THRESHOLDS.map(|threshold| format!("> {threshold:.2}"))).collect()
    }
}
