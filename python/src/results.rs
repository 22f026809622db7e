//! Results folders: means over seeds and differences between policies, as tables; reports.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use analysis::{
    Comparison, Method, PairedRow, ResultTable, RunRecord, Side, StoreError, correct, covers,
    default_metrics, read_results, summarize,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scenarios::file::suggestion;
use scenarios::problem::{Problem, Problems};
use scenarios::sweep::store_problem;

use crate::errors::scenario_error;
use crate::table::{Columns, Table};

/// A point of a sweep: axes and their values.
type Axes = Vec<(String, String)>;

fn store_error(py: Python<'_>, error: &StoreError) -> PyErr {
    scenario_error(py, &store_problem(error).into())
}

fn read(py: Python<'_>, folder: &Path) -> PyResult<Vec<RunRecord>> {
    py.detach(|| read_results(folder)).map_err(|error| store_error(py, &error))
}

/// The files of the table `stem` of a folder, which have the bytes that were written; none if there is no such table.
#[pyfunction]
fn table_files(py: Python<'_>, folder: PathBuf, stem: &str) -> PyResult<Vec<PathBuf>> {
    let table = py.detach(|| ResultTable::open(&folder, stem)).map_err(|error| store_error(py, &error))?;
    Ok(table.iter().flat_map(ResultTable::files).map(|file| file.path().to_owned()).collect())
}

/// Adds a column per axis that any of the points has.
pub(crate) fn add_axes(columns: &mut Columns, points: &[Option<&Axes>]) {
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

/// The metrics of a folder that are named, or members of a named family, in the order of `named`.
#[pyfunction]
fn covered_metrics(py: Python<'_>, folder: PathBuf, named: Vec<String>) -> PyResult<Vec<String>> {
    let records = read(py, &folder)?;
    check_metrics(py, &named, &records)?;
    let known = known_metrics(&records);
    let mut covered: Vec<&str> = Vec::new();
    for name in named.iter().flat_map(|named| known.iter().copied().filter(|name| covers(named, name))) {
        if !covered.contains(&name) {
            covered.push(name);
        }
    }
    Ok(covered.into_iter().map(str::to_owned).collect())
}

/// What the runs have, by name.
fn known_metrics(records: &[RunRecord]) -> BTreeSet<&str> {
    records.iter().flat_map(|run| &run.metrics).map(|metric| metric.name.as_str()).collect()
}

/// Every named metric, or a member of the named family, must be in some run.
fn check_metrics(py: Python<'_>, named: &[String], records: &[RunRecord]) -> PyResult<()> {
    let known = known_metrics(records);
    let mut problems = Problems::default();
    for name in named.iter().filter(|name| !known.iter().any(|known| covers(name, known))) {
        let rule = format!("no run has such a metric; {}", suggestion(name, known.iter().copied()));
        problems.push(Problem::new("metrics", "", name, rule));
    }
    problems.or_ok(()).map_err(|problems| scenario_error(py, &problems))
}

/// What is compared: policy `a` of one folder with each policy of `b` of another, by which metrics and intervals.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Question {
    folder_a: PathBuf,
    a: String,
    folder_b: PathBuf,
    b: Vec<String>,
    metrics: Option<Vec<String>>,
    method: String,
}

/// Whoever is compared to itself, or twice to the same one, has made a mistake: it would be corrected for.
fn check_policies(py: Python<'_>, asked: &Question) -> PyResult<()> {
    let is_same =
        |a: &Path, b: &Path| a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().ok() == Some(a));
    let first = is_same(&asked.folder_a, &asked.folder_b).then_some(&asked.a);
    let mut problems = Problems::default();
    for (n, name) in asked.b.iter().enumerate() {
        if first == Some(name) || asked.b[..n].contains(name) {
            problems.push(Problem::new("compare", "b", name, "is named twice"));
        }
    }
    if asked.b.is_empty() {
        problems.push(Problem::new("compare", "b", "[]", "needs a policy to compare"));
    }
    problems.or_ok(()).map_err(|problems| scenario_error(py, &problems))
}

