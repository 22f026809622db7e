//! Tables of a results folder, read batch by batch.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, UInt32Type, UInt64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::key::RunKey;
use crate::store::{StoreError, verified_tables};

/// A table: its file, and those with other columns beside it, as `series.parquet` and `series-2.parquet`.
#[derive(Clone, Debug)]
pub struct ResultTable {
    files: Vec<TableFile>,
}

/// A file of a table.
#[derive(Clone, Debug)]
pub struct TableFile {
    path: PathBuf,
    columns: Vec<String>,
}

impl ResultTable {
    /// The table `stem` of the folder, `None` if it is not there.
    ///
    /// # Errors
    /// If the folder holds no assembled results, or a file has other bytes than were written.
    /// # Cost
    /// Every file is read once, for its checksum.
    pub fn open(dir: &Path, stem: &str) -> Result<Option<Self>, StoreError> {
        let mut files = Vec::new();
        for path in verified_tables(dir, stem)? {
            let columns = open(&path)?.schema().fields().iter().map(|field| field.name().clone()).collect();
            files.push(TableFile { path, columns });
        }
        Ok((!files.is_empty()).then_some(Self { files }))
    }

    /// `open`, for what cannot go on without the table; `remedy` says how to get it.
    ///
    /// # Errors
    /// As `open`; if the table is not there.
    pub fn wanted(dir: &Path, stem: &str, remedy: &'static str) -> Result<Self, StoreError> {
        let missing = || StoreError::NoTable { path: dir.join(format!("{stem}.parquet")), remedy };
        Self::open(dir, stem)?.ok_or_else(missing)
    }

    /// The files, in order.
    pub fn files(&self) -> &[TableFile] {
        &self.files
    }
}

impl TableFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of all columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Names of the columns of axes. Which axes there are may differ from file to file.
    pub fn axes(&self) -> &[String] {
        let own = self.columns.iter().position(|name| OWN.contains(&name.as_str()));
        &self.columns[FIRST.len().min(self.columns.len())..own.unwrap_or(self.columns.len())]
    }

    /// Hands on every batch of rows, with the columns that tell runs apart and those that are wanted.
    ///
    /// # Errors
    /// If the file cannot be read, or `then` fails.
    pub fn each(
        &self,
        is_wanted: impl Fn(&str) -> bool,
        mut then: impl FnMut(&Rows<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let damaged = |error: &dyn std::fmt::Display| StoreError::damaged(&self.path, error);
        let file = open(&self.path)?;
        // By number: names of swept keys hold dots, which would be taken for paths.
        let keys = FIRST.len() + self.axes().len();
        let wanted = (0..self.columns.len()).filter(|&n| n < keys || is_wanted(&self.columns[n]));
        let mask = ProjectionMask::roots(file.parquet_schema(), wanted.collect::<Vec<_>>());
        for batch in file.with_projection(mask).build().map_err(|error| damaged(&error))? {
            let batch = batch.map_err(|error| damaged(&error))?;
            then(&Rows { file: self, batch })?;
        }
        Ok(())
    }
}

/// Columns that come first in every table; then come the axes, then what the table is about.
const FIRST: [&str; 3] = ["policy", "predictor", "seed"];
/// What tables are about begins with one of these.
const OWN: [&str; 3] = ["job_id", "time_ns", "arrived_load_pct"];

/// Begins to read a Parquet file.
pub(crate) fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, StoreError> {
    let file = File::open(path).map_err(|error| StoreError::io(path, &error))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| StoreError::damaged(path, error))
}

/// Some columns of some rows. Every reader of a column fails if that is not there, or holds something else.
#[derive(Debug)]
pub struct Rows<'a> {
    file: &'a TableFile,
    batch: RecordBatch,
}

