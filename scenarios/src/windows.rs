//! The `windows` key: maintenance, and reservations in advance.

use std::ops::Range;

use sim_core::registry::{Kind, Param, Params, Value};
use sim_core::{ClusterSpec, NodeId, SimDuration, SimTime, WindowSpec};

use crate::problem::{Problem, Problems};

const NODES: Kind = Kind::Either(&[Kind::Int { min: 1, max: 10_000_000 }, Kind::Text]);

/// The keys of one entry.
pub(crate) const WINDOW: &[Param] = &[
    Param::required("from", Kind::Duration, "its beginning, from the start of the run"),
    Param::required("length", Kind::Duration, "how long it lasts"),
    Param::optional("every", Kind::Duration, "repeats it after such a span; goes with `times`"),
    Param::with_default("times", Kind::Int { min: 1, max: 100_000 }, "1", "how often it takes place"),
    Param::with_default(
        "nodes",
        NODES,
        "\"all\"",
        "which nodes: so many, counted from the first; or the name of a group or a node; or `all`",
    ),
    Param::with_default(
        "tenants",
        Kind::List(&Kind::Text),
        "[]",
        "a reservation in advance, for the jobs of these tenants; none: maintenance, for which the nodes go down",
    ),
];

/// The windows of a scenario on its cluster.
pub(crate) fn build(
    list: &[Value],
    cluster: &ClusterSpec,
    file: &str,
    problems: &mut Problems,
) -> Vec<WindowSpec> {
    let mut windows = Vec::new();
    // The windows of each entry before.
    let mut entries: Vec<(usize, Range<usize>)> = Vec::new();
    for (n, entry) in list.iter().enumerate() {
        let Value::Table(entry) = entry else { panic!("a window is declared as a table") };
        match one(entry, cluster) {
            Ok(repeated) => {
                let first = windows.len();
                windows.extend(repeated);
                let own = first..windows.len();
                for (other, theirs) in &entries {
                    let found = overlap(&windows[theirs.clone()], &windows[own.clone()]);
                    problems.0.extend(found.map(|(node, from)| {
                        let name = &cluster.nodes[node.index()].name;
                        let rule = format!(
                            "overlaps with windows[{other}] on the node `{name}`, {from} after the start of the run: \
                             a node has one window at a time"
                        );
                        Problem::new(file, format!("windows[{n}]"), "", rule)
                    }));
                }
                entries.push((n, own));
            }
            Err((key, value, rule)) => {
                problems.push(Problem::new(file, format!("windows[{n}].{key}"), value, rule));
            }
        }
    }
    windows
}

/// The first node and time at which windows of two entries overlap: each would take the node's capacity. The windows of
/// an entry ascend and have the same nodes, which ascend too.
fn overlap(these: &[WindowSpec], those: &[WindowSpec]) -> Option<(NodeId, SimTime)> {
    let (mut a, mut b) = (0, 0);
    while let (Some(one), Some(other)) = (these.get(a), those.get(b)) {
        if one.from < other.to && other.from < one.to {
            let shared = one.nodes.iter().find(|node| other.nodes.binary_search(node).is_ok());
            return shared.map(|&node| (node, one.from.max(other.from)));
        }
        if one.to <= other.to { a += 1 } else { b += 1 }
    }
    None
}

