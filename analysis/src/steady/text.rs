//! Steady state for people, spreadsheets and programs.

use serde_json::{Value, json};

use super::{Steady, SteadyReport, SteadyRow, SteadySummary};
use crate::compare::{aligned, human, json_params};
use crate::statistics::steady::NotSteady;

/// Runs that the text tells one by one (arbitrary: a screen or two); of more it tells the summary alone.
const ROWS_MAX: usize = 60;

/// Notes that are told one by one (arbitrary).
const NOTES_MAX: usize = 3;

const HEAD: [&str; 9] =
    ["policy", "metric", "seed", "values", "cut", "warm-up", "mean of all", "mean after it", "lag 1"];

const LEGEND: &str = "\
Means after the warm-up: ± half of the 95 % interval, of one run by batch means, of all seeds by
Student's t over their means after the warm-up that they have in common. lag 1: how alike the means of
neighbouring batches are, ! where too much for the interval; of all seeds, in how many runs.
";

/// A table per point of the sweep, then what is to be said of it, then the warm-up to be set.
pub fn steady_text(report: &SteadyReport) -> String {
    let with_runs = report.rows.len() <= ROWS_MAX;
    let mut text = String::new();
    let first = |group: &SteadySummary| &report.rows[group.first];
    for groups in report.summary.chunk_by(|a, b| first(a).axes == first(b).axes) {
        let point = &first(&groups[0]).axes;
        if !point.is_empty() {
            text += &format!("{}\n", of_point(point));
        }
        let mut lines = vec![HEAD.map(str::to_owned).to_vec()];
        for group in groups {
            if with_runs || group.runs == 1 {
                let is_here = |row: &&SteadyRow| same(row, first(group));
                lines.extend(report.rows[group.first..].iter().filter(is_here).map(of_run));
            }
            if group.runs > 1 {
                lines.push(of_all(first(group), group));
            }
        }
        text += &format!("{}\n", aligned(&lines, |n| n < 2));
    }
    text += LEGEND;
    if !with_runs {
        text +=
            &format!("The {} rows of single runs are not shown: --format csv has them.\n", report.rows.len());
    }
    notes(report).iter().for_each(|note| text += &format!("{note}\n"));
    text + &remedy(report)
}

fn same(a: &SteadyRow, b: &SteadyRow) -> bool {
    (&a.axes, &a.policy, &a.predictor, &a.metric) == (&b.axes, &b.policy, &b.predictor, &b.metric)
}

fn of_point(axes: &[(String, String)]) -> String {
    axes.iter().map(|(axis, value)| format!("{axis} = {value}")).collect::<Vec<_>>().join(", ")
}

fn span(ns: u64) -> String {
    human::value("", "s", ns as f64 / 1e9, None)
}

fn number(row: &SteadyRow, value: f64, ci95: Option<(f64, f64)>) -> String {
    human::value(&row.metric, row.unit, value, ci95.map(|(low, high)| (high - low) / 2.0))
}

fn of_run(row: &SteadyRow) -> Vec<String> {
    let mut line = vec![row.policy.clone(), row.metric.clone(), row.seed.to_string(), row.values.to_string()];
    match row.steady {
        Ok(steady) => {
            let batches = steady.batches;
            let lag1 =
                batches.and_then(|batches| batches.lag1).map_or("-".to_owned(), |lag1| format!("{lag1:.2}"));
            let mark = if batches.is_some_and(|batches| batches.dependent()) { " !" } else { "" };
            line.extend([
                steady.cut.to_string(),
                span(steady.warmup_ns),
                number(row, row.mean, None),
                number(row, steady.mean, batches.map(|batches| batches.ci95)),
                lag1 + mark,
            ]);
        }
        Err(why) => {
            let mean = number(row, row.mean, None);
            line.extend(["-", "-", &mean, failure(why), "-"].map(str::to_owned));
        }
    }
    line
}

fn of_all(row: &SteadyRow, group: &SteadySummary) -> Vec<String> {
    let mut line = vec![row.policy.clone(), row.metric.clone(), "all".to_owned(), String::new()];
    let dependent = match group.dependent {
        0 => String::new(),
        dependent => format!("{dependent} of {} !", group.runs),
    };
    let mean_all = number(row, group.mean, None);
    match group.steady {
        Ok(steady) => line.extend([
            steady.cut.to_string(),
            span(steady.warmup_ns),
            mean_all,
            number(row, steady.mean, steady.ci95),
            dependent,
        ]),
        Err(why) => line.extend(["-", "-", &mean_all, failure(why), &dependent].map(str::to_owned)),
    }
    line
}

