//! The queue, to be walked over while jobs leave it.

use std::ops::Bound as End;
use std::sync::Mutex;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use sim_core::JobId;

use super::desk;
use super::job::PyJob;

/// Jobs that wait for a start, in order of submission. Nothing is copied: a walk goes as far as it is asked to, and
/// jobs that were started on the way are passed over.
#[pyclass(frozen, name = "Waiting", module = "windtunnel")]
pub(crate) struct PyWaiting;

#[pymethods]
impl PyWaiting {
    fn __len__(&self) -> PyResult<usize> {
        desk::with(|desk| desk.view().waiting_len())
    }

    fn __iter__(&self) -> PyWaitingIter {
        PyWaitingIter { last: Mutex::new(None) }
    }

    fn __contains__(&self, job: &PyJob) -> PyResult<bool> {
        desk::with(|desk| desk.view().is_waiting(job.id()))
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("Waiting({} jobs)", self.__len__()?))
    }
}

/// A walk over the queue.
#[pyclass(frozen, name = "WaitingIterator", module = "windtunnel")]
pub(crate) struct PyWaitingIter {
    /// The job that was handed out last.
    last: Mutex<Option<JobId>>,
}

#[pymethods]
impl PyWaitingIter {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self) -> PyResult<Option<PyJob>> {
        let mut last = self.last.lock().map_err(|_| PyRuntimeError::new_err("the walk has failed"))?;
        desk::with(|desk| {
            loop {
                let from = last.map_or(End::Unbounded, End::Excluded);
                let next = desk.waiting.range((from, End::Unbounded)).next().copied()?;
                *last = Some(next);
                if desk.view().is_waiting(next) {
                    return Some(PyJob::new(next, desk.view()));
                }
                // It has left the queue in this decision, or will if that is not undone.
            }
        })
    }
}
