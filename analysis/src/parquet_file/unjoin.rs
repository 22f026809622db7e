//! A joined Parquet file taken apart again.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use sim_core::SinkError;

use super::failed;
use super::join::decode;
use super::part::{Encode, SMALL_ROWS, part_of};
use super::splice::{append, metadata_of, writer};

/// A file that a [`Join`](super::Join) wrote, taken apart from the start.
///
/// # Cost
/// Large parts are copied; of small ones, the rows of one row group are in memory.
pub(crate) struct Unjoin {
    path: PathBuf,
    file: File,
    metadata: ParquetMetaData,
    encode: Encode,
    /// The next row group that nothing was taken of.
    next: usize,
    /// What is left of the one before.
    left: Option<RecordBatch>,
}

impl Unjoin {
    pub(crate) fn open(path: &Path, encode: Encode) -> Result<Self, SinkError> {
        let file = File::open(path).map_err(|error| failed(path, error))?;
        let metadata = metadata_of(&file).map_err(|error| failed(path, error))?;
        Ok(Self { path: path.to_owned(), file, metadata, encode, next: 0, left: None })
    }

    /// The next part, of so many rows, as the file that it was.
    ///
    /// # Errors
    /// If no part ends there.
    pub(crate) fn take(&mut self, rows: u64) -> Result<Vec<u8>, SinkError> {
        if (1..SMALL_ROWS as u64).contains(&rows) { self.cut(rows as usize) } else { self.copy(rows) }
    }

    /// A small part.
    fn cut(&mut self, rows: usize) -> Result<Vec<u8>, SinkError> {
        let left = match self.left.take() {
            Some(left) => left,
            None if self.next == self.metadata.num_row_groups() => return Err(self.none(rows as u64)),
            None => {
                self.next += 1;
                let group = self.file.try_clone().map_err(ParquetError::from);
                let group = group.and_then(|file| decode(file, self.next - 1));
                group.map_err(|error| failed(&self.path, error))?
            }
        };
        let Some(behind) = left.num_rows().checked_sub(rows) else { return Err(self.none(rows as u64)) };
        self.left = (behind > 0).then(|| left.slice(rows, behind));
        part_of(&left.slice(0, rows), self.encode)
    }

    /// A part of whole row groups.
    fn copy(&mut self, rows: u64) -> Result<Vec<u8>, SinkError> {
        let (mut end, mut wanted) = (self.next, rows as i64);
        while wanted > 0 && end < self.metadata.num_row_groups() {
            wanted -= self.metadata.row_group(end).num_rows();
            end += 1;
        }
        if wanted != 0 || rows > 0 && self.left.is_some() {
            return Err(self.none(rows));
        }
        let groups = &self.metadata.row_groups()[self.next..end];
        self.next = end;
        let write = || {
            let mut writer = writer(Vec::new(), self.metadata.file_metadata())?;
            append(&mut writer, &self.file, groups)?;
            writer.into_inner()
        };
        write().map_err(|error: ParquetError| failed(&self.path, error))
    }

    fn none(&self, rows: u64) -> SinkError {
        failed(&self.path, format!("has no part of {rows} rows before the end of row group {}", self.next))
    }
}
