//! `runs.parquet`: one tidy row per run and metric.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int32Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::disk;
use super::error::StoreError;
use crate::name::Name;
use crate::parquet_file::{GROUP_ROWS, ParquetFile, properties, word_column, word_field};
use crate::record::{MetricValue, RunRecord};
use crate::result_table;
use crate::whole_file::WholeFile;

/// Its name.
pub(super) const RUNS_FILE: &str = "runs.parquet";

/// Words in order of first use, and the rows that use them.
#[derive(Default)]
struct Words {
    words: Vec<String>,
    keys: Vec<Option<i32>>,
}

impl Words {
    fn push(&mut self, word: Option<&str>) {
        let key = word.map(|word| {
            // The words of neighbouring rows are mostly equal.
            let known = self.words.iter().rposition(|known| known == word);
            known.unwrap_or_else(|| {
                self.words.push(word.to_owned());
                self.words.len() - 1
            }) as i32
        });
        self.keys.push(key);
    }

    fn column(self) -> ArrayRef {
        word_column(Int32Array::from(self.keys), StringArray::from(self.words))
    }
}

/// `runs.parquet` being written, run by run.
pub(super) struct RunsFile {
    path: PathBuf,
    scenario: String,
    open: Option<Open>,
}

/// The file, once its first run has told the axes.
struct Open {
    axes: Vec<String>,
    file: ParquetFile<WholeFile>,
    rows: Rows,
}

#[derive(Default)]
struct Rows {
    /// Scenario, policy, predictor, information, metric, unit; then one per axis.
    words: Vec<Words>,
    seeds: Vec<u64>,
    values: Vec<f64>,
}

impl RunsFile {
    /// A file that will be called `path`.
    pub(super) fn create(path: &Path, scenario: &str) -> Self {
        Self { path: path.to_owned(), scenario: scenario.to_owned(), open: None }
    }

    /// Adds the metrics of a run. The first one says which axes there are.
    pub(super) fn push(&mut self, record: &RunRecord) -> Result<(), StoreError> {
        let key = &record.key;
        let open = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(Open::new(&self.path, &key.axes)?),
        };
        for metric in &record.metrics {
            let fixed: [&str; 6] =
                [&self.scenario, &key.policy, &key.predictor, &key.information, &metric.name, &metric.unit];
            let of_axis =
                |axis: &String| key.axes.iter().find(|(name, _)| name == axis).map(|(_, value)| &**value);
            let row = fixed.into_iter().map(Some).chain(open.axes.iter().map(of_axis));
            open.rows.words.iter_mut().zip(row).for_each(|(column, word)| column.push(word));
            open.rows.seeds.push(key.seed);
            open.rows.values.push(metric.value);
            if open.rows.values.len() == GROUP_ROWS {
                open.flush()?;
            }
        }
        Ok(())
    }

    /// Writes what is left and gives the file its name.
    pub(super) fn close(mut self) -> Result<(), StoreError> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open::new(&self.path, &[])?,
        };
        open.flush()?;
        disk::end(open.file.end()?, &self.path)
    }
}

impl Open {
    fn new(path: &Path, axes: &[(String, String)]) -> Result<Self, StoreError> {
        let axes: Vec<String> = axes.iter().map(|(axis, _)| axis.clone()).collect();
        let names = ["scenario", "policy", "predictor", "information"];
        let mut fields: Vec<Field> = names.map(|name| word_field(name, false)).into();
        fields.push(Field::new("seed", DataType::UInt64, false));
        fields.extend(axes.iter().map(|axis| word_field(axis, true)));
        fields.extend(["metric", "unit"].map(|name| word_field(name, false)));
        fields.push(Field::new("value", DataType::Float64, false));
        let out = disk::begin(path)?;
        let file = ParquetFile::begin(path, out, Arc::new(Schema::new(fields)), properties())?;
        let rows = Rows::new(axes.len());
        Ok(Self { axes, file, rows })
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let rows = std::mem::replace(&mut self.rows, Rows::new(self.axes.len()));
        let mut columns: Vec<ArrayRef> = rows.words.into_iter().map(Words::column).collect();
        let axis_columns = columns.split_off(6);
        let metric_columns = columns.split_off(4);
        columns.push(Arc::new(UInt64Array::from(rows.seeds)));
        columns.extend(axis_columns);
        columns.extend(metric_columns);
        columns.push(Arc::new(Float64Array::from(rows.values)));
        Ok(self.file.write(columns)?)
    }
}

impl Rows {
    fn new(axes: usize) -> Self {
        Self { words: (0..6 + axes).map(|_| Words::default()).collect(), ..Self::default() }
    }
}

/// The metrics of `runs.parquet`, read in order.
pub(super) struct MetricRows {
    path: PathBuf,
    batches: ParquetRecordBatchReader,
    read: std::vec::IntoIter<MetricValue>,
}

impl MetricRows {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let batches = result_table::open(path)?.build().map_err(|error| StoreError::damaged(path, error))?;
        Ok(Self { path: path.to_owned(), batches, read: Vec::new().into_iter() })
    }

    /// The next `count` metrics, or fewer at the end.
    pub(super) fn take(&mut self, count: usize) -> Result<Vec<MetricValue>, StoreError> {
        let mut metrics: Vec<MetricValue> = self.read.by_ref().take(count).collect();
        while metrics.len() < count {
            let Some(batch) = self.batches.next() else { break };
            let batch = batch.map_err(|error| StoreError::damaged(&self.path, error))?;
            let lacks = || StoreError::damaged(&self.path, "it has no columns metric, unit and value");
            let rows = rows_of(&batch).ok_or_else(lacks)?;
            self.read = rows.into_iter();
            metrics.extend(self.read.by_ref().take(count - metrics.len()));
        }
        Ok(metrics)
    }
}

fn rows_of(batch: &RecordBatch) -> Option<Vec<MetricValue>> {
    let words = |name: &str| {
        let column = batch.column_by_name(name)?.as_dictionary_opt::<Int32Type>()?;
        let words = column.values().as_string_opt::<i32>()?;
        let words: Vec<Name> = words.iter().map(|word| Name::new(word.unwrap_or_default())).collect();
        let of_row = |key: Option<i32>| key.map_or(Name::new(""), |key| words[key as usize]);
        Some(column.keys().iter().map(of_row).collect::<Vec<_>>())
    };
    let values = batch.column_by_name("value")?.as_primitive_opt::<Float64Type>()?;
    let names = words("metric")?.into_iter().zip(words("unit")?);
    let row = |((name, unit), &value): ((Name, Name), &f64)| MetricValue { name, unit, value };
    Some(names.zip(values.values().iter()).map(row).collect())
}
