//! Findings: one sentence per metric on who beats whom, by how much, and how sure that is.

use super::report::labels;
use super::{ALPHA, Comparison, Difference, PairedRow, Verdict};
use crate::compare::human;

/// A sentence for every metric over all points of the sweep, in order; see [`correct`](super::correct), which is to be
/// called before.
///
/// `sjf beats fcfs in wait_mean by 2.1 min, 31.4 % (95% CI 1.7 .. 2.5 min) on 10 seeds; p = 0.0001, d_z = 3.1`, or
/// `no difference shown in ..`.
pub fn findings(comparison: &Comparison<'_>) -> Vec<String> {
    let rows = comparison.rows.iter().filter(|row| row.point.is_none());
    rows.filter_map(|row| sentence(comparison, row)).collect()
}

fn sentence(comparison: &Comparison<'_>, row: &PairedRow) -> Option<String> {
    let (a, b) = labels(comparison);
    let difference = row.difference?;
    let metric = &row.metric;
    let on = match difference.samples {
        1 => "on 1 seed".to_owned(),
        n => format!("on {n} seeds"),
    };
    Some(match row.corrected_verdict() {
        Verdict::NoInterval if difference.mean == 0.0 => format!("{b} and {a} are equal in {metric} {on}"),
        Verdict::NoInterval => {
            let (size, _) = human::interval(metric, &row.unit, difference.mean, (0.0, 0.0));
            format!("{b} and {a} differ in {metric} by {size} {on}, too few for an interval")
        }
        Verdict::Equal => format!("{b} and {a} are equal in {metric} {on}"),
        Verdict::Unclear => {
            let (size, ends) = ends(row, &difference, 1.0);
            format!(
                "no difference shown in {metric} between {b} and {a}: {size} (95% CI {ends}) {on}; {}",
                evidence(row, &difference)
            )
        }
        verdict @ (Verdict::FavoursA | Verdict::FavoursB) => {
            let (winner, loser) = if verdict == Verdict::FavoursB { (&b, &a) } else { (&a, &b) };
            let (size, ends) = ends(row, &difference, difference.mean.signum());
            format!(
                "{winner} beats {loser} in {metric} by {size}{} (95% CI {ends}) {on}; {}",
                share(&difference),
                evidence(row, &difference)
            )
        }
        Verdict::Differs => {
            let (size, ends) = ends(row, &difference, difference.mean.signum());
            let side = if difference.mean > 0.0 { "above" } else { "below" };
            format!(
                "{metric} of {b} is {size}{} {side} that of {a} (95% CI {ends}) {on}; {}",
                share(&difference),
                evidence(row, &difference)
            )
        }
    })
}

/// The difference and its interval, turned so that the difference has the sign of `sign`.
fn ends(row: &PairedRow, difference: &Difference, sign: f64) -> (String, String) {
    let (low, high) = difference.ci95.unwrap_or((difference.mean, difference.mean));
    let turned = if sign < 0.0 { (-high, -low) } else { (low, high) };
    human::interval(&row.metric, &row.unit, difference.mean * sign, turned)
}

/// The difference as a share of A, if A is not zero.
fn share(difference: &Difference) -> String {
    if difference.mean_a == 0.0 {
        return String::new();
    }
    format!(", {} %", human::digits((100.0 * difference.mean / difference.mean_a).abs(), 3))
}

/// The p-value after the correction, and the effect size.
fn evidence(row: &PairedRow, difference: &Difference) -> String {
    let shown =
        |p: f64| if p < 0.0001 { "< 0.0001".to_owned() } else { format!("= {}", human::digits(p, 2)) };
    let p = match (difference.p, row.p_holm) {
        // The interval of the row alone says more than the correction lets it.
        (Some(alone), Some(p)) if alone < ALPHA && p >= ALPHA => {
            format!("p {} alone, {} among all", shown(alone), shown(p).trim_start_matches("= "))
        }
        (alone, corrected) => {
            corrected.or(alone).map_or("no p-value".to_owned(), |p| format!("p {}", shown(p)))
        }
    };
    match difference.effect.cohen_dz {
        Some(dz) => format!("{p}, d_z = {}", human::digits(dz, 2)),
        None => p,
    }
}
