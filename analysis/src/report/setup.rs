//! What was asked and run: question, setup, what is missing, how to get the same numbers.

use toml::{Table, Value};

use super::Page;
use super::content::{Content, Point};
use super::html::{Cell, Html};
use crate::compare::point_text;
use crate::store::StoreError;

/// Missing runs that are named one by one (arbitrary).
const NAMED_MAX: usize = 40;

/// Tables per point are shown one by one up to this many points (arbitrary: pages of paper).
const POINTS_MAX: usize = 60;

/// The question, up to its mark, and what the scenario's opening comment adds; both may be empty.
fn question(content: &Content) -> (String, String) {
    let first = content.manifest.text.lines().next().unwrap_or_default();
    crate::question(first.strip_prefix("# Question: ").unwrap_or_default())
}

/// The question, or the scenario's name if it asks none.
pub(super) fn title(content: &Content) -> String {
    let (question, _) = question(content);
    if question.is_empty() { content.manifest.scenario.clone() } else { question }
}

/// Title and what the page is about.
pub(super) fn opening(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    page.body.raw("<p class=\"name\">").text(&format!("Windtunnel: {}", content.manifest.scenario));
    page.body.raw("</p>\n<h1>").text(&title(content)).raw("</h1>\n");
    let (_, more) = question(content);
    if !more.is_empty() {
        page.body.paragraph(&more);
    }
    Ok(())
}

/// Says loudly if runs are missing, and which.
pub(super) fn missing(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let lost = content.missing();
    if content.manifest.is_complete && lost.is_empty() {
        return Ok(());
    }
    page.body.raw("<div class=\"notice\" role=\"note\">\n");
    let runs = content.records.len();
    let what = format!(
        "This folder is not complete: {runs} of its runs are here, others failed or were not run. All numbers below \
         are of these alone. `windtunnel run` with --resume does what is missing and says what fails."
    );
    if !content.manifest.is_complete {
        page.body.paragraph(&what);
    }
    if !lost.is_empty() {
        page.body
            .paragraph("Runs that others of the same policies, points and seeds have no counterpart in:");
        page.body.raw("<ul>\n");
        for (who, point, seed) in lost.iter().take(NAMED_MAX) {
            let words = content.words(point);
            let words = if words.is_empty() { String::new() } else { format!(", {words}") };
            let run = format!("{}{words}, seed {seed}", content.contestants[*who].label);
            page.body.raw("<li>").text(&run).raw("</li>\n");
        }
        if lost.len() > NAMED_MAX {
            page.body.raw("<li>").text(&format!("and {} more", lost.len() - NAMED_MAX)).raw("</li>\n");
        }
        page.body.raw("</ul>\n");
    }
    page.body.raw("</div>\n");
    Ok(())
}

/// Cluster, workload, policies with their parameters, seeds, versions.
pub(super) fn setup(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let scenario: Table = content.manifest.text.parse().unwrap_or_default();
    let manifest = &content.manifest;
    let seeds = content.seeds.iter().map(u64::to_string).collect::<Vec<_>>();
    let shown = match &seeds[..] {
        [one] => one.clone(),
        [first, .., last] if content.seeds[seeds.len() - 1] - content.seeds[0] == seeds.len() as u64 - 1 => {
            format!("{} ({first} to {last})", seeds.len())
        }
        many => format!("{} ({})", many.len(), many.join(", ")),
    };
    let mut rows = Vec::new();
    let mut row = |what: &str, text: String| {
        if !text.is_empty() {
            rows.push(vec![Cell::plain(what), Cell::plain(text)]);
        }
    };
    for what in ["cluster", "workload", "failures", "predictor", "measure"] {
        row(what, scenario.get(what).map_or(String::new(), |value| phrase(value, true)));
    }
    for swept in &content.axes {
        row(&swept.axis, swept.short.join(", "));
    }
    let mut only = content.points.first().cloned().unwrap_or_default();
    only.retain(|(axis, _)| !content.axes.iter().any(|swept| swept.axis == *axis));
    row("at", point_text(&only));
    row("run times", knowledge(content));
    row("seeds", shown);
    let submitted = content.records.iter().map(|run| run.submitted);
    let (least, most) = (submitted.clone().min().unwrap_or(0), submitted.max().unwrap_or(0));
    row("jobs of a run", if least == most { least.to_string() } else { format!("{least} to {most}") });
    row("runs", content.records.len().to_string());
    let commit = manifest.commit.as_ref().map_or(String::new(), |commit| format!(", commit {commit}"));
    row("version", format!("{}{commit}", manifest.version));
    row("digest", manifest.hash.clone());
    page.body.heading("Setup");
    page.body.words("what was run", &rows);
    let policies = scenario.get("policy").and_then(Value::as_array);
    let rows: Vec<Vec<Cell>> = policies
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(n, policy)| {
            // Names are made from parameters where a policy has none; runs come in the order of the file.
            let known = content.contestants.get(n).map(|who| who.policy.as_str());
            let is_matched = content.manifest.is_complete;
            let name = policy.get("name").and_then(Value::as_str).or(known.filter(|_| is_matched));
            let mut policy = policy.clone();
            policy.as_table_mut().and_then(|table| table.remove("name"));
            vec![Cell::plain(name.unwrap_or("-")), Cell::plain(phrase(&policy, true))]
        })
        .collect();
    if !rows.is_empty() {
        page.body.words("policies and their parameters", &rows);
    }
    Ok(())
}

