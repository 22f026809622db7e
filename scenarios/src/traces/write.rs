//! Writers: jobs as traces, and finished schedules in the formats of other tools.

use std::path::Path;

use sim_core::{Job, Truth, Vocabulary};

use crate::output::OutputFile;
use crate::problem::Problem;

mod native;
mod schedule;
mod swf;

pub use schedule::{ScheduleRow, write_batsim_jobs, write_swf_schedule};

/// A format that jobs can be written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The native format as CSV.
    Csv,
    /// The native format as Parquet.
    Parquet,
    /// Standard Workload Format; much cannot be said in it.
    Swf,
}

impl Format {
    /// All formats with their names.
    pub const NAMED: [(&'static str, Format); 3] =
        [("csv", Format::Csv), ("parquet", Format::Parquet), ("swf", Format::Swf)];

    /// The format of that name.
    pub fn named(name: &str) -> Option<Format> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format)
    }

    /// The format that the end of the path names.
    pub fn of_path(path: &Path) -> Option<Format> {
        path.extension().and_then(|extension| Self::named(extension.to_str()?))
    }
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Jobs.
    pub jobs: u64,
    /// What the format cannot say, with the number of jobs that said it.
    pub lost: Vec<(&'static str, u64)>,
}

/// A trace that is being written. Nothing is seen of it before [`JobSink::finish`].
pub trait JobSink {
    /// Adds a job.
    ///
    /// # Errors
    /// If the job cannot be written. The file is then to be given up.
    fn write(&mut self, job: &Job, truth: &Truth, words: &Vocabulary) -> Result<(), Problem>;

    /// Puts the file in its place.
    ///
    /// # Errors
    /// If that fails. What was there before is still there.
    fn finish(self: Box<Self>) -> Result<Written, Problem>;
}

/// Begins a trace at `path`.
///
/// # Errors
/// If no file can be made in that folder.
pub fn create(format: Format, path: &Path) -> Result<Box<dyn JobSink>, Problem> {
    let file = OutputFile::create(path)?;
    Ok(match format {
        Format::Csv => Box::new(native::CsvSink::begin(file)?),
        Format::Parquet => Box::new(native::ParquetSink::begin(file)?),
        Format::Swf => Box::new(swf::SwfSink::begin(file)?),
    })
}

#[cfg(test)]
mod tests;
