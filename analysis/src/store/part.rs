//! A run in progress: the files that its observers write, until they are packed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::disk::{io, step};
use super::error::StoreError;
use super::packed::{self, Writer};
use super::segment::{Place, Segments};
use crate::key::RunKey;
use crate::record::RunRecord;

const UNFINISHED: &str = ".tmp-";
/// Per-job rows, if they were asked for.
pub(super) const JOBS: &str = "jobs.parquet";
/// Time series, if they were asked for.
pub(super) const SERIES: &str = "series.parquet";
/// Curves over arrived load, if they were asked for.
pub(super) const LOADS: &str = "loads.parquet";
/// Decisions, if they were asked for.
pub(super) const DECISIONS: &str = "decisions.jsonl";

/// All files that a run may have.
const FILES: [&str; 4] = [JOBS, SERIES, LOADS, DECISIONS];

/// The one of [`FILES`] that is called `name`.
pub(super) fn known(name: &str) -> Option<&'static str> {
    FILES.into_iter().find(|known| *known == name)
}

/// The files of a run in progress. Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct RunPart {
    key: RunKey,
    folder: Option<PathBuf>,
}

impl RunPart {
    /// A place for the files of a run that is about to start: a folder of its own in `scratch`, if it has files at
    /// all.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn begin(scratch: &Path, key: &RunKey, has_files: bool) -> Result<Self, StoreError> {
        let mut part = Self { key: key.clone(), folder: None };
        if has_files {
            let folder = scratch.join(format!("{UNFINISHED}{}", key.id()));
            step(&folder)?;
            if folder.exists() {
                std::fs::remove_dir_all(&folder).map_err(io(&folder))?;
            }
            std::fs::create_dir_all(&folder).map_err(io(&folder))?;
            part.folder = Some(folder);
        }
        Ok(part)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.as_ref().expect("the run was begun with files").join(name)
    }

    /// Where [`JobTable`](crate::JobTable) writes.
    ///
    /// # Panics
    /// As the following: if the run was begun without files.
    pub fn jobs(&self) -> PathBuf {
        self.path(JOBS)
    }

    /// Where [`Series`](crate::Series) writes.
    pub fn series(&self) -> PathBuf {
        self.path(SERIES)
    }

    /// Where the run's curves over arrived load belong.
    pub fn loads(&self) -> PathBuf {
        self.path(LOADS)
    }

    /// Where [`DecisionLog`](crate::DecisionLog) writes.
    pub fn decisions(&self) -> PathBuf {
        self.path(DECISIONS)
    }

    /// The finished run as bytes, for [`ResultStore::accept`](super::ResultStore::accept) in whatever process. Call
    /// it after the observers have finished. `wall_secs` is how long the run took by the clock on the wall.
    ///
    /// # Errors
    /// If a file cannot be read.
    /// # Panics
    /// If the record is that of another run.
    pub fn pack(self, record: &RunRecord, wall_secs: f64, out: &mut Vec<u8>) -> Result<(), StoreError> {
        let files = self.files()?;
        let head = self.head(record, wall_secs, &files);
        let mut writer =
            Writer::begin(out, &head, files.iter().map(|(_, len)| len).sum()).map_err(in_memory)?;
        self.copy(&files, &mut writer)?;
        writer.end().map_err(in_memory)?;
        Ok(())
    }

    /// Appends the finished run to the segments.
    pub(super) fn append(
        self,
        record: &RunRecord,
        wall_secs: f64,
        segments: &Segments,
    ) -> Result<Place, StoreError> {
        let files = self.files()?;
        let head = self.head(record, wall_secs, &files);
        segments.append(&head, &files, |out| self.copy(&files, out))
    }

    fn head(&self, record: &RunRecord, wall_secs: f64, files: &[(&'static str, u64)]) -> Vec<u8> {
        assert_eq!(record.key, self.key, "a record was committed to the place of another run");
        packed::head(record, wall_secs, files)
    }

    /// The files that were written, with their lengths.
    fn files(&self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let mut files = Vec::new();
        for name in FILES.into_iter().filter(|_| self.folder.is_some()) {
            let path = self.path(name);
            if path.exists() {
                files.push((name, path.metadata().map_err(io(&path))?.len()));
            }
        }
        Ok(files)
    }

    fn copy(&self, files: &[(&'static str, u64)], mut out: &mut dyn Write) -> Result<(), StoreError> {
        for (name, len) in files {
            let path = self.path(name);
            let mut file = File::open(&path).map_err(io(&path))?;
            let copied = std::io::copy(&mut file, &mut out).map_err(io(&path))?;
            assert_eq!(copied, *len, "{} changed after its observer had finished", path.display());
        }
        Ok(())
    }
}

impl Drop for RunPart {
    fn drop(&mut self) {
        #[cfg(test)]
        if super::disk::faults::is_dead() {
            return;
        }
        if let Some(folder) = &self.folder {
            // If that fails, the next session clears it away.
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

/// The message of a run that failed, as bytes, for [`ResultStore::accept`](super::ResultStore::accept).
pub fn pack_failure(key: &RunKey, message: &str, out: &mut Vec<u8>) {
    let head = packed::failed_head(&key.id(), message);
    let whole = Writer::begin(out, &head, 0).and_then(Writer::end);
    whole.expect("memory can always be written to");
}

fn in_memory(error: std::io::Error) -> StoreError {
    StoreError::Io { path: "memory".into(), reason: error.to_string() }
}

/// Clears away what earlier sessions did not finish.
pub(super) fn clear_unfinished(parts: &Path) -> Result<(), StoreError> {
    for entry in std::fs::read_dir(parts).map_err(io(parts))? {
        let path = entry.map_err(io(parts))?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED)) {
            std::fs::remove_dir_all(&path).map_err(io(&path))?;
        }
    }
    Ok(())
}
