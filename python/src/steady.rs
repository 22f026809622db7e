//! Steady state of the runs of a results folder, as a table.

use std::path::PathBuf;

use analysis::statistics::steady::NotSteady;
use analysis::{
    STEADY_BATCHES, SteadyInput, SteadyOptions, SteadyReport, SteadyRow, StoreError, scenario_text,
    steady_covers,
};
use pyo3::prelude::*;
use scenarios::file::suggestion;
use scenarios::problem::{Problem, Problems};
use scenarios::scenario::thresholds;
use scenarios::sweep::store_problem;

use crate::errors::scenario_error;
use crate::results::add_axes;
use crate::table::{Columns, Table};

/// The warm-up of every run and what it comes to after it, then the same of all seeds together, whose rows have no
/// seed.
#[pyfunction]
fn steady(py: Python<'_>, folder: PathBuf, metrics: Vec<String>, batches: i64) -> PyResult<Table> {
    let report = py.detach(|| found(folder, &metrics, batches));
    report.map(|report| table(&report)).map_err(|problems| scenario_error(py, &problems))
}

fn found(folder: PathBuf, metrics: &[String], batches: i64) -> Result<SteadyReport, Problems> {
    let failed = |error: StoreError| Problems::from(store_problem(&error));
    let mut problems = Problems::default();
    let allowed = usize::try_from(batches).ok().filter(|batches| STEADY_BATCHES.contains(batches));
    if allowed.is_none() {
        let rule = format!("must be from {} to {}", STEADY_BATCHES.start(), STEADY_BATCHES.end());
        problems.push(Problem::new("steady", "batches", batches, rule));
    }
    let input = SteadyInput::open(&folder).map_err(failed)?;
    let known = input.metrics();
    for name in metrics.iter().filter(|name| !known.iter().any(|known| steady_covers(name, known))) {
        let rule =
            format!("no run has such a metric; {}", suggestion(name, known.iter().map(String::as_str)));
        problems.push(Problem::new("metrics", "", name, rule));
    }
    let batches = problems.or_ok(allowed)?.expect("a number that is not allowed is a problem");
    let text = scenario_text(&folder).map_err(failed)?;
    let thresholds = thresholds(&text, &folder.join("manifest.json").display().to_string())?;
    let tau = |axes: &[(String, String)]| thresholds.get(axes).copied();
    analysis::steady(&input, &SteadyOptions { metrics, batches, tau: &tau }).map_err(failed)
}

/// A row: a run, or the runs of all seeds. What it has of the other kind is left out.
struct Line<'a> {
    of: &'a SteadyRow,
    seed: Option<u64>,
    runs: usize,
    values: Option<usize>,
    without: Option<usize>,
    state: &'static str,
    cut: Option<usize>,
    warmup_ns: Option<u64>,
    mean_all: f64,
    mean: Option<f64>,
    batch_mean: Option<f64>,
    ci95: Option<(f64, f64)>,
    batches: Option<(usize, usize)>,
    lag1: Option<f64>,
    dependent: usize,
}

fn state(failure: Option<NotSteady>) -> &'static str {
    match failure {
        None => "steady",
        Some(NotSteady::TooShort) => "too short",
        Some(NotSteady::Late(_)) => "not steady",
    }
}

fn of_run(row: &SteadyRow) -> Line<'_> {
    let steady = row.steady.ok();
    let batches = steady.and_then(|steady| steady.batches);
    let cut = match row.steady {
        Ok(steady) => Some(steady.cut),
        Err(NotSteady::Late(cut)) => Some(cut),
        Err(NotSteady::TooShort) => None,
    };
    Line {
        of: row,
        seed: Some(row.seed),
        runs: 1,
        values: Some(row.values),
        without: Some(row.without),
        state: state(row.steady.err()),
        cut,
        warmup_ns: steady.map(|steady| steady.warmup_ns),
        mean_all: row.mean,
        mean: steady.map(|steady| steady.mean),
        batch_mean: batches.map(|batches| batches.mean),
        ci95: batches.map(|batches| batches.ci95),
        batches: batches.map(|batches| (batches.batches, batches.size)),
        lag1: batches.and_then(|batches| batches.lag1),
        dependent: usize::from(batches.is_some_and(|batches| batches.dependent())),
    }
}

fn table(report: &SteadyReport) -> Table {
    let of_all = report.summary.iter().map(|group| {
        let steady = group.steady.ok();
        Line {
            of: &report.rows[group.first],
            seed: None,
            runs: group.runs,
            values: None,
            without: None,
            state: state(group.steady.err()),
            cut: steady.map(|steady| steady.cut),
            warmup_ns: steady.map(|steady| steady.warmup_ns),
            mean_all: group.mean,
            mean: steady.map(|steady| steady.mean),
            batch_mean: None,
            ci95: steady.and_then(|steady| steady.ci95),
            batches: None,
            lag1: None,
            dependent: group.dependent,
        }
    });
    let lines: Vec<Line<'_>> = report.rows.iter().map(of_run).chain(of_all).collect();
    let whole = |number: Option<usize>| number.map(|number| number as u64);
    let mut columns = Columns::default();
    columns.text("policy", lines.iter().map(|line| Some(&line.of.policy)));
    columns.text("predictor", lines.iter().map(|line| Some(&line.of.predictor)));
    columns.whole("seed", lines.iter().map(|line| line.seed));
    add_axes(&mut columns, &lines.iter().map(|line| Some(&line.of.axes)).collect::<Vec<_>>());
    columns.text("metric", lines.iter().map(|line| Some(&line.of.metric)));
    columns.text("unit", lines.iter().map(|line| Some(line.of.unit)));
    columns.count("runs", lines.iter().map(|line| line.runs as u64));
    columns.whole("values", lines.iter().map(|line| whole(line.values)));
    columns.whole("without", lines.iter().map(|line| whole(line.without)));
    columns.text("state", lines.iter().map(|line| Some(line.state)));
    columns.whole("cut", lines.iter().map(|line| whole(line.cut)));
    columns.number("warmup_s", lines.iter().map(|line| line.warmup_ns.map(|ns| ns as f64 / 1e9)));
    columns.number("mean_all", lines.iter().map(|line| Some(line.mean_all)));
    columns.number("mean", lines.iter().map(|line| line.mean));
    columns.number("batch_mean", lines.iter().map(|line| line.batch_mean));
    columns.number("ci95_low", lines.iter().map(|line| line.ci95.map(|ci| ci.0)));
    columns.number("ci95_high", lines.iter().map(|line| line.ci95.map(|ci| ci.1)));
    columns.whole("batches", lines.iter().map(|line| whole(line.batches.map(|batches| batches.0))));
    columns.whole("batch_size", lines.iter().map(|line| whole(line.batches.map(|batches| batches.1))));
    columns.number("lag1", lines.iter().map(|line| line.lag1));
    columns.count("dependent", lines.iter().map(|line| line.dependent as u64));
    columns.table()
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(steady, module)?)
}
