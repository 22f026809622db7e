//! Comparison tables: text for people, CSV for spreadsheets.

use std::fmt::Write;

use sim_core::Better;

use super::{SummaryRow, human};
use crate::metrics::metric;

/// Columns of the text table: metrics, or families of them, in order. Shares of single tenants are left out.
pub const DEFAULT_COLUMNS: &[&str] = &[
    "wait_mean",
    "wait_p95",
    "jct_mean",
    "bounded_slowdown_mean",
    "utilization_",
    "fragmentation_",
    "makespan",
    "cost",
    "unfinished",
];

/// Marks the best value of a column.
const BEST: char = '*';

/// A table per point of the sweep, metrics down and policies across: mean ± half of the 95 % interval, `*` at
/// the best.
///
/// `columns` are full names of metrics, or families that end in `_` (see [`DEFAULT_COLUMNS`]); columns that
/// no policy has, and families' members and costs that are zero everywhere, are left out. Predictors are
/// named where they differ.
pub fn text_table(rows: &[SummaryRow], columns: &[&str]) -> String {
    let columns = present(rows, columns);
    let mut text = String::new();
    for axes in distinct(rows.iter().map(|row| &row.axes)) {
        let here: Vec<&SummaryRow> = rows.iter().filter(|row| row.axes == *axes).collect();
        if !text.is_empty() {
            text.push('\n');
        }
        if !axes.is_empty() {
            let point: Vec<String> = axes.iter().map(|(axis, value)| format!("{axis} = {value}")).collect();
            writeln!(text, "{}", point.join(", ")).expect("text can always grow");
        }
        let with_predictors = distinct(rows.iter().map(|row| (&row.predictor, &row.information))).len() > 1;
        text.push_str(&aligned(&transposed(&grid(&here, &columns, with_predictors))));
    }
    text
}

/// The same as comma-separated values: one line per policy, point and metric, with whole numbers.
///
/// # Shape
/// `policy, predictor, information`, one column per axis, `metric, unit, mean, ci95_low, ci95_high, n`.
pub fn csv_table(rows: &[SummaryRow]) -> String {
    let axes = distinct(rows.iter().flat_map(|row| row.axes.iter().map(|(axis, _)| axis.as_str())));
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut line: Vec<String> = ["policy", "predictor", "information"].map(str::to_owned).into();
    line.extend(axes.iter().map(|axis| (*axis).to_owned()));
    line.extend(["metric", "unit", "mean", "ci95_low", "ci95_high", "n"].map(str::to_owned));
    out.write_record(&line).expect("memory can always be written to");
    for row in rows {
        let of_axis =
            |axis: &&str| row.axes.iter().find(|(name, _)| name == axis).map_or("", |(_, value)| value);
        let mut line = vec![row.policy.clone(), row.predictor.clone(), row.information.clone()];
        line.extend(axes.iter().map(|axis| of_axis(axis).to_owned()));
        let end = |end: Option<f64>| end.map_or(String::new(), |end| end.to_string());
        let (low, high) = (row.ci95.map(|ci| ci.0), row.ci95.map(|ci| ci.1));
        line.extend([row.metric.clone(), row.unit.clone(), row.mean.to_string()]);
        line.extend([end(low), end(high), row.n.to_string()]);
        out.write_record(&line).expect("memory can always be written to");
    }
    let bytes = out.into_inner().expect("memory can always be written to");
    String::from_utf8(bytes).expect("text in, text out")
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    items.for_each(|item| {
        if !seen.contains(&item) {
            seen.push(item);
        }
    });
    seen
}

