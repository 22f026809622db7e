//! The native format, written as CSV and as Parquet.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, StringBuilder, UInt64Builder};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use sim_core::{Job, Truth, Vocabulary};

use super::{JobSink, Written};
use crate::output::{OutputFile, write_problem};
use crate::problem::Problem;
use crate::traces::native::{Column, Holds, Out, cells};

/// Rows that are held in memory before they are written.
const BATCH_ROWS: usize = 64 * 1024;

/// Native CSV.
pub(super) struct CsvSink {
    writer: csv::Writer<OutputFile>,
    jobs: u64,
}

impl CsvSink {
    pub(super) fn begin(file: OutputFile) -> Result<Self, Problem> {
        let mut sink = Self { writer: csv::Writer::from_writer(file), jobs: 0 };
        sink.row(Column::ALL.iter().map(|column| column.name().to_owned()))?;
        Ok(sink)
    }

    fn row(&mut self, fields: impl Iterator<Item = String>) -> Result<(), Problem> {
        let written = self.writer.write_record(fields.map(String::into_bytes));
        written.map_err(|error| write_problem(self.writer.get_ref().path(), &error))
    }
}

impl JobSink for CsvSink {
    fn write(&mut self, job: &Job, truth: &Truth, words: &Vocabulary) -> Result<(), Problem> {
        let cells = cells(job, truth, words);
        for (column, cell) in Column::ALL.iter().zip(&cells) {
            if let Out::Text(text) = cell
                && text.contains(['\n', '\r'])
            {
                let file = self.writer.get_ref().path().display().to_string();
                let at = format!("job {}: {}", job.id, column.name());
                return Err(Problem::new(file, at, text.escape_debug(), "must not have line breaks"));
            }
        }
        self.jobs += 1;
        self.row(cells.into_iter().map(|cell| match cell {
            Out::Missing => String::new(),
            Out::Number(number) => number.to_string(),
            Out::Text(text) => text,
        }))
    }

    fn finish(self: Box<Self>) -> Result<Written, Problem> {
        let path = self.writer.get_ref().path().to_owned();
        let file = self.writer.into_inner().map_err(|error| write_problem(&path, error.error()))?;
        file.finish()?;
        Ok(Written { jobs: self.jobs, lost: Vec::new() })
    }
}

/// A column that is being filled.
enum Strip {
    Count(UInt64Builder),
    Signed(Int64Builder),
    Text(StringBuilder),
}

impl Strip {
    fn new(column: Column) -> Self {
        match column.holds() {
            Holds::Count => Strip::Count(UInt64Builder::new()),
            Holds::Signed => Strip::Signed(Int64Builder::new()),
            Holds::Text => Strip::Text(StringBuilder::new()),
        }
    }

    fn push(&mut self, cell: &Out) {
        match (self, cell) {
            (Strip::Count(strip), Out::Number(number)) => {
                strip.append_value(u64::try_from(*number).expect("counts are 64-bit numbers"));
            }
            (Strip::Signed(strip), Out::Number(number)) => {
                strip.append_value(i64::try_from(*number).expect("signed columns hold 32-bit numbers"));
            }
            (Strip::Text(strip), Out::Text(text)) => strip.append_value(text),
            (Strip::Count(strip), Out::Missing) => strip.append_null(),
            (Strip::Signed(strip), Out::Missing) => strip.append_null(),
            (Strip::Text(strip), Out::Missing) => strip.append_null(),
            (_, other) => unreachable!("a column was given {other:?}, which it does not hold"),
        }
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Strip::Count(strip) => Arc::new(strip.finish()),
            Strip::Signed(strip) => Arc::new(strip.finish()),
            Strip::Text(strip) => Arc::new(strip.finish()),
        }
    }
}

/// Native Parquet.
pub(super) struct ParquetSink {
    path: std::path::PathBuf,
    writer: ArrowWriter<OutputFile>,
    schema: Arc<Schema>,
    strips: Vec<Strip>,
    rows: usize,
    jobs: u64,
}

impl ParquetSink {
    pub(super) fn begin(file: OutputFile) -> Result<Self, Problem> {
        let path = file.path().to_owned();
        let fields = Column::ALL.iter().map(|column| {
            let data_type = match column.holds() {
                Holds::Count => DataType::UInt64,
                Holds::Signed => DataType::Int64,
                Holds::Text => DataType::Utf8,
            };
            Field::new(column.name(), data_type, true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by("windtunnel".to_owned())
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties));
        let writer = writer.map_err(|error| write_problem(&path, &error))?;
        let strips = Column::ALL.iter().map(|&column| Strip::new(column)).collect();
        Ok(Self { path, writer, schema, strips, rows: 0, jobs: 0 })
    }

    fn flush(&mut self) -> Result<(), Problem> {
        let columns = self.strips.iter_mut().map(Strip::take).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        let written =
            batch.map_err(parquet::errors::ParquetError::from).and_then(|batch| self.writer.write(&batch));
        self.rows = 0;
        written.map_err(|error| write_problem(&self.path, &error))
    }
}

impl JobSink for ParquetSink {
    fn write(&mut self, job: &Job, truth: &Truth, words: &Vocabulary) -> Result<(), Problem> {
        for (strip, cell) in self.strips.iter_mut().zip(&cells(job, truth, words)) {
            strip.push(cell);
        }
        self.jobs += 1;
        self.rows += 1;
        if self.rows == BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<Written, Problem> {
        self.flush()?;
        let file = self.writer.into_inner().map_err(|error| write_problem(&self.path, &error))?;
        file.finish()?;
        Ok(Written { jobs: self.jobs, lost: Vec::new() })
    }
}
