//! `steady`: the warm-up of runs, and what they come to after it.

use std::io::Write;

use analysis::{
    STEADY_BATCHES, SteadyInput, SteadyOptions, scenario_text, steady_covers, steady_csv, steady_json,
    steady_text,
};
use scenarios::file::suggestion;
use scenarios::problem::{Problem, Problems};
use scenarios::scenario::thresholds;
use scenarios::sweep::store_problem;

use super::compare::Folder;
use crate::args::{Format, Steady};
use crate::failure::Failure;
use crate::progress::Waiting;

pub fn steady(args: &Steady) -> Result<(), Failure> {
    let mut notes = Vec::new();
    let folder = Folder::read(&args.dir, &mut notes);
    let input = SteadyInput::open(&args.dir);
    let mut problems = Problems::default();
    if !STEADY_BATCHES.contains(&args.batches) {
        problems.push(Problem::new("--batches", "", args.batches, "must be from 5 to 1000"));
    }
    match (folder, &input) {
        (Ok(_), Ok(input)) => problems.0.extend(wrong_metrics(args, &input.metrics())),
        (Ok(_), Err(error)) => problems.push(store_problem(error)),
        (Err(Failure::Input(found)), _) => problems.0.extend(found.0),
        (Err(other), _) => return Err(other),
    }
    problems.or_ok(())?;
    let failed = |error| Failure::from(store_problem(&error));
    let input = input.map_err(failed)?;
    let text = scenario_text(&args.dir).map_err(failed)?;
    let thresholds = thresholds(&text, &args.dir.join("manifest.json").display().to_string())?;
    let tau = |axes: &[(String, String)]| thresholds.get(axes).copied();
    let options = SteadyOptions { metrics: &args.metrics, batches: args.batches, tau: &tau };
    let waiting = Waiting::new("reading jobs");
    let report = analysis::steady(&input, &options);
    waiting.clear();
    let report = report.map_err(failed)?;
    let mut out = std::io::stdout().lock();
    notes.iter().for_each(|note| eprintln!("{note}"));
    match args.format {
        Format::Table => write!(out, "{}", steady_text(&report))?,
        Format::Csv => write!(out, "{}", steady_csv(&report))?,
        Format::Json => {
            let text = serde_json::to_string_pretty(&steady_json(&report));
            writeln!(out, "{}", text.expect("a JSON value can be printed"))?;
        }
    }
    Ok(())
}

/// What is wrong with the metrics that are asked for.
fn wrong_metrics(args: &Steady, known: &[String]) -> Vec<Problem> {
    let is_unknown = |name: &&String| !known.iter().any(|known| steady_covers(name, known));
    let problem = |name: &String| {
        let rule =
            format!("no run has such a metric; {}", suggestion(name, known.iter().map(String::as_str)));
        Problem::new("--metric", "", name, rule)
    };
    args.metrics.iter().filter(is_unknown).map(problem).collect()
}
