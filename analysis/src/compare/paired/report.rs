//! Comparisons in pairs as text, CSV and JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Axes, Comparison, Difference, PairedRow, Side, Verdict};
use crate::compare::axis_labels::short_forms;
use crate::compare::columns::distinct;
use crate::compare::json::json_params;
use crate::compare::{human, table};

/// A table for people: per metric a line for each point of the sweep and one for all of them.
///
/// Axes have a column if they have several values, which are cut down to what tells them apart. Pairs are given
/// as `2 of 3` where a value has no counterpart or a seed does not count.
pub fn paired_text(comparison: &Comparison<'_>) -> String {
    let (a, b) = labels(comparison);
    let mut text = heading(comparison);
    let axes = axes(comparison);
    let mut head = vec!["metric".to_owned()];
    head.extend(axes.iter().map(|(axis, ..)| axis.clone()));
    head.extend(["pairs".to_owned(), a.clone(), b.clone(), "difference".to_owned(), String::new()]);
    let mut lines = vec![head];
    let mut metric = "";
    for row in comparison.rows.iter().filter(|row| !axes.is_empty() || row.point.is_none()) {
        let mut line = vec![if row.metric == metric { String::new() } else { row.metric.clone() }];
        metric = &row.metric;
        line.extend(axes.iter().enumerate().map(|(n, (axis, whole, short))| match &row.point {
            None => if n == 0 { "all" } else { "" }.to_owned(),
            Some(point) => {
                let is_it = |value: &String| value_of(point, axis) == Some(value);
                whole.iter().position(is_it).map_or("-".to_owned(), |at| short[at].clone())
            }
        }));
        line.push(count(row));
        line.extend(cells(row, &a, &b));
        lines.push(line);
    }
    let last = lines[0].len() - 1;
    text.push('\n');
    text.push_str(&table::aligned(&lines, |n| n <= axes.len() || n == last));
    text
}

