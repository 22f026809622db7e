//! The results folder: whole runs or none, whatever interrupts the writing.

mod accept;
mod assemble;
mod clear;
mod disk;
mod error;
mod lock;
mod manifest;
mod merge;
mod packed;
mod part;
mod plan;
mod reopen;
mod runs_file;
mod segment;
mod tables;
#[cfg(test)]
mod tests;
mod unpack;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use crate::key::RunKey;
use crate::record::RunRecord;
pub use accept::{Accepted, FailedRun};
pub use assemble::Assembled;
#[cfg(test)]
pub(crate) use disk::faults::is_dead;
use disk::{io, read_json, step, write_file};
pub use error::StoreError;
use lock::Lock;
pub(crate) use manifest::{Manifest, read_manifest, verified_tables};
pub use manifest::{Records, has_all_runs, read_results, verified_log};
pub use merge::{Merged, merge};
pub use part::{RunPart, pack_failure};
pub use plan::{RunPlan, in_shard};
use segment::{Place, Segments};

const STAMP: &str = ".scenario.json";
const PARTS: &str = "parts";
const MANIFEST: &str = "manifest.json";
const FAILED: &str = "failed.json";
const WALL: &str = "wall.json";

/// The files of a run that are written only when asked for. What the scenario itself asks for (series, curves over
/// load) is no part of this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tables {
    /// One row per job.
    pub jobs: bool,
    /// The log of decisions.
    pub decisions: bool,
}

impl Tables {
    /// True if `place` has the files.
    fn are_in(self, place: &Place) -> bool {
        (!self.jobs || place.file(part::JOBS).is_some())
            && (!self.decisions || place.file(part::DECISIONS).is_some())
    }

    /// What `place` has of it.
    fn of(place: &Place) -> Self {
        Self { jobs: place.file(part::JOBS).is_some(), decisions: place.file(part::DECISIONS).is_some() }
    }

    /// True if whoever wants `self` is served by `other`.
    fn are_among(self, other: Tables) -> bool {
        (!self.jobs || other.jobs) && (!self.decisions || other.decisions)
    }
}

/// Which scenario a folder holds results of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScenarioStamp {
    /// Its name.
    pub name: String,
    /// Its text, as run: with overrides applied.
    pub text: String,
    /// Digest of that text and of everything else that decides the runs.
    pub hash: String,
    /// What is written beside the numbers.
    pub tables: Tables,
}

/// Whether a folder that holds results may be gone on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resume {
    /// Complete results of the same scenario are replaced; others are refused.
    No,
    /// Finished runs of a scenario of this name are kept and not run again.
    Yes,
}

/// A results folder, locked for this process.
///
/// A finished run is one entry, with checksum, of a segment in `parts`, a file that only grows: what is whole
/// there is a finished run, a torn end is cut off by the next session. [`ResultStore::assemble`] joins the runs
/// that are asked for into `runs.parquet`, `jobs.parquet`, `series.parquet`, `loads.parquet` and
/// `decisions/<id>.jsonl`, each under a temporary name first, and writes `manifest.json` last. If that covers
/// every run asked for, the manifest says `"complete": true` and `parts` is removed, unless it holds further
/// runs, of another form of the scenario: these stay there, outside the tables. Otherwise `parts` stays, so that
/// another session can add what is missing. The manifest has a checksum of each table and of each log of decisions:
/// what was changed since is not taken over. Wall times go to `wall.json` alone: all other files have the same bytes
/// whether or not the runs were interrupted.
#[derive(Debug)]
pub struct ResultStore {
    dir: PathBuf,
    stamp: ScenarioStamp,
    state: Mutex<State>,
    segments: Segments,
    _lock: Lock,
}

#[derive(Debug, Default)]
struct State {
    /// Finished runs in the segments, by id.
    index: BTreeMap<String, Place>,
    /// Runs of a complete folder, in the order of its manifest.
    complete: Option<Complete>,
    /// All runs that are asked for.
    plan: Option<RunPlan>,
}

