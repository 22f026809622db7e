//! Stranded capacity: what is free on nodes that cannot hold a task of the typical mix.

use sim_core::{Lane, NodeId, NodeState, NodeTable, Shape};

/// Lanes whose fragmentation is measured.
pub const FRAGMENTED: [Lane; 2] = [Lane::Cpu, Lane::Gpu];

/// The stranded capacity of a cluster, kept up to date node by node.
///
/// For a mix of task shapes with weights `w_k`, the stranded amount of a lane is
/// `sum over nodes that are up, sum over k: w_k * free * [a task k does not fit on the node now]`, so that
/// stranded / (free x total weight) is the share of free capacity that a task drawn from the mix cannot use.
///
/// # Cost
/// O(shapes of the mix) per node that has changed.
/// # Source
/// The unallocatable share of Weng et al., "Beware of fragmentation: scheduling GPU-sharing workloads with
/// fragmentation gradient descent", USENIX ATC 2023, section 3, at the grain of nodes.
#[derive(Clone, Debug)]
pub struct Fragmentation {
    mix: Vec<(Shape, u32)>,
    weight: u64,
    /// Stranded now, by node [lane unit x weight].
    nodes: Vec<[u64; 2]>,
    total: [u64; 2],
    /// Changes of nodes that were followed.
    seen: u64,
}

impl Fragmentation {
    /// For a mix of shapes, each with its weight [parts per million].
    ///
    /// # Panics
    /// If the weights sum to more than a million: the integrals are dimensioned for that.
    pub fn new(mix: Vec<(Shape, u32)>) -> Self {
        let weight = mix.iter().map(|&(_, weight)| u64::from(weight)).sum();
        assert!(weight <= 1_000_000, "the weights of the typical mix sum to {weight} ppm");
        Self { mix, weight, nodes: Vec::new(), total: [0; 2], seen: 0 }
    }

    /// True if there is no mix to measure by.
    pub fn is_empty(&self) -> bool {
        self.weight == 0
    }

    /// Sum of the weights \[ppm\].
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// Stranded now, for each of [`FRAGMENTED`] [lane unit x weight].
    #[inline]
    pub fn stranded(&self) -> [u64; 2] {
        self.total
    }

    /// The stranded share of the free capacity now, in 0..=1; `None` if nothing is free.
    pub fn share(&self, free_total: &[u64; 8], n: usize) -> Option<f64> {
        let free = free_total[FRAGMENTED[n].index()];
        (free > 0 && self.weight > 0).then(|| self.total[n] as f64 / (free as f64 * self.weight as f64))
    }

    /// Scores the nodes that have changed since the last call.
    #[inline]
    pub fn follow(&mut self, nodes: &NodeTable) {
        if self.seen == nodes.changes() {
            return;
        }
        for node in nodes.changed_since(self.seen) {
            self.touch(nodes, node);
        }
        self.seen = nodes.changes();
    }

    /// Scores a node anew.
    fn touch(&mut self, nodes: &NodeTable, node: NodeId) {
        if self.nodes.is_empty() {
            self.nodes = vec![[0; 2]; nodes.len()];
        }
        let mut now = [0; 2];
        if nodes.state(node) == NodeState::Up {
            let misfit = |&(shape, weight): &(Shape, u32)| {
                if nodes.fits(node, &shape) { 0 } else { u64::from(weight) }
            };
            let misfit: u64 = self.mix.iter().map(misfit).sum();
            let free = &nodes.free()[node.index()];
            now = FRAGMENTED.map(|lane| u64::from(free.get(lane)) * misfit);
        }
        let before = std::mem::replace(&mut self.nodes[node.index()], now);
        for n in 0..2 {
            self.total[n] = self.total[n] + now[n] - before[n];
        }
    }
}
