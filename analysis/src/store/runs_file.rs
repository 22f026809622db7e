//! `runs.parquet`: one tidy row per run and metric.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int32Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::error::StoreError;
use crate::parquet_file::{ParquetFile, properties, word_column, word_field};
use crate::record::{MetricValue, RunRecord};

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

/// Writes the metrics of `records`, in order.
pub(super) fn write(path: &Path, scenario: &str, records: &[RunRecord]) -> Result<(), StoreError> {
    let mut axes: Vec<&str> = Vec::new();
    for (axis, _) in records.iter().flat_map(|record| &record.key.axes) {
        if !axes.contains(&axis.as_str()) {
            axes.push(axis);
        }
    }
    let (mut seeds, mut values) = (Vec::new(), Vec::new());
    let mut words: Vec<Words> = (0..6 + axes.len()).map(|_| Words::default()).collect();
    for record in records {
        let key = &record.key;
        for metric in &record.metrics {
            let fixed = [scenario, &key.policy, &key.predictor, &key.information, &metric.name, &metric.unit];
            let of_axis =
                |axis: &&str| key.axes.iter().find(|(name, _)| name == axis).map(|(_, value)| &**value);
            let row = fixed.into_iter().map(Some).chain(axes.iter().map(of_axis));
            words.iter_mut().zip(row).for_each(|(column, word)| column.push(word));
            seeds.push(key.seed);
            values.push(metric.value);
        }
    }
    let names = ["scenario", "policy", "predictor", "information"];
    let mut fields: Vec<Field> = names.map(|name| word_field(name, false)).into();
    fields.push(Field::new("seed", DataType::UInt64, false));
    fields.extend(axes.iter().map(|axis| word_field(axis, true)));
    fields.extend(["metric", "unit"].map(|name| word_field(name, false)));
    fields.push(Field::new("value", DataType::Float64, false));
    let mut columns: Vec<ArrayRef> = words.into_iter().map(Words::column).collect();
    let axis_columns = columns.split_off(6);
    let metric_columns = columns.split_off(4);
    columns.push(Arc::new(UInt64Array::from(seeds)));
    columns.extend(axis_columns);
    columns.extend(metric_columns);
    columns.push(Arc::new(Float64Array::from(values)));
    let mut file = ParquetFile::create(path, Arc::new(Schema::new(fields)), properties())?;
    file.write(columns)?;
    Ok(file.close()?)
}

/// The metrics of all runs, in order.
pub(super) fn read(path: &Path) -> Result<Vec<MetricValue>, StoreError> {
    let damaged = |error: &dyn std::fmt::Display| StoreError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(super::disk::io(path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(&error))?;
    let mut metrics = Vec::new();
    for batch in reader.build().map_err(|error| damaged(&error))? {
        let batch = batch.map_err(|error| damaged(&error))?;
        let rows = rows_of(&batch).ok_or_else(|| damaged(&"it has no columns metric, unit and value"))?;
        metrics.extend(rows);
    }
    Ok(metrics)
}

fn rows_of(batch: &RecordBatch) -> Option<Vec<MetricValue>> {
    let words = |name: &str| {
        let column = batch.column_by_name(name)?.as_dictionary_opt::<Int32Type>()?;
        let words = column.values().as_string_opt::<i32>()?;
        Some(
            column
                .keys()
                .iter()
                .map(|key| key.map_or("", |key| words.value(key as usize)))
                .collect::<Vec<_>>(),
        )
    };
    let values = batch.column_by_name("value")?.as_primitive_opt::<Float64Type>()?;
    let names = words("metric")?.into_iter().zip(words("unit")?);
    let row = |((name, unit), &value): ((&str, &str), &f64)| MetricValue {
        name: name.to_owned(),
        unit: unit.to_owned(),
        value,
    };
    Some(names.zip(values.values().iter()).map(row).collect())
}