/// What a complete folder holds.
#[derive(Debug)]
struct Complete {
    ids: Vec<String>,
    tables: Tables,
    hash: String,
}

impl ResultStore {
    /// Opens or makes the folder `dir` for results of `stamp`.
    ///
    /// Results of a scenario of another name, and files of something else are refused. With `Resume::Yes` finished
    /// runs are kept, those of an earlier form of the scenario too: an id stands for all that decides a run. Without
    /// it, complete results of this very scenario are cleared away, those with other settings are refused, and so
    /// are finished runs of a session that was cut off: they may have taken days. Runs with tables that `stamp` does
    /// not ask for are not gone on with: these tables would be lost. Nor are complete results of which a file is
    /// damaged or gone. A manifest that cannot be read says nothing: beside finished runs it counts as none.
    ///
    /// # Errors
    /// [`StoreError`], with the folder left as it was.
    /// # Cost
    /// With `Resume::Yes` every table of complete results is read once, for its checksum.
    pub fn open(dir: &Path, stamp: ScenarioStamp, resume: Resume) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(io(dir))?;
        let is_empty = std::fs::read_dir(dir).map_err(io(dir))?.next().is_none();
        let stamp_path = dir.join(STAMP);
        if !is_empty && !stamp_path.exists() && !only_locked(dir)? {
            return Err(StoreError::NotResults { dir: dir.to_owned() });
        }
        let lock = Lock::take(dir)?;
        let mut complete = None;
        let is_stamped = stamp_path.exists();
        if is_stamped {
            complete = check(dir, &stamp, resume)?;
        } else {
            // The stamp goes first: without it the folder counts as someone else's.
            write_stamp(dir, &stamp)?;
        }
        let parts = dir.join(PARTS);
        if complete.is_none() {
            std::fs::create_dir_all(&parts).map_err(io(&parts))?;
        }
        let mut index = BTreeMap::new();
        if parts.exists() {
            part::clear_unfinished(&parts)?;
        }
        let segments = Segments::new(parts)?;
        segments.scan(true, |entry, place| {
            index.insert(entry.id, place);
            Ok(())
        })?;
        keeps_tables(dir, stamp.tables, &index, complete.as_ref())?;
        if complete.is_some() {
            // Whatever is done with the folder builds on its tables: to say that all is done, too.
            manifest::verify_all(dir)?;
        }
        if is_stamped && complete.is_none() {
            write_stamp(dir, &stamp)?;
        }
        let state = Mutex::new(State { index, complete, plan: None });
        let store = Self { dir: dir.to_owned(), stamp, state, segments, _lock: lock };
        store.drop_parts_of_complete()?;
        Ok(store)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is one step: it is whole after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The runs among `ids` that are not finished with all files that the stamp asks for, in that order.
    pub fn missing(&self, ids: &[String]) -> Vec<String> {
        let state = self.state();
        let complete = state.complete.as_ref().filter(|held| self.stamp.tables.are_among(held.tables));
        let held: std::collections::BTreeSet<&str> =
            complete.iter().flat_map(|held| held.ids.iter().map(String::as_str)).collect();
        let is_finished = |id: &&String| {
            held.contains(id.as_str())
                || state.index.get(id.as_str()).is_some_and(|place| self.stamp.tables.are_in(place))
        };
        ids.iter().filter(|id| !is_finished(id)).cloned().collect()
    }

