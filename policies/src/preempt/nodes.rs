//! Nodes that may be worth a look: where something of low priority runs.

use sim_core::{NodeId, View};

use super::victims::Judge;

/// The lowest priority that may be stopped on each node, and where the search for nodes goes on.
#[derive(Clone, Debug, Default)]
pub(super) struct Lowest {
    /// By node; the largest number where nothing may be stopped.
    priority: Vec<i32>,
    /// Changes of nodes that are known.
    seen: u64,
    /// The rank at which the next search begins.
    from: usize,
}

impl Lowest {
    /// Forgets everything.
    pub(super) fn reset(&mut self, view: View<'_>) {
        self.priority.clear();
        self.priority.resize(view.nodes().len(), i32::MAX);
        (self.seen, self.from) = (0, 0);
    }

    /// Follows what has started and ended.
    ///
    /// # Cost
    /// O(executions on the nodes that have changed).
    pub(super) fn refresh(&mut self, judge: &Judge, view: View<'_>) {
        let nodes = view.nodes();
        if self.seen == nodes.changes() {
            return;
        }
        for node in nodes.changed_since(self.seen) {
            let runs = view.residents(node).iter();
            let lowest = runs.filter_map(|&run| judge.priority(view.run(run), view)).min();
            self.priority[node.index()] = lowest.unwrap_or(i32::MAX);
        }
        self.seen = nodes.changes();
    }

    /// True if something below the priority runs on the node.
    #[inline]
    pub(super) fn is_below(&self, node: NodeId, priority: i32) -> bool {
        self.priority[node.index()] < priority
    }

    /// True if something below the priority runs anywhere.
    pub(super) fn any_below(&self, priority: i32) -> bool {
        self.priority.iter().any(|&lowest| lowest < priority)
    }

    /// The rank at which a search begins.
    pub(super) fn from(&self) -> usize {
        self.from
    }

    /// The next search begins after so many nodes.
    pub(super) fn advance(&mut self, looked_at: usize) {
        self.from = (self.from + looked_at) % self.priority.len().max(1);
    }
}
