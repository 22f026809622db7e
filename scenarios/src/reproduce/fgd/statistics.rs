//! Means over seeds where no run can be repeated: draws that nobody recorded, or orders of our own.

use super::runs::Outcome;
use super::{SHOWN, groups};
use crate::reproduce::Statistical;

/// Names of the curves in cells, and in the file of published means.
pub(super) const CURVES: [&str; 3] = ["alloc_pct", "frag_amount_pct", "frag_ratio_pct"];

/// Means may differ by so much in any case \[percentage points\] (the reference's choice).
const SLACK_PP: f64 = 0.2;
/// Standard errors of the difference of two means that are put down to chance; with ten seeds each that is 1.34
/// standard deviations.
const ERRORS: f64 = 3.0;

/// Every trace, policy, curve and shown load of runs that repeat no published one.
pub(super) fn compare(outcomes: &[Outcome<'_>]) -> Vec<Statistical> {
    let mut cells = Vec::new();
    for group in groups(outcomes).into_iter().filter(|group| group[0].spec.theirs.is_none()) {
        let spec = group[0].spec;
        let published = &spec.golden.means[spec.published];
        for (n, curve) in CURVES.iter().enumerate() {
            for load in SHOWN {
                let Some(&[theirs, sd, seeds]) = published.get(&(n, load)) else { continue };
                let ours: Vec<f64> = group
                    .iter()
                    .filter_map(|outcome| outcome.ours.get(&load))
                    .map(|triple| triple[n])
                    .collect();
                cells.push(Statistical {
                    name: format!("{}/{}/{curve}@{load}", spec.golden.trace, spec.policy),
                    ours: ours.iter().sum::<f64>() / ours.len() as f64,
                    theirs,
                    sd,
                    limit: SLACK_PP.max(ERRORS * sd * (1.0 / seeds + 1.0 / ours.len() as f64).sqrt()),
                });
            }
        }
    }
    cells
}
