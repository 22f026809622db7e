//! Parts joined to one file: large ones copied, small ones put together to row groups of a sensible size.

use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use sim_core::SinkError;

use super::part::{Encode, SMALL_ROWS};
use super::splice::{append, metadata_of, writer};
use super::{GROUP_ROWS, ParquetFile, failed};

/// A row group of small parts has at most so many bytes before compression (arbitrary), and at most [`GROUP_ROWS`].
const GROUP_BYTES: i64 = 32 << 20;

/// Parts whose rows are put together at once: what an array takes beside its values is then held a few hundred times at
/// most.
const AT_ONCE: usize = 256;

/// A Parquet file that takes in whole parts of the same columns. Its bytes depend on theirs and their order alone.
///
/// # Cost
/// Large parts are copied; of small ones, the rows of one row group are in memory.
pub(crate) struct Join<W: Write + Send> {
    path: PathBuf,
    schema: TypePtr,
    encode: Encode,
    writer: SerializedFileWriter<W>,
    /// Rows of small parts that came last.
    last: Vec<RecordBatch>,
    /// Those that came before, [`AT_ONCE`] parts each.
    before: Vec<RecordBatch>,
    rows: i64,
    bytes: i64,
}

impl<W: Write + Send> Join<W> {
    /// Begins a file with the columns of the file that `like` is of. Errors call it `path`.
    pub(crate) fn begin(
        like: &ParquetMetaData,
        path: &Path,
        out: W,
        encode: Encode,
    ) -> Result<Self, SinkError> {
        let like = like.file_metadata();
        Ok(Self {
            path: path.to_owned(),
            schema: like.schema_descr().root_schema_ptr(),
            encode,
            writer: writer(out, like).map_err(|error| failed(path, error))?,
            last: Vec::new(),
            before: Vec::new(),
            rows: 0,
            bytes: 0,
        })
    }

    /// Adds all rows of the file `part`.
    ///
    /// # Panics
    /// If its columns are others.
    pub(crate) fn push(&mut self, part: &Bytes, metadata: &ParquetMetaData) -> Result<(), SinkError> {
        let schema = metadata.file_metadata().schema_descr().root_schema_ptr();
        assert_eq!(schema, self.schema, "files with other columns go to another file");
        let (rows, bytes) = match metadata.row_groups() {
            [] => return Ok(()),
            [group] if group.num_rows() < SMALL_ROWS as i64 => (group.num_rows(), group.total_byte_size()),
            large => {
                self.flush()?;
                let copied = append(&mut self.writer, part, large);
                return copied.map_err(|error| failed(&self.path, error));
            }
        };
        if self.rows + rows > GROUP_ROWS as i64 || self.bytes + bytes > GROUP_BYTES {
            self.flush()?;
        }
        self.last.push(decode(part.clone(), 0).map_err(|error| failed(&self.path, error))?);
        (self.rows, self.bytes) = (self.rows + rows, self.bytes + bytes);
        if self.last.len() == AT_ONCE {
            self.gather().map_err(|error| failed(&self.path, error))?;
        }
        Ok(())
    }

    /// Puts the last parts together.
    fn gather(&mut self) -> Result<(), ArrowError> {
        if let Some(first) = self.last.first() {
            self.before.push(concat_batches(&first.schema(), &self.last)?);
            self.last.clear();
        }
        Ok(())
    }

    /// Writes the rows of small parts as a row group.
    fn flush(&mut self) -> Result<(), SinkError> {
        self.gather().map_err(|error| failed(&self.path, error))?;
        let Some(first) = self.before.first() else { return Ok(()) };
        let rows = concat_batches(&first.schema(), &self.before);
        self.before.clear();
        (self.rows, self.bytes) = (0, 0);
        let rows = rows.map_err(|error| failed(&self.path, error))?;
        let mut group = ParquetFile::begin(&self.path, Vec::new(), rows.schema(), (self.encode)())?;
        group.write_rows(&rows)?;
        let group = Bytes::from(group.end()?);
        let copied =
            metadata_of(&group).and_then(|metadata| append(&mut self.writer, &group, metadata.row_groups()));
        copied.map_err(|error| failed(&self.path, error))
    }

    /// Writes what is left and the footer, and gives back what the file was written to.
    pub(crate) fn end(mut self) -> Result<W, SinkError> {
        self.flush()?;
        self.writer.into_inner().map_err(|error| failed(&self.path, error))
    }
}

/// All rows of a row group.
pub(super) fn decode<R: ChunkReader + 'static>(file: R, group: usize) -> Result<RecordBatch, ParquetError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let (schema, rows) = (reader.schema().clone(), reader.metadata().row_group(group).num_rows());
    let mut reader = reader.with_row_groups(vec![group]).with_batch_size(rows as usize).build()?;
    Ok(reader.next().transpose()?.unwrap_or_else(|| RecordBatch::new_empty(schema)))
}
