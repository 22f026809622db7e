//! Steady state of one long run: where the warm-up ends, and an interval from batch means.

use super::student::one_sample;
use super::{mean, squares};

/// Observations per batch of MSER-5.
const BATCH: usize = 5;

/// Batches that an interval is made of: between 10 and 30 little is gained by more (Schmeiser, 1982).
const BATCHES: usize = 20;

/// Fewer values per batch than this are no batch: its mean would be as dependent as the values are.
const SIZE_MIN: usize = 5;

/// How many of the first values to leave out, so that the mean of the others has the least estimated error.
///
/// The marginal standard error of what is left, over batches of five, is least there. `None` if there are fewer
/// than ten batches, or if the least is in the second half: then the run is too short to tell.
///
/// # Source
/// White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69(6), 1997; White,
/// Cobb and Spratt, "A comparison of five steady-state truncation heuristics for simulation", WSC 2000.
pub fn mser5(values: &[f64]) -> Option<usize> {
    let batches: Vec<f64> = values.chunks_exact(BATCH).map(mean).collect();
    if batches.len() < 10 {
        return None;
    }
    // Sums from the end, of deviations from the last batch: its level is near that of all, so little is cancelled.
    let level = batches[batches.len() - 1];
    let (mut sum, mut squares, mut best) = (0.0, 0.0, None);
    for (cut, value) in batches.iter().map(|batch| batch - level).enumerate().rev() {
        (sum, squares) = (sum + value, squares + value * value);
        let n = (batches.len() - cut) as f64;
        let error = (squares - sum * sum / n).max(0.0) / (n * n);
        // The last few batches may be alike by chance: they are not judged by themselves.
        if n >= 5.0 && best.is_none_or(|(least, _)| error <= least) {
            best = Some((error, cut));
        }
    }
    best.map(|(_, cut)| cut).filter(|cut| 2 * cut <= batches.len()).map(|cut| cut * BATCH)
}

/// The mean of a series in steady state.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BatchMeans {
    /// The mean of all values that are in a batch.
    pub mean: f64,
    /// Its 95 % interval by Student's t over batch means.
    pub ci95: (f64, f64),
    /// Values per batch.
    pub size: usize,
    /// Correlation of the means of neighbouring batches: far above zero, the interval is too narrow. `None` if the
    /// means do not vary.
    pub lag1: Option<f64>,
}

impl BatchMeans {
    /// True if the means of neighbouring batches are too much alike for independent ones: then the interval is too
    /// narrow, and the run should be longer.
    pub fn dependent(&self) -> bool {
        self.lag1.is_some_and(|lag1| lag1 > LAG1_MAX)
    }
}

/// The mean of `values`, which are in steady state, by twenty batches. The first values are left out if they do not
/// fill all batches. `None` of fewer than a hundred values: no interval is better than one that promises too much.
///
/// # Source
/// Schmeiser, "Batch size effects in the analysis of simulation output", Operations Research 30(3), 1982; Law,
/// "Simulation modeling and analysis", 5th edition, section 9.5.3.
pub fn batch_means(values: &[f64]) -> Option<BatchMeans> {
    let size = values.len() / BATCHES;
    if size < SIZE_MIN {
        return None;
    }
    let means: Vec<f64> = values[values.len() - size * BATCHES..].chunks_exact(size).map(mean).collect();
    let estimate = one_sample(&means);
    Some(BatchMeans { mean: estimate.mean, ci95: estimate.ci95?, size, lag1: lag1(&means) })
}

/// The autocorrelation at lag one; `None` if nothing varies.
pub fn lag1(values: &[f64]) -> Option<f64> {
    let (middle, whole) = (mean(values), squares(values));
    let products = values.windows(2).map(|pair| (pair[0] - middle) * (pair[1] - middle)).sum::<f64>();
    (whole > 0.0).then(|| products / whole)
}

/// The bound above which means of batches count as dependent: twice the standard error of an autocorrelation of
/// independent values, `2 / sqrt(20)`.
const LAG1_MAX: f64 = 0.447;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::reference::{self, close, warming};

    #[test]
    fn truncation_is_where_the_definition_has_it() {
        assert_eq!(mser5(&warming()), Some(reference::MSER5));
    }

    #[test]
    fn a_step_is_cut_off_where_it_is() {
        // 20 values at 10, then 80 that go between 0 and 1 with a mean of 0.4 in every batch but the last ones.
        let values: Vec<f64> = (0..100).map(|n| if n < 20 { 10.0 } else { f64::from(n % 5 % 2) }).collect();
        assert_eq!(mser5(&values), Some(20));
        assert_eq!(mser5(&[0.0; 49]), None);
        // A run that only rises never settles.
        assert_eq!(mser5(&(0..100).map(f64::from).collect::<Vec<_>>()), None);
        assert_eq!(mser5(&[3.0; 100]), Some(0));
    }

    #[test]
    fn batch_means_are_those_of_the_reference() {
        let found = batch_means(&warming()[100..]).unwrap();
        let got = [found.mean, found.ci95.0, found.ci95.1, found.lag1.unwrap()];
        got.into_iter().zip(reference::BATCH_MEANS).for_each(|(got, wanted)| close(got, wanted));
        assert_eq!(batch_means(&[1.0; 99]), None);
        assert_eq!(batch_means(&[1.0; 107]).unwrap().ci95, (1.0, 1.0));
    }
}
