//! The bootstrap: intervals from resamples, bias-corrected and accelerated for any statistic, studentized for the mean.

use sim_core::random::Stream;
use statrs::distribution::{ContinuousCDF, Normal};

use super::{CONFIDENCE, mean, quantile, squares};

/// Resamples of an interval: enough that its ends move by about a hundredth of its width (Davison and Hinkley,
/// "Bootstrap methods and their application", 1997, section 2.5.2, ask for at least 999). One less than a round
/// number, so that p-values are.
pub const RESAMPLES: usize = 9_999;

/// Which values each resample is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resamples {
    size: usize,
    indexes: Vec<u32>,
}

impl Resamples {
    /// `count` resamples of a sample of `size` values, by a stream of this name. The same whatever the values, so
    /// that what is compared is compared on the same draws.
    pub fn draw(size: usize, count: usize, name: &str) -> Self {
        let mut stream = Stream::new(0, &format!("statistics/{name}"));
        let one = |_| stream.below(size as u64) as u32;
        Self::new(size, (0..size * count).map(one).collect())
    }

    /// Resamples with the given indexes, `size` of them each.
    ///
    /// # Panics
    /// If the last resample is not whole, or an index is not below `size`.
    pub fn new(size: usize, mut indexes: Vec<u32>) -> Self {
        assert!(size > 0 && indexes.len().is_multiple_of(size), "{} indexes of {size} each", indexes.len());
        assert!(indexes.iter().all(|&index| (index as usize) < size), "an index is not below {size}");
        // In order, so that equal resamples have sums that are equal to the last bit.
        indexes.chunks_mut(size).for_each(<[u32]>::sort_unstable);
        Self { size, indexes }
    }

    /// The resamples of `values`, one after the other.
    ///
    /// # Panics
    /// If there are more or fewer values than these are for.
    pub fn of<'a>(&'a self, values: &'a [f64]) -> impl Iterator<Item = Vec<f64>> + 'a {
        assert_eq!(values.len(), self.size, "resamples of another size");
        self.rows().map(|row| row.iter().map(|&index| values[index as usize]).collect())
    }

    /// The indexes of each resample.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.indexes.chunks(self.size)
    }

    /// Values per resample.
    pub fn size(&self) -> usize {
        self.size
    }
}

/// What the bootstrap says of a statistic.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bca {
    /// The two-sided 95 % interval.
    pub ci95: (f64, f64),
    /// The two-sided p-value of zero: the level at which the interval would end there. At least 2 / (resamples + 1).
    pub p: f64,
    /// The bias correction, z0.
    pub bias: f64,
    /// The acceleration, a.
    pub acceleration: f64,
}

/// The mean by the bias-corrected and accelerated bootstrap; see [`bca_of`].
pub fn bca(values: &[f64], resamples: &Resamples) -> Option<Bca> {
    bca_of(values, mean, resamples)
}

/// A statistic of `values` by the bias-corrected and accelerated bootstrap: the acceleration from the jackknife, ends
/// by linear interpolation between resampled statistics. `None` if the method does not apply: fewer than three
/// values, or resamples that all lie on one side. Values without spread have an interval without width.
///
/// # Cost
/// Resamples times the cost of the statistic.
/// # Source
/// Efron, "Better bootstrap confidence intervals", JASA 82(397), 1987; Efron and Tibshirani, "An introduction to the
/// bootstrap", 1993, equations 14.10, 14.14 and 14.15. The arithmetic is that of `scipy.stats.bootstrap`.
pub fn bca_of(values: &[f64], statistic: impl Fn(&[f64]) -> f64, resamples: &Resamples) -> Option<Bca> {
    if values.len() < 3 {
        return None;
    }
    let whole = statistic(values);
    if values.iter().all(|value| *value == values[0]) {
        let p = p_without_spread(whole, values.len());
        return Some(Bca { ci95: (whole, whole), p, bias: 0.0, acceleration: 0.0 });
    }
    let mut drawn: Vec<f64> = resamples.of(values).map(|resample| statistic(&resample)).collect();
    drawn.sort_by(f64::total_cmp);
    let normal = Normal::standard();
    let bias = normal.inverse_cdf(share_below(&drawn, whole));
    let acceleration = acceleration(values, &statistic);
    let level = |z: f64| normal.cdf(bias + (bias + z) / (1.0 - acceleration * (bias + z)));
    let z = normal.inverse_cdf(0.5 + CONFIDENCE / 2.0);
    let (low, high) = (level(-z), level(z));
    // Infinite or not a number: all resamples lie on one side, or the jackknife does not vary.
    if !(bias.is_finite() && low.is_finite() && high.is_finite()) {
        return None;
    }
    let ci95 = (quantile(&drawn, low), quantile(&drawn, high));
    // The level of the one-sided limit that is zero: `level` turned round. At the edge there is half a resample.
    let edge = 1.0 / (drawn.len() + 1) as f64;
    let w = normal.inverse_cdf(share_below(&drawn, 0.0).clamp(edge, 1.0 - edge)) - bias;
    let one_sided = normal.cdf(w / (1.0 + acceleration * w) - bias);
    Some(Bca { ci95, p: (2.0 * one_sided.min(1.0 - one_sided)).clamp(2.0 * edge, 1.0), bias, acceleration })
}

