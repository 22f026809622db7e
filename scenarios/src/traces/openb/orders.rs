//! Arrival orders and node ranks by seed, where the runs of others are to be repeated exactly.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::{ClusterSpec, NodeId};

use crate::problem::{Problem, Problems};
use crate::traces::source::Lines;

/// A file of orders.
///
/// Lines `pods SEED i0 i1 ..` give rows of a list of pods, from 0, in the order of their arrival; a row may be there
/// more than once. Lines `rank SEED r0 r1 ..` give the rank of each node, the nodes sorted by name. Empty lines and
/// lines that begin with `#` say nothing.
#[derive(Debug)]
pub(crate) struct Orders {
    file: String,
    pods: BTreeMap<u64, Arc<[u32]>>,
    nodes: BTreeMap<u64, Vec<NodeId>>,
}

/// What the numbers of a line are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pods,
    Rank,
}

impl Orders {
    /// The orders at `path` for a list of so many `rows` and the nodes of `cluster`.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub(crate) fn read(path: &str, rows: u32, cluster: &ClusterSpec) -> Result<Self, Problems> {
        let mut lines = Lines::open(path)?;
        let mut orders = Self { file: path.to_owned(), pods: BTreeMap::new(), nodes: BTreeMap::new() };
        let (names, mut problems) = (by_name(cluster), Problems::default());
        while let Some(line) = lines.advance() {
            // A line that could not be read has no text.
            let found = line.and_then(|()| match lines.text() {
                text if text.trim().is_empty() || text.starts_with('#') => Ok(()),
                text => orders.line(lines.number(), text, rows, &names),
            });
            problems.0.extend(found.err());
        }
        if problems.0.is_empty() && orders.pods.is_empty() {
            problems.push(Problem::of_file(path, "holds no line `pods SEED ROW ROW ..`"));
        }
        problems.or_ok(orders)
    }

    /// The rows in the order of their arrival.
    ///
    /// # Errors
    /// If the file has none for this seed.
    pub(crate) fn pods(&self, seed: u64) -> Result<Arc<[u32]>, Problem> {
        self.pods.get(&seed).cloned().ok_or_else(|| {
            let known: Vec<String> = self.pods.keys().map(u64::to_string).collect();
            let rule = format!("has no order for this seed; it has those of {}", known.join(", "));
            Problem::new(&self.file, "seed", seed, rule)
        })
    }

    /// All nodes in the order of their ranks; empty if the file has none for this seed.
    pub(crate) fn nodes(&self, seed: u64) -> Vec<NodeId> {
        self.nodes.get(&seed).cloned().unwrap_or_default()
    }

    fn line(&mut self, line: u64, text: &str, rows: u32, names: &[NodeId]) -> Result<(), Problem> {
        let problem = |at: &str, value: &str, rule: &str| {
            Err(Problem::new(&self.file, format!("{line}{at}"), value, rule))
        };
        let mut words = text.split_ascii_whitespace();
        let kind = match words.next() {
            Some("pods") => Kind::Pods,
            Some("rank") => Kind::Rank,
            other => {
                return problem(
                    "",
                    other.unwrap_or_default(),
                    "must be `pods` or `rank`, a seed and numbers",
                );
            }
        };
        let seed = words.next().unwrap_or_default();
        let Ok(number) = seed.parse::<u64>() else {
            return problem(": seed", seed, "must be a whole number");
        };
        if kind == Kind::Pods && self.pods.contains_key(&number)
            || kind == Kind::Rank && self.nodes.contains_key(&number)
        {
            return problem(": seed", seed, "has such a line already");
        }
        let (what, bound) = if kind == Kind::Pods { (": row", rows) } else { (": rank", names.len() as u32) };
        let mut numbers = Vec::new();
        for word in words {
            match word.parse::<u32>() {
                Ok(number) if number < bound => numbers.push(number),
                Ok(_) => return problem(what, word, &format!("must be below {bound}, as they count from 0")),
                Err(_) => return problem(what, word, "must be a whole number"),
            }
        }
        match kind {
            Kind::Pods if numbers.is_empty() => {
                return problem(what, "", "no pod arrives: must name at least one row");
            }
            Kind::Pods => drop(self.pods.insert(number, numbers.into())),
            Kind::Rank => {
                let order = ranked(&numbers, names);
                let order =
                    order.or_else(|(value, rule)| problem(what, &value, &rule).map(|()| Vec::new()))?;
                self.nodes.insert(number, order);
            }
        }
        Ok(())
    }
}

