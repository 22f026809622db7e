//! Finished schedules, read back from a results folder.

use std::path::Path;

use analysis::{ResultTable, Rows, RunRecord, StoreError, read_results};
use arrow::array::Array;

use crate::problem::Problem;
use crate::sweep::store_problem;
use crate::traces::write::ScheduleRow;

/// Which run's schedule is wanted; the first one where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Pick {
    /// The policy.
    pub policy: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
}

impl Pick {
    /// The first run of a results folder that is meant.
    ///
    /// # Errors
    /// If the folder holds no results, or no such run.
    pub fn of(&self, folder: &Path) -> Result<RunRecord, Problem> {
        let records = read_results(folder).map_err(|error| store_problem(&error))?;
        let fits = |record: &&RunRecord| {
            self.policy.as_ref().is_none_or(|policy| *policy == record.key.policy)
                && self.seed.is_none_or(|seed| seed == record.key.seed)
        };
        records.iter().find(fits).cloned().ok_or_else(|| {
            let known: Vec<String> =
                records.iter().map(|run| format!("{} seed {}", run.key.policy, run.key.seed)).collect();
            let rule = format!("has no such run; it has: {}", known.join(", "));
            Problem::of_file(folder.display().to_string(), rule)
        })
    }
}

/// The schedule of one run in the per-job table of `folder`, in order of submission.
///
/// # Errors
/// If there is no such table, no such run, or either is damaged.
pub fn read_schedule(folder: &Path, pick: &Pick) -> Result<Vec<ScheduleRow>, Problem> {
    let run = pick.of(folder)?;
    let mut rows = Vec::new();
    let table = ResultTable::wanted(folder, "jobs", "runs with --jobs write it");
    let read = table.and_then(|table| {
        table.files().iter().try_for_each(|file| file.each(|_| true, |batch| add(batch, &run, &mut rows)))
    });
    read.map_err(|error| store_problem(&error))?;
    rows.sort_by_key(|row| (row.submit_ns, row.job_id));
    Ok(rows)
}

/// Adds the rows of the wanted run.
fn add(batch: &Rows<'_>, run: &RunRecord, rows: &mut Vec<ScheduleRow>) -> Result<(), StoreError> {
    let are_of = batch.are_of(&run.key)?;
    if !are_of.contains(&true) {
        return Ok(());
    }
    let (jobs, tasks, nodes) = (batch.integers("job_id")?, batch.integers("tasks")?, batch.nodes()?);
    let [submits, starts, ends] =
        [batch.integers("submit_ns")?, batch.integers("start_ns")?, batch.integers("end_ns")?];
    let states = batch.words("final_state")?;
    for n in (0..batch.len()).filter(|&n| are_of[n]) {
        rows.push(ScheduleRow {
            job_id: jobs.value(n),
            submit_ns: submits.value(n),
            start_ns: starts.is_valid(n).then(|| starts.value(n)),
            end_ns: ends.is_valid(n).then(|| ends.value(n)),
            tasks: tasks.value(n) as u32,
            nodes: nodes[n].values().to_vec(),
            final_state: states.value(n).to_owned(),
        });
    }
    Ok(())
}
