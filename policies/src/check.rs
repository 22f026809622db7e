//! What the declarations of parts cannot say: where an order has no effect, spans above 0, scores that tell nothing.

use sim_core::SimDuration;
use sim_core::registry::{Params, Value};

use crate::registry::Contradiction;

/// An order that follows usage: it is told of events, and asked anew in every period.
const FOLLOWS: &str = "multifactor";

/// The weights of placers that sum scores.
const KUBE_WEIGHTS: &[&str] = &[
    "fit_weight",
    "balance_weight",
    "taint_weight",
    "affinity_weight",
    "spread_weight",
    "company_weight",
    "image_weight",
];
const WEIGHTS: &[&str] = &["remaining_weight", "data_weight", "load_weight", "cost_weight"];

/// All that contradicts in the parts of the policy of that type.
pub(crate) fn parts(policy: &str, params: &Params) -> Vec<Contradiction> {
    let mut found = Vec::new();
    order(params, "order", matches!(policy, "list" | "queues"), &mut found);
    if policy == "list"
        && let Some((_, backfill)) = params.plugin("backfill")
    {
        order(backfill, "backfill.candidates", false, &mut found);
    }
    share(params, "share", &mut found);
    if policy == "queues" {
        for (n, queue) in params.list("queues").iter().enumerate() {
            if let Value::Table(queue) = queue {
                order(queue, &format!("queues[{n}].order"), true, &mut found);
                share(queue, &format!("queues[{n}].share"), &mut found);
            }
        }
    }
    if policy == "task-by-task" && params.text_opt("gang") == Some("permit") {
        permit(params, &mut found);
    }
    if let Some((name, place)) = params.plugin("place") {
        scores(name, place, &mut found);
    }
    found
}

/// The order that the last part of `at` names in `params`; `follows`: it is told of events there.
fn order(params: &Params, at: &str, follows: bool, found: &mut Vec<Contradiction>) {
    let key = at.rsplit('.').next().unwrap_or(at);
    let Some((FOLLOWS, own)) = params.plugin(key) else { return };
    if !follows {
        let rule = "follows usage over time: it works only as `order` of the policies `list` and `queues`";
        found.push(Contradiction::new(at, format!("{FOLLOWS:?}"), rule));
    }
    above_zero(own, "calc_period", at, found);
}

fn share(params: &Params, at: &str, found: &mut Vec<Contradiction>) {
    if let Some(("fair", own)) = params.plugin("share")
        && own.duration_opt("half_life").is_some()
    {
        above_zero(own, "calc_period", at, found);
    }
}

/// The terms on which incomplete gangs keep their places.
fn permit(params: &Params, found: &mut Vec<Contradiction>) {
    for key in ["timeout", "backoff", "backoff_max"] {
        above_zero(params, key, "", found);
    }
    if let (Some(first), Some(most)) = (params.duration_opt("backoff"), params.duration_opt("backoff_max"))
        && first > most
        && most > SimDuration::ZERO
    {
        found.push(Contradiction::new("backoff", first, format!("must be at most `backoff_max`, {most}")));
    }
}

fn above_zero(params: &Params, key: &str, at: &str, found: &mut Vec<Contradiction>) {
    if params.duration_opt(key) == Some(SimDuration::ZERO) {
        let at = if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
        found.push(Contradiction::new(at, 0, "must be more than 0"));
    }
}

/// Placers that sum scores need one that counts.
fn scores(name: &str, place: &Params, found: &mut Vec<Contradiction>) {
    let weights = match name {
        "kube" => KUBE_WEIGHTS,
        "weighted" => WEIGHTS,
        _ => return,
    };
    if weights.iter().all(|key| place.int_opt(key) == Some(0)) {
        let rule = format!("must have a weight above 0: {}", weights.join(", "));
        found.push(Contradiction::new("place", format!("{name:?}"), rule));
    }
    let is_idle = |table: &Params| !table.iter().any(|(_, value)| matches!(value, Value::Int(1..)));
    if place.table("resources").is_some_and(is_idle) {
        let rule = "must give a resource a weight above 0; left out: cpu 1, memory 1";
        found.push(Contradiction::new("place.resources", "", rule));
    }
    if let Some(Value::List(shape)) = place.get("shape") {
        let taken: Vec<Option<i64>> = shape.iter().map(utilization).collect();
        for (n, point) in taken.iter().enumerate().filter(|(_, point)| point.is_some()) {
            if taken[..n].contains(point) {
                let rule = "is that of another point: a curve has one height at each";
                let at = format!("place.shape[{n}].utilization");
                found.push(Contradiction::new(at, point.unwrap_or(0), rule));
            }
        }
    }
}

