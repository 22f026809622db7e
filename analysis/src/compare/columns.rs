//! Which metrics are shown: names, families, what is worth a line, and which values are better.

use sim_core::Better;

use crate::metrics::{REJECTED, UNFINISHED, metric};

/// Lines of the text table: metrics, or families of them, in order. Shares of single tenants are left out.
pub const DEFAULT_COLUMNS: &[&str] = &[
    "wait_mean",
    "wait_p95",
    "jct_mean",
    "bounded_slowdown_mean",
    "utilization_",
    "gpu_alloc_pct_at_",
    "fragmentation_",
    "gpu_fragmentation_ratio",
    "fragmentation_ratio_pct_at_",
    "makespan",
    "cost",
    "rejected",
    "unfinished",
];

/// What tells predictors apart, beside what they are good for.
pub(super) const OF_PREDICTORS: &[&str] =
    &["prediction_mae", "prediction_accuracy", "prediction_p90_coverage_pct"];

/// True if the text table may show the metric.
pub fn is_shown(name: &str) -> bool {
    !named(&[name], DEFAULT_COLUMNS).is_empty() || OF_PREDICTORS.contains(&name)
}

/// True if the metric `name` is the named one, or of the named family.
pub fn covers(named: &str, name: &str) -> bool {
    named == name || metric(name).is_some_and(|metric| metric.name == named)
}

/// The full names among `names` that `columns` stand for.
///
/// # Order
/// That of `columns`; members of a family by their labels if those are numbers, otherwise as they come.
pub(crate) fn named<'a>(names: &[&'a str], columns: &[&str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    for &column in columns {
        let is_family = column.ends_with('_');
        let belongs = |name: &str| {
            if is_family { metric(name).is_some_and(|metric| metric.name == column) } else { name == column }
        };
        let mut members = distinct(names.iter().copied().filter(|name| belongs(name)));
        let label = |name: &str| name[column.len()..].parse::<f64>().ok();
        if is_family && members.iter().all(|name| label(name).is_some()) {
            members.sort_by(|a, b| label(a).partial_cmp(&label(b)).unwrap_or(std::cmp::Ordering::Equal));
        }
        found.extend(members);
    }
    found
}

/// Which values of the metric are better. `turns_away`: whether any of the compared runs rejected a job.
///
/// Jobs that are turned away are not left unfinished: where some are, having few unfinished ones is no merit.
pub(crate) fn better(name: &str, turns_away: bool) -> Better {
    if turns_away && name == UNFINISHED.name {
        return Better::Neither;
    }
    metric(name).map_or(Better::Neither, |metric| metric.better)
}

/// True if one of these values of metrics says that a job was rejected.
pub(crate) fn turns_away<'a>(mut values: impl Iterator<Item = (&'a str, f64)>) -> bool {
    values.any(|(name, value)| name == REJECTED.name && value > 0.0)
}

/// The items without repetitions, in order of first appearance.
///
/// # Cost
/// Quadratic in what is distinct: for points, policies and metrics, not for runs.
pub(crate) fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    items.for_each(|item| {
        if !seen.contains(&item) {
            seen.push(item);
        }
    });
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_come_in_the_order_of_their_numbers() {
        let names = ["gpu_alloc_pct_at_100", "gpu_alloc_pct_at_60", "utilization_gpu", "utilization_cpu"];
        let found = named(&names, &["utilization_", "gpu_alloc_pct_at_", "no_such"]);
        let wanted = ["utilization_gpu", "utilization_cpu", "gpu_alloc_pct_at_60", "gpu_alloc_pct_at_100"];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_short_family_does_not_take_the_members_of_a_longer_one() {
        let names = ["fragmentation_cpu", "fragmentation_ratio_pct_at_60", "utilization_tenant_cpu:a"];
        assert_eq!(named(&names, &["fragmentation_", "utilization_"]), ["fragmentation_cpu"]);
    }

    #[test]
    fn few_unfinished_jobs_are_no_merit_where_jobs_are_turned_away() {
        assert_eq!(better("unfinished", turns_away([("rejected", 0.0)].into_iter())), Better::Lower);
        assert_eq!(better("unfinished", turns_away([("rejected", 2.0)].into_iter())), Better::Neither);
        assert_eq!(better("rejected", true), Better::Lower);
    }
}
