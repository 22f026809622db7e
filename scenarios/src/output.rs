//! Files that users ask for: seen whole or not at all, with problems that name them.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use analysis::WholeFile;

use crate::problem::Problem;

/// A file that gets its name once it is whole, as [`WholeFile`] says.
pub(crate) struct OutputFile {
    path: PathBuf,
    out: WholeFile,
}

impl OutputFile {
    pub(crate) fn create(path: &Path) -> Result<Self, Problem> {
        let out = WholeFile::create(path).map_err(|error| write_problem(path, &error))?;
        Ok(Self { path: path.to_owned(), out })
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        self.out.finish().map_err(|error| write_problem(&self.path, &error))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes one line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Problem> {
        writeln!(self.out, "{text}").map_err(|error| write_problem(&self.path, &error))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes a file at once, and makes the folders that lead to it.
///
/// # Errors
/// If a folder or the file cannot be written; what was there is then still there.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), std::fs::create_dir_all);
    let written = made.and_then(|()| {
        let mut file = WholeFile::create(path)?;
        file.write_all(bytes)?;
        file.finish()
    });
    written.map_err(|error| write_problem(path, &error))
}

/// What went wrong while writing to `path`.
pub(crate) fn write_problem(path: &Path, error: &dyn Display) -> Problem {
    Problem::of_file(path.display().to_string(), format!("cannot be written: {error}"))
}
