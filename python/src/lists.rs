//! What the program knows of itself: registries, catalog, metrics, the JSON Schema.

use analysis::METRICS;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scenarios::catalog;
use scenarios::registries::registries as all;
use scenarios::scenario::question;
use serde_json::json;
use sim_core::Better;
use sim_core::registry::{About, Param};

use crate::table::{Columns, Table};

/// Names of the registries: kinds of plug-ins that a scenario may name.
#[pyfunction]
fn registries() -> Vec<&'static str> {
    all().names().collect()
}

/// The plug-ins of one kind; their parameters as JSON.
#[pyfunction]
fn registry(kind: &str) -> PyResult<Table> {
    let abouts = all().registry(kind);
    if abouts.is_empty() {
        let known = registries().join(", ");
        return Err(PyValueError::new_err(format!("{kind:?} is no kind of plug-in; kinds are {known}")));
    }
    let mut columns = Columns::default();
    columns.text("name", abouts.iter().map(|about| Some(about.name)));
    columns.text("documentation", abouts.iter().map(|about| Some(about.doc)));
    columns.text("parameters", abouts.iter().map(|about| Some(parameters(about))));
    columns.text("source", abouts.iter().map(|about| Some(about.source)));
    Ok(columns.table())
}

fn parameters(about: &About) -> String {
    let one = |param: &Param| {
        json!({
            "name": param.name,
            "default": param.default,
            "required": param.required,
            "documentation": param.doc,
        })
    };
    about.params.iter().map(one).collect::<serde_json::Value>().to_string()
}

/// The scenarios that come with the package.
#[pyfunction]
fn catalog_table() -> Table {
    let texts: Vec<(&str, &str)> = catalog::names().zip(catalog::names().filter_map(catalog::text)).collect();
    // What readers of the table must know follows the question.
    let asked = |text: &str| analysis::question(&question(text)).0;
    let mut columns = Columns::default();
    columns.text("name", texts.iter().map(|(name, _)| Some(*name)));
    columns.text("question", texts.iter().map(|(_, text)| Some(asked(text))));
    columns.text("text", texts.iter().map(|(_, text)| Some(*text)));
    columns.table()
}

/// The metrics that runs report.
#[pyfunction]
fn metrics() -> Table {
    let better = |better: Better| match better {
        Better::Lower => Some("lower"),
        Better::Higher => Some("higher"),
        Better::Neither => None,
    };
    let mut columns = Columns::default();
    columns.text("name", METRICS.iter().map(|metric| Some(metric.name)));
    columns.text("unit", METRICS.iter().map(|metric| Some(metric.unit)));
    columns.text("better", METRICS.iter().map(|metric| better(metric.better)));
    columns.text("documentation", METRICS.iter().map(|metric| Some(metric.doc)));
    columns.text("source", METRICS.iter().map(|metric| Some(metric.source)));
    columns.table()
}

/// The JSON Schema of scenario files, as JSON.
#[pyfunction]
fn schema() -> String {
    scenarios::scenario::schema().to_string()
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(registries, module)?)?;
    module.add_function(wrap_pyfunction!(registry, module)?)?;
    module.add_function(wrap_pyfunction!(catalog_table, module)?)?;
    module.add_function(wrap_pyfunction!(metrics, module)?)?;
    module.add_function(wrap_pyfunction!(schema, module)?)
}