fn utilization(point: &Value) -> Option<i64> {
    match point {
        Value::Table(point) => point.int_opt("utilization"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(given: Vec<(&str, Value)>) -> Params {
        let mut params = Params::default();
        given.into_iter().for_each(|(key, value)| params.set(key, value));
        params
    }

    fn plugin(name: &str, given: Vec<(&str, Value)>) -> Value {
        Value::Plugin(name.to_owned(), params(given))
    }

    fn span(secs: u64) -> Value {
        Value::Duration(SimDuration::from_secs(secs))
    }

    fn text(word: &str) -> Value {
        Value::Text(word.to_owned())
    }

    fn keys(policy: &str, given: Vec<(&str, Value)>) -> Vec<String> {
        parts(policy, &params(given)).into_iter().map(|found| found.key).collect()
    }

    fn multifactor(secs: u64) -> Value {
        plugin("multifactor", vec![("calc_period", span(secs))])
    }

    #[test]
    fn an_order_that_follows_usage_is_refused_where_it_is_told_nothing() {
        let none = Vec::<String>::new();
        assert_eq!(keys("list", vec![("order", multifactor(300))]), none);
        let queue = Value::Table(params(vec![("order", multifactor(300))]));
        let queues = vec![("order", multifactor(300)), ("queues", Value::List(vec![queue]))];
        assert_eq!(keys("queues", queues), none);
        assert_eq!(keys("task-by-task", vec![("order", multifactor(300))]), ["order"]);
        assert_eq!(keys("task-by-task", vec![("order", plugin("sjf", Vec::new()))]), none);
        // Its `backfill` is true or false, not a plug-in.
        let rl = |order| keys("rlscheduler", vec![("order", order), ("backfill", Value::Bool(true))]);
        assert_eq!(rl(multifactor(300)), ["order"]);
        assert_eq!(rl(plugin("sjf", Vec::new())), none);
        let easy = plugin("easy", vec![("candidates", multifactor(300))]);
        assert_eq!(
            keys("list", vec![("order", multifactor(300)), ("backfill", easy)]),
            ["backfill.candidates"]
        );
    }

    #[test]
    fn spans_that_a_clock_advances_by_are_above_zero() {
        let fair = |half_life: bool| {
            let mut given = vec![("calc_period", span(0))];
            given.extend(half_life.then(|| ("half_life", span(60))));
            plugin("fair", given)
        };
        assert_eq!(keys("list", vec![("order", multifactor(0))]), ["order.calc_period"]);
        let queue = Value::Table(params(vec![("order", multifactor(0)), ("share", fair(true))]));
        let found = keys("queues", vec![("share", fair(true)), ("queues", Value::List(vec![queue]))]);
        assert_eq!(
            found,
            ["share.calc_period", "queues[0].order.calc_period", "queues[0].share.calc_period"]
        );
        assert!(keys("queues", vec![("share", fair(false)), ("queues", Value::List(Vec::new()))]).is_empty());
        let gang = |gang: &str, [timeout, backoff, most]: [u64; 3]| {
            let spans =
                vec![("timeout", span(timeout)), ("backoff", span(backoff)), ("backoff_max", span(most))];
            keys("task-by-task", [vec![("gang", text(gang))], spans].concat())
        };
        assert_eq!(gang("permit", [0, 0, 0]), ["timeout", "backoff", "backoff_max"]);
        assert_eq!(gang("permit", [60, 11, 10]), ["backoff"]);
        assert!(gang("permit", [60, 10, 10]).is_empty());
        assert!(gang("hold", [0, 11, 10]).is_empty() && gang("discard", [0, 0, 0]).is_empty());
    }

    #[test]
    fn scores_that_tell_nodes_apart_by_nothing_are_refused() {
        let place =
            |name: &str, given: Vec<(&str, Value)>| keys("list", vec![("place", plugin(name, given))]);
        let weights = |all: &[&'static str], first: i64| -> Vec<(&'static str, Value)> {
            all.iter()
                .enumerate()
                .map(|(n, key)| (*key, Value::Int(if n == 0 { first } else { 0 })))
                .collect()
        };
        for (name, all) in [("kube", KUBE_WEIGHTS), ("weighted", WEIGHTS)] {
            assert_eq!(place(name, weights(all, 0)), ["place"]);
            assert!(place(name, weights(all, 1)).is_empty());
        }
        let resources = |cpu| vec![("resources", Value::Table(params(vec![("cpu", Value::Int(cpu))])))];
        assert_eq!(place("kube", resources(0)), ["place.resources"]);
        assert!(place("kube", resources(2)).is_empty());
        let point =
            |at| Value::Table(params(vec![("utilization", Value::Int(at)), ("score", Value::Int(1))]));
        let shape = |at: [i64; 3]| vec![("shape", Value::List(at.map(point).to_vec()))];
        assert_eq!(place("kube", shape([0, 50, 0])), ["place.shape[2].utilization"]);
        assert!(place("kube", shape([0, 50, 100])).is_empty());
    }

    #[test]
    fn weights_and_orders_are_those_that_are_declared() {
        let declared = |name: &str| {
            let about =
                crate::placer::PLACERS.iter().find(|about| about.name == name).expect("it is registered");
            let mut keys: Vec<&str> = about.params.iter().map(|param| param.name).collect();
            keys.retain(|key| key.ends_with("_weight") && *key != "hard_company_weight");
            keys
        };
        assert_eq!(declared("kube"), KUBE_WEIGHTS);
        assert_eq!(declared("weighted"), WEIGHTS);
        assert!(crate::order::ORDERS.iter().any(|about| about.name == FOLLOWS));
    }
}
