//! Intervals and p-values of means by Student's t: of one sample, of pairs, and of two samples by Welch.

use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};

use super::{CONFIDENCE, mean, variance};

/// A difference of means with what is known about it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The estimate.
    pub mean: f64,
    /// Its two-sided 95 % interval; `None` if there is a single value.
    pub ci95: Option<(f64, f64)>,
    /// The two-sided p-value of no difference; `None` without an interval. Where nothing varies it is 1 or 0, as in
    /// SciPy: every value is zero, or chance has no part in the difference.
    pub p: Option<f64>,
}

/// The mean of `values`, as of paired differences, against zero.
///
/// Of equal values it is that value and an interval without width: the rounding of their sum is no difference
/// between them.
///
/// # Panics
/// Without values.
/// # Source
/// Student, "The probable error of a mean", Biometrika 6(1), 1908.
pub fn one_sample(values: &[f64]) -> Estimate {
    let (mean, n) = (mean(values), values.len() as f64);
    let Some(variance) = variance(values) else { return Estimate { mean, ci95: None, p: None } };
    if variance == 0.0 {
        return certain(mean);
    }
    of_error(mean, (variance / n).sqrt(), n - 1.0)
}

/// The difference of the means of two independent samples, b - a, whose variances may differ.
///
/// # Panics
/// If one of them is empty.
/// # Source
/// Welch, "The generalization of `Student's' problem when several different population variances are involved",
/// Biometrika 34(1-2), 1947.
pub fn welch(a: &[f64], b: &[f64]) -> Estimate {
    let difference = mean(b) - mean(a);
    let (Some(var_a), Some(var_b)) = (variance(a), variance(b)) else {
        return Estimate { mean: difference, ci95: None, p: None };
    };
    let (of_a, of_b) = (var_a / a.len() as f64, var_b / b.len() as f64);
    let whole = of_a + of_b;
    if whole == 0.0 {
        return certain(difference);
    }
    let parts = of_a * of_a / (a.len() - 1) as f64 + of_b * of_b / (b.len() - 1) as f64;
    of_error(difference, whole.sqrt(), whole * whole / parts)
}

/// A difference without spread.
fn certain(mean: f64) -> Estimate {
    Estimate { mean, ci95: Some((mean, mean)), p: Some(if mean == 0.0 { 1.0 } else { 0.0 }) }
}

/// The estimate of a mean with standard error `error` and so many degrees of freedom.
pub(crate) fn of_error(mean: f64, error: f64, freedom: f64) -> Estimate {
    let half = quantile(0.5 + CONFIDENCE / 2.0, freedom) * error;
    let p = 2.0 * distribution(freedom).sf((mean / error).abs());
    Estimate { mean, ci95: Some((mean - half, mean + half)), p: Some(p.min(1.0)) }
}

/// The mean of `values` and its 95 % interval; see [`one_sample`].
///
/// # Panics
/// Without values.
pub fn mean_ci95(values: &[f64]) -> (f64, Option<(f64, f64)>) {
    let estimate = one_sample(values);
    (estimate.mean, estimate.ci95)
}

fn distribution(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom).expect("degrees of freedom are more than zero")
}

/// The quantile of Student's t at `level`: the library's, and two of Newton's steps to the last digits.
fn quantile(level: f64, freedom: f64) -> f64 {
    let t = distribution(freedom);
    let step = |x: f64| x + (t.sf(x) - (1.0 - level)) / t.pdf(x);
    step(step(t.inverse_cdf(level)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::reference::{PAIRED, WELCH_A, WELCH_B, close};

    #[test]
    fn intervals_are_those_of_students_t() {
        // Mean 3, variance 2.5, t(4, 0.975) = 2.776445: half width 2.776445 * sqrt(2.5 / 5).
        let (mean, ci95) = mean_ci95(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let (low, high) = ci95.unwrap();
        assert_eq!(mean, 3.0);
        assert!((high - 3.0 - 2.776_445 * 0.5f64.sqrt()).abs() < 1e-6 && (low + high - 6.0).abs() < 1e-9);
        assert_eq!(mean_ci95(&[4.0]), (4.0, None));
        // Three times 0.1 is not 0.3.
        assert_eq!(mean_ci95(&[0.1; 3]), (0.1, Some((0.1, 0.1))));
    }

    #[test]
    fn quantiles_of_students_t_are_scipys() {
        for (freedom, wanted) in crate::statistics::reference::T_975 {
            close(quantile(0.975, freedom), wanted);
        }
    }

    #[test]
    fn pairs_are_judged_as_scipy_does() {
        let found = one_sample(&PAIRED);
        let (low, high) = found.ci95.unwrap();
        let wanted = crate::statistics::reference::PAIRED_T;
        [low, high, found.p.unwrap()].into_iter().zip(wanted).for_each(|(got, wanted)| close(got, wanted));
    }

    #[test]
    fn two_samples_are_judged_as_scipys_welch_does() {
        let found = welch(&WELCH_A, &WELCH_B);
        let (low, high) = found.ci95.unwrap();
        let wanted = crate::statistics::reference::WELCH;
        [low, high, found.p.unwrap()].into_iter().zip(wanted).for_each(|(got, wanted)| close(got, wanted));
    }

    #[test]
    fn where_nothing_varies_a_difference_is_no_chance() {
        assert_eq!(one_sample(&[0.0; 4]).p, Some(1.0));
        // SciPy's ttest_rel and ttest_ind say 0 as well.
        assert_eq!(one_sample(&[2.0; 4]), Estimate { mean: 2.0, ci95: Some((2.0, 2.0)), p: Some(0.0) });
        assert_eq!(welch(&[1.0; 3], &[1.0; 2]).p, Some(1.0));
        assert_eq!(welch(&[1.0; 3], &[2.0; 2]).p, Some(0.0));
        assert_eq!(one_sample(&[2.0]).p, None);
    }
}
