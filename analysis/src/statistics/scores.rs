//! Scores over many points: interquartile mean, performance profile, chance of improvement, with bootstrap intervals.
//!
//! What *rliable* calls tasks are the points of a sweep here, and its runs are seeds. More is better.

use super::bootstrap::Resamples;
use super::effect::chance_above;
use super::{CONFIDENCE, mean, quantile};

/// Scores of one policy: for each point, one per seed.
#[derive(Clone, PartialEq, Debug)]
pub struct Scores {
    points: Vec<Vec<f64>>,
}

/// How seeds are drawn at the points of a sweep.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Draws {
    /// At each point by itself: right if runs of different points are independent.
    Stratified(Vec<Resamples>),
    /// The same seeds at all points: right if the runs of one seed share their random numbers.
    Whole(Resamples),
}

impl Draws {
    /// `count` resamples for `scores`: by whole seeds if `shared` and all points have as many of them.
    pub fn new(scores: &Scores, shared: bool, count: usize) -> Self {
        let sizes: Vec<usize> = scores.points.iter().map(Vec::len).collect();
        if shared && sizes.iter().all(|&size| size == sizes[0]) {
            return Self::Whole(Resamples::draw(sizes[0], count, "seeds"));
        }
        let draw = |(n, &size): (usize, &usize)| Resamples::draw(size, count, &format!("point-{n}"));
        Self::Stratified(sizes.iter().enumerate().map(draw).collect())
    }

    /// Resample by resample, the rows of indexes: one for each point, or one for all.
    fn rows(&self) -> impl Iterator<Item = Vec<&[u32]>> {
        let parts = match self {
            Self::Whole(seeds) => std::slice::from_ref(seeds),
            Self::Stratified(points) => points,
        };
        let mut parts: Vec<_> = parts.iter().map(Resamples::rows).collect();
        std::iter::from_fn(move || parts.iter_mut().map(Iterator::next).collect())
    }
}

impl Scores {
    /// Scores by point, then seed.
    ///
    /// # Panics
    /// Without points, or with a point without scores.
    pub fn new(points: Vec<Vec<f64>>) -> Self {
        assert!(!points.is_empty() && points.iter().all(|point| !point.is_empty()), "a point has no score");
        Self { points }
    }

    /// The interquartile mean of all scores, whatever their points.
    ///
    /// # Source
    /// Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS 2021.
    pub fn interquartile_mean(&self) -> f64 {
        interquartile_mean(&self.points.concat())
    }

    /// The share of scores above `threshold`: one step of a performance profile, the run-score distribution.
    ///
    /// # Source
    /// Agarwal et al., NeurIPS 2021, section 4.2, after Dolan and Moré, "Benchmarking optimization software with
    /// performance profiles", Mathematical Programming 91, 2002.
    pub fn share_above(&self, threshold: f64) -> f64 {
        let above = self.points.iter().flatten().filter(|score| **score > threshold).count();
        above as f64 / self.count() as f64
    }

    /// The share of points whose mean score is above `threshold`: the average-score distribution.
    pub fn points_above(&self, threshold: f64) -> f64 {
        let above = self.points.iter().filter(|point| mean(point) > threshold).count();
        above as f64 / self.points.len() as f64
    }

    /// The chance that a score is above one of `other` at the same point, ties counted as half: the mean over points.
    ///
    /// # Panics
    /// If the points are not as many.
    pub fn chance_above(&self, other: &Self) -> f64 {
        assert_eq!(self.points.len(), other.points.len(), "scores of other points");
        let chances = self.points.iter().zip(&other.points).map(|(own, other)| chance_above(other, own));
        mean(&chances.collect::<Vec<_>>())
    }

    /// The 95 % interval of a statistic of the scores by the percentile bootstrap.
    ///
    /// # Panics
    /// If the draws are for other scores.
    pub fn interval(&self, draws: &Draws, statistic: impl Fn(&Self) -> f64) -> (f64, f64) {
        percentiles(draws.rows().map(|rows| statistic(&self.drawn(&rows))).collect())
    }

    /// The same of a statistic of these scores and those of another policy with the same seeds, which are drawn
    /// together.
    ///
    /// # Panics
    /// If the draws are for other scores.
    pub fn interval_beside(
        &self,
        other: &Self,
        draws: &Draws,
        statistic: impl Fn(&Self, &Self) -> f64,
    ) -> (f64, f64) {
        percentiles(draws.rows().map(|rows| statistic(&self.drawn(&rows), &other.drawn(&rows))).collect())
    }

    /// The scores of one resample: a row of indexes for each point, or one for all.
    fn drawn(&self, rows: &[&[u32]]) -> Self {
        assert!(rows.len() == 1 || rows.len() == self.points.len(), "draws for other points");
        let row = |n: usize| rows[if rows.len() == 1 { 0 } else { n }];
        let pick = |(n, point): (usize, &Vec<f64>)| row(n).iter().map(|&at| point[at as usize]).collect();
        Self::new(self.points.iter().enumerate().map(pick).collect())
    }

    /// Scores in all.
    pub fn count(&self) -> usize {
        self.points.iter().map(Vec::len).sum()
    }

    /// Scores at the point that has fewest.
    pub fn least_seeds(&self) -> usize {
        self.points.iter().map(Vec::len).min().unwrap_or(0)
    }
}

/// The 95 % interval of resampled statistics.
fn percentiles(mut drawn: Vec<f64>) -> (f64, f64) {
    drawn.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    (quantile(&drawn, tail), quantile(&drawn, 1.0 - tail))
}

/// The mean of the middle half: a quarter of the values, rounded down, is cut off at each end.
///
/// # Panics
/// Without values.
pub fn interquartile_mean(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    mean(&sorted[cut..sorted.len() - cut])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::reference::{self, close, indexes, scores_x, scores_y};

    #[test]
    fn aggregates_are_those_of_rliable() {
        let (x, y) = (Scores::new(scores_x()), Scores::new(scores_y()));
        close(x.interquartile_mean(), reference::IQM);
        close(x.chance_above(&y), reference::IMPROVEMENT);
        for (tau, of_runs, of_points) in reference::PROFILE {
            close(x.share_above(tau), of_runs);
            close(x.points_above(tau), of_points);
        }
    }

    #[test]
    fn on_given_resamples_the_stratified_interval_is_rliables() {
        let x = Scores::new(scores_x());
        let all = indexes(8, 4 * 500);
        let draws = all.chunks(8 * 500).map(|part| Resamples::new(8, part.to_vec())).collect();
        let (low, high) = x.interval(&Draws::Stratified(draws), Scores::interquartile_mean);
        close(low, reference::IQM_STRATIFIED.0);
        close(high, reference::IQM_STRATIFIED.1);
    }

    #[test]
    fn whole_seeds_are_drawn_where_all_points_have_as_many() {
        // Two points that say the same of each seed: drawing seeds whole, the mean is as uncertain as that of one.
        let seeds = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let twice = Scores::new(vec![seeds.clone(), seeds.clone()]);
        let statistic = |scores: &Scores| mean(&scores.points.concat());
        let one = Scores::new(vec![seeds]);
        let whole = twice.interval(&Draws::new(&twice, true, 999), statistic);
        assert_eq!(whole, one.interval(&Draws::new(&one, true, 999), statistic));
        let stratified = twice.interval(&Draws::new(&twice, false, 999), statistic);
        assert!(stratified.1 - stratified.0 < whole.1 - whole.0);
        let uneven = Scores::new(vec![vec![1.0, 2.0], vec![1.0]]);
        assert!(matches!(Draws::new(&uneven, true, 9), Draws::Stratified(_)));
    }
}
