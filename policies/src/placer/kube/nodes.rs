//! Which nodes are scored: those that can hold the task, up to so many, from where the last search ended.

use sim_core::{JobId, NodeId, View};

/// Fewest feasible nodes that are looked for (minFeasibleNodesToFind).
const FEASIBLE_MIN: u64 = 100;
/// Least share of the nodes, where the share adapts to their number (minFeasibleNodesPercentageToFind).
const PERCENT_MIN: u64 = 5;

/// How many nodes are scored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sampling {
    /// Every one that can hold the task.
    All,
    /// So many percent, or a share that falls as the cluster grows.
    Percent(Option<u64>),
}

impl Sampling {
    pub(super) fn some(percent: Option<i64>) -> Self {
        Self::Percent(percent.map(i64::unsigned_abs))
    }

    /// Feasible nodes to find among `nodes`.
    ///
    /// # Source
    /// numFeasibleNodesToFind of the kube-scheduler.
    fn target(self, nodes: usize) -> usize {
        let all = nodes as u64;
        let Self::Percent(percent) = self else { return nodes };
        if all < FEASIBLE_MIN {
            return nodes;
        }
        let percent = percent.unwrap_or_else(|| 50u64.saturating_sub(all / 125).max(PERCENT_MIN));
        (all * percent / 100).clamp(FEASIBLE_MIN, all) as usize
    }
}

/// The search for feasible nodes, which goes on where it ended.
#[derive(Clone, Debug)]
pub(super) struct Search {
    sampling: Sampling,
    /// The rank to begin at.
    from: usize,
}

impl Search {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self { sampling, from: 0 }
    }

    /// Begins at the first node again.
    pub(super) fn reset(&mut self) {
        self.from = 0;
    }

    /// Fills `found` with nodes that can hold one more task of the job, by rank from where the last search ended.
    /// The next one begins after the last node looked at.
    ///
    /// # Cost
    /// O(nodes looked at); those without room are skipped by the engine's index.
    pub(super) fn feasible(&mut self, job: JobId, view: View<'_>, found: &mut Vec<NodeId>) {
        let (nodes, shape) = (view.nodes(), view.shape(job));
        let all = nodes.len();
        let target = self.sampling.target(all);
        found.clear();
        let from = self.from;
        let ahead = nodes.fitting_from(shape, from);
        let behind = nodes.fitting_from(shape, 0).take_while(|&node| (nodes.rank(node) as usize) < from);
        found.extend(ahead.chain(behind).filter(|&node| view.admits(job, node)).take(target));
        if found.len() == target
            && let Some(&last) = found.last()
        {
            self.from = (nodes.rank(last) as usize + 1) % all;
        }
        // Else all nodes were looked at, and the next search begins where this one did.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_nodes_falls_as_the_cluster_grows() {
        let adaptive = Sampling::some(None);
        // 50 - 1000/125 = 42 %, 50 - 5000/125 = 10 %; 50 - 10,000/125 is below 5.
        let cases =
            [(99, 99), (100, 100), (125, 100), (1000, 420), (5000, 500), (10_000, 500), (100_000, 5000)];
        for (nodes, target) in cases {
            assert_eq!(adaptive.target(nodes), target, "{nodes} nodes");
        }
        assert_eq!(Sampling::some(Some(30)).target(1000), 300);
        assert_eq!(Sampling::some(Some(5)).target(1000), 100);
        assert_eq!(Sampling::some(Some(100)).target(1000), 1000);
        assert_eq!(Sampling::All.target(1000), 1000);
    }
}