/// The nodes of a cluster in the order of their names.
fn by_name(cluster: &ClusterSpec) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = (0..cluster.nodes.len()).map(NodeId::from_index).collect();
    nodes.sort_by(|a, b| cluster.nodes[a.index()].name.cmp(&cluster.nodes[b.index()].name));
    nodes
}

/// Nodes in the order of their ranks, or the value and the rule that it breaks.
fn ranked(ranks: &[u32], names: &[NodeId]) -> Result<Vec<NodeId>, (String, String)> {
    if ranks.len() != names.len() {
        let rule = format!("ranks are given, and the cluster has {} nodes: each needs one", names.len());
        return Err((String::new(), format!("{} {rule}", ranks.len())));
    }
    let mut order = vec![None; names.len()];
    for (&rank, &node) in ranks.iter().zip(names) {
        if order[rank as usize].replace(node).is_some() {
            return Err((rank.to_string(), "is there twice: no two nodes can have one rank".to_owned()));
        }
    }
    Ok(order.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use sim_core::Resources;

    use super::*;
    use crate::traces::testing::TraceFile;

    /// Nodes c, a, b: by name these are 1, 2, 0.
    fn cluster() -> ClusterSpec {
        let mut cluster = ClusterSpec::default();
        cluster.add_uniform("n", 3, Resources::ZERO, 1);
        for (node, name) in cluster.nodes.iter_mut().zip(["c", "a", "b"]) {
            node.name = name.into();
        }
        cluster
    }

    fn read(text: &str) -> Result<Orders, Problems> {
        Orders::read(TraceFile::new(text).path(), 4, &cluster())
    }

    #[test]
    fn ranks_are_those_of_the_nodes_sorted_by_name() {
        let orders = read("# by hand\npods 7 3 0 0 1\n\nrank 7 2 0 1\npods 8 2").unwrap();
        assert_eq!(*orders.pods(7).unwrap(), [3, 0, 0, 1]);
        // a has rank 2, b 0 and c 1.
        assert_eq!(orders.nodes(7), [NodeId(2), NodeId(0), NodeId(1)]);
        assert_eq!(orders.nodes(8), []);
        let absent = orders.pods(9).unwrap_err().to_string();
        assert!(absent.ends_with("seed = 9: has no order for this seed; it has those of 7, 8"), "{absent}");
    }

    #[test]
    fn bad_orders_name_line_value_and_rule() {
        let text = "pods 1 0 4\npods x 1\nrank 1 0 1\nrank 1 0 1 1\nrank 1 0 1 3\nnodes 1 2\npods 2 1\npods 2 1\n\
                    pods 3 -1\n";
        let found = read(text).unwrap_err();
        let found: Vec<String> = found
            .0
            .iter()
            .map(|problem| format!("{} = {}: {}", problem.at, problem.value, problem.rule))
            .collect();
        assert_eq!(
            found,
            [
                "1: row = 4: must be below 4, as they count from 0",
                "2: seed = x: must be a whole number",
                "3: rank = : 2 ranks are given, and the cluster has 3 nodes: each needs one",
                "4: rank = 1: is there twice: no two nodes can have one rank",
                "5: rank = 3: must be below 3, as they count from 0",
                "6 = nodes: must be `pods` or `rank`, a seed and numbers",
                "8: seed = 2: has such a line already",
                "9: row = -1: must be a whole number",
            ]
        );
        assert!(read("# nothing\n").unwrap_err().0[0].rule.contains("holds no line"));
        assert!(read("").unwrap_err().0[0].rule.contains("holds no line"));
    }
}