/// The full names that `columns` stand for.
fn present(rows: &[SummaryRow], columns: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for &column in columns {
        let is_family = column.ends_with('_');
        let belongs = |name: &str| {
            if is_family { metric(name).is_some_and(|metric| metric.name == column) } else { name == column }
        };
        for name in distinct(rows.iter().map(|row| row.metric.as_str()).filter(|name| belongs(name))) {
            let is_zero = rows.iter().all(|row| row.metric != name || row.mean == 0.0);
            if !(is_zero && (is_family || name == "cost")) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Head line, then one line per policy.
fn grid(rows: &[&SummaryRow], columns: &[String], with_predictors: bool) -> Vec<Vec<String>> {
    let mut head = vec![String::new()];
    head.extend(columns.iter().cloned());
    let mut lines = vec![head];
    for label in distinct(rows.iter().map(|row| (&row.policy, &row.predictor, &row.information))) {
        let (policy, predictor, information) = label;
        let name =
            if with_predictors { format!("{policy} ({predictor}, {information})") } else { policy.clone() };
        let mut line = vec![name];
        for column in columns {
            let of_column = || rows.iter().filter(|row| row.metric == *column);
            let is_here = |row: &&&SummaryRow| (&row.policy, &row.predictor, &row.information) == label;
            line.push(of_column().find(is_here).map_or("-".to_owned(), |row| {
                let half = row.ci95.map(|(low, high)| (high - low) / 2.0);
                let text = human::value(column, &row.unit, row.mean, half);
                let values: Vec<f64> = of_column().map(|row| row.mean).collect();
                if is_best(column, row.mean, &values) { format!("{text} {BEST}") } else { text }
            }));
        }
        lines.push(line);
    }
    lines
}

/// True if no policy is better and some are worse.
fn is_best(name: &str, value: f64, values: &[f64]) -> bool {
    let better = metric(name).map_or(Better::Neither, |metric| metric.better);
    let wins = |other: f64| match better {
        Better::Lower => value < other,
        Better::Higher => value > other,
        Better::Neither => false,
    };
    values.iter().all(|&other| value == other || wins(other)) && values.iter().any(|&other| wins(other))
}

/// Lines as columns: there are more metrics than policies, and lines are short.
fn transposed(lines: &[Vec<String>]) -> Vec<Vec<String>> {
    let column = |n: usize| lines.iter().map(|line| line[n].clone()).collect();
    (0..lines[0].len()).map(column).collect()
}

/// Columns of equal width, the first to the left and the others to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let width = |n: usize| lines.iter().map(|line| line[n].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines[0].len()).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate();
        let cell = |(n, (cell, &width)): (usize, (&String, &usize))| {
            if n == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        };
        writeln!(text, "{}", cells.map(cell).collect::<Vec<_>>().join("  ").trim_end())
            .expect("text can always grow");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::summarize;
    use crate::record::{MetricValue, RunRecord};
    use crate::testing::record;

    fn with(mut record: RunRecord, name: &str, unit: &str, value: f64) -> RunRecord {
        record.metrics.push(MetricValue { name: name.into(), unit: unit.into(), value });
        record
    }

    fn records() -> Vec<RunRecord> {
        let run = |policy: &str, seed, wait, utilization| {
            let run = with(record(policy, seed, wait), "utilization_cpu", "1", utilization);
            let run = with(run, "utilization_tenant_cpu:a", "1", 0.5);
            with(with(run, "utilization_disk", "1", 0.0), "unfinished", "jobs", 0.0)
        };
        vec![run("fcfs", 1, 4320.0, 0.5), run("backfill", 1, 35.0, 0.75)]
    }

    #[test]
    fn policies_stand_side_by_side_with_the_best_marked() {
        let text = text_table(&summarize(&records()), DEFAULT_COLUMNS);
        let expected = "\
workload.load = 1.3
                  fcfs  backfill
wait_mean        1.2 h    35 s *
utilization_cpu   50 %    75 % *
unfinished           0         0
";
        assert_eq!(text, expected);
    }

    #[test]
    fn predictors_are_named_where_they_differ() {
        let mut records = records();
        records[1].key.information = "oracle".into();
        let text = text_table(&summarize(&records), &["wait_mean"]);
        assert!(text.contains("backfill (none, oracle)"), "{text}");
    }

    #[test]
    fn a_policy_without_the_metric_gets_a_dash() {
        let mut records = records();
        records[0].metrics.remove(0);
        let text = text_table(&summarize(&records), &["wait_mean", "no_such"]);
        assert_eq!(text.lines().nth(2), Some("wait_mean     -      35 s"), "{text}");
    }

    #[test]
    fn csv_has_whole_numbers() {
        let records = [record("a, b", 1, 1.0), record("a, b", 2, 1.0)];
        let expected = "policy,predictor,information,workload.load,metric,unit,mean,ci95_low,ci95_high,n\n\
                        \"a, b\",none,online,1.3,wait_mean,s,1,1,1,2\n";
        assert_eq!(csv_table(&summarize(&records)), expected);
    }
}