/// What the studentized bootstrap says of a mean.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BootstrapT {
    /// The two-sided 95 % interval, as a rule longer on the side of the tail.
    pub ci95: (f64, f64),
    /// The two-sided p-value of zero: the level at which the interval would end there. At least 2 / (resamples + 1).
    pub p: f64,
}

/// The mean by the studentized bootstrap: the t statistics of resamples around the mean stand in for Student's
/// distribution, so that skew is allowed for. `None` if the method does not apply: so few values that one in forty
/// resamples has no spread, which is so of three and may be so of more if many are equal. Values without spread have
/// an interval without width.
///
/// # Cost
/// Resamples times values.
/// # Source
/// Efron, "Nonparametric standard errors and confidence intervals", Canadian Journal of Statistics 9(2), 1981; Hall,
/// "Theoretical comparison of bootstrap confidence intervals", Annals of Statistics 16(3), 1988.
pub fn bootstrap_t(values: &[f64], resamples: &Resamples) -> Option<BootstrapT> {
    if values.len() < 3 {
        return None;
    }
    let n = values.len() as f64;
    // Of the mean and standard error; infinite if there is no spread to measure by.
    let error_of = |values: &[f64]| (squares(values) / (n - 1.0) / n).sqrt();
    let (whole, error) = (mean(values), error_of(values));
    if values.iter().all(|value| *value == values[0]) {
        return Some(BootstrapT { ci95: (whole, whole), p: p_without_spread(whole, values.len()) });
    }
    let studentized = |values: Vec<f64>| {
        let t = (mean(&values) - whole) / error_of(&values);
        if t.is_nan() { 0.0 } else { t }
    };
    let mut drawn: Vec<f64> = resamples.of(values).map(studentized).collect();
    drawn.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let (low, high) = (quantile(&drawn, tail), quantile(&drawn, 1.0 - tail));
    if !(low.is_finite() && high.is_finite()) {
        return None;
    }
    let edge = 1.0 / (drawn.len() + 1) as f64;
    let one_sided = share_below(&drawn, whole / error);
    let p = (2.0 * one_sided.min(1.0 - one_sided)).clamp(2.0 * edge, 1.0);
    Some(BootstrapT { ci95: (whole - high * error, whole - low * error), p })
}

/// The p-value of zero where all values are equal: what the signs of so few values can say at best, as for Student's t.
fn p_without_spread(value: f64, count: usize) -> f64 {
    if value == 0.0 { 1.0 } else { (1.0 - count as f64).exp2() }
}

/// The share of the sorted values below `value`, those equal to it counted as half.
fn share_below(sorted: &[f64], value: f64) -> f64 {
    let below = sorted.partition_point(|other| *other < value);
    (below + sorted.partition_point(|other| *other <= value)) as f64 / (2 * sorted.len()) as f64
}

