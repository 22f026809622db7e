//! The comparison as one JSON object, for `--format json`.

use serde_json::{Map, Value, json};

use super::{SummaryRow, summarize};
use crate::record::RunRecord;

/// `{"scenario", "version", "runs": [{"policy", "seed", "params", "fingerprint", "metrics"}], "summary":
/// [{"policy", "metric", "mean", "ci95_low", "ci95_high", "n"}]}`.
///
/// Metrics that a run does not have are left out; the ends of an interval are null with a single run. Where
/// the sweep has axes, rows of the summary carry `params` as well, because there is one row per point. Values
/// of axes that read as numbers or truth values are given as such. The fingerprint has 32 hexadecimal digits.
pub fn json_report(scenario: &str, version: &str, records: &[RunRecord]) -> Value {
    json!({
        "scenario": scenario,
        "version": version,
        "runs": records.iter().map(json_run).collect::<Vec<_>>(),
        "summary": summarize(records).iter().map(json_summary).collect::<Vec<_>>(),
    })
}

/// One of the `runs` of [`json_report`].
pub fn json_run(record: &RunRecord) -> Value {
    let metrics = record.metrics.iter().map(|metric| (metric.name.to_string(), Value::from(metric.value)));
    json!({
        "policy": record.key.policy,
        "seed": record.key.seed,
        "params": json_params(&record.key.axes),
        "fingerprint": record.fingerprint_hex(),
        "metrics": metrics.collect::<Map<_, _>>(),
    })
}

/// One row of the `summary` of [`json_report`].
pub fn json_summary(row: &SummaryRow) -> Value {
    let mut line = json!({
        "policy": row.policy,
        "metric": row.metric,
        "mean": row.mean,
        "ci95_low": row.ci95.map(|ci| ci.0),
        "ci95_high": row.ci95.map(|ci| ci.1),
        "n": row.n,
    });
    if !row.axes.is_empty() {
        line["params"] = json_params(&row.axes);
    }
    line
}

/// Axes and values, those that read as numbers or truth values as such.
pub fn json_params(axes: &[(String, String)]) -> Value {
    let value = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => Value::from(text),
    };
    Value::Object(axes.iter().map(|(axis, text)| (axis.clone(), value(text))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    #[test]
    fn the_report_has_the_agreed_shape() {
        let report = json_report("tiny", "0.1.0", &[record("a", 1, 2.5)]);
        let run = json!({
            "policy": "a", "seed": 1, "params": { "workload.load": 1.3 },
            "fingerprint": format!("{:032x}", 1u128 << 100), "metrics": { "wait_mean": 2.5 },
        });
        let row = json!({
            "policy": "a", "metric": "wait_mean", "mean": 2.5, "ci95_low": null, "ci95_high": null, "n": 1,
            "params": { "workload.load": 1.3 },
        });
        let whole = json!({ "scenario": "tiny", "version": "0.1.0", "runs": [run], "summary": [row] });
        assert_eq!(report, whole);
        // Keys stand in the order in which they are documented.
        assert!(
            report
                .to_string()
                .starts_with("{\"scenario\":\"tiny\",\"version\":\"0.1.0\",\"runs\":[{\"policy\"")
        );
    }

    #[test]
    fn without_axes_the_summary_is_exactly_the_documented_one() {
        let mut run = record("a", 1, 2.5);
        run.key.axes.clear();
        let report = json_report("tiny", "0.1.0", &[run]);
        let keys: Vec<&String> = report["summary"][0].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["policy", "metric", "mean", "ci95_low", "ci95_high", "n"]);
    }
}
