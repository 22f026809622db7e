//! How many seeds are enough: the rule by which a sweep adds pairs of runs until its intervals are narrow.

use crate::compare::mean_ci95;

/// How narrow an interval has to be.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Width {
    /// Half of it less than this part of the baseline's mean.
    Share(f64),
    /// Half of it less than this, in the unit of the metric.
    Absolute(f64),
}

/// When to stop adding seeds.
///
/// Seeds come in blocks, and whole blocks are judged in the order of the seeds, so that neither threads nor
/// interruptions change where a sweep stops. Looking again and again at an interval and stopping when it happens to be
/// narrow makes it too narrow now and then: the larger `min`, the less so.
///
/// # Source
/// Sequential stopping at a relative or absolute precision: Law, "Simulation modeling and analysis", 5th edition,
/// section 9.4.1; Chow and Robbins, Annals of Mathematical Statistics 36(2), 1965.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Replication {
    /// How narrow intervals have to be.
    pub width: Width,
    /// Seeds of the first block; at least 2.
    pub min: usize,
    /// Most seeds.
    pub max: usize,
}

/// What the seeds so far have come to for one policy at one point.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reached {
    /// Mean difference to the baseline; of the baseline alone, its mean.
    pub mean: f64,
    /// Half of the 95 % interval of that mean; `None` of fewer than two pairs.
    pub half: Option<f64>,
    /// What it has to be less than.
    pub allowed: f64,
    /// Seeds of which both values are there.
    pub pairs: usize,
    /// True if what is judged has the same value on every one of them: such an interval has no width, whatever the
    /// spread may be.
    pub are_equal: bool,
}

impl Reached {
    /// True if the interval is narrow enough. One without width is, even where nothing is allowed.
    pub fn is_met(&self) -> bool {
        self.are_equal || self.half.is_some_and(|half| half < self.allowed)
    }
}

impl Replication {
    /// The seeds to be done altogether after `seeds` of them did not suffice: a quarter more, so that processors have
    /// something to do at once and intervals are not looked at too often (arbitrary). `None` at the most.
    pub fn next(&self, seeds: usize) -> Option<usize> {
        let next = if seeds == 0 { self.min } else { seeds + (seeds / 4).max(1) };
        (seeds < self.max).then(|| next.min(self.max))
    }

    /// Judges the values of one policy beside those of the baseline, seed by seed; `None` stands for a run that failed
    /// or lacks the metric. Without `policy`: the baseline's own mean, as where nothing else is compared.
    ///
    /// # Panics
    /// If the two lists differ in length.
    pub fn reached(&self, baseline: &[Option<f64>], policy: Option<&[Option<f64>]>) -> Reached {
        let pairs: Vec<(f64, f64)> = match policy {
            None => baseline.iter().flatten().map(|&value| (value, value)).collect(),
            Some(policy) => {
                assert_eq!(baseline.len(), policy.len(), "pairs need as many values on both sides");
                baseline.iter().zip(policy).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect()
            }
        };
        let judged: Vec<f64> = pairs.iter().map(|&(a, b)| if policy.is_some() { b - a } else { a }).collect();
        if pairs.is_empty() {
            return Reached { mean: 0.0, half: None, allowed: 0.0, pairs: 0, are_equal: false };
        }
        let (mean, ci95) = mean_ci95(&judged);
        let allowed = match self.width {
            Width::Absolute(width) => width,
            Width::Share(share) => {
                share * (pairs.iter().map(|(a, _)| a).sum::<f64>() / pairs.len() as f64).abs()
            }
        };
        let half = ci95.map(|(low, high)| (high - low) / 2.0);
        let are_equal = half.is_some() && judged.iter().all(|value| *value == judged[0]);
        Reached { mean, half, allowed, pairs: pairs.len(), are_equal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn blocks_grow_by_a_quarter_up_to_the_most() {
        let rule = Replication { width: Width::Share(0.01), min: 5, max: 12 };
        let blocks: Vec<usize> = std::iter::successors(rule.next(0), |&seeds| rule.next(seeds)).collect();
        assert_eq!(blocks, [5, 6, 7, 8, 10, 12]);
        assert_eq!(Replication { max: 3, ..rule }.next(0), Some(3));
    }

    #[test]
    fn the_interval_of_paired_differences_decides() {
        // Differences 1, 2, 3: mean 2, half t(2, 0.975) * 1 / sqrt(3) = 4.302653 * 0.577350 = 2.484138.
        let rule = |width| Replication { width, min: 2, max: 9 };
        let reached = |width, base: f64| {
            let of = [base + 1.0, base + 2.0, base + 3.0];
            rule(width).reached(&some(&[base; 3]), Some(&some(&of)))
        };
        let found = reached(Width::Share(0.2), 12.43);
        assert!((found.mean - 2.0).abs() < 1e-12 && (found.half.unwrap() - 2.484_138).abs() < 1e-6);
        // A fifth of 12.43 is 2.486, of 12.41 2.482.
        assert!(found.is_met() && !found.are_equal && !reached(Width::Share(0.2), 12.41).is_met());
        assert!(reached(Width::Absolute(2.485), -5.0).is_met());
        assert!(!reached(Width::Absolute(2.484), -5.0).is_met());
    }

    #[test]
    fn runs_without_value_count_on_neither_side() {
        let rule = Replication { width: Width::Share(0.1), min: 2, max: 9 };
        let baseline = [Some(1.0), None, Some(3.0), Some(9.0)];
        let reached = rule.reached(&baseline, Some(&[Some(2.0), Some(7.0), Some(4.0), None]));
        assert_eq!((reached.pairs, reached.mean, reached.half), (2, 1.0, Some(0.0)));
        assert!(
            reached.is_met() && reached.are_equal,
            "an interval without width is narrow, and said to have none"
        );
        assert!(!rule.reached(&[None, Some(1.0)], Some(&[Some(1.0), None])).is_met());
    }

    #[test]
    fn a_policy_alone_is_judged_by_its_own_mean() {
        // Mean 10, variance 1, half 4.302653 / sqrt(3) = 2.484138, a quarter of the mean is 2.5.
        let rule = Replication { width: Width::Share(0.25), min: 2, max: 9 };
        let reached = rule.reached(&some(&[9.0, 10.0, 11.0]), None);
        assert!(reached.is_met() && reached.mean == 10.0 && reached.allowed == 2.5);
    }
}
