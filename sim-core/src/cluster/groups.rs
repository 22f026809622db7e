//! Node groups: sets of like nodes that are switched on and off together.

use crate::cluster::spec::GroupSpec;
use crate::ids::{GroupId, NodeId};
use crate::time::SimDuration;

/// A node group as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeGroup {
    /// Its number.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Its nodes, in the order in which they are switched on.
    pub nodes: Vec<NodeId>,
    /// Nodes that are to be on.
    pub target: u32,
    /// Fewest nodes that may be on.
    pub min: u32,
    /// Most nodes that may be on.
    pub max: u32,
    /// From the order to the first task.
    pub boot: SimDuration,
    /// Price of a node that is not off [millionths of a currency unit per hour].
    pub price_micros_per_hour: u64,
}

impl NodeGroup {
    pub(crate) fn new(id: GroupId, spec: &GroupSpec, nodes: Vec<NodeId>) -> Self {
        let size = nodes.len() as u32;
        Self {
            id,
            name: spec.name.clone(),
            nodes,
            target: spec.initial.min(size),
            min: spec.min,
            max: spec.max.min(size),
            boot: spec.boot,
            price_micros_per_hour: spec.price_micros_per_hour,
        }
    }
}
