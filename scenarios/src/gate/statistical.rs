//! The statistical judge: means over seeds, in pairs of the seeds that both sides have, with Holm's correction over all
//! rows.

use analysis::statistics::holm::adjusted;
use analysis::statistics::student::{Estimate, one_sample, welch};

use super::{Baseline, Judged, RUN, Row, RowKey, Tolerances, Verdict};
use crate::problem::{Problem, Problems};

/// Chance of a false alarm over all rows of a check.
const ALPHA: f64 = 0.05;

/// Judges all metrics of both sides; facts of runs are no samples of anything.
pub(super) fn judge(
    baseline: &Baseline,
    now: &Baseline,
    tolerances: &Tolerances,
) -> Result<Vec<Judged>, Problems> {
    for (place, seeds) in [("--baseline", &baseline.seeds), ("--seeds", &now.seeds)] {
        if seeds.len() < 2 {
            let rule = "a statistical check needs at least two seeds on both sides";
            return Err(Problem::new(place, "", format!("{} seed", seeds.len()), rule).into());
        }
    }
    let mut keys: Vec<&RowKey> = baseline.rows.keys().chain(now.rows.keys()).collect();
    keys.retain(|key| !key.metric.starts_with(RUN));
    keys.sort();
    keys.dedup();
    let compared: Vec<Compared> = keys.iter().map(|key| Compared::of(key, baseline, now)).collect();
    let p_values: Vec<f64> = compared.iter().filter_map(|one| one.estimate?.p).collect();
    let mut p_values = adjusted(&p_values).into_iter();
    let rows = keys.into_iter().zip(compared).map(|(key, one)| {
        let p = one.estimate.and_then(|estimate| estimate.p).and_then(|_| p_values.next());
        one.judged(key, p, tolerances)
    });
    Ok(rows.collect())
}

/// One metric on both sides.
struct Compared {
    unit: String,
    before: Option<f64>,
    now: Option<f64>,
    estimate: Option<Estimate>,
    /// Seeds that both sides have; `None` if they are too few, and all values of both sides are compared.
    pairs: Option<usize>,
}

impl Compared {
    fn of(key: &RowKey, baseline: &Baseline, now: &Baseline) -> Self {
        let (row_a, row_b) = (baseline.rows.get(key), now.rows.get(key));
        let (mut a, mut b) = (numbers(&baseline.seeds, row_a), numbers(&now.seeds, row_b));
        let values = |side: &[(u64, f64)]| side.iter().map(|(_, value)| *value).collect::<Vec<_>>();
        // The seed decides most of a value, so that a pair says more than many values without a counterpart.
        let common = |side: &[(u64, f64)], other: &[(u64, f64)]| -> Vec<(u64, f64)> {
            side.iter().filter(|(seed, _)| other.iter().any(|(of, _)| of == seed)).copied().collect()
        };
        let (mut pairs_a, mut pairs_b) = (common(&a, &b), common(&b, &a));
        let is_paired = pairs_a.len() >= 2;
        if is_paired {
            for side in [&mut pairs_a, &mut pairs_b] {
                side.sort_by_key(|(seed, _)| *seed);
            }
            (a, b) = (pairs_a, pairs_b);
        }
        let estimate = match (a.is_empty() || b.is_empty(), is_paired) {
            (true, _) => None,
            (_, true) => {
                let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b.1 - a.1).collect();
                Some(one_sample(&differences))
            }
            _ => Some(welch(&values(&a), &values(&b))),
        };
        let mean = |side: &[(u64, f64)]| (!side.is_empty()).then(|| analysis::mean_ci95(&values(side)).0);
        let unit = row_a.or(row_b).map_or(String::new(), |row| row.unit.clone());
        let pairs = is_paired.then_some(a.len());
        Self { unit, before: mean(&a), now: mean(&b), estimate, pairs }
    }

    /// `p`: adjusted for the number of rows.
    fn judged(self, key: &RowKey, p: Option<f64>, tolerances: &Tolerances) -> Judged {
        let change = self.estimate.map(|estimate| estimate.mean);
        let verdict = match (self.before, change) {
            (Some(_), Some(0.0)) => Verdict::Same,
            (Some(before), Some(change)) => {
                let within = change.abs() <= tolerances.allowed(&key.metric, before);
                // Without an interval nothing can be told from chance.
                if within || p.is_none_or(|p| p >= ALPHA) { Verdict::Tolerated } else { Verdict::Moved }
            }
            _ => Verdict::Moved,
        };
        let detail = match self.estimate.and_then(|estimate| estimate.ci95).zip(p) {
            Some(((low, high), p)) => {
                let how = self.pairs.map_or("Welch".to_owned(), |pairs| format!("{pairs} pairs"));
                format!("{how}, 95 % CI {low:.4} .. {high:.4}, p = {p:.4}")
            }
            None => "no interval".to_owned(),
        };
        Judged {
            row: key.clone(),
            unit: self.unit,
            before: self.before.map(|value| value.to_string()),
            now: self.now.map(|value| value.to_string()),
            seed: None,
            change,
            relative: change.zip(self.before).filter(|(_, before)| *before != 0.0).map(|(c, b)| c / b.abs()),
            verdict,
            detail,
        }
    }
}

/// The numbers of a row with their seeds.
fn numbers(seeds: &[u64], row: Option<&Row>) -> Vec<(u64, f64)> {
    let values = row.into_iter().flat_map(|row| &row.values);
    let pairs = seeds.iter().zip(values);
    pairs.filter_map(|(&seed, value)| Some((seed, value.as_ref()?.parse().ok()?))).collect()
}
