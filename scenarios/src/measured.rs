//! All runs of a scenario as records, for what judges them: the gate and the search for parameters.

use std::path::Path;

use analysis::RunRecord;

use crate::problem::Problems;
use crate::scenario::Scenario;
use crate::sweep::{Progress, SweepOptions, prepare, store_problem, sweep};

/// Complete runs, in the order of the scenario, and a message for each that failed.
///
/// # Errors
/// Bad input, or a folder that cannot be used.
pub(crate) fn measured(
    scenario: &Scenario,
    folder: &Path,
    resume: bool,
    threads: Option<usize>,
    progress: &dyn Progress,
) -> Result<(Vec<RunRecord>, Vec<String>), Problems> {
    let sources = prepare(scenario)?;
    let out = folder.to_owned();
    let options = SweepOptions { out, resume, threads, ..SweepOptions::default() };
    let swept = sweep(scenario, &sources, &options, progress)?;
    let records = swept.records()?.collect::<Result<_, _>>().map_err(|error| store_problem(&error))?;
    let failed = swept.failed.iter().map(|run| format!("{}: {}", run.id, run.message)).collect();
    Ok((records, failed))
}
