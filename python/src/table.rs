//! Tables that are handed over to Python as they lie in memory.

use std::ffi::CStr;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, RecordBatchIterator, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// The name that the Arrow PyCapsule interface gives to streams.
const STREAM: &CStr = c"arrow_array_stream";

/// A table by the Arrow PyCapsule interface: Polars, pyarrow and others take it without a copy.
#[pyclass(frozen, module = "windtunnel._windtunnel")]
pub(crate) struct Table {
    batch: RecordBatch,
}

#[pymethods]
impl Table {
    /// The stream of the one batch. A wish for another schema is not heard, as the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let schema = self.batch.schema();
        let batches = RecordBatchIterator::new([Ok(self.batch.clone())], schema);
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(batches)), STREAM)
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }
}

/// Columns being gathered, in order.
#[derive(Default)]
pub(crate) struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn push(&mut self, name: &str, kind: DataType, nullable: bool, array: ArrayRef) {
        self.fields.push(Field::new(name, kind, nullable));
        self.arrays.push(array);
    }

    /// Adds a column of text.
    pub(crate) fn text<T: AsRef<str>>(&mut self, name: &str, values: impl Iterator<Item = Option<T>>) {
        let array: StringArray = values.collect();
        self.push(name, DataType::Utf8, true, Arc::new(array));
    }

    /// Adds a column of numbers.
    pub(crate) fn number(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        let array: Float64Array = values.collect();
        self.push(name, DataType::Float64, true, Arc::new(array));
    }

    /// Adds a column of counts.
    pub(crate) fn count(&mut self, name: &str, values: impl Iterator<Item = u64>) {
        let array: UInt64Array = values.map(Some).collect();
        self.push(name, DataType::UInt64, false, Arc::new(array));
    }

    /// Adds a column of whole numbers that may be missing.
    pub(crate) fn whole(&mut self, name: &str, values: impl Iterator<Item = Option<u64>>) {
        let array: UInt64Array = values.collect();
        self.push(name, DataType::UInt64, true, Arc::new(array));
    }

    /// The table.
    ///
    /// # Panics
    /// If the columns differ in length.
    pub(crate) fn table(self) -> Table {
        let schema = Arc::new(Schema::new(self.fields));
        let batch = RecordBatch::try_new(schema, self.arrays).expect("columns are of one length");
        Table { batch }
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Table>()
}
