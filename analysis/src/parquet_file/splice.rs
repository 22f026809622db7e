//! Parquet files joined without decoding them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::ChunkReader;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use sim_core::SinkError;

use super::{failed, properties};

/// A Parquet file that takes in whole others of the same columns, row group by row group.
pub(crate) struct Splice {
    target: PathBuf,
    schema: TypePtr,
    writer: SerializedFileWriter<BufWriter<File>>,
}

impl Splice {
    /// Begins a file at `target` with the columns of the file `first`.
    pub(crate) fn begin(first: &Bytes, target: &Path) -> Result<Self, SinkError> {
        let metadata = metadata_of(first).map_err(|error| failed(target, error))?;
        let file_metadata = metadata.file_metadata();
        let schema = file_metadata.schema_descr().root_schema_ptr();
        // Carries the Arrow schema, without which words come back as plain text.
        let key_values = file_metadata.key_value_metadata().cloned();
        let properties = Arc::new(properties().set_key_value_metadata(key_values).build());
        let file = File::create(target).map_err(|error| failed(target, error))?;
        let writer = SerializedFileWriter::new(BufWriter::new(file), Arc::clone(&schema), properties);
        let writer = writer.map_err(|error| failed(target, error))?;
        Ok(Self { target: target.to_owned(), schema, writer })
    }

    /// Adds all rows of the file `part`.
    ///
    /// # Panics
    /// If its columns are others.
    pub(crate) fn push(&mut self, part: &Bytes) -> Result<(), SinkError> {
        let metadata = metadata_of(part).map_err(|error| failed(&self.target, error))?;
        let schema = metadata.file_metadata().schema_descr().root_schema_ptr();
        assert_eq!(schema, self.schema, "files with other columns go to another file");
        append(&mut self.writer, part, metadata.row_groups()).map_err(|error| failed(&self.target, error))
    }

    /// Writes the footer and makes the file durable.
    pub(crate) fn close(self) -> Result<(), SinkError> {
        let target = self.target;
        let file = self.writer.into_inner().map_err(|error| failed(&target, error))?;
        let file = file.into_inner().map_err(|error| failed(&target, error.error()))?;
        file.sync_all().map_err(|error| failed(&target, error))
    }
}

/// What a Parquet file says of itself.
pub(crate) fn metadata_of(file: &Bytes) -> Result<ParquetMetaData, ParquetError> {
    ParquetMetaDataReader::new().parse_and_finish(file)
}

fn append<W: Write + Send, R: ChunkReader>(
    writer: &mut SerializedFileWriter<W>,
    input: &R,
    groups: &[RowGroupMetaData],
) -> Result<(), ParquetError> {
    for group in groups {
        let mut out = writer.next_row_group()?;
        for column in group.columns() {
            let close = ColumnCloseResult {
                bytes_written: column.compressed_size() as u64,
                rows_written: group.num_rows() as u64,
                metadata: column.clone(),
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            };
            out.append_column(input, close)?;
        }
        out.close()?;
    }
    Ok(())
}

/// A joined file taken apart again, part by part from the start.
pub(crate) struct Unsplice {
    path: PathBuf,
    file: File,
    metadata: ParquetMetaData,
    next: usize,
}

impl Unsplice {
    pub(crate) fn open(path: &Path) -> Result<Self, SinkError> {
        let file = File::open(path).map_err(|error| failed(path, error))?;
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file);
        let metadata = metadata.map_err(|error| failed(path, error))?;
        Ok(Self { path: path.to_owned(), file, metadata, next: 0 })
    }

    /// The next part, of so many rows, as a file.
    ///
    /// # Errors
    /// If no row group ends there.
    pub(crate) fn take(&mut self, rows: u64) -> Result<Vec<u8>, SinkError> {
        let (mut end, mut left) = (self.next, rows as i64);
        while left > 0 && end < self.metadata.num_row_groups() {
            left -= self.metadata.row_group(end).num_rows();
            end += 1;
        }
        if left != 0 {
            return Err(failed(
                &self.path,
                format!("has no part of {rows} rows after row group {}", self.next),
            ));
        }
        let groups = &self.metadata.row_groups()[self.next..end];
        self.next = end;
        let file_metadata = self.metadata.file_metadata();
        let key_values = file_metadata.key_value_metadata().cloned();
        let properties = Arc::new(properties().set_key_value_metadata(key_values).build());
        let write = || {
            let schema = file_metadata.schema_descr().root_schema_ptr();
            let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
            append(&mut writer, &self.file, groups)?;
            writer.into_inner()
        };
        write().map_err(|error: ParquetError| failed(&self.path, error))
    }
}
