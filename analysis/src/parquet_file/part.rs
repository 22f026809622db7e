//! The table of one run, before it is joined with those of others.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use parquet::basic::Compression;
use parquet::file::properties::WriterPropertiesBuilder;
use sim_core::SinkError;

use super::{ParquetFile, failed};

/// A part of fewer rows is small: it is put together with its neighbours (arbitrary: with so many, the some 100 bytes
/// that each column of a row group takes in the footer are few). Observers hand over no fewer at once unless it is all
/// they have, so that encoding the rows of a small part again yields its bytes.
pub(super) const SMALL_ROWS: usize = 4096;

/// How the rows of a table are encoded, column by column.
pub(crate) type Encode = fn() -> WriterPropertiesBuilder;

/// A small part is not compressed: its rows are read again soon, and to begin and end the compression of a column takes
/// longer than to write a few rows of it.
fn properties(rows: usize, encode: Encode) -> WriterPropertiesBuilder {
    if rows < SMALL_ROWS { encode().set_compression(Compression::UNCOMPRESSED) } else { encode() }
}

/// The table of a run being written.
pub(crate) struct PartFile {
    path: PathBuf,
    schema: Arc<Schema>,
    encode: Encode,
    file: File,
    begun: Option<ParquetFile<BufWriter<File>>>,
    rows: usize,
}

impl PartFile {
    pub(crate) fn create(path: &Path, schema: Arc<Schema>, encode: Encode) -> Result<Self, SinkError> {
        let file = File::create(path).map_err(|error| failed(path, error))?;
        Ok(Self { path: path.to_owned(), schema, encode, file, begun: None, rows: 0 })
    }

    /// Adds rows.
    ///
    /// # Panics
    /// If what came before was fewer than [`SMALL_ROWS`] rows.
    pub(crate) fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), SinkError> {
        let rows = columns.first().map_or(0, |column| column.len());
        let is_more = self.begun.is_some();
        assert!(!is_more || self.rows >= SMALL_ROWS, "only {} rows were handed over at first", self.rows);
        self.rows += rows;
        self.begun(rows)?.write(columns)
    }

    fn begun(&mut self, rows: usize) -> Result<&mut ParquetFile<BufWriter<File>>, SinkError> {
        if self.begun.is_none() {
            let file = self.file.try_clone().map_err(|error| failed(&self.path, error))?;
            let (out, schema) = (BufWriter::new(file), Arc::clone(&self.schema));
            self.begun = Some(ParquetFile::begin(&self.path, out, schema, properties(rows, self.encode))?);
        }
        Ok(self.begun.as_mut().expect("it was just put there"))
    }

    /// Writes the footer.
    pub(crate) fn close(mut self) -> Result<(), SinkError> {
        self.begun(0)?;
        let mut out = self.begun.expect("it was just begun").end()?;
        out.flush().map_err(|error| failed(&self.path, error))
    }
}

/// The rows of a part as the file that it was.
pub(super) fn part_of(rows: &RecordBatch, encode: Encode) -> Result<Vec<u8>, SinkError> {
    let properties = properties(rows.num_rows(), encode);
    let mut file = ParquetFile::begin(Path::new("memory"), Vec::new(), rows.schema(), properties)?;
    file.write_rows(rows)?;
    file.end()
}
