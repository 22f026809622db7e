//! Parquet files with the same bytes for the same rows, whenever and wherever they are written.

mod join;
mod part;
mod splice;
mod unjoin;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use sim_core::SinkError;

use crate::key::RunKey;
pub(crate) use join::Join;
pub(crate) use part::{Encode, PartFile};
pub(crate) use splice::metadata_of;
pub(crate) use unjoin::Unjoin;

/// Rows of a row group: a few MiB in memory while it is written (arbitrary).
pub(crate) const GROUP_ROWS: usize = 131_072;

/// The writer named in each file; a version would make files differ without cause.
const CREATED_BY: &str = "windtunnel";

/// Zstandard at its fastest level that still halves integers.
pub(crate) fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("level 1 exists")))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
}

/// `properties` with one column of integers that hardly repeat: written as differences, without a dictionary.
pub(crate) fn with_integers(properties: WriterPropertiesBuilder, column: &str) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(column);
    properties
        .set_column_dictionary_enabled(path.clone(), false)
        .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED)
}

/// A Parquet file being written.
pub(crate) struct ParquetFile<W: Write + Send> {
    path: PathBuf,
    schema: Arc<Schema>,
    writer: ArrowWriter<W>,
}

impl<W: Write + Send> ParquetFile<W> {
    /// A file that is written to `out`; `path` is how errors call it.
    pub(crate) fn begin(
        path: &Path,
        out: W,
        schema: Arc<Schema>,
        properties: WriterPropertiesBuilder,
    ) -> Result<Self, SinkError> {
        let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties.build()));
        Ok(Self { path: path.to_owned(), schema, writer: writer.map_err(|error| failed(path, error))? })
    }

    pub(crate) fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), SinkError> {
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        let batch = batch.expect("the columns are made after the schema");
        self.write_rows(&batch)
    }

    /// `write`, with columns that are together already.
    pub(crate) fn write_rows(&mut self, rows: &RecordBatch) -> Result<(), SinkError> {
        self.writer.write(rows).map_err(|error| failed(&self.path, error))
    }

    /// Writes the footer, and gives back what the file was written to.
    pub(crate) fn end(self) -> Result<W, SinkError> {
        self.writer.into_inner().map_err(|error| failed(&self.path, error))
    }
}

/// An error that names the file.
pub(crate) fn failed(path: &Path, reason: impl std::fmt::Display) -> SinkError {
    SinkError { place: path.display().to_string(), reason: reason.to_string() }
}

/// A field of words that repeat.
pub(crate) fn word_field(name: &str, is_nullable: bool) -> Field {
    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    Field::new(name, words, is_nullable)
}

/// A column of words, by their number in `words`.
pub(crate) fn word_column(keys: Int32Array, words: StringArray) -> ArrayRef {
    Arc::new(DictionaryArray::new(keys, Arc::new(words)))
}

/// The columns that tell a run's rows from those of other runs: policy, predictor, seed and one per axis.
#[derive(Clone, Debug)]
pub(crate) struct KeyColumns {
    key: RunKey,
}

impl KeyColumns {
    pub(crate) fn new(key: &RunKey) -> Self {
        Self { key: key.clone() }
    }

    pub(crate) fn fields(&self) -> Vec<Field> {
        let mut fields = vec![
            word_field("policy", false),
            word_field("predictor", false),
            Field::new("seed", DataType::UInt64, false),
        ];
        fields.extend(self.key.axes.iter().map(|(axis, _)| word_field(axis, false)));
        fields
    }

    pub(crate) fn columns(&self, rows: usize) -> Vec<ArrayRef> {
        let word = |word: &str| word_column(Int32Array::from(vec![0; rows]), StringArray::from(vec![word]));
        let seed = UInt64Array::from(vec![self.key.seed; rows]);
        let mut columns = vec![word(&self.key.policy), word(&self.key.predictor), Arc::new(seed)];
        columns.extend(self.key.axes.iter().map(|(_, value)| word(value)));
        columns
    }
}

#[cfg(test)]
mod tests;
