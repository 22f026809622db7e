//! The tables of RLScheduler's README, which are tables V and VI of the paper, and the runs behind them.
//!
//! # Source
//! github.com/DIR-LAB/deep-batch-scheduler, README.md as of 2021; Zhang, Dai, He, Bao, Xie, "RLScheduler: an automated
//! HPC batch job scheduler using reinforcement learning", SC 2020.

use std::collections::{BTreeMap, BTreeSet};

use super::runs::Trace;
use super::{Key, Outcomes};
use crate::reproduce::Case;

/// First jobs of the ten sequences that the README's script draws with its seed, 1, among the first 10,000 jobs.
pub(super) const STARTS: [u64; 10] = [1981, 2756, 4299, 8850, 3316, 2714, 5228, 7762, 4022, 7085];
/// Jobs of each sequence.
pub(super) const LEN: u64 = 1024;
/// The policies of the tables, as golden files call them.
pub(super) const POLICIES: [&str; 5] = ["fcfs", "wfp3", "unicep", "sjf", "f1"];
/// WFP3 and UNICEP as they were meant, and a plain order that the tables lack.
pub(super) const MEANT: [&str; 3] = ["wfp3_fixed", "unicep_fixed", "smallest"];
/// The metrics of the tables: as golden files call them, and for people.
pub(super) const METRICS: [(&str, &str); 2] =
    [("bsld", "mean bounded slowdown"), ("util", "utilization up to the last start")];

