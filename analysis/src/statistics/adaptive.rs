//! The adaptive number of seeds: more pairs until every difference to the baseline is known well enough.

use super::student::one_sample;

/// When to stop adding seeds.
///
/// It depends on the values alone, taken in the order of their seeds, so that a sweep which was interrupted, or
/// which ran seeds ahead, stops at the same one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rule {
    /// Half a 95 % interval must be less than this part of the baseline's mean.
    pub share: f64,
    /// Fewest seeds: a variance of fewer is a guess. Stopping by chance at a small one makes intervals too narrow.
    pub min: usize,
    /// Most seeds.
    pub max: usize,
}

/// Fewest seeds unless told otherwise (arbitrary; its coverage is in results/published/statistics.md).
pub const SEEDS_MIN: usize = 5;

impl Rule {
    /// True if the first `seeds` values suffice: of the baseline, and of each policy beside it on the same seeds.
    ///
    /// # Panics
    /// If there are fewer values than `seeds`.
    /// # Source
    /// Chow and Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals for the mean", Annals
    /// of Mathematical Statistics 36(2), 1965; Law, "Simulation modeling and analysis", 5th edition, section 9.4.1.
    pub fn is_met(&self, baseline: &[f64], policies: &[Vec<f64>], seeds: usize) -> bool {
        if seeds >= self.max {
            return true;
        }
        if seeds < self.min.max(2) {
            return false;
        }
        let allowed = self.share * super::mean(&baseline[..seeds]).abs();
        policies.iter().all(|policy| {
            let pairs = baseline[..seeds].iter().zip(&policy[..seeds]);
            let differences: Vec<f64> = pairs.map(|(a, b)| b - a).collect();
            one_sample(&differences)
                .ci95
                .is_some_and(|(low, high)| (high - low) / 2.0 < allowed || low == high)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { share: 0.2, min: 3, max: 5 };

    #[test]
    fn it_stops_when_every_interval_is_narrow() {
        // Differences 1, 2, 3: half width t(2, 0.975) * sqrt(1 / 3) = 2.48; a fifth of a mean of 12.42 is 2.484.
        let of = |mean: f64| (vec![mean; 3], vec![mean + 1.0, mean + 2.0, mean + 3.0]);
        let (narrow, policy) = of(12.43);
        assert!(RULE.is_met(&narrow, &[policy.clone()], 3));
        let (wide, other) = of(12.41);
        assert!(!RULE.is_met(&wide, &[other], 3));
        // The widest of all decides, and zero width is narrow even of nothing.
        assert!(!RULE.is_met(&narrow, &[policy, vec![0.0, 50.0, 100.0]], 3));
        assert!(RULE.is_met(&[0.0; 3], &[vec![0.0; 3]], 3));
    }

    #[test]
    fn it_keeps_its_bounds() {
        let (base, wild) = (vec![1.0; 5], vec![0.0, 9.0, -9.0, 5.0, 70.0]);
        assert!(!RULE.is_met(&base, &[base.clone()], 2), "too few");
        assert!(!RULE.is_met(&base, &[wild.clone()], 4));
        assert!(RULE.is_met(&base, &[wild], 5), "as many as there may be");
    }
}
