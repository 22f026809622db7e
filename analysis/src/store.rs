//! The results folder: whole runs or none, whatever interrupts the writing.

mod assemble;
mod clear;
mod disk;
mod error;
mod lock;
mod manifest;
mod part;
mod runs_file;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::key::RunKey;
use crate::record::RunRecord;
use disk::{io, read_json, step, write_file};
pub use error::StoreError;
use lock::Lock;
pub(crate) use manifest::{Manifest, read_manifest, write_aside};
pub use part::RunPart;

const STAMP: &str = ".scenario.json";
const PARTS: &str = "parts";
const MANIFEST: &str = "manifest.json";

/// Which scenario a folder holds results of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScenarioStamp {
    /// Its name.
    pub name: String,
    /// Its text, as run: with overrides applied.
    pub text: String,
    /// Digest of that text and of everything else that decides the runs.
    pub hash: String,
}

/// Whether a folder that holds results may be gone on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resume {
    /// Complete results of the same scenario are replaced; others are refused.
    No,
    /// Finished runs of the same scenario are kept and not run again.
    Yes,
}

/// A results folder, locked for this process.
///
/// A run is written to `parts/.tmp-<id>` and renamed to `parts/<id>` once it is complete and durable: a
/// folder of that name is a whole run. [`ResultStore::assemble`] joins the parts into `runs.parquet`,
/// `jobs.parquet`, `series.parquet` and `decisions/<id>.jsonl`, each under a temporary name first, and writes
/// `manifest.json` last. If that covers every run asked for, the manifest says `"complete": true` and `parts`
/// is removed; otherwise `parts` stays, so that another session can add what is missing. Wall times go to
/// `wall.json` alone: all other files have the same bytes whether or not the runs were interrupted.
#[derive(Debug)]
pub struct ResultStore {
    dir: PathBuf,
    stamp: ScenarioStamp,
    /// Runs of a complete folder, in the order of its manifest.
    complete: Option<Vec<RunRecord>>,
    _lock: Lock,
}

impl ResultStore {
    /// Opens or makes the folder `dir` for results of `stamp`.
    ///
    /// Results of another scenario, or of this one with other settings, and files of something else are refused.
    /// Complete results of this very scenario are kept with `Resume::Yes`, and cleared away without it. Finished
    /// runs of a session that was cut off are refused without `Resume::Yes`: they may have taken days.
    ///
    /// # Errors
    /// [`StoreError`], with the folder left as it was.
    pub fn open(dir: &Path, stamp: ScenarioStamp, resume: Resume) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(io(dir))?;
        let is_empty = std::fs::read_dir(dir).map_err(io(dir))?.next().is_none();
        let stamp_path = dir.join(STAMP);
        if !is_empty && !stamp_path.exists() && !only_locked(dir)? {
            return Err(StoreError::NotResults { dir: dir.to_owned() });
        }
        let lock = Lock::take(dir)?;
        let mut store = Self { dir: dir.to_owned(), stamp, complete: None, _lock: lock };
        if stamp_path.exists() {
            store.check(resume)?;
        }
        let text = json!({ "name": store.stamp.name, "hash": store.stamp.hash });
        write_file(&stamp_path, format!("{text}\n").as_bytes())?;
        let parts = dir.join(PARTS);
        if store.complete.is_some() {
            // A session that was cut off between the manifest and the clearing away.
            remove_dir(&parts)?;
            return Ok(store);
        }
        std::fs::create_dir_all(&parts).map_err(io(&parts))?;
        part::clear_unfinished(&parts)?;
        Ok(store)
    }

    fn check(&mut self, resume: Resume) -> Result<(), StoreError> {
        let found = read_json(&self.dir.join(STAMP))?;
        let manifest = self.dir.join(MANIFEST);
        let is_used = manifest.exists() || !self.parts()?.is_empty();
        if !is_used {
            return Ok(());
        }
        if found["hash"] != self.stamp.hash.as_str() {
            let found = found["name"].as_str().unwrap_or("another").to_owned();
            let wanted = self.stamp.name.clone();
            return Err(StoreError::OtherScenario { dir: self.dir.clone(), found, wanted });
        }
        match resume {
            Resume::Yes if is_complete(&manifest)? => self.complete = Some(read_results(&self.dir)?),
            Resume::Yes => {}
            // A manifest that cannot be read is no reason to keep what is to be replaced.
            Resume::No if is_complete(&manifest).unwrap_or(true) => clear::clear(&self.dir)?,
            Resume::No => return Err(StoreError::HasResults { dir: self.dir.clone() }),
        }
        Ok(())
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Ids of the runs that are complete.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn finished(&self) -> Result<BTreeSet<String>, StoreError> {
        match &self.complete {
            Some(records) => Ok(records.iter().map(|record| record.key.id()).collect()),
            None => self.parts(),
        }
    }

    fn parts(&self) -> Result<BTreeSet<String>, StoreError> {
        let parts = self.dir.join(PARTS);
        let mut ids = BTreeSet::new();
        if parts.exists() {
            for entry in std::fs::read_dir(&parts).map_err(io(&parts))? {
                let name = entry.map_err(io(&parts))?.file_name().to_string_lossy().into_owned();
                if !name.starts_with('.') {
                    ids.insert(name);
                }
            }
        }
        Ok(ids)
    }

    /// A place for the files of a run that is about to start. Any number may be open at once, from any
    /// thread.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn begin(&self, key: &RunKey) -> Result<RunPart, StoreError> {
        RunPart::begin(&self.dir.join(PARTS), key)
    }

    /// The record of a run that is complete.
    ///
    /// # Errors
    /// If it is not, or its file is damaged.
    pub fn load(&self, key: &RunKey) -> Result<RunRecord, StoreError> {
        let id = key.id();
        if let Some(records) = &self.complete {
            let record = records.iter().find(|record| record.key.id() == id);
            let missing =
                || StoreError::Damaged { path: self.dir.join(MANIFEST), reason: format!("no run {id}") };
            return record.cloned().ok_or_else(missing);
        }
        part::load(&self.dir.join(PARTS).join(id))
    }
}

