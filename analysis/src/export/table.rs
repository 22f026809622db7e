//! Rows of a results folder's Parquet tables, batch by batch.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, UInt64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::ExportError;

/// The files of a table: `series.parquet`, `series-2.parquet`, ..
pub(super) fn files(dir: &Path, stem: &str, remedy: &'static str) -> Result<Vec<PathBuf>, ExportError> {
    let first = dir.join(format!("{stem}.parquet"));
    if !first.exists() {
        return Err(ExportError::Missing { path: first, remedy });
    }
    let more = (2..).map(|n| dir.join(format!("{stem}-{n}.parquet"))).take_while(|path| path.exists());
    Ok(std::iter::once(first).chain(more).collect())
}

/// The names of a file's columns, in order.
pub(super) fn columns(path: &Path) -> Result<Vec<String>, ExportError> {
    let reader = open(path)?;
    Ok(reader.schema().fields().iter().map(|field| field.name().clone()).collect())
}

/// Calls `take` for every batch of rows, with these columns of the file, in this order.
pub(super) fn read(
    path: &Path,
    wanted: &[&str],
    mut take: impl FnMut(&[ArrayRef]) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let reader = open(path)?;
    // By number: names of swept keys hold dots, which would be taken for paths.
    let fields = reader.schema().fields().iter().enumerate();
    let numbers = fields.filter(|(_, field)| wanted.contains(&field.name().as_str())).map(|(n, _)| n);
    let mask = ProjectionMask::roots(reader.parquet_schema(), numbers.collect::<Vec<_>>());
    let reader = reader.with_projection(mask).build().map_err(|error| damaged(path, error))?;
    for batch in reader {
        let batch = batch.map_err(|error| damaged(path, error))?;
        take(&chosen(path, &batch, wanted)?)?;
    }
    Ok(())
}

fn chosen(path: &Path, batch: &RecordBatch, wanted: &[&str]) -> Result<Vec<ArrayRef>, ExportError> {
    let column = |name: &&str| {
        let column = batch.column_by_name(name).ok_or_else(|| damaged(path, format!("no column {name}")))?;
        let as_type = match column.data_type() {
            DataType::Dictionary(..) => DataType::Utf8,
            DataType::UInt16 | DataType::UInt32 => DataType::UInt64,
            other => other.clone(),
        };
        cast(column, &as_type).map_err(|error| damaged(path, error))
    };
    wanted.iter().map(column).collect()
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, ExportError> {
    let file = File::open(path).map_err(super::io(path))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(path, error))
}

fn damaged(path: &Path, reason: impl std::fmt::Display) -> ExportError {
    ExportError::Io { path: path.to_owned(), reason: format!("is damaged: {reason}") }
}

/// The text in row `n`; empty where there is none, as in a column of another type.
pub(super) fn text(column: &ArrayRef, n: usize) -> &str {
    let words = column.as_string_opt::<i32>().filter(|words| words.is_valid(n));
    words.map_or("", |words| words.value(n))
}

/// The whole number in row `n`.
pub(super) fn whole(column: &ArrayRef, n: usize) -> Option<u64> {
    let numbers = column.as_primitive_opt::<UInt64Type>().filter(|numbers| numbers.is_valid(n));
    numbers.map(|numbers| numbers.value(n))
}

/// The number in row `n`, whatever its type.
pub(super) fn number(column: &ArrayRef, n: usize) -> Option<f64> {
    match column.data_type() {
        DataType::UInt64 => whole(column, n).map(|value| value as f64),
        _ => {
            let numbers = column.as_primitive_opt::<Float64Type>().filter(|numbers| numbers.is_valid(n));
            numbers.map(|numbers| numbers.value(n))
        }
    }
}