/// A sixth of the skewness of what the statistic is without each value in turn.
fn acceleration(values: &[f64], statistic: &impl Fn(&[f64]) -> f64) -> f64 {
    let without = |n: usize| statistic(&[&values[..n], &values[n + 1..]].concat());
    let left: Vec<f64> = (0..values.len()).map(without).collect();
    let middle = mean(&left);
    let (squares, cubes) = left
        .iter()
        .map(|one| middle - one)
        .fold((0.0, 0.0), |(squares, cubes), u| (squares + u * u, cubes + u * u * u));
    cubes / (6.0 * squares.powf(1.5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::reference::{self, PAIRED, close, indexes};

    #[test]
    fn on_given_resamples_the_interval_is_scipys() {
        let resamples = Resamples::new(PAIRED.len(), indexes(PAIRED.len(), 999));
        let found = bca(&PAIRED, &resamples).unwrap();
        let got = [found.bias, found.acceleration, found.ci95.0, found.ci95.1];
        got.into_iter().zip(reference::BCA_MEAN).for_each(|(got, wanted)| close(got, wanted));
    }

    #[test]
    fn other_statistics_are_bootstrapped_as_well() {
        let resamples = Resamples::new(PAIRED.len(), indexes(PAIRED.len(), 999));
        let found = bca_of(&PAIRED, crate::statistics::scores::interquartile_mean, &resamples).unwrap();
        let got = [found.bias, found.acceleration, found.ci95.0, found.ci95.1];
        got.into_iter().zip(reference::BCA_IQM).for_each(|(got, wanted)| close(got, wanted));
    }

    #[test]
    fn with_draws_of_our_own_the_ends_are_scipys_but_for_chance() {
        // SciPy with 199,999 resamples of its own. The ends of 9,999 resamples have a standard error of
        // sqrt(0.025 * 0.975 / 9999) = 0.0016 in level, here less than 2 % of the interval's width each.
        let found = bca(&PAIRED, &Resamples::draw(PAIRED.len(), RESAMPLES, "test")).unwrap();
        let (low, high) = reference::BCA_SCIPY;
        let allowed = 0.05 * (high - low);
        assert!((found.ci95.0 - low).abs() < allowed && (found.ci95.1 - high).abs() < allowed, "{found:?}");
    }

    #[test]
    fn the_p_value_is_the_level_at_which_the_interval_ends_at_zero() {
        // Moved so that an end of the interval is zero, the mean has a p-value of 5 %.
        let resamples = Resamples::draw(PAIRED.len(), RESAMPLES, "test");
        let (low, high) = bca(&PAIRED, &resamples).unwrap().ci95;
        for end in [low, high] {
            let moved: Vec<f64> = PAIRED.iter().map(|value| value - end).collect();
            let p = bca(&moved, &resamples).unwrap().p;
            // Values are multiples of 1/8, so that resamples of one mean are many: two in a thousand are.
            assert!((p - 0.05).abs() < 0.002, "{p}");
        }
        let far: Vec<f64> = PAIRED.iter().map(|value| value + 1e3).collect();
        assert_eq!(bca(&far, &resamples).unwrap().p, 2.0 / 10_000.0);
    }

    #[test]
    fn on_given_resamples_the_studentized_interval_is_that_of_the_reference() {
        let resamples = Resamples::new(PAIRED.len(), indexes(PAIRED.len(), 999));
        let found = bootstrap_t(&PAIRED, &resamples).unwrap();
        let got = [found.ci95.0, found.ci95.1, found.p];
        got.into_iter().zip(reference::BOOTSTRAP_T).for_each(|(got, wanted)| close(got, wanted));
    }

    #[test]
    fn the_studentized_bootstrap_needs_spread_in_nearly_all_resamples() {
        // One in nine resamples of three values has no spread, one in 64 of four, on two sides.
        let of = |values: &[f64]| bootstrap_t(values, &Resamples::draw(values.len(), RESAMPLES, "test"));
        assert_eq!(of(&[1.0, 2.0, 4.0]), None);
        assert!(of(&[1.0, 2.0, 4.0, 8.0]).is_some());
        // Of five values of which four are equal, 328 in 1000 resamples have no spread.
        assert_eq!(of(&[1.0, 1.0, 1.0, 1.0, 2.0]), None);
        assert_eq!(of(&[2.0; 4]), Some(BootstrapT { ci95: (2.0, 2.0), p: 0.125 }));
        assert_eq!(of(&[0.0; 4]).unwrap().p, 1.0);
    }

    #[test]
    fn draws_are_pinned_for_ever() {
        // Published intervals depend on them.
        assert_eq!(Resamples::draw(10, 2, "pairs").indexes, PINNED);
    }

    const PINNED: [u32; 20] = [0, 1, 1, 1, 2, 4, 6, 6, 7, 7, 0, 0, 0, 2, 3, 4, 5, 7, 8, 9];

    #[test]
    fn where_the_method_does_not_apply_there_is_no_interval() {
        assert_eq!(bca(&[1.0, 2.0], &Resamples::draw(2, 99, "test")), None);
        let flat = bca(&[2.0; 4], &Resamples::draw(4, 99, "test")).unwrap();
        assert_eq!((flat.ci95, flat.p), ((2.0, 2.0), 0.125));
    }
}