fn failure(why: NotSteady) -> &'static str {
    if why == NotSteady::TooShort { "too short" } else { "not steady" }
}

fn name(row: &SteadyRow) -> String {
    let point = if row.axes.is_empty() { String::new() } else { format!(" at {}", of_point(&row.axes)) };
    format!("{} of {}{point}", row.metric, row.policy)
}

/// What a reader of the numbers must know.
fn notes(report: &SteadyReport) -> Vec<String> {
    let mut notes = Vec::new();
    let mut told = |what: &str, rows: Vec<&SteadyRow>, why: &str| {
        let names: Vec<String> = rows.iter().take(NOTES_MAX).map(|row| name(row)).collect();
        if !names.is_empty() {
            let more = rows.len() - names.len();
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            notes.push(format!("{what}: {}{more}: {why}", names.join("; ")));
        }
    };
    let groups = |wanted: &dyn Fn(&SteadySummary, &SteadyRow) -> bool| {
        let with_rows = report.summary.iter().map(|group| (group, &report.rows[group.first]));
        with_rows.filter(|(group, row)| wanted(group, row)).map(|(_, row)| row).collect()
    };
    told(
        "not steady",
        groups(&|group, _| matches!(group.steady, Err(NotSteady::Late(_)))),
        "the estimated error of the mean is least where more than the first half is left out. Either the values drift, \
         as with more work than capacity or with the time of day, or the run is too short",
    );
    told(
        "too short",
        groups(&|group, _| group.steady == Err(NotSteady::TooShort)),
        "fewer than ten batches of five values",
    );
    told(
        "no interval",
        groups(&|group, _| group.steady.is_ok_and(|steady| steady.ci95.is_none())),
        "fewer than five values per batch are left: a longer run, more seeds or fewer --batches",
    );
    told(
        "too narrow",
        groups(&|group, _| group.runs == 1 && group.dependent > 0),
        "the means of neighbouring batches are alike (!): a longer run or more seeds",
    );
    let lacks = |group: &SteadySummary, row: &SteadyRow| {
        let is_here = |other: &&SteadyRow| same(other, row) && other.without > 0;
        report.rows[group.first..].iter().any(|other| is_here(&other))
    };
    told("left out", groups(&lacks), "some jobs or rows have no value, such as jobs that never started");
    if report.restarted > 0 && report.rows.iter().any(|row| row.metric.ends_with("slowdown")) {
        notes.push(format!(
            "{} jobs were stopped and went on: in slowdowns here, their service is all the time from the first start \
             to the end",
            report.restarted
        ));
    }
    notes
}

/// The warm-up, as a key of the scenario.
fn remedy(report: &SteadyReport) -> String {
    let Some((group, steady)) = report.longest() else {
        return "\nNothing here becomes steady: no warm-up can be told.\n".to_owned();
    };
    if steady.warmup_ns == 0 {
        return "\nNo warm-up has to be cut from what is steady here.\n".to_owned();
    }
    let (row, secs) = (&report.rows[group.first], steady.warmup_ns.div_ceil(1_000_000_000));
    format!(
        "\nThe longest warm-up of what becomes steady is that of {}. In the scenario:\n\n[measure]\n\
         warmup = \"{secs}s\"\n\nor --set measure.warmup={secs}s\n",
        name(row)
    )
}