type Wrong = (&'static str, String, String);

fn one(entry: &Params, cluster: &ClusterSpec) -> Result<Vec<WindowSpec>, Wrong> {
    let (length, times) = (entry.duration("length"), entry.int("times").unsigned_abs());
    if length == SimDuration::ZERO {
        return Err(("length", "0".into(), "must be above 0".into()));
    }
    let every = entry.duration_opt("every");
    if every.is_none() && times > 1 {
        return Err(("times", times.to_string(), "needs `every`, the span from one to the next".into()));
    }
    let every = every.unwrap_or(length);
    if every < length {
        return Err((
            "every",
            every.to_string(),
            "must be at least `length`, or one runs into the next".into(),
        ));
    }
    let (nodes, tenants) = (nodes(entry, cluster)?, entry.list("tenants").iter().map(crate::cluster::text));
    let tenants: Vec<String> = tenants.collect();
    let begins =
        |time: u64| entry.duration("from").as_ns().saturating_add(every.as_ns().saturating_mul(time));
    let window = |time: u64| {
        let from = SimTime::from_ns(begins(time));
        WindowSpec { from, to: from.saturating_add(length), nodes: nodes.clone(), tenants: tenants.clone() }
    };
    Ok((0..times).map(window).filter(|window| window.from < window.to).collect())
}

fn nodes(entry: &Params, cluster: &ClusterSpec) -> Result<Vec<NodeId>, Wrong> {
    let all = cluster.nodes.len();
    let name = match entry.get("nodes") {
        Some(Value::Int(count)) if count.unsigned_abs() as usize > all => {
            return Err(("nodes", count.to_string(), format!("the cluster has {all} nodes")));
        }
        Some(Value::Int(count)) => return Ok((0..*count as usize).map(NodeId::from_index).collect()),
        _ => entry.text("nodes"),
    };
    let is_meant = |node: &sim_core::NodeSpec| {
        name == "all" || node.name == name || cluster.groups[node.group.index()].name == name
    };
    let chosen: Vec<NodeId> =
        (0..all).filter(|&n| is_meant(&cluster.nodes[n])).map(NodeId::from_index).collect();
    if chosen.is_empty() {
        return Err(("nodes", name.to_owned(), "is neither `all` nor the name of a group or a node".into()));
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, load};

    fn windows(text: &str) -> Result<Vec<WindowSpec>, String> {
        let sets = vec![format!("windows=[{text}]")];
        let scenario =
            load("quickstart", &Overrides { sets, seeds: None }).map_err(|found| found.to_string())?;
        Ok(scenario.points[0].cluster.windows.clone())
    }

    #[test]
    fn a_window_repeats() {
        let found = windows("{ from = '1h', length = '10m', every = '1d', times = 3, nodes = 2 }").unwrap();
        let hours: Vec<u64> = found.iter().map(|window| window.from.as_ns() / 3_600_000_000_000).collect();
        assert_eq!((hours, found[0].nodes.len()), (vec![1, 25, 49], 2));
    }

    #[test]
    fn windows_that_overlap_on_a_node_are_told_with_both_entries() {
        let wrong = |text: &str| windows(text).unwrap_err();
        // Whether maintenance or reserved, whatever the order of the entries; the second of three in a long one too.
        let found =
            wrong("{ from = '2h', length = '1h', nodes = 2 }, { from = '1h', length = '61m', nodes = 3 }");
        assert!(found.contains("windows[1]") && found.contains("overlaps with windows[0]"), "{found}");
        assert_eq!(found.matches("overlaps").count(), 1, "{found}");
        let found = wrong(
            "{ from = 0, length = '9h', nodes = 1, tenants = ['a'] }, { from = '1h', length = '1h', nodes = 1 }, \
             { from = '3h', length = '1h', every = '1d', times = 5, tenants = ['b'] }",
        );
        assert!(found.contains("windows[1]") && found.contains("windows[2]"), "{found}");
        assert_eq!(found.matches("overlaps with windows[0]").count(), 2, "{found}");
        // The third day of a repeated one.
        let found = wrong(
            "{ from = 0, length = '1h', every = '1d', times = 3 }, { from = '48h', length = '1s', nodes = 1 }",
        );
        assert!(found.contains("windows[1]") && found.contains("overlaps with windows[0]"), "{found}");
    }

    #[test]
    fn windows_may_follow_each_other_or_lie_on_other_nodes() {
        let found = windows("{ from = 0, length = '1h' }, { from = '1h', length = '1h', tenants = ['a'] }");
        assert_eq!(found.unwrap().len(), 2);
    }

    #[test]
    fn everything_wrong_with_windows_is_told_at_once() {
        let all = windows(
            "{ from = 0, length = 0 }, { from = 0, length = 5, times = 2 }, \
             { from = 0, length = 5, every = 1, times = 2 }, { from = 0, length = 5, nodes = 'gone' }, \
             { from = 0, length = 5, nodes = 1000000 }",
        );
        let problems = all.unwrap_err();
        for part in [
            "windows[0].length",
            "windows[1].times",
            "windows[2].every",
            "windows[3].nodes",
            "windows[4].nodes",
        ] {
            assert!(problems.contains(part), "{part} is not in:\n{problems}");
        }
    }
}