/// All runs of an assembled folder, in the order of its manifest.
///
/// # Errors
/// If it holds no assembled results, or damaged ones.
pub fn read_results(dir: &Path) -> Result<Vec<RunRecord>, StoreError> {
    let path = dir.join(MANIFEST);
    let manifest = read_json(&path)?;
    let damaged = |reason: &str| StoreError::Damaged { path: path.clone(), reason: reason.into() };
    let runs = manifest["runs"].as_array().ok_or_else(|| damaged("it lists no runs"))?;
    let mut metrics = runs_file::read(&dir.join("runs.parquet"))?.into_iter();
    let read = |run: &Value| {
        let mut record = RunRecord::from_head(run)?;
        let count = run["metrics"].as_u64()?;
        record.metrics = metrics.by_ref().take(count as usize).collect();
        (record.metrics.len() as u64 == count).then_some(record)
    };
    let records: Option<Vec<_>> = runs.iter().map(read).collect();
    records.ok_or_else(|| damaged("its runs are not those of runs.parquet"))
}

/// True if no run is missing from an assembled folder.
///
/// # Errors
/// If it holds no assembled results, or damaged ones.
pub fn has_all_runs(dir: &Path) -> Result<bool, StoreError> {
    Ok(read_json(&dir.join(MANIFEST))?["complete"] == true)
}

/// True if the manifest says that no run is missing.
fn is_complete(manifest: &Path) -> Result<bool, StoreError> {
    Ok(manifest.exists() && read_json(manifest)?["complete"] == true)
}

/// True if there is nothing in the folder but the lock of a session that was cut off at once.
fn only_locked(dir: &Path) -> Result<bool, StoreError> {
    let mut names = std::fs::read_dir(dir).map_err(io(dir))?.filter_map(Result::ok);
    Ok(names.all(|entry| entry.file_name().to_string_lossy().starts_with('.') && is_ours(&entry.file_name())))
}

fn is_ours(name: &std::ffi::OsStr) -> bool {
    name == lock::NAME || name == format!("{STAMP}{}", disk::TEMPORARY).as_str()
}

fn remove_dir(dir: &Path) -> Result<(), StoreError> {
    step(dir)?;
    if dir.exists() { std::fs::remove_dir_all(dir).map_err(io(dir)) } else { Ok(()) }
}