    /// A place for the files of a run that is about to start. Any number may be open at once, from any
    /// thread. `has_files` says that observers will write any.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn begin(&self, key: &RunKey, has_files: bool) -> Result<RunPart, StoreError> {
        self.reopen()?;
        RunPart::begin(&self.dir.join(PARTS), key, has_files)
    }

    /// Makes the run complete: from now on it is found again, whatever happens to this process; after a second at
    /// most, whatever happens to the machine. `wall_secs` is how long it took by the clock on the wall, which goes to
    /// `wall.json` only. Call it after the observers have finished.
    ///
    /// # Errors
    /// If something cannot be written; the run does not exist then.
    /// # Panics
    /// If the record is that of another run.
    pub fn commit(&self, part: RunPart, record: &RunRecord, wall_secs: f64) -> Result<(), StoreError> {
        let place = part.append(record, wall_secs, &self.segments)?;
        // Of a run that was made twice the later one counts: they are equal but for the time on the wall.
        self.state().index.insert(record.key.id(), place);
        Ok(())
    }
}

/// Refuses to go on with runs that have tables which are not `wanted`.
fn keeps_tables(
    dir: &Path,
    wanted: Tables,
    index: &BTreeMap<String, Place>,
    complete: Option<&Complete>,
) -> Result<(), StoreError> {
    let mut held = complete.map(|complete| complete.tables).unwrap_or_default();
    for found in index.values().map(Tables::of) {
        held = Tables { jobs: held.jobs || found.jobs, decisions: held.decisions || found.decisions };
    }
    let lost = [
        (held.jobs && !wanted.jobs, "jobs.parquet", "--jobs"),
        (held.decisions && !wanted.decisions, "decisions", "--log-decisions"),
    ];
    let lost: Vec<_> = lost.into_iter().filter(|(is_lost, ..)| *is_lost).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let tables = lost.iter().map(|(_, table, _)| *table).collect::<Vec<_>>().join(" and ");
    let flags = lost.iter().map(|(_, _, flag)| *flag).collect::<Vec<_>>().join(" ");
    Err(StoreError::HasTables { dir: dir.to_owned(), tables, flags })
}

/// Notes whose results the folder holds.
fn write_stamp(dir: &Path, stamp: &ScenarioStamp) -> Result<(), StoreError> {
    let text = json!({ "name": stamp.name, "hash": stamp.hash });
    write_file(&dir.join(STAMP), format!("{text}\n").as_bytes())
}

/// What the folder holds already: `None` if it may be written to as if it were new, or gone on with.
fn check(dir: &Path, stamp: &ScenarioStamp, resume: Resume) -> Result<Option<Complete>, StoreError> {
    let found = read_json(&dir.join(STAMP))?;
    if !holds_runs(dir)? && !dir.join(MANIFEST).exists() {
        return Ok(None);
    }
    let is_other = match resume {
        Resume::Yes => found["name"] != stamp.name.as_str(),
        Resume::No => found["hash"] != stamp.hash.as_str(),
    };
    if is_other {
        let found = found["name"].as_str().unwrap_or("another").to_owned();
        let wanted = stamp.name.clone();
        return Err(StoreError::OtherScenario { dir: dir.to_owned(), found, wanted });
    }
    match resume {
        Resume::Yes if is_complete(dir)? => manifest::complete(dir).map(Some),
        Resume::Yes => Ok(None),
        // A manifest that cannot be read is no reason to keep what is to be replaced.
        Resume::No if is_complete(dir).unwrap_or(true) => {
            clear::clear(dir)?;
            Ok(None)
        }
        Resume::No => Err(StoreError::HasResults { dir: dir.to_owned() }),
    }
}

/// True if the tables of the folder have all runs. If nobody knows, because the manifest cannot be read, finished runs
/// in the parts are gone on with.
fn is_complete(dir: &Path) -> Result<bool, StoreError> {
    if !dir.join(MANIFEST).exists() {
        return Ok(false);
    }
    has_all_runs(dir).or_else(|error| if holds_runs(dir)? { Ok(false) } else { Err(error) })
}

/// True if a finished run is in the parts of the folder.
fn holds_runs(dir: &Path) -> Result<bool, StoreError> {
    Segments::new(dir.join(PARTS))?.hold_any()
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
