//! The log of changed nodes, for whoever keeps something per node and does not want to look at all of them.

use crate::ids::NodeId;

/// Fewest changes that are remembered one by one (arbitrary).
const KEPT_MIN: usize = 1 << 12;

/// Which nodes changed, in order, as far back as there are nodes.
#[derive(Clone, Debug)]
pub(super) struct ChangeLog {
    /// The last changes; change `n` is at `n % kept`. A power of two long.
    kept: Vec<NodeId>,
    /// One more than the number of each node's last change; 0 if it never changed.
    last: Vec<u64>,
    total: u64,
}

impl ChangeLog {
    pub(super) fn new(nodes: usize) -> Self {
        let kept = nodes.next_power_of_two().max(KEPT_MIN);
        Self { kept: vec![NodeId(0); kept], last: vec![0; nodes], total: 0 }
    }

    /// Changes so far.
    #[inline]
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    #[inline]
    pub(super) fn last(&self, node: NodeId) -> u64 {
        self.last[node.index()]
    }

    #[inline]
    pub(super) fn add(&mut self, node: NodeId) {
        let mask = self.kept.len() - 1;
        self.kept[self.total as usize & mask] = node;
        self.total += 1;
        self.last[node.index()] = self.total;
    }

    /// The nodes that changed at or after change number `since`, each once.
    ///
    /// # Cost
    /// O(changes since), or one pass over the nodes if there were more than are kept.
    pub(super) fn since(&self, since: u64) -> impl Iterator<Item = NodeId> + use<'_> {
        let is_kept = self.total.saturating_sub(since) <= self.kept.len() as u64;
        let mask = self.kept.len() - 1;
        let recent = (if is_kept { since } else { self.total }..self.total)
            .map(move |n| (n, self.kept[n as usize & mask]))
            .filter(|&(n, node)| self.last[node.index()] == n + 1)
            .map(|(_, node)| node);
        let all = if is_kept { 0 } else { self.last.len() };
        let old = (0..all).filter(move |&n| self.last[n] > since).map(NodeId::from_index);
        recent.chain(old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(log: &ChangeLog, since: u64) -> Vec<u32> {
        let mut nodes: Vec<u32> = log.since(since).map(|node| node.0).collect();
        nodes.sort_unstable();
        nodes
    }

    #[test]
    fn each_changed_node_comes_once() {
        let mut log = ChangeLog::new(5);
        [3, 1, 3, 4].into_iter().for_each(|node| log.add(NodeId(node)));
        assert_eq!(since(&log, 0), [1, 3, 4]);
        assert_eq!(since(&log, 3), [4]);
        assert_eq!(since(&log, 4), [0; 0]);
    }

    #[test]
    fn what_is_no_longer_kept_is_found_by_a_pass_over_the_nodes() {
        let mut log = ChangeLog::new(10_000);
        let kept = log.kept.len() as u64;
        log.add(NodeId(7));
        (0..kept).for_each(|n| log.add(NodeId(100 + (n % 50) as u32)));
        assert_eq!(since(&log, 0).len(), 51);
        assert_eq!(since(&log, 1).len(), 50);
        assert_eq!(since(&log, kept).len(), 1);
    }
}
