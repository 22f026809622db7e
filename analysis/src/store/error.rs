//! What may go wrong with a results folder.

use std::path::{Path, PathBuf};

use sim_core::SinkError;
use thiserror::Error;

/// A results folder cannot be used. What was complete before is complete still.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum StoreError {
    /// The folder holds finished runs of a session that was cut off, and nobody said to go on with them.
    #[error(
        "{}: holds finished runs of a session that was cut off: --resume goes on with them, --out DIR begins \
         afresh elsewhere", dir.display()
    )]
    HasResults {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder holds tables that this session would not write.
    #[error(
        "{}: holds {tables}, which would be lost: add {flags} to --resume, or write to another folder with --out DIR",
        dir.display()
    )]
    HasTables {
        /// The folder.
        dir: PathBuf,
        /// What it holds.
        tables: String,
        /// The options that ask for that.
        flags: String,
    },
    /// The folder holds results of another scenario, or of this one with other settings.
    #[error(
        "{}: holds results of `{found}` with other settings than `{wanted}` has now: --out DIR writes to \
         another folder", dir.display()
    )]
    OtherScenario {
        /// The folder.
        dir: PathBuf,
        /// The scenario that it holds.
        found: String,
        /// The scenario that was to be run.
        wanted: String,
    },
    /// A folder that is to be merged holds results of another scenario than the first one.
    #[error(
        "{}: holds results of `{found}` with other settings than those of `{wanted}` in {}: shards of one \
         sweep have the same scenario, version and tables", dir.display(), first.display()
    )]
    OtherShard {
        /// The folder.
        dir: PathBuf,
        /// The scenario that it holds.
        found: String,
        /// The first folder.
        first: PathBuf,
        /// The scenario that the first one holds.
        wanted: String,
    },
    /// A folder that is to be merged does not say which runs its sweep has.
    #[error(
        "{}: has no list of the runs of its sweep, because its results decide how many seeds there are, or its \
         session was cut off at once: `windtunnel run --resume` completes it", dir.display()
    )]
    NoPlan {
        /// The folder.
        dir: PathBuf,
    },
    /// A folder that is to be merged holds no results.
    #[error("{}: is no results folder; `windtunnel run --shard I/N --out DIR` writes them", dir.display())]
    NoResults {
        /// The folder.
        dir: PathBuf,
    },
    /// The results lack a table.
    #[error("{}: is not there: {remedy}", path.display())]
    NoTable {
        /// Its first file.
        path: PathBuf,
        /// How to get it.
        remedy: &'static str,
    },
    /// A run is there twice, and not the same.
    #[error("{}: run {run} differs from the one of another folder: which of them is right?", dir.display())]
    Differs {
        /// The folder that has the second one.
        dir: PathBuf,
        /// The run.
        run: String,
    },
    /// The folder holds something else.
    #[error("{}: is neither empty nor a results folder: --out DIR writes to another folder", dir.display())]
    NotResults {
        /// The folder.
        dir: PathBuf,
    },
    /// Another process writes to the folder.
    #[error("{}: is in use by process {pid}: wait for it, or write elsewhere with --out DIR", dir.display())]
    Locked {
        /// The folder.
        dir: PathBuf,
        /// The process, as far as it has said.
        pid: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file does not hold what was written to it.
    #[error("{}: is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    /// What the system says of a file.
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        StoreError::Io { path: path.to_owned(), reason: error.to_string() }
    }

    /// What is wrong with a file.
    pub(crate) fn damaged(path: &Path, reason: impl std::fmt::Display) -> Self {
        StoreError::Damaged { path: path.to_owned(), reason: reason.to_string() }
    }
}

impl From<SinkError> for StoreError {
    fn from(error: SinkError) -> Self {
        StoreError::Io { path: error.place.into(), reason: error.reason }
    }
}
