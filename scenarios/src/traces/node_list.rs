//! Nodes of a list, gathered into one group for each kind.

use sim_core::{ClusterSpec, GroupId, GroupSpec, Lane, NodeSpec, Resources, SimDuration};

/// What nodes of one group have in common.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Kind {
    /// All resources but the cards.
    pub(super) capacity: Resources,
    /// GPU cards.
    pub(super) cards: u16,
    /// Their model; empty if the list names none.
    pub(super) model: String,
}

/// The nodes read so far, in the order of the list.
#[derive(Default)]
pub(super) struct NodeList {
    /// The cluster of these nodes.
    pub(super) spec: ClusterSpec,
    // Few kinds: a scan is short, and keeps them in the order of the list.
    kinds: Vec<Kind>,
}

impl NodeList {
    /// Adds a node, with a group of its own if it is the first of its kind.
    pub(super) fn push(&mut self, name: String, kind: Kind) {
        let group = self.kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
            self.spec.groups.push(group_of(&kind));
            self.kinds.push(kind.clone());
            self.kinds.len() - 1
        });
        self.spec.groups[group].initial += 1;
        self.spec.groups[group].max += 1;
        let mut node = NodeSpec::new(name, GroupId::from_index(group), kind.capacity, kind.cards);
        node.gpu_model = (!kind.model.is_empty()).then_some(kind.model);
        self.spec.nodes.push(node);
    }
}

fn group_of(kind: &Kind) -> GroupSpec {
    let (cpu, memory) = (kind.capacity.get(Lane::Cpu), kind.capacity.get(Lane::Memory));
    let gpus = match (kind.cards, kind.model.as_str()) {
        (0, _) => String::new(),
        (cards, "") => format!("{cards}xgpu-"),
        (cards, model) => format!("{cards}x{model}-"),
    };
    GroupSpec {
        name: format!("{gpus}{cpu}m-{memory}MiB"),
        initial: 0,
        min: 0,
        max: 0,
        boot: SimDuration::ZERO,
        price_micros_per_hour: 0,
    }
}
