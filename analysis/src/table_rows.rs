//! Rows of a results folder's tables, a batch at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt16Array, UInt64Array};
use arrow::datatypes::{Float64Type, Int32Type, UInt16Type, UInt64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::store::StoreError;

/// Some columns of some rows.
pub(crate) struct Batch<'a> {
    path: &'a Path,
    rows: RecordBatch,
}

/// Files of the table `stem`: the first, and those with other columns beside it, in order.
fn files(dir: &Path, stem: &str) -> Vec<PathBuf> {
    let numbered = (2..).map(|n| dir.join(format!("{stem}-{n}.parquet"))).take_while(|path| path.exists());
    let first = dir.join(format!("{stem}.parquet"));
    first.exists().then_some(first).into_iter().chain(numbered).collect()
}

/// Hands on every batch of the table `stem` in `dir`, with the key columns, of which `axes` are some, and the columns
/// that `is_wanted`.
///
/// # Errors
/// If a file cannot be read or is damaged; nothing is handed on if there is no file.
pub(crate) fn each_batch(
    dir: &Path,
    axes: &[&str],
    stem: &str,
    is_wanted: impl Fn(&str) -> bool,
    mut then: impl FnMut(&Batch<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for path in files(dir, stem) {
        let damaged = |reason: String| StoreError::Damaged { path: path.clone(), reason };
        let builder = open(&path)?;
        let is_key = |name: &str| ["policy", "predictor", "seed"].contains(&name) || axes.contains(&name);
        let fields = builder.schema().fields().iter().enumerate();
        let roots =
            fields.filter(|(_, field)| is_key(field.name()) || is_wanted(field.name())).map(|(n, _)| n);
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.collect::<Vec<_>>());
        let reader = builder.with_projection(mask).build().map_err(|e| damaged(e.to_string()))?;
        for rows in reader {
            let rows = rows.map_err(|error| damaged(error.to_string()))?;
            then(&Batch { path: &path, rows })?;
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, StoreError> {
    let io = |error: std::io::Error| StoreError::Io { path: path.to_owned(), reason: error.to_string() };
    let file = File::open(path).map_err(io)?;
    ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| StoreError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

/// Names of all columns of the table `stem` in `dir`; none if there is no such table.
///
/// # Errors
/// If a file cannot be read or is damaged.
pub(crate) fn columns(dir: &Path, stem: &str) -> Result<Vec<String>, StoreError> {
    let mut names: Vec<String> = Vec::new();
    for path in files(dir, stem) {
        for field in open(&path)?.schema().fields() {
            if !names.contains(field.name()) {
                names.push(field.name().clone());
            }
        }
    }
    Ok(names)
}

impl Batch<'_> {
    pub(crate) fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// The error of a file that does not hold what it should.
    pub(crate) fn damaged(&self, reason: impl Into<String>) -> StoreError {
        StoreError::Damaged { path: self.path.to_owned(), reason: reason.into() }
    }

    fn lacks(&self, name: &str) -> StoreError {
        self.damaged(format!("it has no column {name} as it should be"))
    }

    pub(crate) fn column(&self, name: &str) -> Result<&ArrayRef, StoreError> {
        self.rows.column_by_name(name).ok_or_else(|| self.lacks(name))
    }

    pub(crate) fn integers(&self, name: &str) -> Result<&UInt64Array, StoreError> {
        self.column(name)?.as_primitive_opt::<UInt64Type>().ok_or_else(|| self.lacks(name))
    }

    pub(crate) fn small_integers(&self, name: &str) -> Result<&UInt16Array, StoreError> {
        self.column(name)?.as_primitive_opt::<UInt16Type>().ok_or_else(|| self.lacks(name))
    }

    /// Names of the columns that begin so.
    pub(crate) fn named(&self, prefix: &str) -> Vec<String> {
        let schema = self.rows.schema();
        let names = schema.fields().iter().map(|field| field.name().clone());
        names.filter(|name| name.starts_with(prefix)).collect()
    }

    /// Values of a column of numbers, `NaN` where there is none.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>, StoreError> {
        let column = self.column(name)?;
        if let Some(floats) = column.as_primitive_opt::<Float64Type>() {
            return Ok(floats.iter().map(|value| value.unwrap_or(f64::NAN)).collect());
        }
        let integers = self.integers(name)?;
        Ok(integers.iter().map(|value| value.map_or(f64::NAN, |value| value as f64)).collect())
    }

    /// Each row's word of a column of words.
    pub(crate) fn words(&self, name: &str) -> Result<Vec<&str>, StoreError> {
        let dictionary =
            self.column(name)?.as_dictionary_opt::<Int32Type>().ok_or_else(|| self.lacks(name))?;
        let words = dictionary.values().as_string_opt::<i32>().ok_or_else(|| self.lacks(name))?;
        let word = |key: Option<i32>| key.map_or("", |key| words.value(key as usize));
        Ok(dictionary.keys().iter().map(word).collect())
    }

    pub(crate) fn nodes(&self) -> Result<&arrow::array::ListArray, StoreError> {
        self.column("nodes")?.as_list_opt::<i32>().ok_or_else(|| self.lacks("nodes"))
    }
}

/// The value in a row, if it has one.
pub(crate) fn value(column: &UInt64Array, row: usize) -> Option<u64> {
    (!column.is_null(row)).then(|| column.value(row))
}
