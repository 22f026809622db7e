//! The exact judge: every digit, seed by seed.

use super::{Baseline, FINGERPRINT, Judged, RUN, Row, RowKey, Tolerances, Verdict};
use crate::problem::{Problem, Problems};

/// Judges all rows of both sides.
pub(super) fn judge(
    baseline: &Baseline,
    now: &Baseline,
    tolerances: &Tolerances,
) -> Result<Vec<Judged>, Problems> {
    if baseline.seeds != now.seeds {
        let shown = |seeds: &[u64]| seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let rule = format!(
            "the baseline has the seeds {}: an exact check runs the same ones, --statistical compares others",
            shown(&baseline.seeds)
        );
        return Err(Problem::new("--seeds", "", shown(&now.seeds), rule).into());
    }
    let mut keys: Vec<&RowKey> = baseline.rows.keys().chain(now.rows.keys()).collect();
    keys.sort();
    keys.dedup();
    let row =
        |key: &RowKey| judged(key, &baseline.seeds, baseline.rows.get(key), now.rows.get(key), tolerances);
    Ok(keys.into_iter().map(row).collect())
}

/// One row. Of the seeds that moved, the one that moved most is shown.
fn judged(
    key: &RowKey,
    seeds: &[u64],
    before: Option<&Row>,
    now: Option<&Row>,
    tolerances: &Tolerances,
) -> Judged {
    let value = |row: Option<&Row>, n: usize| row.and_then(|row| row.values[n].clone());
    let (mut moved, mut shown) = (0, (0, Step::SAME));
    for n in 0..seeds.len() {
        let step = Step::of(key, value(before, n).as_deref(), value(now, n).as_deref(), tolerances);
        moved += usize::from(step.verdict != Verdict::Same);
        if (step.verdict, step.size()) > (shown.1.verdict, shown.1.size()) {
            shown = (n, step);
        }
    }
    let (n, step) = shown;
    Judged {
        row: key.clone(),
        unit: before.or(now).map_or(String::new(), |row| row.unit.clone()),
        before: value(before, n),
        now: value(now, n),
        seed: Some(seeds[n]),
        change: step.change,
        relative: step.relative,
        verdict: step.verdict,
        detail: format!("{moved} of {}", seeds.len()),
    }
}

/// How one value moved.
#[derive(Clone, Copy)]
struct Step {
    verdict: Verdict,
    change: Option<f64>,
    relative: Option<f64>,
}

impl Step {
    const SAME: Self = Self { verdict: Verdict::Same, change: Some(0.0), relative: Some(0.0) };

    fn of(key: &RowKey, before: Option<&str>, now: Option<&str>, tolerances: &Tolerances) -> Self {
        if before == now {
            return Self::SAME;
        }
        // With tolerances, runs need not be the same: their facts are told and not judged.
        let of_run = key.metric.starts_with(RUN) && !tolerances.is_empty();
        let verdict = |is_tolerated| if is_tolerated { Verdict::Tolerated } else { Verdict::Moved };
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<f64>().ok());
        let numbers = if key.metric == FINGERPRINT { None } else { number(before).zip(number(now)) };
        let Some((before, now)) = numbers else {
            return Self { verdict: verdict(of_run), change: None, relative: None };
        };
        let change = now - before;
        let is_tolerated = of_run || change.abs() <= tolerances.allowed(&key.metric, before);
        Self {
            verdict: verdict(is_tolerated),
            change: Some(change),
            relative: (before != 0.0).then(|| change / before.abs()),
        }
    }

    /// For the choice of the seed that is shown: what came or went is more than any change.
    fn size(&self) -> f64 {
        self.relative.or(self.change).map_or(f64::INFINITY, f64::abs)
    }
}
