//! Comparison tables: text for people, CSV for spreadsheets.

use std::fmt::Write;

use sim_core::Better;

use super::columns::{OF_PREDICTORS, better, distinct, named, turns_away};
use super::{SummaryRow, human, point_text};

/// Marks the best value of a column.
const BEST: char = '*';

/// A table per point of the sweep, metrics down and policies across: mean ± half of the 95 % interval, `*` at
/// the best.
///
/// `columns` are full names of metrics, or families that end in `_` (see
/// [`DEFAULT_COLUMNS`](super::DEFAULT_COLUMNS)); those that no policy has, and those that are zero in every run,
/// are left out. Predictors are named where they differ, and then `OF_PREDICTORS` is shown too.
pub fn text_table(rows: &[SummaryRow], columns: &[&str]) -> String {
    let with_predictors = distinct(rows.iter().map(|row| (&row.predictor, &row.information))).len() > 1;
    let more = if with_predictors { OF_PREDICTORS } else { &[] };
    let columns = present(rows, &[columns, more].concat());
    let turns_away = turns_away(rows.iter().map(|row| (row.metric.as_str(), row.mean)));
    let mut text = String::new();
    for axes in distinct(rows.iter().map(|row| &row.axes)) {
        let here: Vec<&SummaryRow> = rows.iter().filter(|row| row.axes == *axes).collect();
        if !text.is_empty() {
            text.push('\n');
        }
        if !axes.is_empty() {
            writeln!(text, "{}", point_text(axes)).expect("text can always grow");
        }
        let lines = transposed(&grid(&here, &columns, with_predictors, turns_away));
        text.push_str(&aligned(&lines, |n| n == 0));
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

/// The full names that `columns` stand for, without those that are zero everywhere.
fn present<'a>(rows: &'a [SummaryRow], columns: &[&str]) -> Vec<&'a str> {
    let names = distinct(rows.iter().map(|row| row.metric.as_str()));
    let is_zero = |name: &str| rows.iter().all(|row| row.metric != name || row.mean == 0.0);
    named(&names, columns).into_iter().filter(|name| !is_zero(name)).collect()
}

/// Head line, then one line per policy.
fn grid(rows: &[&SummaryRow], columns: &[&str], with_predictors: bool, turns_away: bool) -> Vec<Vec<String>> {
    let mut head = vec![String::new()];
    head.extend(columns.iter().map(|&column| column.to_owned()));
    let mut lines = vec![head];
    for label in distinct(rows.iter().map(|row| (&row.policy, &row.predictor, &row.information))) {
        let (policy, predictor, information) = label;
        let name =
            if with_predictors { format!("{policy} ({predictor}, {information})") } else { policy.clone() };
        let mut line = vec![name];
        for &column in columns {
            let of_column = || rows.iter().filter(|row| row.metric == column);
            let is_here = |row: &&&SummaryRow| (&row.policy, &row.predictor, &row.information) == label;
            line.push(of_column().find(is_here).map_or("-".to_owned(), |row| {
                let half = row.ci95.map(|(low, high)| (high - low) / 2.0);
                let text = human::value(column, &row.unit, row.mean, half);
                let values: Vec<f64> = of_column().map(|row| row.mean).collect();
                if is_best(better(column, turns_away), row.mean, &values) {
                    format!("{text} {BEST}")
                } else {
                    text
                }
            }));
        }
        lines.push(line);
    }
    lines
}

/// True if no policy is better and some are worse.
pub(crate) fn is_best(better: Better, value: f64, values: &[f64]) -> bool {
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

/// Columns of equal width; `is_left` says which stand to the left, the others stand to the right.
pub fn aligned(lines: &[Vec<String>], is_left: impl Fn(usize) -> bool) -> String {
    let width = |n: usize| lines.iter().map(|line| line[n].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines[0].len()).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate();
        let cell = |(n, (cell, &width)): (usize, (&String, &usize))| {
            if is_left(n) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        };
        writeln!(text, "{}", cells.map(cell).collect::<Vec<_>>().join("  ").trim_end())
            .expect("text can always grow");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{DEFAULT_COLUMNS, summarize};
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
";
        assert_eq!(text, expected);
    }

    #[test]
    fn of_arrivals_alone_what_was_placed_is_shown_and_not_the_waits() {
        let run = |policy: &str, rejected, at_130| {
            let run = with(record(policy, 1, 0.0), "gpu_alloc_pct_at_130", "%", at_130);
            let run = with(with(run, "gpu_alloc_pct_at_60", "%", 59.9), "rejected", "jobs", rejected);
            with(run, "unfinished", "jobs", 10.0 - rejected)
        };
        let rows = summarize(&[run("random", 4.0, 87.3), run("fgd", 2.0, 94.6)]);
        let expected = "\
workload.load = 1.3
                      random       fgd
gpu_alloc_pct_at_60   59.9 %    59.9 %
gpu_alloc_pct_at_130  87.3 %  94.6 % *
rejected                   4       2 *
unfinished                 6         8
";
        assert_eq!(text_table(&rows, DEFAULT_COLUMNS), expected);
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
