//! The file of a series: rows collected, settled and written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::file::properties::WriterPropertiesBuilder;
use sim_core::{Lane, SimTime, SinkError, Vocabulary};

use super::row::{Row, Signal, unit_seconds};
use crate::key::RunKey;
use crate::parquet_file::{KeyColumns, PartFile, properties, with_integers};

/// Rows that are handed to the file at once (arbitrary).
const BATCH_ROWS: usize = 4096;

/// How the rows are encoded.
pub(crate) fn encoding() -> WriterPropertiesBuilder {
    with_integers(properties(), "time_ns")
}

/// A series being written.
pub(super) struct Table {
    key: KeyColumns,
    target: Target,
    lanes: Vec<Lane>,
    signals: Vec<Signal>,
    rows: Vec<Row>,
}

enum Target {
    /// The columns depend on the cluster, which is seen at the first event.
    Waiting(PathBuf),
    Open(Box<PartFile>),
    Failed(SinkError),
    Closed,
}

impl Table {
    pub(super) fn new(path: &Path, key: &RunKey) -> Self {
        Self {
            key: KeyColumns::new(key),
            target: Target::Waiting(path.to_owned()),
            lanes: Vec::new(),
            signals: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// True until [`Table::open`].
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.target, Target::Waiting(_))
    }

    /// Makes the file, with columns for these lanes.
    pub(super) fn open(&mut self, lanes: Vec<Lane>, signals: Vec<Signal>, words: &Vocabulary) {
        let Target::Waiting(path) = &self.target else { return };
        let mut fields = self.key.fields();
        fields.push(Field::new("time_ns", DataType::UInt64, false));
        fields.extend(signals.iter().map(|signal| {
            let kind = if signal.is_count() { DataType::UInt64 } else { DataType::Float64 };
            Field::new(signal.name(words), kind, signal.is_optional())
        }));
        for family in ["allocated", "capacity"] {
            let named = |lane: &Lane| format!("measured_{family}_{}", words.lane_name(*lane));
            fields.extend(lanes.iter().map(|lane| Field::new(named(lane), DataType::Float64, false)));
        }
        self.target = match PartFile::create(path, Arc::new(Schema::new(fields)), encoding) {
            Ok(file) => Target::Open(Box::new(file)),
            Err(error) => Target::Failed(error),
        };
        (self.lanes, self.signals) = (lanes, signals);
    }

    /// Adds a row. Rows up to `settled` will not change any more and can be written.
    pub(super) fn push(&mut self, row: Row, settled: SimTime) {
        self.rows.push(row);
        if self.rows.len() >= BATCH_ROWS && self.rows[BATCH_ROWS - 1].at <= settled {
            self.write(BATCH_ROWS);
        }
    }

    /// When the row that was added last was taken.
    pub(super) fn last(&self) -> Option<SimTime> {
        self.rows.last().map(|row| row.at)
    }

    /// The measured time ended at `end`, with these integrals: they stay there in later rows.
    pub(super) fn hold(&mut self, end: SimTime, allocated: [u128; 8], available: [u128; 8]) {
        let late = self.rows.iter_mut().filter(|row| row.at > end);
        late.for_each(|row| (row.allocated, row.available) = (allocated, available));
    }

    /// Writes what is left and closes the file.
    pub(super) fn close(&mut self) -> Result<(), SinkError> {
        while !self.rows.is_empty() {
            self.write(self.rows.len().min(BATCH_ROWS));
        }
        match std::mem::replace(&mut self.target, Target::Closed) {
            Target::Open(file) => file.close(),
            Target::Failed(error) => Err(error),
            Target::Waiting(_) | Target::Closed => Ok(()),
        }
    }

    fn write(&mut self, count: usize) {
        let rows = &self.rows[..count];
        let mut columns = self.key.columns(count);
        let counts = |of: &dyn Fn(&Row) -> u64| -> ArrayRef {
            Arc::new(rows.iter().map(of).map(Some).collect::<UInt64Array>())
        };
        let values = |of: &dyn Fn(&Row) -> Option<f64>| -> ArrayRef {
            Arc::new(rows.iter().map(of).collect::<Float64Array>())
        };
        columns.push(counts(&|row| row.at.as_ns()));
        columns.extend(self.signals.iter().map(|signal| {
            if signal.is_count() {
                counts(&|row| signal.count(row))
            } else {
                values(&|row| signal.value(row))
            }
        }));
        for lane in &self.lanes {
            columns.push(values(&|row| Some(unit_seconds(*lane, row.allocated[lane.index()]))));
        }
        for lane in &self.lanes {
            columns.push(values(&|row| Some(unit_seconds(*lane, row.available[lane.index()]))));
        }
        if let Target::Open(file) = &mut self.target
            && let Err(error) = file.write(columns)
        {
            self.target = Target::Failed(error);
        }
        self.rows.drain(..count);
    }
}