impl Rows<'_> {
    /// How many rows.
    #[expect(clippy::len_without_is_empty, reason = "a batch is not empty")]
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Names of all columns of the file, those that were not wanted too.
    pub fn columns(&self) -> &[String] {
        self.file.columns()
    }

    /// Names of the columns of axes.
    pub fn axes(&self) -> &[String] {
        self.file.axes()
    }

    /// The error of a file that does not hold what it should.
    pub(crate) fn damaged(&self, reason: impl std::fmt::Display) -> StoreError {
        StoreError::damaged(&self.file.path, reason)
    }

    fn lacks(&self, name: &str) -> StoreError {
        self.damaged(format!("it has no column {name} as it should be"))
    }

    fn column(&self, name: &str) -> Result<&ArrayRef, StoreError> {
        self.batch.column_by_name(name).ok_or_else(|| self.lacks(name))
    }

    /// Whole numbers.
    ///
    /// # Errors
    /// As all of these.
    pub fn integers(&self, name: &str) -> Result<UInt64Array, StoreError> {
        let column = self.column(name)?;
        let is_whole = matches!(column.data_type(), DataType::UInt16 | DataType::UInt32 | DataType::UInt64);
        let wide = is_whole.then(|| cast(column, &DataType::UInt64).ok()).flatten();
        wide.and_then(|wide| wide.as_primitive_opt::<UInt64Type>().cloned()).ok_or_else(|| self.lacks(name))
    }

    /// Numbers of whatever type.
    ///
    /// # Errors
    /// As all of these.
    pub fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>, StoreError> {
        match self.column(name)?.as_primitive_opt::<Float64Type>() {
            Some(floats) => Ok(floats.iter().collect()),
            None => Ok(self.integers(name)?.iter().map(|value| value.map(|value| value as f64)).collect()),
        }
    }

    /// Words.
    ///
    /// # Errors
    /// As all of these.
    pub fn words(&self, name: &str) -> Result<StringArray, StoreError> {
        let column = self.column(name)?;
        let is_words = matches!(column.data_type(), DataType::Dictionary(..));
        let plain = is_words.then(|| cast(column, &DataType::Utf8).ok()).flatten();
        plain.and_then(|plain| plain.as_string_opt::<i32>().cloned()).ok_or_else(|| self.lacks(name))
    }

    /// The nodes of each job: one for each task that has one.
    ///
    /// # Errors
    /// As all of these.
    pub fn nodes(&self) -> Result<Vec<UInt32Array>, StoreError> {
        let lists = self.column("nodes")?.as_list_opt::<i32>().ok_or_else(|| self.lacks("nodes"))?;
        let nodes = |n| lists.value(n).as_primitive_opt::<UInt32Type>().cloned();
        (0..lists.len()).map(|n| nodes(n).ok_or_else(|| self.lacks("nodes"))).collect()
    }

    /// For each row whether it is of the run `key`.
    ///
    /// # Errors
    /// As all of these.
    pub fn are_of(&self, key: &RunKey) -> Result<Vec<bool>, StoreError> {
        if !self.axes().iter().eq(key.axes.iter().map(|(axis, _)| axis)) {
            return Ok(vec![false; self.len()]);
        }
        let seeds = self.integers("seed")?;
        let mut are_of: Vec<bool> = seeds.iter().map(|seed| seed == Some(key.seed)).collect();
        let fixed = [("policy", &key.policy), ("predictor", &key.predictor)];
        let axes = key.axes.iter().map(|(axis, value)| (axis.as_str(), value));
        for (name, value) in fixed.into_iter().chain(axes) {
            let words = self.words(name)?;
            are_of.iter_mut().zip(words.iter()).for_each(|(is_of, word)| *is_of &= word == Some(value));
        }
        Ok(are_of)
    }
}

/// The value in a row, if it has one.
pub(crate) fn value(column: &UInt64Array, row: usize) -> Option<u64> {
    column.is_valid(row).then(|| column.value(row))
}

/// The word in a row; empty if it has none.
pub(crate) fn word(column: &StringArray, row: usize) -> &str {
    if column.is_valid(row) { column.value(row) } else { "" }
}