/// Who guessed run times, and from what; where that differs from point to point, how many runs each has.
fn knowledge(content: &Content) -> String {
    let mut counts: Vec<((&str, &str), usize)> = Vec::new();
    for key in content.records.iter().map(|run| &run.key) {
        let kind = (key.predictor.as_str(), key.information.as_str());
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, n)) => *n += 1,
            None => counts.push((kind, 1)),
        }
    }
    let one = |((predictor, information), n): &((&str, &str), usize)| match counts.len() {
        1 => format!("predictor {predictor}, information {information}"),
        _ => format!("predictor {predictor}, information {information} in {n} runs"),
    };
    counts.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A TOML value in one line: keys and values, brackets only inside.
pub(super) fn phrase(value: &Value, is_outer: bool) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| phrase(item, false)).collect();
            if is_outer { items.join("; ") } else { format!("[{}]", items.join(", ")) }
        }
        Value::Table(table) => {
            let pairs = table.iter().map(|(key, value)| format!("{key} {}", phrase(value, false)));
            let text = pairs.collect::<Vec<_>>().join(", ");
            if is_outer { text } else { format!("({text})") }
        }
        other => other.to_string(),
    }
}

/// The comparison at every single point.
pub(super) fn points(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    if content.points.len() < 2 {
        return Ok(());
    }
    page.body.heading("Point by point");
    if content.points.len() > POINTS_MAX {
        let text = format!(
            "There are {} points; `windtunnel compare` and runs.parquet have each of them.",
            content.points.len()
        );
        page.body.paragraph(&text);
        return Ok(());
    }
    let mut inner = Html::default();
    for point in &content.points {
        super::comparison::tables(content, &mut inner, &content.words(point), |at: &Point| at == point);
    }
    page.body.fold(&format!("the table of each of the {} points", content.points.len()), &inner);
    Ok(())
}

/// Commands and text that give the same numbers again.
pub(super) fn reproduce(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    page.body.heading("How to reproduce");
    let version = &content.manifest.version;
    let commit =
        content.manifest.commit.as_ref().map_or(String::new(), |commit| format!(" (commit {commit})"));
    page.body.paragraph(&format!(
        "Save the scenario below as scenario.toml and run it with windtunnel {version}{commit}. Equal versions give \
         equal numbers, whatever the machine and the number of threads."
    ));
    let mut flags = String::new();
    if content.manifest.tables.jobs {
        flags.push_str(" --jobs");
    }
    if content.manifest.tables.decisions {
        flags.push_str(" --log-decisions");
    }
    page.body.raw("<pre>").text(&format!(
        "windtunnel run scenario.toml{flags} --out again\nwindtunnel report again\nwindtunnel compare again"
    ));
    page.body.raw("</pre>\n");
    let mut scenario = Html::default();
    scenario.raw("<pre>").text(&content.manifest.text).raw("</pre>\n");
    page.body.fold("scenario.toml, with all that was overridden", &scenario);
    let mut prints = Html::default();
    let row = |run: &crate::RunRecord| {
        let words = content.words(&run.key.axes);
        let who = content.contestants.iter().find(|who| who.is_of(run)).map_or("", |who| &who.label);
        let seed = run.key.seed.to_string();
        [who.to_owned(), words, seed, run.fingerprint_hex()].map(Cell::plain).to_vec()
    };
    let rows: Vec<Vec<Cell>> = content.records.iter().map(row).collect();
    let head = ["policy", "point", "seed", "fingerprint"].map(str::to_owned);
    if rows.len() <= 500 {
        prints.table("digest of all events of each run", &head, &rows);
        page.body.fold("fingerprints", &prints);
    }
    Ok(())
}
