//! Means over seeds where no run can be repeated: draws that nobody recorded, or orders of our own.

use super::golden::Triple;
use super::runs::Outcome;
use super::{SHOWN, groups};
use crate::reproduce::Statistical;

/// Names of the curves in cells.
const CURVES: [&str; 3] = ["alloc_pct", "frag_amount_pct", "frag_ratio_pct"];

/// Means may differ by so much in any case \[percentage points\] (the reference's choice).
const SLACK_PP: f64 = 0.2;
/// Three standard errors of the difference of two means over ten seeds: `3 * sqrt(2 / 10)`.
const DEVIATIONS: f64 = 1.34;

/// Every trace, policy, curve and shown load of runs that need not be exact.
pub(super) fn compare(outcomes: &[Outcome<'_>]) -> Vec<Statistical> {
    let mut cells = Vec::new();
    for group in groups(outcomes) {
        let inexact: Vec<&Outcome<'_>> = group.iter().filter(|outcome| !outcome.spec.is_exact()).collect();
        let Some(first) = inexact.first() else { continue };
        for (n, curve) in CURVES.iter().enumerate() {
            for load in SHOWN {
                let theirs = inexact.iter().filter_map(|outcome| outcome.spec.theirs().get(&load));
                let ours = inexact.iter().filter_map(|outcome| outcome.ours.get(&load));
                let (theirs, sd) = mean_sd(theirs, n);
                let (ours, _) = mean_sd(ours, n);
                cells.push(Statistical {
                    name: format!("{}/{}/{curve}@{load}", first.spec.golden.trace, first.spec.policy),
                    ours,
                    theirs,
                    sd,
                    limit: SLACK_PP.max(DEVIATIONS * sd),
                });
            }
        }
    }
    cells
}

/// Mean and sample standard deviation of one curve's values; not a number without values.
fn mean_sd<'a>(triples: impl Iterator<Item = &'a Triple>, n: usize) -> (f64, f64) {
    let values: Vec<f64> = triples.map(|triple| triple[n]).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, if values.len() > 1 { (squares / (count - 1.0)).sqrt() } else { 0.0 })
}