/// A row of both tables.
pub(super) struct Row {
    pub(super) trace: &'static str,
    pub(super) backfill: bool,
    /// As printed, by metric and then by policy.
    pub(super) cells: [[&'static str; 5]; 2],
    /// The trained agent, by metric.
    pub(super) agent: [&'static str; 2],
}

impl Row {
    pub(super) fn name(&self) -> String {
        format!("{}{}", self.trace, if self.backfill { "/backfill" } else { "" })
    }
}

const fn row(
    trace: &'static str,
    backfill: bool,
    bsld: [&'static str; 5],
    util: [&'static str; 5],
    agent: [&'static str; 2],
) -> Row {
    Row { trace, backfill, cells: [bsld, util], agent }
}

/// The tables as published.
pub(super) const TABLE: [Row; 8] = [
    row(
        "lublin-1",
        false,
        ["7273.77", "19753.53", "22274.74", "277.35", "258.37"],
        ["0.657", "0.747", "0.691", "0.762", "0.816"],
        ["254.67", "0.714"],
    ),
    row(
        "sdsc-sp2",
        false,
        ["1727.54", "3000.88", "1848.45", "2680.55", "1232.06"],
        ["0.670", "0.658", "0.688", "0.645", "0.674"],
        ["466.44", "0.671"],
    ),
    row(
        "hpc2n",
        false,
        ["297.18", "426.99", "609.77", "157.71", "118.01"],
        ["0.638", "0.636", "0.636", "0.640", "0.637"],
        ["117.01", "0.640"],
    ),
    row(
        "lublin-2",
        false,
        ["7842.47", "9523.18", "11265.31", "787.89", "698.34"],
        ["0.404", "0.543", "0.510", "0.562", "0.478"],
        ["724.51", "0.562"],
    ),
    row(
        "lublin-1",
        true,
        ["235.82", "133.87", "307.23", "73.31", "75.07"],
        ["0.868", "0.864", "0.883", "0.778", "0.840"],
        ["58.64", "0.850"],
    ),
    row(
        "sdsc-sp2",
        true,
        ["1595.12", "1083.12", "548.01", "2167.84", "1098.22"],
        ["0.682", "0.681", "0.706", "0.661", "0.677"],
        ["397.82", "0.707"],
    ),
    row(
        "hpc2n",
        true,
        ["127.38", "97.39", "175.12", "122.04", "71.95"],
        ["0.639", "0.637", "0.638", "0.641", "0.638"],
        ["86.14", "0.642"],
    ),
    row(
        "lublin-2",
        true,
        ["247.61", "318.35", "379.59", "91.99", "148.25"],
        ["0.587", "0.583", "0.587", "0.593", "0.552"],
        ["118.79", "0.593"],
    ),
];

/// Rows whose heuristics were run when the tables were made from the traces that we know. Other traces may be there,
/// but nobody has shown yet that the same file gives the same numbers: they are compared, and may differ.
fn is_known(row: &Row) -> bool {
    row.trace.starts_with("lublin")
}

/// The runs behind the rows whose traces are there. Cells that cannot be had are told.
pub(super) fn keys(traces: &BTreeMap<String, Trace>, skipped: &mut Vec<(String, String)>) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for row in TABLE.iter().filter(|row| traces.contains_key(row.trace)) {
        let last = STARTS.iter().max().expect("there are ten") + LEN;
        if traces[row.trace].jobs < last {
            let why = format!("the trace has {} jobs, and {last} are needed", traces[row.trace].jobs);
            skipped.push((format!("readme/{}", row.name()), why));
            continue;
        }
        skipped.push((
            format!("readme/{}/RL", row.name()),
            "an agent whose actions were drawn without a seed".to_owned(),
        ));
        for start in STARTS {
            keys.extend(POLICIES.iter().chain(&MEANT).map(|policy| key(row, policy, start)));
        }
    }
    keys
}

fn key(row: &Row, policy: &str, start: u64) -> Key {
    Key { trace: row.trace.to_owned(), start, len: LEN, policy: policy.to_owned(), backfill: row.backfill }
}

/// Our mean over the ten sequences, if they were run.
pub(super) fn mean(row: &Row, policy: &str, metric: &str, outcomes: &Outcomes) -> Option<f64> {
    let values = STARTS.iter().map(|&start| outcomes.get(&key(row, policy, start))?.metrics.float(metric));
    let sum: f64 = values.sum::<Option<f64>>()?;
    Some(sum / STARTS.len() as f64)
}

/// One case per row and metric: each of its cells, to the last digit that is printed.
pub(super) fn cases(outcomes: &Outcomes) -> Vec<Case> {
    let mut cases = Vec::new();
    for row in &TABLE {
        for (n, (metric, _)) in METRICS.iter().enumerate() {
            let ours = POLICIES.map(|policy| mean(row, policy, metric, outcomes));
            let Some(ours) = ours.into_iter().collect::<Option<Vec<f64>>>() else { continue };
            let mut case = Case {
                name: format!("readme/{}/{metric}", row.name()),
                compared: POLICIES.len() as u64,
                differing: 0,
                max_abs_diff: 0.0,
                unit: "as printed",
                must_be_exact: is_known(row),
                first: String::new(),
            };
            for ((policy, ours), theirs) in POLICIES.iter().zip(ours).zip(row.cells[n]) {
                let printed = as_printed(ours, theirs);
                if printed != theirs {
                    let value = |text: &str| text.parse::<f64>().expect("both are numbers");
                    case.differing += 1;
                    case.max_abs_diff = case.max_abs_diff.max((value(&printed) - value(theirs)).abs());
                    if case.first.is_empty() {
                        case.first = format!("{policy}: ours {printed}, theirs {theirs}");
                    }
                }
            }
            cases.push(case);
        }
    }
    cases
}

/// A number with as many decimals as `like`.
pub(super) fn as_printed(number: f64, like: &str) -> String {
    let decimals = like.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_cell_is_a_number() {
        for row in &TABLE {
            let cells = row.cells.iter().flatten().chain(&row.agent);
            assert!(cells.clone().count() == 12 && cells.clone().all(|cell| cell.parse::<f64>().is_ok()));
        }
    }

    #[test]
    fn numbers_are_printed_with_the_decimals_of_the_table() {
        assert_eq!(as_printed(7_273.765_9, "7273.77"), "7273.77");
        assert_eq!(as_printed(0.656_51, "0.657"), "0.657");
        assert_eq!(as_printed(2.0, "2"), "2");
    }
}
