//! Statistics of experiments: intervals, corrections, effect sizes, robust aggregates, warm-up and steady state.
//!
//! Runs with equal seeds share their random numbers, so policies are compared by the differences of such pairs, and
//! seeds are the independent samples. [`student`] is the default; [`bootstrap`] asks for no distribution;
//! [`holm`] keeps many comparisons honest; [`effect`] says how much a difference is beside the noise;
//! [`scores`] sums up many points at once; [`steady`] is for one long run.

pub mod bootstrap;
pub mod effect;
pub mod holm;
#[cfg(test)]
mod reference;
pub mod scores;
pub mod steady;
pub mod student;

/// The level of every interval: 95 % is what the field prints.
pub const CONFIDENCE: f64 = 0.95;

/// The mean; of equal values exactly that value, whatever the rounding of their sum.
///
/// # Panics
/// Without values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    assert!(!values.is_empty(), "the mean of nothing");
    if values.iter().all(|value| *value == values[0]) {
        return values[0];
    }
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sum of squared deviations from the mean.
pub(crate) fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean) * (value - mean)).sum()
}

/// The variance of a sample, over n - 1; `None` of fewer than two values.
pub(crate) fn variance(values: &[f64]) -> Option<f64> {
    (values.len() > 1).then(|| squares(values) / (values.len() - 1) as f64)
}

/// The quantile at `level` of sorted values, by linear interpolation (type 7 of Hyndman and Fan, 1996, the default
/// of NumPy and R).
///
/// # Panics
/// Without values, or if the level is outside 0..=1.
pub(crate) fn quantile(sorted: &[f64], level: f64) -> f64 {
    assert!((0.0..=1.0).contains(&level) && !sorted.is_empty(), "a quantile at {level} of {}", sorted.len());
    let place = level * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}
