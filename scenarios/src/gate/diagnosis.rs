//! What most likely moved the numbers: which policy, at which point, by which row.

use analysis::METRICS;

use super::{Check, FINGERPRINT, Judged, RUN, Verdict};

/// Names that are listed before the rest is counted.
const NAMED_MAX: usize = 4;

/// The row that explains most: of the policy and point that moved furthest, the first in the order of metrics, in which
/// counts of jobs come before waits, waits before completion, and totals last. `None` if nothing moved but facts of
/// runs.
pub(super) fn likely(check: &Check) -> Option<&Judged> {
    let moved = || check.moved().filter(|row| !row.row.metric.starts_with(RUN));
    let furthest = moved().max_by(|a, b| size(a).total_cmp(&size(b)))?;
    let same = |row: &&Judged| row.row.policy == furthest.row.policy && row.row.point == furthest.row.point;
    moved().filter(same).min_by_key(|row| order(&row.row.metric))
}

/// How far a row moved, for comparing rows of different units; what came or went, or left zero, is further than all.
pub(super) fn size(row: &Judged) -> f64 {
    row.relative.map_or(f64::INFINITY, f64::abs)
}

/// The place of a metric among all metrics.
fn order(name: &str) -> usize {
    let declared = analysis::metric(name).map(|metric| metric.name);
    METRICS.iter().position(|metric| Some(metric.name) == declared).unwrap_or(METRICS.len())
}

/// Sentences on where to look, from what moved and what did not.
pub(super) fn sentences(check: &Check) -> Vec<String> {
    let mut sentences = Vec::new();
    let moved = |wanted: &dyn Fn(&Judged) -> bool| check.moved().any(wanted);
    let came_or_went = |row: &Judged| row.before.is_none() || row.now.is_none();
    if !check.is_statistical && !changed(check, FINGERPRINT) {
        if moved(&|row| !came_or_went(row)) {
            sentences.push(
                "No run has another fingerprint: what ran when and where is the same, so these metrics are computed \
                 otherwise, or are about what was promised."
                    .to_owned(),
            );
        }
    } else if changed(check, &format!("{RUN}submitted")) {
        sentences.push("Runs have another number of jobs: look at the workload first.".to_owned());
    }
    let (policies, of) =
        (names(check, |row| &row.row.policy, true), names(check, |row| &row.row.policy, false));
    match (policies.len(), of.len()) {
        (0, _) => {}
        (some, all) if some == all && all > 1 => sentences.push(format!(
            "All {all} policies moved: look at what they share, the workload, the cluster or the engine."
        )),
        (1, all) if all > 1 => {
            sentences.push(format!("Of {all} policies only {} moved: look at its parts.", policies[0]));
        }
        (some, all) if all > 1 => {
            sentences.push(format!(
                "{some} of {all} policies moved ({}): look at the parts that they share.",
                listed(&policies)
            ));
        }
        _ => {}
    }
    let (points, of) = (names(check, |row| &row.row.point, true), names(check, |row| &row.row.point, false));
    if !points.is_empty() && points.len() < of.len() {
        sentences.push(format!("Of {} points only {} moved.", of.len(), listed(&points)));
    }
    sentences
}

/// True if a fact of some run is another one now, whether that is tolerated or not.
fn changed(check: &Check, metric: &str) -> bool {
    check.rows.iter().any(|row| row.row.metric == metric && row.verdict != Verdict::Same)
}

/// Distinct policies or points, in order: of the rows that moved, or of all.
fn names<'a>(check: &'a Check, of: impl Fn(&'a Judged) -> &'a String, only_moved: bool) -> Vec<&'a str> {
    let rows = check.rows.iter().filter(|row| !only_moved || row.verdict == Verdict::Moved);
    let mut names: Vec<&str> = rows.map(|row| of(row).as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn listed(names: &[&str]) -> String {
    let shown = names[..names.len().min(NAMED_MAX)].join(", ");
    let more = names.len().saturating_sub(NAMED_MAX);
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
