//! Parquet files joined without decoding them.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use sim_core::SinkError;

use super::{failed, properties};

/// Writes the row groups of `parts`, in order, into one file at `target` and makes it durable. The parts have
/// one schema. Returns the number of rows.
pub(crate) fn splice(parts: &[PathBuf], target: &Path) -> Result<u64, SinkError> {
    let Some(first) = parts.first() else { return Ok(0) };
    let (_, metadata) = open(first)?;
    let file_metadata = metadata.file_metadata();
    let schema = file_metadata.schema_descr().root_schema_ptr();
    // Carries the Arrow schema, without which words come back as plain text.
    let key_values = file_metadata.key_value_metadata().cloned();
    let properties = Arc::new(properties().set_key_value_metadata(key_values).build());
    let file = File::create(target).map_err(|error| failed(target, error))?;
    let writer = SerializedFileWriter::new(BufWriter::new(file), schema, properties);
    let mut writer = writer.map_err(|error| failed(target, error))?;
    let mut rows = 0;
    for part in parts {
        let (input, metadata) = open(part)?;
        if metadata.file_metadata().schema() != file_metadata.schema() {
            let reason = format!("its columns are not those of {}", first.display());
            return Err(failed(part, reason));
        }
        append(&mut writer, &input, &metadata).map_err(|error| failed(target, error))?;
        rows += metadata.file_metadata().num_rows() as u64;
    }
    let file = writer.into_inner().map_err(|error| failed(target, error))?;
    let file = file.into_inner().map_err(|error| failed(target, error.error()))?;
    file.sync_all().map_err(|error| failed(target, error))?;
    Ok(rows)
}

/// The files in groups with the same columns, in order of first appearance.
pub(crate) fn schemas(files: Vec<PathBuf>) -> Result<Vec<Vec<PathBuf>>, SinkError> {
    let mut groups: Vec<(TypePtr, Vec<PathBuf>)> = Vec::new();
    for file in files {
        let (_, metadata) = open(&file)?;
        let schema = metadata.file_metadata().schema_descr().root_schema_ptr();
        match groups.iter_mut().find(|(known, _)| *known == schema) {
            Some((_, group)) => group.push(file),
            None => groups.push((schema, vec![file])),
        }
    }
    Ok(groups.into_iter().map(|(_, group)| group).collect())
}

fn open(path: &Path) -> Result<(File, ParquetMetaData), SinkError> {
    let file = File::open(path).map_err(|error| failed(path, error))?;
    let metadata =
        ParquetMetaDataReader::new().parse_and_finish(&file).map_err(|error| failed(path, error))?;
    Ok((file, metadata))
}

fn append(
    writer: &mut SerializedFileWriter<BufWriter<File>>,
    input: &File,
    metadata: &ParquetMetaData,
) -> Result<(), ParquetError> {
    for group in metadata.row_groups() {
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
