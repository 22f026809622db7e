//! The `alert` key: what somebody on call would be told during a run.

use analysis::{AlertRule, watchable};
use sim_core::registry::{Kind, Param, Params, Value};
use sim_core::{ClusterSpec, Lane, SimDuration, Vocabulary};

use crate::problem::{Problem, Problems};

const NUMBER: Kind = Kind::Float { min: f64::MIN, max: f64::MAX };

/// The keys of one entry.
pub(crate) const ALERT: &[Param] = &[
    Param::required("name", Kind::Text, "its name in results"),
    Param::required(
        "series",
        Kind::Text,
        "the column of series.parquet that it watches: `utilization_<lane>`, `queue`, `wait_oldest` in seconds, \
         `starved` in jobs, `lost_work` in seconds, `fragmentation_<lane>`, `running`, `nodes_up` or `cost`",
    ),
    Param::optional("above", NUMBER, "fires while the column is above this; or `below`"),
    Param::optional("below", NUMBER, "fires while the column is below this; or `above`"),
    Param::with_default("for", Kind::Duration, "\"0s\"", "how long that must hold before it fires"),
    Param::optional(
        "increase_over",
        Kind::Duration,
        "watches how much the column has grown in the time up to each row, instead of its value: for `starved`, \
         `lost_work` and `cost`, which only grow",
    ),
];

/// The alerts of a scenario on its cluster, whose series has such a grid, if any.
pub(crate) fn build(
    list: &[Value],
    every: Option<SimDuration>,
    cluster: &ClusterSpec,
    file: &str,
    problems: &mut Problems,
) -> Vec<AlertRule> {
    let has = |lane: &Lane| cluster.nodes.iter().any(|node| node.capacity.get(*lane) > 0);
    let lanes: Vec<Lane> = Lane::ALL.into_iter().filter(has).collect();
    let columns = watchable(&lanes, &Vocabulary::default());
    let mut rules: Vec<AlertRule> = Vec::new();
    for (n, entry) in list.iter().enumerate() {
        let Value::Table(entry) = entry else { panic!("an alert is declared as a table") };
        let mut wrong = |key: &str, value: String, rule: &str| {
            problems.push(Problem::new(file, format!("alert[{n}]{key}"), value, rule));
        };
        if every.is_none() {
            let rule = "alerts look at the rows of a series: give `measure.series`, such as \"1m\"";
            wrong("", String::new(), rule);
        }
        let rule = one(entry);
        if rules.iter().any(|other| other.name == rule.name) {
            wrong(".name", rule.name.clone(), "another alert has this name");
        }
        if !columns.contains(&rule.series) {
            let known = format!("is no column of this cluster's series: {}", columns.join(", "));
            wrong(".series", rule.series.clone(), &known);
        }
        if entry.float_opt("above").is_some() == entry.float_opt("below").is_some() {
            wrong("", rule.name.clone(), "takes either `above` or `below`");
        }
        if rule.increase_over == Some(SimDuration::ZERO) {
            wrong(".increase_over", "0s".into(), "must be more than zero");
        }
        rules.push(rule);
    }
    rules
}

fn one(entry: &Params) -> AlertRule {
    let above = entry.float_opt("above");
    AlertRule {
        name: entry.text("name").to_owned(),
        series: entry.text("series").to_owned(),
        threshold: above.or(entry.float_opt("below")).unwrap_or(0.0),
        above: above.is_some(),
        increase_over: entry.duration_opt("increase_over"),
        hold: entry.duration("for"),
    }
}
