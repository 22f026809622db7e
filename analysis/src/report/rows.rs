//! Rows of the folder's tables, a batch at a time, with the run that each belongs to.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt64Array};
use arrow::datatypes::{Float64Type, Int32Type, UInt64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::content::{Content, Point};
use crate::store::StoreError;

/// Some columns of some rows.
pub(super) struct Batch<'a> {
    path: &'a Path,
    rows: RecordBatch,
}

/// Files of the table `stem`: the first, and those with other columns beside it, in order.
fn files(dir: &Path, stem: &str) -> Vec<PathBuf> {
    let numbered = (2..).map(|n| dir.join(format!("{stem}-{n}.parquet"))).take_while(|path| path.exists());
    let first = dir.join(format!("{stem}.parquet"));
    first.exists().then_some(first).into_iter().chain(numbered).collect()
}

/// Hands on every batch of the table `stem`, with the key columns and the columns that `is_wanted`.
///
/// # Errors
/// If a file cannot be read or is damaged; nothing is handed on if there is no file.
pub(super) fn each_batch(
    content: &Content,
    stem: &str,
    is_wanted: impl Fn(&str) -> bool,
    mut then: impl FnMut(&Batch<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for path in files(&content.dir, stem) {
        let damaged = |reason: String| StoreError::Damaged { path: path.clone(), reason };
        let file =
            File::open(&path).map_err(|e| StoreError::Io { path: path.clone(), reason: e.to_string() })?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(e.to_string()))?;
        let axes = || content.points.iter().flatten().map(|(axis, _)| axis.as_str());
        let is_key =
            |name: &str| ["policy", "predictor", "seed"].contains(&name) || axes().any(|axis| axis == name);
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

impl Batch<'_> {
    pub(super) fn len(&self) -> usize {
        self.rows.num_rows()
    }

    fn damaged(&self, name: &str) -> StoreError {
        StoreError::Damaged {
            path: self.path.to_owned(),
            reason: format!("it has no column {name} as it should be"),
        }
    }

    pub(super) fn column(&self, name: &str) -> Result<&ArrayRef, StoreError> {
        self.rows.column_by_name(name).ok_or_else(|| self.damaged(name))
    }

    pub(super) fn integers(&self, name: &str) -> Result<&UInt64Array, StoreError> {
        self.column(name)?.as_primitive_opt::<UInt64Type>().ok_or_else(|| self.damaged(name))
    }

    /// Names of the columns that begin so.
    pub(super) fn named(&self, prefix: &str) -> Vec<String> {
        let schema = self.rows.schema();
        let names = schema.fields().iter().map(|field| field.name().clone());
        names.filter(|name| name.starts_with(prefix)).collect()
    }

    /// Values of a column of numbers, `NaN` where there is none.
    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f64>, StoreError> {
        let column = self.column(name)?;
        if let Some(floats) = column.as_primitive_opt::<Float64Type>() {
            return Ok(floats.iter().map(|value| value.unwrap_or(f64::NAN)).collect());
        }
        let integers = self.integers(name)?;
        Ok(integers.iter().map(|value| value.map_or(f64::NAN, |value| value as f64)).collect())
    }

    /// Each row's word of a column of words.
    fn words(&self, name: &str) -> Result<Vec<&str>, StoreError> {
        let dictionary =
            self.column(name)?.as_dictionary_opt::<Int32Type>().ok_or_else(|| self.damaged(name))?;
        let words = dictionary.values().as_string_opt::<i32>().ok_or_else(|| self.damaged(name))?;
        let word = |key: Option<i32>| key.map_or("", |key| words.value(key as usize));
        Ok(dictionary.keys().iter().map(word).collect())
    }

    /// Number of the contestant and seed of each row at `point`; `None` for rows of other points.
    pub(super) fn runs(
        &self,
        content: &Content,
        point: &Point,
    ) -> Result<Vec<Option<(usize, u64)>>, StoreError> {
        let (policies, predictors) = (self.words("policy")?, self.words("predictor")?);
        let seeds = self.integers("seed")?;
        // A file of other columns may lack an axis: then no row of it is at the point.
        let axes: Option<Vec<Vec<&str>>> = point.iter().map(|(axis, _)| self.words(axis).ok()).collect();
        let Some(axes) = axes else { return Ok(vec![None; self.len()]) };
        let mut last: Option<(&str, &str, Option<usize>)> = None;
        let mut number = |policy, predictor| match last {
            Some((p, q, n)) if p == policy && q == predictor => n,
            _ => {
                let mut all = content.contestants.iter();
                let n = all.position(|who| who.is_named(policy, predictor));
                last = Some((policy, predictor, n));
                n
            }
        };
        let run = |row: usize| {
            let is_here = point.iter().zip(&axes).all(|((_, value), words)| words[row] == value);
            let n = number(policies[row], predictors[row]);
            n.filter(|_| is_here).map(|n| (n, seeds.value(row)))
        };
        Ok((0..self.len()).map(run).collect())
    }

    pub(super) fn nodes(&self) -> Result<&arrow::array::ListArray, StoreError> {
        self.column("nodes")?.as_list_opt::<i32>().ok_or_else(|| self.damaged("nodes"))
    }
}

/// The value in a row, if it has one.
pub(super) fn value(column: &UInt64Array, row: usize) -> Option<u64> {
    (!column.is_null(row)).then(|| column.value(row))
}