/// What `work` makes of the comparisons, one per policy of `b`, in pairs of equal seed and point; their p-values are
/// corrected together.
fn compared<R>(py: Python<'_>, asked: &Question, work: impl FnOnce(&[Comparison<'_>]) -> R) -> PyResult<R> {
    let method = Method::ALL.into_iter().find(|method| method.name() == asked.method).ok_or_else(|| {
        let names = Method::ALL.map(|method| format!("'{}'", method.name())).join(", ");
        PyValueError::new_err(format!("method={:?}: must be one of {names}", asked.method))
    })?;
    check_policies(py, asked)?;
    let (of_a, of_b) = (read(py, &asked.folder_a)?, read(py, &asked.folder_b)?);
    if let Some(named) = &asked.metrics {
        check_metrics(py, named, &of_a)?;
        check_metrics(py, named, &of_b)?;
    }
    let mut comparisons = Vec::new();
    for b in &asked.b {
        let (a, b) = (side(&asked.folder_a, &asked.a, &of_a)?, side(&asked.folder_b, b, &of_b)?);
        let metrics: Vec<&str> = match &asked.metrics {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => default_metrics(&a.runs, &b.runs),
        };
        // The bootstrap takes its time.
        let comparison = py.detach(|| Comparison::new(a, b, &metrics, method));
        if comparison.pairs == 0 {
            let text = "no run of the one side has the seed and point of one of the other";
            return Err(PyValueError::new_err(text));
        }
        comparisons.push(comparison);
    }
    correct(&mut comparisons);
    Ok(work(&comparisons))
}

/// What changes from policy `a` to the others, a row per policy, metric and point, and one over all points.
#[pyfunction]
fn compare(py: Python<'_>, asked: Question) -> PyResult<Table> {
    compared(py, &asked, |comparisons| {
        // Without axes there is one point, of which there is no more to say than of all points.
        let is_told = |row: &&PairedRow| row.point.as_ref().is_none_or(|axes| !axes.is_empty());
        let told = comparisons
            .iter()
            .flat_map(|one| one.rows.iter().filter(is_told).map(move |row| (&one.b.policy, row)));
        let (policies, rows): (Vec<&String>, Vec<&PairedRow>) = told.unzip();
        let found = || rows.iter().map(|row| row.difference);
        let mut columns = Columns::default();
        columns.text("policy", policies.into_iter().map(Some));
        columns.text("metric", rows.iter().map(|row| Some(&row.metric)));
        columns.text("unit", rows.iter().map(|row| Some(&row.unit)));
        add_axes(&mut columns, &rows.iter().map(|row| row.point.as_ref()).collect::<Vec<_>>());
        columns.count("pairs", found().map(|found| found.map_or(0, |found| found.pairs)));
        columns.number("a", found().map(|found| Some(found?.mean_a)));
        columns.number("b", found().map(|found| Some(found?.mean_b)));
        columns.number("difference", found().map(|found| Some(found?.mean)));
        columns.number("ci95_low", found().map(|found| Some(found?.ci95?.0)));
        columns.number("ci95_high", found().map(|found| Some(found?.ci95?.1)));
        columns.number("p", found().map(|found| found?.p));
        columns.number("p_holm", rows.iter().map(|row| row.p_holm));
        columns.number("effect", found().map(|found| found?.effect.cohen_dz));
        let verdict = |row: &&PairedRow| row.difference.map(|_| format!("{:?}", row.corrected_verdict()));
        columns.text("verdict", rows.iter().map(verdict));
        columns.table()
    })
}

/// The same in sentences, one per policy and metric, over all points.
#[pyfunction]
fn findings(py: Python<'_>, asked: Question) -> PyResult<Vec<String>> {
    compared(py, &asked, |comparisons| comparisons.iter().flat_map(analysis::findings).collect())
}

/// Writes the page and pictures of a folder; yields where the page is.
#[pyfunction]
fn report(
    py: Python<'_>,
    folder: PathBuf,
    out: Option<PathBuf>,
    metrics: Option<Vec<String>>,
) -> PyResult<PathBuf> {
    let metrics = metrics.unwrap_or_default();
    check_metrics(py, &metrics, &read(py, &folder)?)?;
    let written = py.detach(|| analysis::report::write(&folder, out.as_deref(), &metrics));
    let written = written.map_err(|error| store_error(py, &error))?;
    Ok(written.page)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(table_files, module)?)?;
    module.add_function(wrap_pyfunction!(covered_metrics, module)?)?;
    module.add_function(wrap_pyfunction!(summary, module)?)?;
    module.add_function(wrap_pyfunction!(compare, module)?)?;
    module.add_function(wrap_pyfunction!(findings, module)?)?;
    module.add_function(wrap_pyfunction!(report, module)?)
}
