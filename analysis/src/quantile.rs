//! Quantiles of a stream of integers: exact for a million rows, within a thousandth beyond.

use hdrhistogram::Histogram;

/// Rows that are kept one by one; from the next one on, a histogram takes over.
pub const EXACT_MAX: usize = 1_000_000;

/// Significant decimal digits of the histogram: a quantile is off by at most 0.1 % of its value.
const DIGITS: u8 = 3;

/// A stream of non-negative integers of which mean, maximum and quantiles are wanted.
///
/// # Order
/// The results do not depend on the order in which the values came.
/// # Cost
/// 8 bytes per row up to [`EXACT_MAX`] rows, then half a megabyte whatever comes.
#[derive(Clone, Debug)]
pub struct Samples {
    rows: Vec<u64>,
    histogram: Option<Box<Histogram<u64>>>,
    exact_max: usize,
    count: u64,
    sum: u128,
    max: u64,
}

impl Default for Samples {
    fn default() -> Self {
        Self::exact_up_to(EXACT_MAX)
    }
}

impl Samples {
    /// Keeps up to `exact_max` rows one by one.
    pub fn exact_up_to(exact_max: usize) -> Self {
        Self { rows: Vec::new(), histogram: None, exact_max, count: 0, sum: 0, max: 0 }
    }

    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: u64) {
        self.count += 1;
        self.sum += u128::from(value);
        self.max = self.max.max(value);
        match &mut self.histogram {
            Some(histogram) => histogram.saturating_record(value),
            None if self.rows.len() < self.exact_max => self.rows.push(value),
            None => self.switch(value),
        }
    }

    #[cold]
    fn switch(&mut self, value: u64) {
        let mut histogram = Histogram::new_with_bounds(1, u64::MAX / 2, DIGITS)
            .expect("1 to 2^63 with three digits is within what the histogram offers");
        self.rows.iter().for_each(|&row| histogram.saturating_record(row));
        histogram.saturating_record(value);
        self.rows = Vec::new();
        self.histogram = Some(Box::new(histogram));
    }

    /// Values so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean of an exact sum; `None` without values.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The largest value, exact; `None` without values.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// True while quantiles are exact.
    pub fn is_exact(&self) -> bool {
        self.histogram.is_none()
    }

    /// Quantiles at `levels`, each in 0..=1; `None` without values.
    ///
    /// While exact, linear interpolation between order statistics (type 7, the default of NumPy and R).
    /// Beyond, the nearest rank, at most 0.1 % above the true value.
    ///
    /// # Panics
    /// If a level is outside 0..=1.
    /// # Source
    /// Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician 50(4), 1996.
    pub fn quantiles<const N: usize>(&self, levels: [f64; N]) -> Option<[f64; N]> {
        if self.count == 0 {
            return None;
        }
        if let Some(histogram) = &self.histogram {
            return Some(levels.map(|level| {
                assert!((0.0..=1.0).contains(&level), "a quantile at level {level}");
                histogram.value_at_quantile(level).min(self.max) as f64
            }));
        }
        let mut rows = self.rows.clone();
        rows.sort_unstable();
        Some(levels.map(|level| interpolated(&rows, level)))
    }
}

fn interpolated(sorted: &[u64], level: f64) -> f64 {
    assert!((0.0..=1.0).contains(&level), "a quantile at level {level}");
    let place = level * (sorted.len() - 1) as f64;
    let below = place.floor();
    let low = sorted[below as usize];
    let high = sorted[(below as usize + 1).min(sorted.len() - 1)];
    low as f64 + (place - below) * (high - low) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(exact_max: usize, values: impl IntoIterator<Item = u64>) -> Samples {
        let mut samples = Samples::exact_up_to(exact_max);
        values.into_iter().for_each(|value| samples.add(value));
        samples
    }

    #[test]
    fn few_rows_are_interpolated_as_numpy_does() {
        let four = samples(10, [40, 10, 30, 20]);
        // numpy.percentile([10, 20, 30, 40], [50, 95, 99]) = 25, 38.5, 39.7: e.g. 30 + (0.95 * 3 - 2) * 10.
        let [p50, p95, p99] = four.quantiles([0.5, 0.95, 0.99]).unwrap();
        assert_eq!((p50, p95), (25.0, 38.5));
        assert!((p99 - 39.7).abs() < 1e-12);
        assert_eq!((four.mean(), four.max()), (Some(25.0), Some(40)));
        assert_eq!(samples(10, [7]).quantiles([0.0, 0.5, 1.0]), Some([7.0; 3]));
    }

    #[test]
    fn nothing_has_no_quantile() {
        let none = Samples::default();
        assert_eq!((none.mean(), none.max(), none.quantiles([0.5])), (None, None, None));
    }

    #[test]
    fn beyond_the_limit_quantiles_stay_within_a_thousandth() {
        // A spread over nine decades, in scrambled order.
        let values = || (0..20_000u64).map(|n| (n * 7919 % 20_000).pow(2) * 1000 + 1);
        let (exact, coarse) = (samples(20_000, values()), samples(19_999, values()));
        assert!(exact.is_exact() && !coarse.is_exact());
        assert_eq!((exact.mean(), exact.max()), (coarse.mean(), coarse.max()));
        let levels = [0.01, 0.25, 0.5, 0.95, 0.99, 1.0];
        let (a, b) = (exact.quantiles(levels).unwrap(), coarse.quantiles(levels).unwrap());
        for (level, (a, b)) in levels.into_iter().zip(a.into_iter().zip(b)) {
            // Nearest rank against interpolation adds a gap between neighbours: 2 / (level * 20000), at most
            // 1 %.
            let gap = 2.0 / (level * 20_000.0);
            assert!((a - b).abs() <= a * (0.001 + gap), "{a} and {b} at {level}");
        }
    }

    #[test]
    fn the_order_of_values_does_not_matter_across_the_switch() {
        let up = samples(100, 0..1000);
        let down = samples(100, (0..1000).rev());
        assert_eq!(up.quantiles([0.1, 0.5, 0.9]), down.quantiles([0.1, 0.5, 0.9]));
    }
}
