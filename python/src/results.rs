//! Results folders: means over seeds and differences between policies, as tables.

use std::path::{Path, PathBuf};

use analysis::{Comparison, Method, RunRecord, Side, default_metrics, read_results, summarize};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scenarios::sweep::store_problem;

use crate::errors::scenario_error;
use crate::table::{Columns, Table};

/// A point of a sweep: axes and their values.
type Axes = Vec<(String, String)>;

fn read(py: Python<'_>, folder: &Path) -> PyResult<Vec<RunRecord>> {
    let records = py.detach(|| read_results(folder));
    records.map_err(|error| scenario_error(py, &store_problem(&error).into()))
}

/// Adds a column per axis that any of the points has.
fn add_axes(columns: &mut Columns, points: &[Option<&Axes>]) {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in points.iter().flatten().flat_map(|axes| axes.iter()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    for name in names {
        let value = |axes: &Option<&Axes>| {
            axes.and_then(|axes| axes.iter().find(|(axis, _)| axis == name).map(|(_, value)| value.clone()))
        };
        columns.text(name, points.iter().map(value));
    }
}

/// Means over seeds of every metric, with 95 % intervals by Student's t.
#[pyfunction]
fn summary(py: Python<'_>, folder: PathBuf) -> PyResult<Table> {
    let rows = summarize(&read(py, &folder)?);
    let mut columns = Columns::default();
    columns.text("policy", rows.iter().map(|row| Some(&row.policy)));
    columns.text("predictor", rows.iter().map(|row| Some(&row.predictor)));
    columns.text("information", rows.iter().map(|row| Some(&row.information)));
    add_axes(&mut columns, &rows.iter().map(|row| Some(&row.axes)).collect::<Vec<_>>());
    columns.text("metric", rows.iter().map(|row| Some(&row.metric)));
    columns.text("unit", rows.iter().map(|row| Some(&row.unit)));
    columns.number("mean", rows.iter().map(|row| Some(row.mean)));
    columns.number("ci95_low", rows.iter().map(|row| row.ci95.map(|ci| ci.0)));
    columns.number("ci95_high", rows.iter().map(|row| row.ci95.map(|ci| ci.1)));
    columns.count("n", rows.iter().map(|row| row.n));
    Ok(columns.table())
}

fn side<'a>(folder: &Path, policy: &str, records: &'a [RunRecord]) -> PyResult<Side<'a>> {
    let runs: Vec<&RunRecord> = records.iter().filter(|record| record.key.policy == policy).collect();
    if runs.is_empty() {
        let mut known: Vec<&str> = records.iter().map(|record| record.key.policy.as_str()).collect();
        known.dedup();
        let text = format!("{}: has no policy {policy:?}; it has {}", folder.display(), known.join(", "));
        return Err(PyValueError::new_err(text));
    }
    Ok(Side { folder: folder.display().to_string(), policy: policy.to_owned(), runs })
}

/// What changes from policy `a` of one folder to policy `b` of another, in pairs of equal seed and point.
#[pyfunction]
#[pyo3(signature = (folder_a, a, folder_b, b, metrics=None))]
fn compare(
    py: Python<'_>,
    folder_a: PathBuf,
    a: &str,
    folder_b: PathBuf,
    b: &str,
    metrics: Option<Vec<String>>,
) -> PyResult<Table> {
    let (records_a, records_b) = (read(py, &folder_a)?, read(py, &folder_b)?);
    let (side_a, side_b) = (side(&folder_a, a, &records_a)?, side(&folder_b, b, &records_b)?);
    let names: Vec<&str> = match &metrics {
        Some(names) => names.iter().map(String::as_str).collect(),
        None => default_metrics(&side_a.runs, &side_b.runs),
    };
    let comparison = Comparison::new(side_a, side_b, &names, Method::Student);
    if comparison.pairs == 0 {
        return Err(PyValueError::new_err(
            "no run of the one side has the seed and point of one of the other",
        ));
    }
    let rows = &comparison.rows;
    let found = || rows.iter().map(|row| row.difference);
    let mut columns = Columns::default();
    columns.text("metric", rows.iter().map(|row| Some(&row.metric)));
    columns.text("unit", rows.iter().map(|row| Some(&row.unit)));
    add_axes(&mut columns, &rows.iter().map(|row| row.point.as_ref()).collect::<Vec<_>>());
    columns.count("pairs", found().map(|found| found.map_or(0, |found| found.pairs)));
    columns.number("a", found().map(|found| Some(found?.mean_a)));
    columns.number("b", found().map(|found| Some(found?.mean_b)));
    columns.number("difference", found().map(|found| Some(found?.mean)));
    columns.number("ci95_low", found().map(|found| Some(found?.ci95?.0)));
    columns.number("ci95_high", found().map(|found| Some(found?.ci95?.1)));
    columns
        .text("verdict", rows.iter().map(|row| Some(format!("{:?}", row.difference?.verdict(row.better)))));
    Ok(columns.table())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(summary, module)?)?;
    module.add_function(wrap_pyfunction!(compare, module)?)
}
