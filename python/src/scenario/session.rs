//! A sweep whose runs are done elsewhere, and what a worker does.

use std::path::PathBuf;
use std::sync::Mutex;

use analysis::Tables;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use scenarios::problem::Problems;
use scenarios::scenario::Scenario;
use scenarios::sweep::{Session, SweepOptions, remove_if_empty};

use super::rows;
use super::watch::{Watch, interruptibly};
use crate::errors::scenario_error;

/// An open results folder, and which runs are missing from it.
#[pyclass(frozen, name = "Session", module = "windtunnel._windtunnel")]
pub(crate) struct PySession {
    /// `None` once it is assembled or closed.
    session: Mutex<Option<Session<'static>>>,
    /// The folder, if the session has made it.
    new_folder: Option<PathBuf>,
}

impl PySession {
    pub(super) fn open(py: Python<'_>, scenario: Scenario, options: &SweepOptions) -> PyResult<Self> {
        let new_folder = (!options.out.exists()).then(|| options.out.clone());
        let session = py.detach(|| Session::owned(scenario, options));
        let session = session.map_err(|problems| scenario_error(py, &problems))?;
        Ok(Self { session: Mutex::new(Some(session)), new_folder })
    }

    /// What `work` makes of the session.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Session<'static>) -> Result<R, Problems> + Send,
    ) -> PyResult<R> {
        let over = || PyRuntimeError::new_err("the session is over");
        let result = py.detach(|| {
            let mut session = self.session.lock().ok()?;
            Some(work(session.as_mut()?))
        });
        result.ok_or_else(over)?.map_err(|problems| scenario_error(py, &problems))
    }
}

#[pymethods]
impl PySession {
    /// Ids of runs that are to be done.
    fn missing(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.with(py, Session::missing_ids)
    }

    /// Takes what `run_batch` made.
    fn accept(&self, py: Python<'_>, packed: &[u8]) -> PyResult<()> {
        self.with(py, |session| session.accept(packed).map(drop))
    }

    /// Says that a run was lost and is not to be done again.
    fn lose(&self, py: Python<'_>, id: String, message: String) -> PyResult<()> {
        self.with(py, |session| {
            session.lost(id, message);
            Ok(())
        })
    }

    /// Runs that are over, and all that are asked for.
    fn progress(&self, py: Python<'_>) -> PyResult<(usize, usize)> {
        self.with(py, |session| {
            // Looking at what is missing may be what asks for more.
            let missing = session.missing()?.len();
            Ok((session.asked() - missing, session.asked()))
        })
    }

    /// Puts the folder together; yields the failed runs, and how many were done before.
    fn assemble(&self, py: Python<'_>) -> PyResult<(Vec<(String, String)>, usize)> {
        let session = self.session.lock().ok().and_then(|mut session| session.take());
        let session = session.ok_or_else(|| PyRuntimeError::new_err("the session is over"))?;
        let swept = interruptibly(py, None, |_| session.assemble())?;
        let swept = swept.map_err(|problems| scenario_error(py, &problems))?;
        Ok((rows(&swept.failed), swept.resumed))
    }

    /// Lets go of the folder. What was accepted is safe in it; if it holds nothing and was not there before, it goes.
    fn close(&self) {
        if let Ok(mut session) = self.session.lock() {
            *session = None;
        }
        self.new_folder.iter().for_each(|folder| remove_if_empty(folder));
    }
}

/// Does runs of the scenario of that text, and yields their results as bytes.
#[pyfunction]
fn run_batch<'py>(
    py: Python<'py>,
    text: &str,
    file: &str,
    ids: Vec<String>,
    jobs: bool,
    log_decisions: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let tables = Tables { jobs, decisions: log_decisions };
    let watch = Watch::default();
    let packed = py.detach(|| scenarios::batch::run_batch(text, file, &ids, tables, &watch));
    if let Some(error) = watch.raised() {
        return Err(error);
    }
    let packed = packed.map_err(|problems| scenario_error(py, &problems))?;
    Ok(PyBytes::new(py, &packed))
}

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PySession>()?;
    module.add_function(wrap_pyfunction!(run_batch, module)?)
}
