//! FGD's fragmentation: the idle GPU of a cluster by what typical tasks could do with it.

use std::sync::Arc;

use sim_core::{Idle, NodeState, NodeTable, Space, TypicalTasks};

/// The idle GPU of a cluster in FGD's seven categories, kept up to date node by node.
///
/// # Cost
/// O(kinds of typical tasks) per node that has changed.
/// # Source
/// Weng et al., "Beware of fragmentation: scheduling GPU-sharing workloads with fragmentation gradient descent",
/// USENIX ATC 2023, section 3.
#[derive(Clone, Debug)]
pub struct GpuFragmentation {
    typical: Arc<TypicalTasks>,
    nodes: Vec<Idle>,
    total: Idle,
    seen: u64,
}

impl GpuFragmentation {
    /// For a cluster that is looked at for the first time by [`GpuFragmentation::follow`].
    pub fn new(typical: Arc<TypicalTasks>) -> Self {
        Self { typical, nodes: Vec::new(), total: Idle::default(), seen: 0 }
    }

    /// The tasks by which it measures.
    pub fn typical(&self) -> &TypicalTasks {
        &self.typical
    }

    /// The idle GPU of nodes that are up, as [`GpuFragmentation::follow`] last saw them [milli-cards x tasks: divide
    /// by [`TypicalTasks::weight`]].
    #[inline]
    pub fn idle(&self) -> &Idle {
        &self.total
    }

    /// Scores the nodes that have changed since the last call.
    #[inline]
    pub fn follow(&mut self, nodes: &NodeTable) {
        if self.seen == nodes.changes() {
            return;
        }
        self.nodes.resize(nodes.len(), Idle::default());
        for node in nodes.changed_since(self.seen) {
            let is_up = nodes.state(node) == NodeState::Up;
            let now = if is_up { self.typical.idle(Space::of(nodes, node)) } else { Idle::default() };
            let before = std::mem::replace(&mut self.nodes[node.index()], now);
            for (total, (now, before)) in
                self.total.by_category.iter_mut().zip(now.by_category.into_iter().zip(before.by_category))
            {
                *total = *total + now - before;
            }
        }
        self.seen = nodes.changes();
    }
}