/// Comma-separated values: one line per comparison, metric and point, and one over all points.
///
/// # Shape
/// `folder_a, policy_a, folder_b, policy_b`, one column per axis, `scope` (`point` or `all`), `metric, unit,
/// pairs, samples, seeds_left_out, missing_a, missing_b, mean_a, mean_b, difference, ci95_low, ci95_high,
/// verdict, p, p_holm, verdict_holm, cohen_dz, hedges_g, chance_above`. What is not there is empty; a verdict is
/// one of `a, b, equal, unclear, differs`, that of the interval or of the p-value after Holm.
pub fn paired_csv(comparisons: &[Comparison<'_>]) -> String {
    let rows = || comparisons.iter().flat_map(|one| one.rows.iter().map(move |row| (one, row)));
    let points = || rows().filter_map(|(_, row)| row.point.as_ref());
    let axes = distinct(points().flatten().map(|(axis, _)| axis.as_str()));
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut head = vec!["folder_a", "policy_a", "folder_b", "policy_b"];
    head.extend(&axes);
    head.extend(["scope", "metric", "unit", "pairs", "samples", "seeds_left_out", "missing_a", "missing_b"]);
    head.extend(["mean_a", "mean_b", "difference", "ci95_low", "ci95_high", "verdict"]);
    head.extend(["p", "p_holm", "verdict_holm", "cohen_dz", "hedges_g", "chance_above"]);
    out.write_record(&head).expect("memory can always be written to");
    for (one, row) in rows() {
        let number =
            |get: fn(&Difference) -> f64| row.difference.map_or(String::new(), |d| get(&d).to_string());
        let end = |get: fn((f64, f64)) -> f64| {
            row.difference.and_then(|d| d.ci95).map_or(String::new(), |ends| get(ends).to_string())
        };
        let (a, b) = (&one.a, &one.b);
        let mut line: Vec<String> = [&a.folder, &a.policy, &b.folder, &b.policy].map(Clone::clone).into();
        let point = row.point.as_ref();
        line.extend(
            axes.iter().map(|axis| point.and_then(|p| value_of(p, axis)).cloned().unwrap_or_default()),
        );
        line.push(if point.is_some() { "point" } else { "all" }.to_owned());
        line.extend([row.metric.clone(), row.unit.clone()]);
        let (pairs, samples) = row.difference.map_or((0, 0), |d| (d.pairs, d.samples));
        let counts = [pairs, samples, row.seeds_left_out, row.missing_a, row.missing_b];
        line.extend(counts.map(|count| count.to_string()));
        line.extend([number(|d| d.mean_a), number(|d| d.mean_b), number(|d| d.mean)]);
        line.extend([end(|ends| ends.0), end(|ends| ends.1)]);
        line.push(verdict(row).unwrap_or_default().to_owned());
        let maybe = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let effect = row.difference.map(|d| d.effect).unwrap_or_default();
        line.extend([maybe(row.difference.and_then(|d| d.p)), maybe(row.p_holm)]);
        line.push(word(row.corrected_verdict()).unwrap_or_default().to_owned());
        line.extend([effect.cohen_dz, effect.hedges_g, effect.chance_above].map(maybe));
        out.write_record(&line).expect("memory can always be written to");
    }
    let bytes = out.into_inner().expect("memory can always be written to");
    String::from_utf8(bytes).expect("text in, text out")
}

/// `{"version", "comparisons": [{"a": {"folder", "policy"}, "b", "pairs", "only_a", "only_b", "rows": [..]}]}`.
///
/// A row is `{"metric", "unit", "params", "pairs", "samples", "seeds_left_out", "missing_a", "missing_b",
/// "mean_a", "mean_b", "difference", "ci95_low", "ci95_high", "verdict", "p", "p_holm", "verdict_holm", "cohen_dz",
/// "hedges_g", "chance_above"}`; `params` is null in the row over all points, a verdict `"a"`, `"b"`, `"equal"`,
/// `"unclear"`, `"differs"`, or null without an interval.
pub fn paired_json(version: &str, comparisons: &[Comparison<'_>]) -> Value {
    let side = |side: &Side<'_>| json!({ "folder": side.folder, "policy": side.policy });
    let row = |row: &PairedRow| {
        let difference = row.difference;
        let ci95 = difference.and_then(|d| d.ci95);
        json!({
            "metric": row.metric,
            "unit": row.unit,
            "params": row.point.as_ref().map(|point| json_params(point)),
            "pairs": difference.map_or(0, |d| d.pairs),
            "samples": difference.map_or(0, |d| d.samples),
            "seeds_left_out": row.seeds_left_out,
            "missing_a": row.missing_a,
            "missing_b": row.missing_b,
            "mean_a": difference.map(|d| d.mean_a),
            "mean_b": difference.map(|d| d.mean_b),
            "difference": difference.map(|d| d.mean),
            "ci95_low": ci95.map(|ends| ends.0),
            "ci95_high": ci95.map(|ends| ends.1),
            "verdict": verdict(row),
            "p": difference.and_then(|d| d.p),
            "p_holm": row.p_holm,
            "verdict_holm": word(row.corrected_verdict()),
            "cohen_dz": difference.and_then(|d| d.effect.cohen_dz),
            "hedges_g": difference.and_then(|d| d.effect.hedges_g),
            "chance_above": difference.and_then(|d| d.effect.chance_above),
        })
    };
    let one = |one: &Comparison<'_>| {
        json!({
            "a": side(&one.a),
            "b": side(&one.b),
            "pairs": one.pairs,
            "only_a": one.only_a,
            "only_b": one.only_b,
            "rows": one.rows.iter().map(row).collect::<Vec<_>>(),
        })
    };
    json!({ "version": version, "comparisons": comparisons.iter().map(one).collect::<Vec<_>>() })
}

/// What the sides are called: by policy, or by folder if the policy is the same.
pub(super) fn labels(comparison: &Comparison<'_>) -> (String, String) {
    let (a, b) = (&comparison.a, &comparison.b);
    if a.policy != b.policy {
        return (a.policy.clone(), b.policy.clone());
    }
    let mut short = short_forms(&[&a.folder, &b.folder]).into_iter();
    (short.next().unwrap_or_default(), short.next().unwrap_or_default())
}

/// What is compared, and what has no counterpart.
fn heading(comparison: &Comparison<'_>) -> String {
    let (a, b) = (&comparison.a, &comparison.b);
    let what = if a.policy == b.policy {
        format!("{}: {} against {}", a.policy, b.folder, a.folder)
    } else {
        format!("{} against {}", b.policy, a.policy)
    };
    let mut text = format!("{what}, {} of equal seed and point\n", counted(comparison.pairs, "pair"));
    let (label_a, label_b) = labels(comparison);
    for (alone, label) in [(comparison.only_a, label_a), (comparison.only_b, label_b)] {
        if alone > 0 {
            let verb = if alone == 1 { "has" } else { "have" };
            writeln!(text, "  {} of {label} {verb} no counterpart", counted(alone, "run"))
                .expect("text can always grow");
        }
    }
    text
}

fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Axes with several values: name, values, and their short forms.
fn axes(comparison: &Comparison<'_>) -> Vec<(String, Vec<String>, Vec<String>)> {
    let points = || comparison.rows.iter().filter_map(|row| row.point.as_ref());
    let names = distinct(points().flatten().map(|(axis, _)| axis));
    let axis = |name: &String| {
        let values = distinct(points().filter_map(|point| value_of(point, name)));
        let short = short_forms(&values.iter().map(|value| value.as_str()).collect::<Vec<_>>());
        // A value that some points lack tells them apart as well.
        let is_partial = points().any(|point| value_of(point, name).is_none());
        let whole: Vec<String> = values.into_iter().cloned().collect();
        (whole.len() > 1 || is_partial).then(|| (name.clone(), whole, short))
    };
    names.into_iter().filter_map(axis).collect()
}

fn value_of<'a>(point: &'a Axes, axis: &str) -> Option<&'a String> {
    point.iter().find(|(name, _)| name == axis).map(|(_, value)| value)
}

