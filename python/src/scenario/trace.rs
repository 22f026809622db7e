//! Traces: audited, and written by generators.

use std::path::PathBuf;

use pyo3::prelude::*;
use scenarios::problem::Problems;
use scenarios::trace_tasks::{Target, generate_of, target, target_of};
use scenarios::traces::write::Written;

use super::PyScenario;
use super::watch::interruptibly;
use crate::errors::scenario_error;

/// The audit of what `find` finds, as JSON. Problems are part of it, unless they leave nothing to report on.
fn audited(py: Python<'_>, find: impl FnOnce() -> Result<Target, Problems> + Send) -> PyResult<String> {
    let audit = interruptibly(py, None, |_| {
        let audit = find()?.audit();
        if audit.jobs == 0 && !audit.problems.0.is_empty() {
            return Err(audit.problems);
        }
        Ok(audit.to_json().to_string())
    })?;
    audit.map_err(|problems| scenario_error(py, &problems))
}

/// The audit of a trace file, or of the trace of a scenario of that name, as JSON.
#[pyfunction]
fn inspect(py: Python<'_>, name: &str, reader: Option<&str>, sets: Vec<String>) -> PyResult<String> {
    audited(py, || target(name, reader, &sets))
}

/// The audit of a scenario's trace, on the cluster of its first point, as JSON. Problems call the scenario `source`.
#[pyfunction]
fn inspect_scenario(py: Python<'_>, source: &str, scenario: &PyScenario) -> PyResult<String> {
    audited(py, || target_of(source, &scenario.scenario.points[0]))
}

/// Writes the jobs of the scenario's first point; yields how many there are, and of how many the format could not hold
/// something.
#[pyfunction]
fn generate(
    py: Python<'_>,
    scenario: &PyScenario,
    out: PathBuf,
    seed: u64,
) -> PyResult<(u64, Vec<(&'static str, u64)>)> {
    let written = interruptibly(py, None, |_| generate_of(&scenario.scenario.points[0], seed, &out, None))?;
    let Written { jobs, lost } = written.map_err(|problems| scenario_error(py, &problems))?;
    Ok((jobs, lost))
}

pub(super) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(inspect, module)?)?;
    module.add_function(wrap_pyfunction!(inspect_scenario, module)?)?;
    module.add_function(wrap_pyfunction!(generate, module)?)
}
