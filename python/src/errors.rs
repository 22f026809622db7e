//! Problems of input as Python exceptions.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scenarios::problem::Problems;

/// `windtunnel.ScenarioError` with all problems, each as file, place, value and rule.
///
/// A `ValueError` with their text if the package cannot be imported, which a broken installation alone can cause.
pub(crate) fn scenario_error(py: Python<'_>, problems: &Problems) -> PyErr {
    let rows: Vec<(&str, &str, &str, &str)> = problems
        .0
        .iter()
        .map(|problem| {
            (problem.file.as_str(), problem.at.as_str(), problem.value.as_str(), problem.rule.as_str())
        })
        .collect();
    let made = py
        .import("windtunnel._errors")
        .and_then(|module| module.getattr("ScenarioError"))
        .and_then(|class| class.call1((problems.to_string(), rows)));
    match made {
        Ok(error) => PyErr::from_value(error),
        Err(_) => PyValueError::new_err(problems.to_string()),
    }
}
