//! Effect sizes: how large a difference is beside the noise, and how often it shows.

use statrs::function::gamma::ln_gamma;

use super::{mean, squares, variance};

/// Cohen's d of paired differences: their mean in units of their standard deviation. `None` if that is not
/// defined: fewer than two pairs, or differences without spread.
///
/// # Source
/// Cohen, "Statistical power analysis for the behavioral sciences", 2nd edition, 1988, section 2.3.5 (d_z).
pub fn cohen_dz(differences: &[f64]) -> Option<f64> {
    let deviation = variance(differences)?.sqrt();
    (deviation > 0.0).then(|| mean(differences) / deviation)
}

/// Hedges' g of b against a: the difference of means in units of the pooled standard deviation, without the bias
/// of small samples. `None` if there is no spread, or a sample of fewer than two.
///
/// # Source
/// Hedges, "Distribution theory for Glass's estimator of effect size and related estimators", Journal of
/// Educational Statistics 6(2), 1981: the exact correction, by gamma functions.
pub fn hedges_g(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() < 2 || b.len() < 2 {
        return None;
    }
    let freedom = (a.len() + b.len() - 2) as f64;
    let pooled = ((squares(a) + squares(b)) / freedom).sqrt();
    let correction =
        (ln_gamma(freedom / 2.0) - ln_gamma((freedom - 1.0) / 2.0)).exp() / (freedom / 2.0).sqrt();
    (pooled > 0.0).then(|| correction * (mean(b) - mean(a)) / pooled)
}

/// The chance that a value of b is above one of a, ties counted as half: Vargha and Delaney's A, the area under the
/// ROC curve, Mann and Whitney's U over all pairs. Cliff's delta is `2 * A - 1`.
///
/// # Panics
/// If one of them is empty.
/// # Cost
/// O((n + m) log n).
/// # Source
/// Vargha and Delaney, "A critique and improvement of the CL common language effect size statistics of McGraw and
/// Wong", Journal of Educational and Behavioral Statistics 25(2), 2000. Cliff, "Dominance statistics: ordinal
/// analyses to answer ordinal questions", Psychological Bulletin 114(3), 1993.
pub fn chance_above(a: &[f64], b: &[f64]) -> f64 {
    assert!(!a.is_empty() && !b.is_empty(), "{} values against {}", b.len(), a.len());
    let mut sorted = a.to_vec();
    sorted.sort_by(f64::total_cmp);
    let twice = |value: &f64| {
        let below = sorted.partition_point(|other| other < value);
        below + sorted.partition_point(|other| other <= value)
    };
    // Whole numbers, so that the order does not matter.
    let twice: u64 = b.iter().map(|value| twice(value) as u64).sum();
    twice as f64 / (2 * a.len() as u64 * b.len() as u64) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::reference::{self, PAIRED, WELCH_A, WELCH_B, close};

    #[test]
    fn effects_are_those_of_the_reference() {
        close(cohen_dz(&PAIRED).unwrap(), reference::COHEN_DZ);
        close(hedges_g(&WELCH_A, &WELCH_B).unwrap(), reference::HEDGES_G);
        close(chance_above(&WELCH_A, &WELCH_B), reference::A12);
    }

    #[test]
    fn ties_count_half() {
        // Of the pairs (1,1) (1,2) (2,1) (2,2) the second is above once, equal twice: (1 + 2 / 2) / 4.
        assert_eq!(chance_above(&[1.0, 2.0], &[1.0, 2.0]), 0.5);
        assert_eq!(chance_above(&[1.0, 1.0], &[2.0]), 1.0);
    }

    #[test]
    fn without_spread_there_is_no_unit_to_measure_in() {
        assert_eq!(cohen_dz(&[1.0, 1.0]), None);
        assert_eq!(cohen_dz(&[1.0]), None);
        assert_eq!(hedges_g(&[1.0, 1.0], &[2.0, 2.0]), None);
    }
}
