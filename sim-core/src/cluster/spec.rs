//! What a cluster is made of, as a scenario or a trace describes it.

use crate::ids::{GroupId, NodeId};
use crate::preference::Taint;
use crate::resources::{Lane, Resources};
use crate::shape::CARD_MILLI;
use crate::time::{SimDuration, SimTime};

/// One node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeSpec {
    /// Its name in messages and logs.
    pub name: String,
    /// The group that it is scaled with.
    pub group: GroupId,
    /// What it has; the GPU lane follows from `cards`.
    pub capacity: Resources,
    /// GPU cards, at most 32.
    pub cards: u16,
    /// Their model.
    pub gpu_model: Option<String>,
    /// Labels, `key=value`.
    pub labels: Vec<String>,
    /// The rack that it stands in.
    pub rack: u32,
    /// The zone that it stands in.
    pub zone: u32,
    /// Speed relative to nominal [parts per million].
    pub speed_ppm: u32,
    /// Taints, which keep tasks away that do not tolerate them.
    pub taints: Vec<Taint>,
    /// Container images that it holds from the start, with their sizes \[MiB\].
    pub images: Vec<(String, u32)>,
}

impl NodeSpec {
    /// A node of nominal speed with `cards` whole GPUs of no model, in rack 0 and zone 0.
    pub fn new(name: impl Into<String>, group: GroupId, capacity: Resources, cards: u16) -> Self {
        let gpu_milli = u32::from(cards) * u32::from(CARD_MILLI);
        Self {
            name: name.into(),
            group,
            capacity: capacity.with(Lane::Gpu, gpu_milli),
            cards,
            gpu_model: None,
            labels: Vec::new(),
            rack: 0,
            zone: 0,
            speed_ppm: 1_000_000,
            taints: Vec::new(),
            images: Vec::new(),
        }
    }
}

/// A group of nodes that is scaled as one. The group's nodes are those that name it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupSpec {
    /// Its name.
    pub name: String,
    /// Nodes that are on from the start: the first ones of the group.
    pub initial: u32,
    /// Fewest nodes that may be on.
    pub min: u32,
    /// Most nodes that may be on, at most the nodes of the group.
    pub max: u32,
    /// From the order to the first task.
    pub boot: SimDuration,
    /// Price of one node that is on or booting [millionths of a currency unit per hour].
    pub price_micros_per_hour: u64,
}

/// A time from which nodes are set aside; see [`Window`](crate::Window).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WindowSpec {
    /// The beginning.
    pub from: SimTime,
    /// The end, after `from`.
    pub to: SimTime,
    /// The nodes.
    pub nodes: Vec<NodeId>,
    /// Tenants whose jobs may start there; none: maintenance, the nodes are down.
    pub tenants: Vec<String>,
}

/// A cluster: its nodes in the order of their ranks, and their groups.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClusterSpec {
    /// The groups, by id.
    pub groups: Vec<GroupSpec>,
    /// The nodes, by id.
    pub nodes: Vec<NodeSpec>,
    /// All nodes in the order of their seeded ranks, where that is prescribed; empty: drawn from the seed of a run.
    pub node_order: Vec<NodeId>,
    /// Maintenance windows and reservations in advance.
    pub windows: Vec<WindowSpec>,
}

impl ClusterSpec {
    /// Adds a group of `count` like nodes, all of them on, and returns its id.
    pub fn add_uniform(&mut self, name: &str, count: u32, capacity: Resources, cards: u16) -> GroupId {
        let group = GroupId::from_index(self.groups.len());
        self.groups.push(GroupSpec {
            name: name.to_owned(),
            initial: count,
            min: 0,
            max: count,
            boot: SimDuration::ZERO,
            price_micros_per_hour: 0,
        });
        for n in 0..count {
            self.nodes.push(NodeSpec::new(format!("{name}-{n}"), group, capacity, cards));
        }
        group
    }

    /// Capacity of all nodes, per lane.
    pub fn capacity(&self) -> [u64; 8] {
        let mut sum = [0; 8];
        for node in &self.nodes {
            for (total, amount) in sum.iter_mut().zip(node.capacity.0) {
                *total += u64::from(amount);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gpu_lane_of_a_node_follows_from_its_cards() {
        let mut spec = ClusterSpec::default();
        spec.add_uniform("gpu", 3, Resources::ZERO.with(Lane::Cpu, 64_000), 8);
        assert_eq!(spec.capacity()[Lane::Gpu.index()], 24_000);
        assert_eq!(spec.nodes[2].name, "gpu-2");
    }
}
