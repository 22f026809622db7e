//! What a sweep came to, printed run by run and point by point: nothing here grows with the number of runs.

use std::io::{self, Write};

use analysis::{
    DEFAULT_COLUMNS, FailedRun, Records, StoreError, SummaryRow, csv_table, is_shown, json_params, json_run,
    json_summary, point_text, summarize_each, text_table,
};
use scenarios::scenario::Scenario;
use scenarios::sweep::{Replicated, Swept, store_problem};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Points of the sweep that the text table shows (arbitrary: more than that is read by programs).
const POINTS_MAX: usize = 50;
/// Failed runs that are told one by one (arbitrary).
const FAILED_MAX: usize = 20;

/// Why printing stopped.
enum Stop {
    Store(StoreError),
    Out(io::Error),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Store(error) => store_problem(&error).into(),
            Stop::Out(error) => error.into(),
        }
    }
}

/// Hands the summary of each policy at each point to `found`.
fn each_summary(
    swept: &Swept,
    found: impl FnMut(Vec<SummaryRow>) -> Result<(), Stop>,
) -> Result<(), Failure> {
    let records: Records = swept.records()?;
    Ok(summarize_each(records.map(|record| record.map_err(Stop::Store)), found)?)
}

/// One JSON object, with a line for each run and for each row of the summary.
pub fn json(out: &mut impl Write, scenario: &Scenario, swept: &Swept) -> Result<(), Failure> {
    let (name, version) = (Value::from(scenario.name.as_str()), env!("CARGO_PKG_VERSION"));
    write!(out, "{{\n  \"scenario\": {name},\n  \"version\": \"{version}\",\n  \"runs\": [")?;
    let mut comma = "";
    for record in swept.records()? {
        let record = record.map_err(|error| store_problem(&error))?;
        write!(out, "{comma}\n    {}", json_run(&record))?;
        comma = ",";
    }
    write!(out, "\n  ],\n  \"summary\": [")?;
    comma = "";
    each_summary(swept, |rows| {
        for row in &rows {
            write!(out, "{comma}\n    {}", json_summary(row)).map_err(Stop::Out)?;
            comma = ",";
        }
        Ok(())
    })?;
    write!(out, "\n  ]")?;
    if let Some(replicated) = &swept.replicated {
        write!(out, ",\n  \"replication\": {}", json_replicated(replicated))?;
    }
    if !swept.failed.is_empty() {
        let failed = swept.failed.iter().map(|run| json!({ "id": run.id, "message": run.message }));
        write!(out, ",\n  \"failed\": {}", failed.collect::<Value>())?;
    }
    writeln!(out, "\n}}")?;
    Ok(())
}

/// The summary as comma-separated values.
pub fn csv(out: &mut impl Write, swept: &Swept) -> Result<(), Failure> {
    let mut is_first = true;
    each_summary(swept, |rows| {
        let text = csv_table(&rows);
        let after_head = text.find('\n').map_or(0, |end| end + 1);
        let text = if is_first { &text[..] } else { &text[after_head..] };
        is_first = false;
        out.write_all(text.as_bytes()).map_err(Stop::Out)
    })
}

/// The summary for people, and where the rest is.
pub fn table(out: &mut impl Write, swept: &Swept) -> Result<(), Failure> {
    let (mut shown, mut points, mut last) = (Vec::new(), 0, None);
    each_summary(swept, |mut rows| {
        let axes = rows.first().map(|row| row.axes.clone());
        if axes != last {
            (points, last) = (points + 1, axes);
        }
        if points <= POINTS_MAX {
            rows.retain(|row| is_shown(&row.metric));
            shown.append(&mut rows);
        }
        Ok(())
    })?;
    writeln!(out, "{}", text_table(&shown, DEFAULT_COLUMNS))?;
    if points > POINTS_MAX {
        let more = points - POINTS_MAX;
        writeln!(out, "{more} more points are not shown: --format csv prints all of them\n")?;
    }
    if let Some(replicated) = &swept.replicated {
        write!(out, "{}", text_replicated(replicated))?;
    }
    let resumed = match swept.resumed {
        0 => String::new(),
        resumed => format!(", {resumed} of them done before"),
    };
    writeln!(out, "{} runs{resumed}; results in {}", swept.runs, swept.dir.display())?;
    if swept.unasked > 0 {
        let parts = swept.dir.join("parts");
        writeln!(
            out,
            "{} finished runs that the scenario no longer asks for stay in {}, outside the tables",
            swept.unasked,
            parts.display()
        )?;
    }
    Ok(())
}

/// The failed runs, line by line.
pub fn failures(failed: &[FailedRun]) -> Vec<String> {
    let line = |run: &FailedRun| format!("{}: {}", run.id, run.message);
    let mut lines: Vec<String> = failed.iter().take(FAILED_MAX).map(line).collect();
    if failed.len() > FAILED_MAX {
        lines.push(format!("and {} more failed runs, all of them in failed.json", failed.len() - FAILED_MAX));
    }
    lines
}

fn json_replicated(replicated: &Replicated) -> Value {
    let line = |at: &scenarios::sweep::ReachedAt| {
        json!({
            "policy": at.policy, "params": json_params(&at.axes), "mean": at.reached.mean,
            "ci95_half": at.reached.half, "allowed": at.reached.allowed, "n": at.reached.pairs,
            "all_equal": at.reached.are_equal, "met": at.reached.is_met(),
        })
    };
    json!({
        "metric": replicated.enough.metric,
        "until": replicated.enough.until,
        "baseline": replicated.baseline,
        "seeds": replicated.seeds,
        "met": replicated.is_met(),
        "differences": replicated.reached.iter().map(line).collect::<Value>(),
    })
}

/// How many seeds were run, and the widest interval of each policy.
fn text_replicated(replicated: &Replicated) -> String {
    let (enough, seeds) = (&replicated.enough, replicated.seeds);
    let verdict = if replicated.is_met() { "enough" } else { "the most, and not enough" };
    let mut text = format!("{seeds} seeds are {verdict} for {} of {}", enough.until, enough.metric);
    let mut names: Vec<&str> = Vec::new();
    for at in &replicated.reached {
        if !names.contains(&at.policy.as_str()) {
            names.push(&at.policy);
        }
    }
    for name in names {
        // The one that has come least far: that of the largest part of what is allowed.
        let part = |at: &&scenarios::sweep::ReachedAt| match at.reached.half {
            Some(half) if at.reached.allowed > 0.0 => half / at.reached.allowed,
            Some(0.0) => 0.0,
            _ => f64::INFINITY,
        };
        let of = replicated.reached.iter().filter(|at| at.policy == name);
        let Some(at) = of.max_by(|a, b| part(a).total_cmp(&part(b))) else { continue };
        let half = at.reached.half.map_or("unknown".to_owned(), |half| format!("{half:.4}"));
        let what = match name == replicated.baseline {
            true => format!("{name} {:.4}", at.reached.mean),
            false => format!("{name} - {} = {:.4}", replicated.baseline, at.reached.mean),
        };
        text += &format!("\n  {what} ± {half}, where {:.4} is allowed", at.reached.allowed);
        if at.reached.are_equal {
            let what = if name == replicated.baseline { "value" } else { "difference" };
            text += &format!("; every {what} was equal, which says nothing of the spread");
        }
        if !at.axes.is_empty() {
            text += &format!(" (widest at {})", point_text(&at.axes));
        }
    }
    text + "\n\n"
}
