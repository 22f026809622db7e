//! Scenarios that Python holds: loaded, checked, run.

mod session;
mod trace;
mod watch;

use std::path::PathBuf;
use std::sync::OnceLock;

use analysis::{FailedRun, Tables};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scenarios::problem::Problems;
use scenarios::scenario::{Overrides, Scenario, load, load_text};
use scenarios::source::Source;
use scenarios::sweep::{SweepOptions, prepare, sweep};

use crate::errors::scenario_error;
use session::PySession;
use watch::{Watch, interruptibly};

/// A scenario, checked; its traces are read when it is prepared or run.
#[pyclass(frozen, name = "Scenario", module = "windtunnel._windtunnel")]
pub(crate) struct PyScenario {
    scenario: Scenario,
    sources: OnceLock<Vec<Source>>,
}

impl PyScenario {
    pub(crate) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The sources of its points, read once.
    fn sources(&self) -> Result<&[Source], Problems> {
        if self.sources.get().is_none() {
            // Should two threads come here at once, the work is done twice and one result is kept.
            drop(self.sources.set(prepare(&self.scenario)?));
        }
        Ok(self.sources.get().expect("they were set just now"))
    }
}

#[pymethods]
impl PyScenario {
    /// The scenario that `source` names (a file, or one of the catalog), or that of `text`, which problems call
    /// `source`.
    #[new]
    #[pyo3(signature = (source, text=None, sets=vec![]))]
    fn new(py: Python<'_>, source: &str, text: Option<&str>, sets: Vec<String>) -> PyResult<Self> {
        let overrides = Overrides { sets, seeds: None };
        let loaded = py.detach(|| match text {
            Some(text) => load_text(text, source, &overrides),
            None => load(source, &overrides),
        });
        let scenario = loaded.map_err(|problems| scenario_error(py, &problems))?;
        Ok(Self { scenario, sources: OnceLock::new() })
    }

    #[getter]
    fn name(&self) -> &str {
        &self.scenario.name
    }

    #[getter]
    fn question(&self) -> &str {
        &self.scenario.question
    }

    /// The scenario as meant, as TOML.
    #[getter]
    fn text(&self) -> &str {
        &self.scenario.text
    }

    fn __len__(&self) -> usize {
        self.scenario.runs().len()
    }

    /// Reads its traces, and finds what is wrong with them.
    fn prepare(&self, py: Python<'_>) -> PyResult<()> {
        let sources = interruptibly(py, None, |_| self.sources().map(drop))?;
        sources.map_err(|problems| scenario_error(py, &problems))
    }

    /// Does all its runs; yields the messages of those that failed, and how many were done before.
    #[pyo3(signature = (wanted, threads, progress))]
    fn run(
        &self,
        py: Python<'_>,
        wanted: Wanted,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(Vec<(String, String)>, usize)> {
        let options = SweepOptions { threads, ..wanted.options() };
        let work = |watch: &Watch| sweep(&self.scenario, self.sources()?, &options, watch);
        let swept = interruptibly(py, progress.as_ref(), work)?;
        let swept = swept.map_err(|problems| scenario_error(py, &problems))?;
        Ok((rows(&swept.failed), swept.resumed))
    }

    /// Opens its results folder for runs that are done elsewhere.
    fn open(&self, py: Python<'_>, wanted: Wanted) -> PyResult<PySession> {
        PySession::open(py, self.scenario.clone(), &wanted.options())
    }
}

/// What a sweep is to leave and where, as a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Wanted {
    out: PathBuf,
    jobs: bool,
    log_decisions: bool,
    resume: bool,
}

impl Wanted {
    fn options(self) -> SweepOptions {
        let Self { out, jobs, log_decisions, resume } = self;
        let tables = Tables { jobs, decisions: log_decisions };
        SweepOptions { out, tables, resume, threads: None, shard: None }
    }
}

/// Failed runs as ids and messages.
fn rows(failed: &[FailedRun]) -> Vec<(String, String)> {
    failed.iter().map(|run| (run.id.clone(), run.message.clone())).collect()
}

fn unwritable(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(format!("it cannot be written as TOML: {error}"))
}

/// A table that was written as JSON, as a TOML document.
#[pyfunction]
fn toml_document(json: &str) -> PyResult<String> {
    let table: toml::Table = serde_json::from_str(json).map_err(unwritable)?;
    toml::to_string(&table).map_err(unwritable)
}

/// A value that was written as JSON, as what stands after `=` in TOML.
#[pyfunction]
fn toml_value(json: &str) -> PyResult<String> {
    let value: toml::Value = serde_json::from_str(json).map_err(unwritable)?;
    Ok(value.to_string())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    session::register(module)?;
    trace::register(module)?;
    module.add_class::<PyScenario>()?;
    module.add_function(wrap_pyfunction!(toml_document, module)?)?;
    module.add_function(wrap_pyfunction!(toml_value, module)?)
}
