//! The regression gate: the numbers of a scenario against a baseline file.
//!
//! The same scenario, seeds and version give the same bytes on every machine, so by default a check is exact: the
//! fingerprint of every run, and every metric to its last digit. With tolerances, metrics may move that far. A
//! statistical check asks whether the means over seeds differ, for what is no longer the same run by design.

mod baseline;
mod diagnosis;
mod exact;
mod junit;
mod report;
mod statistical;
mod tolerance;

use std::path::Path;

pub use baseline::{Baseline, Row};
pub use junit::junit;
pub use report::{json, text};
pub use tolerance::Tolerances;

use crate::measured::measured;
use crate::output;
use crate::problem::{Problem, Problems};
use crate::scenario::{Overrides, load};
use crate::sweep::Progress;

/// How a check judges.
#[derive(Clone, PartialEq, Debug)]
pub enum Judge {
    /// Every number is the same, or within its tolerance.
    Exact(Tolerances),
    /// No mean over seeds differs, beyond its tolerance and more than chance can explain.
    Statistical(Tolerances),
}

/// One row of the baseline beside what it is now.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// Which numbers.
    pub row: RowKey,
    /// Unit of the values.
    pub unit: String,
    /// The value before, of the seed that moved most; under a statistical check the mean. `None`: was not there.
    pub before: Option<String>,
    /// The value now. `None`: is not there any more.
    pub now: Option<String>,
    /// The seed that moved most; `None` under a statistical check.
    pub seed: Option<u64>,
    /// Now - before, if both are numbers.
    pub change: Option<f64>,
    /// The change over the size of the value before; `None` if that is zero.
    pub relative: Option<f64>,
    /// What the judge says.
    pub verdict: Verdict,
    /// Values that moved, and values in all; under a statistical check the interval of the difference.
    pub detail: String,
}

/// What a row of a baseline belongs to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RowKey {
    /// The policy.
    pub policy: String,
    /// The point of the sweep: `axis=value`, and so on with `; `; empty without axes.
    pub point: String,
    /// Full name of the metric; facts of the run begin with [`RUN`].
    pub metric: String,
}

/// How the names of facts of a run begin that are no metrics: its fingerprint, events, jobs and end.
pub const RUN: &str = "run.";

/// The row with the fingerprints.
pub const FINGERPRINT: &str = "run.fingerprint";

/// What a judge says of a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// Nothing moved.
    Same,
    /// It moved, as far as it may.
    Tolerated,
    /// It moved too far, came or went.
    Moved,
}

/// A check that was carried out.
#[derive(Clone, PartialEq, Debug)]
pub struct Check {
    /// The scenario.
    pub scenario: String,
    /// All rows of both sides, in order.
    pub rows: Vec<Judged>,
    /// True if means over seeds were compared.
    pub is_statistical: bool,
}

impl Check {
    /// True if nothing moved too far.
    pub fn passes(&self) -> bool {
        self.moved().next().is_none()
    }

    /// The rows that moved too far, in order.
    pub fn moved(&self) -> impl Iterator<Item = &Judged> {
        self.rows.iter().filter(|row| row.verdict == Verdict::Moved)
    }
}

/// Compares what a scenario gives `now` with its baseline.
///
/// # Errors
/// If they cannot be compared: an exact check of other seeds, a statistical one of a single seed.
pub fn check(baseline: &Baseline, now: &Baseline, judge: &Judge) -> Result<Check, Problems> {
    let (rows, is_statistical) = match judge {
        Judge::Exact(tolerances) => (exact::judge(baseline, now, tolerances)?, false),
        Judge::Statistical(tolerances) => (statistical::judge(baseline, now, tolerances)?, true),
    };
    Ok(Check { scenario: baseline.scenario.clone(), rows, is_statistical })
}

/// Runs the scenario with its overrides, in `folder`, which is of no use afterwards, and takes down its numbers.
///
/// # Errors
/// Bad input, or a run that fails.
pub fn measure(
    reference: &str,
    overrides: &Overrides,
    folder: &Path,
    threads: Option<usize>,
    progress: &dyn Progress,
) -> Result<Baseline, Problems> {
    let scenario = load(reference, overrides)?;
    let (records, failed) = measured(&scenario, folder, false, threads, progress)?;
    // A run without numbers cannot be compared, nor be part of a baseline.
    let failed = failed.into_iter().map(|message| Problem::of_file(&scenario.name, message));
    Problems(failed.collect()).or_ok(Baseline::of(&scenario.name, overrides, &records))
}

/// Writes a baseline, whole or not at all.
///
/// # Errors
/// If the file cannot be written; what was there is then still there.
pub fn bless(path: &Path, baseline: &Baseline) -> Result<(), Problem> {
    output::write(path, baseline.text().as_bytes())
}

#[cfg(test)]
mod tests;