/// One line per run and metric, with whole numbers.
///
/// # Shape
/// `policy, predictor, seed`, one column per axis, `metric, unit, values, without, state, cut, warmup_s, mean_all,
/// mean, batch_mean, ci95_low, ci95_high, batches, batch_size, lag1`; `state` is `steady`, `not steady` or `too short`.
/// The interval is that of `batch_mean`, which leaves out what does not fill all batches, at most `batches` - 1 values.
pub fn steady_csv(report: &SteadyReport) -> String {
    let axes: Vec<&str> =
        report.rows.first().map_or(&[][..], |row| &row.axes).iter().map(|(axis, _)| axis.as_str()).collect();
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut head = vec!["policy", "predictor", "seed"];
    head.extend(&axes);
    head.extend(["metric", "unit", "values", "without", "state", "cut", "warmup_s", "mean_all", "mean"]);
    head.extend(["batch_mean", "ci95_low", "ci95_high", "batches", "batch_size", "lag1"]);
    out.write_record(&head).expect("memory can always be written to");
    for row in &report.rows {
        let mut line = vec![row.policy.clone(), row.predictor.clone(), row.seed.to_string()];
        line.extend(row.axes.iter().map(|(_, value)| value.clone()));
        line.extend([
            row.metric.clone(),
            row.unit.to_owned(),
            row.values.to_string(),
            row.without.to_string(),
        ]);
        line.push(state(row).to_owned());
        let (steady, cut) = found(row);
        let batches = steady.and_then(|steady| steady.batches);
        line.extend([
            text(cut),
            text(steady.map(|steady| steady.warmup_ns as f64 / 1e9)),
            row.mean.to_string(),
            text(steady.map(|steady| steady.mean)),
            text(batches.map(|batches| batches.mean)),
            text(batches.map(|batches| batches.ci95.0)),
            text(batches.map(|batches| batches.ci95.1)),
            text(batches.map(|batches| batches.batches)),
            text(batches.map(|batches| batches.size)),
            text(batches.and_then(|batches| batches.lag1)),
        ]);
        out.write_record(&line).expect("memory can always be written to");
    }
    let bytes = out.into_inner().expect("memory can always be written to");
    String::from_utf8(bytes).expect("text in, text out")
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

fn state(row: &SteadyRow) -> &'static str {
    match row.steady {
        Ok(_) => "steady",
        Err(why) => failure(why),
    }
}

/// The steady state, and where the error is least, if that can be told.
fn found(row: &SteadyRow) -> (Option<Steady>, Option<usize>) {
    match row.steady {
        Ok(steady) => (Some(steady), Some(steady.cut)),
        Err(NotSteady::Late(cut)) => (None, Some(cut)),
        Err(NotSteady::TooShort) => (None, None),
    }
}

/// Everything as one object: `runs`, `summary`, `warmup_s` and `notes`.
pub fn steady_json(report: &SteadyReport) -> Value {
    let run = |row: &SteadyRow| {
        let (steady, cut) = found(row);
        let batches = steady.and_then(|steady| steady.batches);
        json!({
            "policy": row.policy, "predictor": row.predictor, "seed": row.seed,
            "params": json_params(&row.axes), "metric": row.metric, "unit": row.unit,
            "values": row.values, "without": row.without, "state": state(row), "cut": cut,
            "warmup_s": steady.map(|steady| steady.warmup_ns as f64 / 1e9),
            "mean_all": row.mean, "mean": steady.map(|steady| steady.mean),
            "batch_mean": batches.map(|batches| batches.mean),
            "ci95_low": batches.map(|batches| batches.ci95.0), "ci95_high": batches.map(|batches| batches.ci95.1),
            "batches": batches.map(|batches| batches.batches), "batch_size": batches.map(|batches| batches.size),
            "lag1": batches.and_then(|batches| batches.lag1),
            "dependent": batches.map(|batches| batches.dependent()),
        })
    };
    let group = |group: &SteadySummary| {
        let (row, steady) = (&report.rows[group.first], group.steady.ok());
        json!({
            "policy": row.policy, "predictor": row.predictor, "params": json_params(&row.axes),
            "metric": row.metric, "unit": row.unit, "runs": group.runs, "dependent": group.dependent,
            "state": group.steady.map_or_else(failure, |_| "steady"),
            "cut": steady.map(|steady| steady.cut),
            "warmup_s": steady.map(|steady| steady.warmup_ns as f64 / 1e9),
            "mean_all": group.mean, "mean": steady.map(|steady| steady.mean),
            "ci95_low": steady.and_then(|steady| steady.ci95).map(|ci95| ci95.0),
            "ci95_high": steady.and_then(|steady| steady.ci95).map(|ci95| ci95.1),
        })
    };
    json!({
        "scenario": report.scenario,
        "version": env!("CARGO_PKG_VERSION"),
        "runs": report.rows.iter().map(run).collect::<Value>(),
        "summary": report.summary.iter().map(group).collect::<Value>(),
        "warmup_s": report.longest().map(|(_, steady)| steady.warmup_ns.div_ceil(1_000_000_000)),
        "notes": notes(report),
    })
}