/// The pairs that count, and of how many.
fn count(row: &PairedRow) -> String {
    let pairs = row.difference.map_or(0, |difference| difference.pairs);
    match (row.missing_a + row.missing_b, row.seeds_left_out) {
        (0, 0) => pairs.to_string(),
        (0, seeds) => format!("{pairs}, without {}", counted(seeds, "seed")),
        (missing, 0) => format!("{pairs} of {}", pairs + missing),
        (missing, seeds) => format!("{pairs}, {missing} missing, without {}", counted(seeds, "seed")),
    }
}

/// Both means, the difference with its interval, and what that says.
pub(crate) fn cells(row: &PairedRow, a: &str, b: &str) -> [String; 4] {
    let Some(difference) = row.difference else { return ["-", "-", "-", ""].map(str::to_owned) };
    let (metric, unit) = (row.metric.as_str(), row.unit.as_str());
    [
        human::value(metric, unit, difference.mean_a, None),
        human::value(metric, unit, difference.mean_b, None),
        human::difference(metric, unit, difference.mean, difference.ci95),
        phrase(difference.verdict(row.better), a, b),
    ]
}

/// A verdict for people.
pub(crate) fn phrase(verdict: Verdict, a: &str, b: &str) -> String {
    match verdict {
        Verdict::NoInterval => "no interval".to_owned(),
        Verdict::Equal => "equal".to_owned(),
        Verdict::Unclear => "unclear".to_owned(),
        Verdict::FavoursA => format!("{a} is better"),
        Verdict::FavoursB => format!("{b} is better"),
        Verdict::Differs => "they differ".to_owned(),
    }
}

/// The verdict of the interval as one word for programs; `None` without one.
fn verdict(row: &PairedRow) -> Option<&'static str> {
    word(row.difference?.verdict(row.better))
}

fn word(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::NoInterval => None,
        Verdict::Equal => Some("equal"),
        Verdict::Unclear => Some("unclear"),
        Verdict::FavoursA => Some("a"),
        Verdict::FavoursB => Some("b"),
        Verdict::Differs => Some("differs"),
    }
}
