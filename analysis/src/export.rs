//! Results in the formats of tools that people watch clusters with.

mod perfetto;
mod prometheus;
mod table;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store::StoreError;
pub(crate) use perfetto::TRACES;
pub use perfetto::export_perfetto;
pub(crate) use prometheus::OPENMETRICS;
pub use prometheus::export_prometheus;

/// Why results cannot be exported. Nothing is half-written: what was there before is there still.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ExportError {
    /// The folder holds no such results.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The results lack what the format shows.
    #[error("{}: is not there: {remedy}", path.display())]
    Missing {
        /// The table.
        path: PathBuf,
        /// How to get it.
        remedy: &'static str,
    },
    /// A file cannot be read or written.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system or the reader says.
        reason: String,
    },
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> ExportError + '_ {
    move |error| ExportError::Io { path: path.to_owned(), reason: error.to_string() }
}

/// A file that gets its name once it is whole.
struct Whole {
    file: BufWriter<File>,
    temporary: PathBuf,
    path: PathBuf,
    is_kept: bool,
}

impl Whole {
    fn create(path: &Path) -> Result<Self, ExportError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".tmp");
        let temporary = PathBuf::from(name);
        let file = File::create(&temporary).map_err(io(&temporary))?;
        Ok(Self { file: BufWriter::new(file), temporary, path: path.to_owned(), is_kept: false })
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), ExportError> {
        self.file.write_fmt(text).map_err(io(&self.temporary))
    }

    fn finish(mut self) -> Result<(), ExportError> {
        self.file.flush().map_err(io(&self.temporary))?;
        self.file.get_ref().sync_all().map_err(io(&self.temporary))?;
        std::fs::rename(&self.temporary, &self.path).map_err(io(&self.path))?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if !self.is_kept {
            // If that fails there is nothing more to be done about it.
            drop(std::fs::remove_file(&self.temporary));
        }
    }
}

#[cfg(test)]
mod tests;
