//! Many Parquet files joined to one: large ones copied, small ones put together to row groups of a sensible size.

use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterPropertiesBuilder;
use parquet::file::reader::ChunkReader;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use sim_core::SinkError;

use super::splice::{append, metadata_of, writer};
use super::{GROUP_ROWS, ParquetFile, failed};

/// A file of at most so many rows and bytes, before compression, is put together with its neighbours (arbitrary: with
/// more, the some 100 bytes that each column of a row group takes in the footer are few). Observers hand over no fewer
/// rows at once, so that such a file is written by one call, and encoding its rows again yields its bytes.
const SMALL_ROWS: i64 = 4096;
const SMALL_BYTES: i64 = 4 << 20;

/// A row group of small files has at most so many bytes before compression (arbitrary), and at most [`GROUP_ROWS`].
const GROUP_BYTES: i64 = 32 << 20;

/// Files whose rows are put together at once: what an array takes beside its values is then held a few hundred times at
/// most.
const AT_ONCE: usize = 256;

/// How the rows of a table are encoded, column by column.
pub(crate) type Encode = fn() -> WriterPropertiesBuilder;

/// A Parquet file that takes in whole others of the same columns. Its bytes depend on theirs and their order alone.
///
/// # Cost
/// Large files are copied; of small ones, the rows of one row group are in memory.
pub(crate) struct Join<W: Write + Send> {
    path: PathBuf,
    schema: TypePtr,
    encoding: Encode,
    writer: SerializedFileWriter<W>,
    /// Rows of small files that came last.
    last: Vec<RecordBatch>,
    /// Those that came before, [`AT_ONCE`] files each.
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
        encoding: Encode,
    ) -> Result<Self, SinkError> {
        let like = like.file_metadata();
        Ok(Self {
            path: path.to_owned(),
            schema: like.schema_descr().root_schema_ptr(),
            encoding,
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
        let small = match metadata.row_groups() {
            [] => return Ok(()),
            [group] => Some((group.num_rows(), group.total_byte_size())),
            _ => None,
        };
        let Some((rows, bytes)) = small.filter(|(rows, bytes)| *rows <= SMALL_ROWS && *bytes <= SMALL_BYTES)
        else {
            self.flush()?;
            let copied = append(&mut self.writer, part, metadata.row_groups());
            return copied.map_err(|error| failed(&self.path, error));
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

    /// Puts the last files together.
    fn gather(&mut self) -> Result<(), ArrowError> {
        if let Some(first) = self.last.first() {
            self.before.push(concat_batches(&first.schema(), &self.last)?);
            self.last.clear();
        }
        Ok(())
    }

    /// Writes the rows of small files as a row group.
    fn flush(&mut self) -> Result<(), SinkError> {
        self.gather().map_err(|error| failed(&self.path, error))?;
        let Some(first) = self.before.first() else { return Ok(()) };
        let rows = concat_batches(&first.schema(), &self.before);
        self.before.clear();
        (self.rows, self.bytes) = (0, 0);
        let group = Bytes::from(encode(&rows.map_err(|error| failed(&self.path, error))?, self.encoding)?);
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

/// The rows as a file of one row group.
pub(super) fn encode(rows: &RecordBatch, encoding: Encode) -> Result<Vec<u8>, SinkError> {
    let mut file = ParquetFile::begin(Path::new("memory"), Vec::new(), rows.schema(), encoding())?;
    file.write_rows(rows)?;
    file.end()
}
