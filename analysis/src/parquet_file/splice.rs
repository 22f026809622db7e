//! Row groups copied from file to file without decoding them.

use std::io::Write;
use std::sync::Arc;

use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    FileMetaData, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::reader::ChunkReader;
use parquet::file::writer::SerializedFileWriter;

use super::properties;

/// What a Parquet file says of itself, with all that is to be copied.
pub(crate) fn metadata_of(file: &impl ChunkReader) -> Result<ParquetMetaData, ParquetError> {
    let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
    ParquetMetaDataReader::new().with_metadata_options(Some(options)).parse_and_finish(file)
}

/// A file with the columns of the one that `like` is of.
pub(super) fn writer<W: Write + Send>(
    out: W,
    like: &FileMetaData,
) -> Result<SerializedFileWriter<W>, ParquetError> {
    // Carries the Arrow schema, without which words come back as plain text.
    let key_values = like.key_value_metadata().cloned();
    let properties = Arc::new(properties().set_key_value_metadata(key_values).build());
    SerializedFileWriter::new(out, like.schema_descr().root_schema_ptr(), properties)
}

/// Copies row groups of `input`, which has the columns of `writer`.
pub(super) fn append<W: Write + Send, R: ChunkReader>(
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
