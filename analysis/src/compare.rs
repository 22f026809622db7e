//! Comparisons of policies: means over seeds with confidence intervals, as text, CSV and JSON.

mod axis_labels;
pub(crate) mod columns;
pub(crate) mod human;
mod json;
mod paired;
mod table;

use crate::key::RunKey;
use crate::name::Name;
use crate::record::RunRecord;
pub use crate::statistics::student::mean_ci95;
pub use axis_labels::point_text;
pub(crate) use axis_labels::short_forms;
pub use columns::{DEFAULT_COLUMNS, covers, is_shown};
pub(crate) use human::scale as scale_of;
pub use json::{json_params, json_report, json_run, json_summary};
pub use paired::{
    Comparison, Difference, Effect, Method, PairedRow, Profile, Side, Verdict, correct, default_metrics,
    findings, paired_csv, paired_json, paired_text, profiles,
};
pub(crate) use paired::{cells, phrase};
pub(crate) use table::is_best;
pub use table::{aligned, csv_table, text_table};

/// One metric of one policy at one point of the sweep, over all its seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct SummaryRow {
    /// The policy.
    pub policy: String,
    /// The predictor.
    pub predictor: String,
    /// What the policy could know.
    pub information: String,
    /// The point of the sweep.
    pub axes: Vec<(String, String)>,
    /// Full name of the metric.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Mean over the runs that have the metric.
    pub mean: f64,
    /// The 95 % confidence interval of the mean; `None` with a single run.
    pub ci95: Option<(f64, f64)>,
    /// Runs that have the metric.
    pub n: u64,
}

/// Means over seeds of every metric, with 95 % intervals by Student's t.
///
/// # Order
/// Policies and points of the sweep in order of first appearance, metrics in the order of the first run that
/// has them.
pub fn summarize(records: &[RunRecord]) -> Vec<SummaryRow> {
    groups(records).iter().flat_map(|group| rows_of(group)).collect()
}

/// The same for runs that come one at a time and those that differ in their seed alone one behind the other, as in a
/// results folder: `found` is given the rows of one policy at one point after the other.
///
/// # Errors
/// The first error among the runs, or of `found`.
pub fn summarize_each<E>(
    records: impl IntoIterator<Item = Result<RunRecord, E>>,
    mut found: impl FnMut(Vec<SummaryRow>) -> Result<(), E>,
) -> Result<(), E> {
    let mut group: Vec<RunRecord> = Vec::new();
    for record in records {
        let record = record?;
        if group.last().is_some_and(|last| unseeded(&last.key) != unseeded(&record.key)) {
            found(rows_of(&group.iter().collect::<Vec<_>>()))?;
            group.clear();
        }
        group.push(record);
    }
    if group.is_empty() { Ok(()) } else { found(rows_of(&group.iter().collect::<Vec<_>>())) }
}

/// The key that runs share which differ in their seed alone.
fn unseeded(key: &RunKey) -> RunKey {
    RunKey { seed: 0, content: 0, ..key.clone() }
}

/// The rows of one group: one per metric.
fn rows_of(group: &[&RunRecord]) -> Vec<SummaryRow> {
    let key = &group[0].key;
    let mut names: Vec<(Name, Name)> = Vec::new();
    for metric in group.iter().flat_map(|record| &record.metrics) {
        if !names.iter().any(|(name, _)| metric.name == *name) {
            names.push((metric.name, metric.unit));
        }
    }
    let row = |(name, unit): (Name, Name)| {
        let values: Vec<f64> = group.iter().filter_map(|record| record.value(&name)).collect();
        let (mean, ci95) = mean_ci95(&values);
        SummaryRow {
            policy: key.policy.clone(),
            predictor: key.predictor.clone(),
            information: key.information.clone(),
            axes: key.axes.clone(),
            metric: name.into(),
            unit: unit.into(),
            mean,
            ci95,
            n: values.len() as u64,
        }
    };
    names.into_iter().map(row).collect()
}

/// Runs that differ in their seed alone, in order of first appearance.
fn groups(records: &[RunRecord]) -> Vec<Vec<&RunRecord>> {
    let mut numbers = std::collections::BTreeMap::new();
    let mut groups: Vec<Vec<&RunRecord>> = Vec::new();
    for record in records {
        let n = *numbers.entry(unseeded(&record.key)).or_insert(groups.len());
        if n == groups.len() {
            groups.push(Vec::new());
        }
        groups[n].push(record);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    #[test]
    fn only_runs_that_differ_in_their_seed_are_averaged() {
        let mut other = record("a", 1, 100.0);
        other.key.axes[0].1 = "1.0".into();
        let rows = summarize(&[record("a", 1, 1.0), record("b", 1, 7.0), other, record("a", 2, 3.0)]);
        let seen: Vec<_> = rows.iter().map(|row| (row.policy.as_str(), row.mean, row.n)).collect();
        assert_eq!(seen, [("a", 2.0, 2), ("b", 7.0, 1), ("a", 100.0, 1)]);
    }
}
