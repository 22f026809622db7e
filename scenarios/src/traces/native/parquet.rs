//! The native format as Parquet.

use std::fs::File;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, UInt64Type};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use sim_core::Vocabulary;

use super::columns::Column;
use super::locate;
use super::row::{Cell, Row};
use crate::problem::{Problem, Problems};
use crate::traces::source::io_problem;
use crate::traces::{Record, Records};

/// Opens the Parquet file at `path`.
pub(super) fn open(path: &str) -> Result<Box<dyn Records>, Problems> {
    let file = File::open(path).map_err(|error| io_problem(path, "", &error))?;
    let broken =
        |error: &dyn std::fmt::Display| Problem::of_file(path, format!("is no readable Parquet: {error}"));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| broken(&error))?;
    let fields = builder.schema().fields().clone();
    let names: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
    let positions = locate(path, &names)?;
    let mut problems = Problems::default();
    for field in &fields {
        if target(field.data_type()).is_none() {
            let rule = "must hold whole numbers or text";
            problems.push(Problem::new(path, format!("column {}", field.name()), field.data_type(), rule));
        }
    }
    let reader = builder.build().map_err(|error| broken(&error))?;
    let columns = std::array::from_fn(|_| None);
    problems.or_ok(Box::new(NativeParquet {
        file: path.to_owned(),
        reader,
        positions,
        columns,
        rows: 0,
        next: 0,
        line: 0,
        over: false,
    }))
}

/// The type that a column is read as; `None` if its type is none of ours.
fn target(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Dictionary(_, values) => target(values),
        DataType::UInt64 => Some(DataType::UInt64),
        integer if integer.is_integer() => Some(DataType::Int64),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8),
        DataType::Null => Some(DataType::Utf8),
        _ => None,
    }
}

struct NativeParquet {
    file: String,
    reader: ParquetRecordBatchReader,
    positions: [Option<usize>; Column::COUNT],
    // The columns of the current batch, each as UInt64, Int64 or Utf8.
    columns: [Option<ArrayRef>; Column::COUNT],
    rows: usize,
    next: usize,
    line: u64,
    over: bool,
}

impl Records for NativeParquet {
    fn next_record(&mut self, words: &mut Vocabulary) -> Option<Result<Record, Problem>> {
        while self.next == self.rows {
            if self.over {
                return None;
            }
            let batch = self.reader.next()?;
            if let Err(error) = batch.and_then(|batch| self.take(&batch)) {
                self.over = true;
                let rule = format!("the file is truncated or corrupt: {error}");
                return Some(Err(Problem::new(&self.file, self.line + 1, "", rule)));
            }
        }
        let row = self.next;
        self.next += 1;
        self.line += 1;
        let cells = std::array::from_fn(|column| {
            self.columns[column].as_deref().map_or(Cell::Missing, |a| cell(a, row))
        });
        Some(Row { file: &self.file, line: self.line, cells }.record(words))
    }
}

impl NativeParquet {
    fn take(&mut self, batch: &RecordBatch) -> Result<(), arrow::error::ArrowError> {
        for (column, position) in self.columns.iter_mut().zip(self.positions) {
            let Some(position) = position else { continue };
            let array = batch.column(position);
            let target = target(array.data_type()).expect("the type was checked when the file was opened");
            *column = Some(cast(array, &target)?);
        }
        (self.rows, self.next) = (batch.num_rows(), 0);
        Ok(())
    }
}

fn cell(array: &dyn Array, row: usize) -> Cell<'_> {
    if array.is_null(row) {
        return Cell::Missing;
    }
    match array.data_type() {
        DataType::UInt64 => Cell::Number(array.as_primitive::<UInt64Type>().value(row).into()),
        DataType::Int64 => Cell::Number(array.as_primitive::<Int64Type>().value(row).into()),
        _ => Cell::Text(array.as_string::<i32>().value(row)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int32Array, StringArray, UInt8Array};
    use arrow::record_batch::RecordBatch;
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::traces::Reader;
    use crate::traces::testing::read_all;

    fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    fn needed() -> Vec<(&'static str, ArrayRef)> {
        vec![
            ("id", Arc::new(UInt8Array::from(vec![1, 2])) as ArrayRef),
            ("submit_ns", Arc::new(Int32Array::from(vec![5, 6]))),
            ("service_ns", Arc::new(StringArray::from(vec!["7", "x"]))),
        ]
    }

    #[test]
    fn integers_of_any_width_and_text_are_read() {
        let (records, problems, _) = read_all(Reader::named("native").unwrap(), parquet(needed()), &[]);
        assert_eq!((records[0].job.id, records[0].job.submit.as_ns()), (1, 5));
        assert_eq!(records[0].truth.service().as_ns(), 7);
        assert_eq!(problems[0].at, "2: service_ns");
    }

    #[test]
    fn other_types_and_unknown_columns_are_refused() {
        let mut columns = needed();
        columns.push(("priority", Arc::new(Float64Array::from(vec![0.5, 1.0]))));
        let (_, problems, _) = read_all(Reader::named("native").unwrap(), parquet(columns.clone()), &[]);
        assert!(problems[0].rule.contains("whole numbers or text"));
        columns[3].0 = "prio";
        let (_, problems, _) = read_all(Reader::named("native").unwrap(), parquet(columns), &[]);
        assert!(problems[0].rule.contains("\"priority\""));
    }

    #[test]
    fn a_cut_file_is_one_problem() {
        let bytes = parquet(needed());
        for keep in [4, 40, bytes.len() / 2, bytes.len() - 1] {
            let (_, problems, _) = read_all(Reader::named("native").unwrap(), &bytes[..keep], &[]);
            assert_eq!(problems.len(), 1, "{keep}");
            assert!(problems[0].rule.contains("Parquet"), "{:?}", problems[0]);
        }
    }
}
