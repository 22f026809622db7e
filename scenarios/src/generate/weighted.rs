//! A choice among few things by weight, in constant time.

use sim_core::Stream;

/// Walker's alias table.
///
/// # Source
/// Vose, "A linear algorithm for generating random numbers with a given distribution", TSE 1991; thresholds
/// are 64-bit fractions.
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    // Column i yields i below its threshold and its alias above.
    columns: Vec<(u64, u32)>,
}

impl Weighted {
    /// A choice among `weights.len()` things.
    ///
    /// # Panics
    /// If the weights do not have a positive, finite sum, or one is negative.
    pub(super) fn new(weights: &[f64]) -> Self {
        let sum: f64 = weights.iter().sum();
        assert!(sum > 0.0 && sum.is_finite(), "weights sum to {sum}");
        assert!(weights.iter().all(|&weight| weight >= 0.0), "a weight is negative: {weights:?}");
        let mut mass: Vec<f64> = weights.iter().map(|weight| weight / sum * weights.len() as f64).collect();
        let mut columns: Vec<(u64, u32)> = (0..weights.len()).map(|n| (u64::MAX, n as u32)).collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..weights.len()).partition(|&n| mass[n] < 1.0);
        while let (Some(low), Some(&high)) = (poor.pop(), rich.last()) {
            // Casts of f64 saturate, and 2^64 is exact.
            columns[low] = ((mass[low] * 18_446_744_073_709_551_616.0) as u64, high as u32);
            mass[high] -= 1.0 - mass[low];
            if mass[high] < 1.0 {
                rich.pop();
                poor.push(high);
            }
        }
        Self { columns }
    }

    /// The number of one thing. A choice of one draws nothing.
    #[inline]
    pub(super) fn pick(&self, stream: &mut Stream) -> usize {
        if self.columns.len() == 1 {
            return 0;
        }
        // The upper half of the product is the column, the lower half a fraction within it.
        let product = u128::from(stream.bits()) * self.columns.len() as u128;
        let column = (product >> 64) as usize;
        let (threshold, alias) = self.columns[column];
        if (product as u64) < threshold { column } else { alias as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_the_weights() {
        let weights = [1.0, 0.0, 5.0, 2.0, 2.0];
        let (table, mut stream) = (Weighted::new(&weights), Stream::new(1, "t"));
        let mut counts = [0u32; 5];
        for _ in 0..100_000 {
            counts[table.pick(&mut stream)] += 1;
        }
        for (count, weight) in counts.into_iter().zip(weights) {
            // Standard deviation is at most 158; five of them.
            assert!((f64::from(count) - weight * 10_000.0).abs() < 790.0, "{counts:?}");
        }
        assert_eq!(counts[1], 0);
    }
}
