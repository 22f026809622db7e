//! Alerts of the scenario: what they watch, and how often and how long they fired.

use toml::{Table, Value};

use super::Page;
use super::content::Content;
use super::html::Cell;
use super::setup::phrase;
use crate::compare::human;
use crate::metrics::{ALERT_FIRED, ALERT_FIRST, ALERT_TIME};
use crate::store::StoreError;

/// A table of conditions and a table of what became of them, if the scenario has alerts.
pub(super) fn alerts(content: &Content, page: &mut Page) -> Result<(), StoreError> {
    let scenario: Table = content.manifest.text.parse().unwrap_or_default();
    let rules: Vec<&Value> = scenario.get("alert").and_then(Value::as_array).into_iter().flatten().collect();
    if rules.is_empty() {
        return Ok(());
    }
    let name = |rule: &Value| rule.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let conditions: Vec<Vec<Cell>> = rules
        .iter()
        .map(|rule| {
            let mut condition = (*rule).clone();
            condition.as_table_mut().and_then(|table| table.remove("name"));
            vec![Cell::plain(name(rule)), Cell::plain(phrase(&condition, true))]
        })
        .collect();
    page.body.heading("Alerts");
    page.body.paragraph(
        "What somebody on call would have been told. Conditions were looked at in every row of the series, \
         the time outside of the measured part included. Numbers are means of a run, over all points and \
         seeds; the first time is the earliest of any run.",
    );
    page.body.words("conditions", &conditions);
    let head =
        ["alert", "policy", "runs in which it fired", "times", "time firing", "first"].map(str::to_owned);
    let mut rows = Vec::new();
    for rule in &rules {
        for who in &content.contestants {
            let values = |metric: &str| -> Vec<f64> {
                let full = format!("{metric}{}", name(rule));
                let runs = content.records.iter().filter(|run| who.is_of(run));
                runs.filter_map(|run| run.value(&full)).collect()
            };
            rows.push(row(&name(rule), &who.label, &values));
        }
    }
    page.body.table("what fired", &head, &rows);
    Ok(())
}

/// One alert of one policy; `values` are those of its runs.
fn row(alert: &str, policy: &str, values: &dyn Fn(&str) -> Vec<f64>) -> Vec<Cell> {
    let (fired, firing, first) =
        (values(ALERT_FIRED.name), values(ALERT_TIME.name), values(ALERT_FIRST.name));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let earliest = first.iter().copied().reduce(f64::min);
    let span = |secs: f64| human::value(ALERT_TIME.name, ALERT_TIME.unit, secs, None);
    [
        alert.to_owned(),
        policy.to_owned(),
        format!("{} of {}", first.len(), fired.len()),
        human::value(ALERT_FIRED.name, ALERT_FIRED.unit, mean(&fired), None),
        span(mean(&firing)),
        earliest.map_or("-".to_owned(), span),
    ]
    .map(Cell::plain)
    .to_vec()
}
