//! What people see: the README's tables, ours beside theirs, and how many golden cases agree.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::golden::Goldens;
use super::readme::{LEN, MEANT, METRICS, POLICIES, Row, STARTS, TABLE, as_printed, mean};
use super::{Case, Outcomes};

/// Width of a cell.
const CELL: usize = 13;

/// The whole report.
pub(super) fn table(golden: &[Case], goldens: &Goldens, outcomes: &Outcomes) -> String {
    let mut text = String::from(
        "Tables V and VI of RLScheduler, as its README has them, and the same runs here. `wfp3` and `unicep` are\n\
         what its repository computes: for the time waited stands -1 - submission. `meant` is with the time\n\
         waited by now.\n\n",
    );
    for (n, (metric, name)) in METRICS.iter().enumerate() {
        one_table(&mut text, n, metric, name, outcomes);
    }
    counts(&mut text, golden, goldens);
    for case in golden.iter().filter(|case| !case.is_exact()) {
        let Case { name, differing, compared, first, .. } = case;
        let _ = writeln!(text, "    {name}: {differing} of {compared} differ; {first}");
    }
    text
}

fn one_table(text: &mut String, n: usize, metric: &str, name: &str, outcomes: &Outcomes) {
    let (count, known) = (STARTS.len(), |row: &&Row| mean(row, POLICIES[0], metric, outcomes).is_some());
    if !TABLE.iter().any(|row| known(&row)) {
        return;
    }
    let _ = writeln!(text, "{name}: mean of the README's {count} sequences of {LEN} jobs");
    let heads = ["fcfs", "wfp3", "unicep", "sjf", "f1", "RL", "wfp3 meant", "unicep meant", "smallest"];
    let _ = writeln!(text, "{:<20}{:<7}{}", "trace", "", heads.map(|head| format!("{head:>CELL$}")).concat());
    for row in TABLE.iter().filter(known) {
        let theirs = row.cells[n].iter().chain([&row.agent[n]]);
        let _ = writeln!(
            text,
            "{:<20}{:<7}{}",
            row.name(),
            "theirs",
            theirs.map(|cell| format!("{cell:>CELL$}")).collect::<String>()
        );
        let ours = |policy: &&str| {
            let mean = mean(row, policy, metric, outcomes);
            mean.map_or_else(|| "-".to_owned(), |mean| as_printed(mean, row.cells[n][0]))
        };
        let cells = POLICIES.iter().map(ours).chain(["-".to_owned()]).chain(MEANT.iter().map(ours));
        let cells: String = cells.map(|cell| format!("{cell:>CELL$}")).collect();
        let _ = writeln!(text, "{:<20}{:<7}{cells}", "", "ours");
    }
    text.push('\n');
}

/// Golden cases by trace and policy.
fn counts(text: &mut String, golden: &[Case], goldens: &Goldens) {
    let mut by_policy: BTreeMap<(&str, &str), [u64; 4]> = BTreeMap::new();
    // Cases stand in the order of the runs: first those of the metrics, then the schedules.
    let keys = goldens.metrics.keys().map(|key| (key, 0)).chain(goldens.schedules.keys().map(|key| (key, 2)));
    for ((key, column), case) in keys.zip(golden) {
        let counts = by_policy.entry((&key.trace, &key.policy)).or_default();
        counts[column] += 1;
        counts[column + 1] += u64::from(case.is_exact());
    }
    if by_policy.is_empty() {
        return;
    }
    text.push_str(
        "Runs of the golden files; those that agree in every metric to the last bit and in the SHA-1 of all starts;\n\
         schedules that were kept whole; those that agree job for job.\n",
    );
    let _ = writeln!(
        text,
        "{:<14}{:<16}{:>8}{:>8}{:>12}{:>8}",
        "trace", "policy", "runs", "agree", "schedules", "agree"
    );
    for ((trace, policy), [runs, exact, schedules, equal]) in by_policy {
        let _ = writeln!(text, "{trace:<14}{policy:<16}{runs:>8}{exact:>8}{schedules:>12}{equal:>8}");
    }
}
