//! A check for people and for programs.

use std::fmt::Write;

use analysis::aligned;
use serde_json::{Value, json};

use super::{Check, Judged, RUN, Verdict, diagnosis};

/// Rows that are printed; the rest is counted.
const SHOWN_MAX: usize = 30;

/// What moved, those that moved furthest first, and where to look.
pub fn text(check: &Check) -> String {
    let mut moved: Vec<&Judged> = check.moved().collect();
    let tolerated = check.rows.iter().filter(|row| row.verdict == Verdict::Tolerated).count();
    let within = match (tolerated, check.is_statistical) {
        (0, _) => String::new(),
        (n, true) => format!(", {n} differ by no more than chance or tolerance explain"),
        (n, false) => format!(", {n} moved within their tolerance"),
    };
    if moved.is_empty() {
        return format!("{}: nothing moved in {} rows{within}\n", check.scenario, check.rows.len());
    }
    // Metrics before facts of runs, which move whenever anything does.
    moved.sort_by(|a, b| {
        let is_fact = |row: &Judged| row.row.metric.starts_with(RUN);
        is_fact(a).cmp(&is_fact(b)).then(diagnosis::size(b).total_cmp(&diagnosis::size(a)))
    });
    let mut text =
        format!("{}: {} of {} rows moved{within}\n\n", check.scenario, moved.len(), check.rows.len());
    let mut lines = vec![head(check)];
    lines.extend(moved.iter().take(SHOWN_MAX).map(|row| line(row).to_vec()));
    text += &aligned(&lines, |n| n < 3 || n == 7);
    let say = |text: &mut String, line: String| writeln!(text, "{line}").expect("text can always grow");
    if moved.len() > SHOWN_MAX {
        say(&mut text, format!("and {} more", moved.len() - SHOWN_MAX));
    }
    say(&mut text, String::new());
    if let Some(row) = diagnosis::likely(check) {
        let at = if row.row.point.is_empty() { String::new() } else { format!(" at {}", row.row.point) };
        let [_, _, _, before, now, _, relative, _] = line(row);
        let key = &row.row;
        say(
            &mut text,
            format!("Most likely: {} of {}{at}, {before} -> {now} ({relative})", key.metric, key.policy),
        );
    }
    for sentence in diagnosis::sentences(check) {
        say(&mut text, sentence);
    }
    text
}

fn head(check: &Check) -> Vec<String> {
    let last = if check.is_statistical { "difference of means" } else { "seeds" };
    ["policy", "point", "metric", "before", "now", "change", "relative", last].map(str::to_owned).into()
}

fn line(row: &Judged) -> [String; 8] {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    // A fingerprint is told by its beginning.
    let cut = |value: String| {
        if row.row.metric == super::FINGERPRINT { value[..value.len().min(12)].to_owned() } else { value }
    };
    let detail = match row.seed {
        Some(seed) => format!("{}, here {seed}", row.detail),
        None => row.detail.clone(),
    };
    [
        row.row.policy.clone(),
        row.row.point.clone(),
        match row.unit.as_str() {
            "" | "1" => row.row.metric.clone(),
            unit => format!("{} [{unit}]", row.row.metric),
        },
        cut(shown(&row.before)),
        cut(shown(&row.now)),
        row.change.map_or("-".to_owned(), |change| format!("{change:+.4e}")),
        row.relative.map_or("-".to_owned(), |relative| format!("{:+.3} %", 100.0 * relative)),
        detail,
    ]
}

/// `{"scenario", "passes", "judge": "exact" or "statistical", "rows", "tolerated", "moved": [{"policy", "point",
/// "metric", "unit", "seed", "before", "now", "change", "relative", "detail"}], "likely": {..}, "notes": [..]}`;
/// values before and now are text, as they stand in the baseline.
pub fn json(check: &Check) -> Value {
    let row = |row: &Judged| {
        json!({
            "policy": row.row.policy,
            "point": row.row.point,
            "metric": row.row.metric,
            "unit": row.unit,
            "seed": row.seed,
            "before": row.before,
            "now": row.now,
            "change": row.change,
            "relative": row.relative,
            "detail": row.detail,
        })
    };
    json!({
        "scenario": check.scenario,
        "passes": check.passes(),
        "judge": if check.is_statistical { "statistical" } else { "exact" },
        "rows": check.rows.len(),
        "tolerated": check.rows.iter().filter(|row| row.verdict == Verdict::Tolerated).count(),
        "moved": check.moved().map(row).collect::<Vec<_>>(),
        "likely": diagnosis::likely(check).map(row),
        "notes": diagnosis::sentences(check),
    })
}
