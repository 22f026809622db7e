//! Steady state of one long run: where the warm-up ends, and an interval from batch means.

use super::student::one_sample;
use super::{mean, squares};

/// Observations per batch of MSER-5.
const BATCH: usize = 5;

/// Batches that an interval is usually made of: between 10 and 30 little is gained by more (Schmeiser, 1982).
pub const BATCHES: usize = 20;

/// Fewer values per batch than this are no batch: its mean would be as dependent as the values are.
const SIZE_MIN: usize = 5;

/// Why no truncation is a good one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotSteady {
    /// There are fewer than ten batches of five values.
    TooShort,
    /// The estimated error is least without so many of the first values, more than half of all: the run has not
    /// settled.
    Late(usize),
}

/// How many of the first values to leave out, so that the mean of the others has the least estimated error.
///
/// The marginal standard error of what is left, over batches of five, is least there.
///
/// # Errors
/// If the values are too few, or the least is in the second half.
/// # Source
/// White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69(6), 1997; White,
/// Cobb and Spratt, "A comparison of five steady-state truncation heuristics for simulation", WSC 2000.
pub fn mser5(values: &[f64]) -> Result<usize, NotSteady> {
    let batches: Vec<f64> = values.chunks_exact(BATCH).map(mean).collect();
    if batches.len() < 10 {
        return Err(NotSteady::TooShort);
    }
    // Sums from the end, of deviations from the last batch: its level is near that of all, so little is cancelled.
    let level = batches[batches.len() - 1];
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut best: Option<(f64, usize)> = None;
    for (cut, value) in batches.iter().map(|batch| batch - level).enumerate().rev() {
        (sum, squares) = (sum + value, squares + value * value);
        let n = (batches.len() - cut) as f64;
        let error = (squares - sum * sum / n).max(0.0) / (n * n);
        // The last few batches may be alike by chance: they are not judged by themselves.
        if n >= 5.0 && best.is_none_or(|(least, _)| error <= least) {
            best = Some((error, cut));
        }
    }
    let (_, cut) = best.expect("there are at least ten batches");
    if 2 * cut <= batches.len() { Ok(cut * BATCH) } else { Err(NotSteady::Late(cut * BATCH)) }
}

/// The mean of a series in steady state.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BatchMeans {
    /// The mean of all values that are in a batch.
    pub mean: f64,
    /// Its 95 % interval by Student's t over batch means.
    pub ci95: (f64, f64),
    /// Batches.
    pub batches: usize,
    /// Values per batch.
    pub size: usize,
    /// Correlation of the means of neighbouring batches: far above zero, the interval is too narrow. `None` if the
    /// means do not vary.
    pub lag1: Option<f64>,
}

impl BatchMeans {
    /// True if the means of neighbouring batches are too much alike for independent ones, by twice the standard error
    /// of an autocorrelation of independent values: then the interval is too narrow, and the run should be longer.
    pub fn dependent(&self) -> bool {
        self.lag1.is_some_and(|lag1| lag1 > 2.0 / (self.batches as f64).sqrt())
    }
}

/// The mean of `values`, which are in steady state, by so many batches. The first values are left out if they do not
/// fill all batches. `None` of fewer than five values per batch: no interval is better than one that promises too much.
///
/// # Panics
/// With fewer than two batches.
///
/// # Source
/// Schmeiser, "Batch size effects in the analysis of simulation output", Operations Research 30(3), 1982; Law,
/// "Simulation modeling and analysis", 5th edition, section 9.5.3.
pub fn batch_means(values: &[f64], batches: usize) -> Option<BatchMeans> {
    assert!(batches > 1, "an interval of {batches} batches");
    let size = values.len() / batches;
    if size < SIZE_MIN {
        return None;
    }
    let means: Vec<f64> = values[values.len() - size * batches..].chunks_exact(size).map(mean).collect();
    let estimate = one_sample(&means);
    Some(BatchMeans { mean: estimate.mean, ci95: estimate.ci95?, batches, size, lag1: lag1(&means) })
}

/// The autocorrelation at lag one; `None` if nothing varies.
pub fn lag1(values: &[f64]) -> Option<f64> {
    let (middle, whole) = (mean(values), squares(values));
    let products = values.windows(2).map(|pair| (pair[0] - middle) * (pair[1] - middle)).sum::<f64>();
    (whole > 0.0).then(|| products / whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::reference::{self, close, warming};

    #[test]
    fn truncation_is_where_the_definition_has_it() {
        assert_eq!(mser5(&warming()), Ok(reference::MSER5));
    }

    #[test]
    fn a_step_is_cut_off_where_it_is() {
        // 20 values at 10, then 80 that go between 0 and 1 with a mean of 0.4 in every batch but the last ones.
        let values: Vec<f64> = (0..100).map(|n| if n < 20 { 10.0 } else { f64::from(n % 5 % 2) }).collect();
        assert_eq!(mser5(&values), Ok(20));
        assert_eq!(mser5(&[0.0; 49]), Err(NotSteady::TooShort));
        // A run that only rises never settles: of a line, the error is the less the fewer batches are left, down to
        // five of the twenty.
        assert_eq!(mser5(&(0..100).map(f64::from).collect::<Vec<_>>()), Err(NotSteady::Late(75)));
        assert_eq!(mser5(&[3.0; 100]), Ok(0));
    }

    #[test]
    fn batch_means_are_those_of_the_reference() {
        let found = batch_means(&warming()[100..], BATCHES).unwrap();
        let got = [found.mean, found.ci95.0, found.ci95.1, found.lag1.unwrap()];
        got.into_iter().zip(reference::BATCH_MEANS).for_each(|(got, wanted)| close(got, wanted));
        assert_eq!(batch_means(&[1.0; 99], 20), None);
        let equal = batch_means(&[1.0; 107], 20).unwrap();
        assert_eq!((equal.ci95, equal.batches, equal.size, equal.lag1), ((1.0, 1.0), 20, 5, None));
    }

    #[test]
    fn batches_whose_means_climb_are_told_to_depend_on_each_other() {
        // Means 0.5, 1.5, 2.5, .., 9.5, each of a batch of five; about 5: -4.5 .. 4.5. Squares 82.5; products of
        // neighbours 2 (4.5 * 3.5 + 3.5 * 2.5 + 2.5 * 1.5 + 1.5 * 0.5) - 0.25 = 57.75. 0.7 is above
        // 2 / sqrt(10) = 0.63.
        let climbing: Vec<f64> = (0..50).map(|n| f64::from(n / 5) + 0.5).collect();
        let found = batch_means(&climbing, 10).unwrap();
        close(found.lag1.unwrap(), 0.7);
        assert!(found.dependent() && (found.mean, found.size) == (5.0, 5));
        // The same the other way round now and then: 5, 0.5, 5.5, 1, ..
        let mixed: Vec<f64> = (0..50).map(|n| f64::from(n / 5 / 2) + f64::from(n / 5 % 2) * 5.0).collect();
        assert!(!batch_means(&mixed, 10).unwrap().dependent());
    }
}
