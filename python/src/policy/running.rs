//! Executions as Python sees them.

use pyo3::prelude::*;
use sim_core::{Run, RunId, View};

use super::job::{PyJob, known_ns, known_secs};

/// An execution of a job, or of one task of an independent job, as it was when it was asked for.
///
/// Examples
/// --------
/// The execution that will go on for longest, as far as one can know:
///
/// >>> import windtunnel
/// >>> def longest(decision: windtunnel.Decision) -> windtunnel.Run | None:
/// ...     ends = [(run.expected_end, run) for run in decision.running if run.expected_end is not None]
/// ...     return max(ends, key=lambda pair: pair[0])[1] if ends else None
#[pyclass(frozen, name = "Run", module = "windtunnel")]
pub(crate) struct PyRun {
    /// The job that it executes.
    #[pyo3(get)]
    job: Py<PyJob>,
    /// When it started [ns].
    #[pyo3(get)]
    start_ns: u64,
    /// The node of each of its tasks.
    #[pyo3(get)]
    nodes: Vec<u32>,
    /// Whether it was preempted and is about to let go of its nodes.
    #[pyo3(get)]
    is_stopping: bool,
    expected_end: u64,
    bound: u64,
}

impl PyRun {
    pub(super) fn new(py: Python<'_>, id: RunId, run: &Run, view: View<'_>) -> PyResult<Self> {
        Ok(Self {
            job: Py::new(py, PyJob::new(run.job(), view))?,
            start_ns: run.start().as_ns(),
            nodes: run.slots().iter().map(|slot| slot.node.0).collect(),
            is_stopping: run.is_stopping(),
            expected_end: view.expected_end(id).as_ns(),
            bound: view.bound(id).as_ns(),
        })
    }
}

#[pymethods]
impl PyRun {
    /// When it started [s].
    #[getter]
    fn start(&self) -> f64 {
        known_secs(self.start_ns).unwrap_or(f64::INFINITY)
    }

    /// When it will end by the predictor's cautious guess [s], or ``None`` without one. It may be past.
    #[getter]
    fn expected_end(&self) -> Option<f64> {
        known_secs(self.expected_end)
    }

    /// The same [ns].
    #[getter]
    fn expected_end_ns(&self) -> Option<u64> {
        known_ns(self.expected_end)
    }

    /// When it must have ended, its requested wall time being enforced [ns], or ``None``.
    #[getter]
    fn bound_ns(&self) -> Option<u64> {
        known_ns(self.bound)
    }

    fn __repr__(&self) -> String {
        let job = self.job.get();
        format!("Run(job={}, start={}, nodes={:?})", job.trace_number(), self.start(), self.nodes)
    }
}
