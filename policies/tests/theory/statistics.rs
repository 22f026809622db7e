//! Confidence intervals over independent runs.

/// Runs per interval.
pub(crate) const SEEDS: u64 = 30;
/// Two-sided 99% quantile of Student's t with 29 degrees of freedom, from the usual tables.
const T_99_29: f64 = 2.756;

/// Mean of the samples and half the width of its 99% interval.
///
/// # Panics
/// If there are not [`SEEDS`] samples: the quantile belongs to that number.
pub(crate) fn interval(samples: &[f64]) -> (f64, f64) {
    assert_eq!(samples.len() as u64, SEEDS);
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let variance = samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    (mean, T_99_29 * (variance / n).sqrt())
}

#[test]
fn the_interval_of_equal_halves_is_known() {
    // 15 zeros and 15 twos: mean 1, variance 30 x 1 / 29, half width 2.756 x sqrt(30 / 29 / 30) = 2.756 / sqrt(29).
    let samples: Vec<f64> = (0..30).map(|n| f64::from(n % 2 * 2)).collect();
    let (mean, half) = interval(&samples);
    assert!((mean - 1.0).abs() < 1e-12 && (half - 2.756 / 29f64.sqrt()).abs() < 1e-12);
}
