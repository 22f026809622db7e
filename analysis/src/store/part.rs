//! The files of one run.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::disk::{io, put, read_json, step};
use super::error::StoreError;
use crate::key::RunKey;
use crate::record::RunRecord;

const UNFINISHED: &str = ".tmp-";
/// The record, within the folder of a run.
const RECORD: &str = "metrics.json";
/// What the clock on the wall said.
pub(super) const WALL: &str = "wall.json";
/// Per-job rows, if they were asked for.
pub(super) const JOBS: &str = "jobs.parquet";
/// Time series, if they were asked for.
pub(super) const SERIES: &str = "series.parquet";
/// Decisions, if they were asked for.
pub(super) const LOADS: &str = "loads.parquet";
pub(super) const DECISIONS: &str = "decisions.jsonl";

/// The folder of a run in progress. Dropping it without [`RunPart::commit`] leaves nothing behind.
#[derive(Debug)]
pub struct RunPart {
    key: RunKey,
    temporary: PathBuf,
    whole: PathBuf,
    is_kept: bool,
}

impl RunPart {
    pub(super) fn begin(parts: &Path, key: &RunKey) -> Result<Self, StoreError> {
        let id = key.id();
        let temporary = parts.join(format!("{UNFINISHED}{id}"));
        step(&temporary)?;
        if temporary.exists() {
            std::fs::remove_dir_all(&temporary).map_err(io(&temporary))?;
        }
        std::fs::create_dir_all(&temporary).map_err(io(&temporary))?;
        Ok(Self { key: key.clone(), temporary, whole: parts.join(id), is_kept: false })
    }

    /// Where [`JobTable`](crate::JobTable) writes.
    pub fn jobs(&self) -> PathBuf {
        self.temporary.join(JOBS)
    }

    /// Where [`Series`](crate::Series) writes.
    pub fn series(&self) -> PathBuf {
        self.temporary.join(SERIES)
    }

    /// Where the run's curves over arrived load belong.
    pub fn loads(&self) -> PathBuf {
        self.temporary.join(LOADS)
    }

    /// Where [`DecisionLog`](crate::DecisionLog) writes.
    pub fn decisions(&self) -> PathBuf {
        self.temporary.join(DECISIONS)
    }

    /// Makes the run complete: from now on it is found again, after whatever happens. `wall_secs` is how long
    /// it took by the clock on the wall, which goes to `wall.json` only. Call it after the observers have
    /// finished.
    ///
    /// # Errors
    /// If something cannot be written; the run does not exist then.
    /// # Panics
    /// If the record is that of another run.
    pub fn commit(mut self, record: &RunRecord, wall_secs: f64) -> Result<(), StoreError> {
        assert_eq!(record.key, self.key, "a record was committed to the place of another run");
        self.write(RECORD, &record.to_json().to_string())?;
        self.write(WALL, &json!({ "secs": wall_secs }).to_string())?;
        step(&self.temporary)?;
        File::open(&self.temporary).and_then(|dir| dir.sync_all()).map_err(io(&self.temporary))?;
        if self.whole.exists() {
            // The run was made twice: the later one counts. They are equal but for the time on the wall.
            std::fs::remove_dir_all(&self.whole).map_err(io(&self.whole))?;
        }
        put(&self.temporary, &self.whole)?;
        self.is_kept = true;
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.temporary.join(name);
        step(&path)?;
        std::fs::write(&path, format!("{text}\n")).map_err(io(&path))?;
        File::open(&path).and_then(|file| file.sync_all()).map_err(io(&path))
    }
}

impl Drop for RunPart {
    fn drop(&mut self) {
        #[cfg(test)]
        if super::disk::faults::is_dead() {
            return;
        }
        if !self.is_kept {
            // If that fails, the next session clears it away.
            drop(std::fs::remove_dir_all(&self.temporary));
        }
    }
}

/// The record of a complete run.
pub(super) fn load(folder: &Path) -> Result<RunRecord, StoreError> {
    let path = folder.join(RECORD);
    let damaged = || StoreError::Damaged { path: path.clone(), reason: "it is not a run's record".into() };
    RunRecord::from_json(&read_json(&path)?).ok_or_else(damaged)
}

/// Clears away the runs that earlier sessions did not finish.
pub(super) fn clear_unfinished(parts: &Path) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(parts).map_err(io(parts))? {
        let path = entry.map_err(io(parts))?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED)) {
            std::fs::remove_dir_all(&path).map_err(io(&path))?;
        }
    }
    Ok(())
}
