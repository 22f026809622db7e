//! Writers: jobs as traces, and finished schedules in the formats of other tools.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sim_core::{Job, Truth, Vocabulary};
use tempfile::NamedTempFile;

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
    let file = AtomicFile::create(path)?;
    Ok(match format {
        Format::Csv => Box::new(native::CsvSink::begin(file)?),
        Format::Parquet => Box::new(native::ParquetSink::begin(file)?),
        Format::Swf => Box::new(swf::SwfSink::begin(file)?),
    })
}

/// A file under a temporary name in the folder where it will be, so that nobody ever sees half of it.
pub(super) struct AtomicFile {
    path: PathBuf,
    out: BufWriter<NamedTempFile>,
}

impl AtomicFile {
    pub(super) fn create(path: &Path) -> Result<Self, Problem> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".windtunnel-");
        #[cfg(unix)]
        let builder = {
            use std::os::unix::fs::PermissionsExt;
            // As for any file that a user creates; temporary files are private by default.
            builder.permissions(std::fs::Permissions::from_mode(0o666))
        };
        let file = builder.tempfile_in(folder).map_err(|error| write_problem(path, &error))?;
        Ok(Self { path: path.to_owned(), out: BufWriter::new(file) })
    }

    /// Gives the file its name.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let file = self.out.into_inner().map_err(|error| write_problem(&self.path, error.error()))?;
        let persisted: Result<File, _> = file.persist(&self.path);
        persisted.map(|_| ()).map_err(|error| write_problem(&self.path, &error.error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one line.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Problem> {
        writeln!(self.out, "{text}").map_err(|error| write_problem(&self.path, &error))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What went wrong while writing to `path`.
fn write_problem(path: &Path, error: &dyn std::fmt::Display) -> Problem {
    // The name of a temporary file, which is gone by now, would only confuse.
    let text = error.to_string();
    let text = text.split(" at path ").next().unwrap_or(&text);
    Problem::of_file(path.display().to_string(), format!("cannot be written: {text}"))
}

#[cfg(test)]
mod tests;
