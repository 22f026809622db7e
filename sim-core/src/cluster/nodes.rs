//! The node table: one column per field, with the fit indexes kept up to date.

use crate::action::CardSet;
use crate::cluster::changes::ChangeLog;
use crate::cluster::fitting::{FitOrder, Fitting};
use crate::cluster::index::{FitIndex, IndexBy};
use crate::cluster::spec::ClusterSpec;
use crate::constraint::{Domain, LabelSet};
use crate::ids::{GroupId, NodeId};
use crate::preference::ImageSet;
use crate::resources::{Lane, Resources};
use crate::shape::{CARD_MILLI, GpuNeed, Shape};
use crate::vocabulary::Vocabulary;

/// Whether a node accepts tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeState {
    /// Switched off, free of charge.
    Off,
    /// Switched on, not ready yet.
    Booting,
    /// Accepts tasks.
    Up,
    /// Runs its last tasks, then goes off.
    Draining,
    /// Failed, until it is repaired.
    Down,
}

/// How cards are chosen on a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardRule {
    /// The lowest-numbered cards that have enough.
    Lowest,
    /// The cards with the least left that have enough, ties to the lowest number.
    Tightest,
}

const NO_MODEL: u8 = u8::MAX;

/// All nodes, by [`NodeId`].
#[derive(Clone, Debug)]
pub struct NodeTable {
    capacity: Vec<Resources>,
    free: Vec<Resources>,
    state: Vec<NodeState>,
    tasks: Vec<u32>,
    group: Vec<GroupId>,
    rack: Vec<u32>,
    zone: Vec<u32>,
    labels: Vec<LabelSet>,
    speed_ppm: Vec<u32>,
    model: Vec<u8>,
    /// Empty if no node has an image.
    images: Vec<ImageSet>,
    /// Tasks that ask for no cpu, and that ask for no memory.
    bare: Vec<[u32; 2]>,
    names: Vec<Box<str>>,
    /// Cards of node i are `card_free[cards_from[i]..cards_from[i + 1]]`.
    cards_from: Vec<u32>,
    card_free: Vec<u16>,
    rank_of: Vec<u32>,
    node_at: Vec<NodeId>,
    indexes: Vec<FitIndex>,
    free_total: [u64; 8],
    capacity_up: [u64; 8],
    up: u32,
    draining: u32,
    freed: u64,
    changes: ChangeLog,
    racks: u32,
    zones: u32,
}

impl NodeTable {
    /// The nodes of `spec`, all of them off.
    ///
    /// # Panics
    /// If the spec uses more labels or GPU models than the vocabulary holds; scenarios check that before.
    pub(crate) fn new(spec: &ClusterSpec, words: &mut Vocabulary) -> Self {
        let nodes = &spec.nodes;
        let n = nodes.len();
        let mut labels = Vec::with_capacity(n);
        let mut model = Vec::with_capacity(n);
        let mut cards_from = vec![0];
        for node in nodes {
            let set = node.labels.iter().fold(LabelSet(0), |set, label| {
                LabelSet(set.0 | words.label(label).expect("the scenario has checked the number of labels").0)
            });
            let set = node.taints.iter().fold(set, |set, taint| {
                let mark = words.taint(taint.clone()).expect("the scenario has checked the number of labels");
                LabelSet(set.0 | mark.0)
            });
            labels.push(set);
            model.push(node.gpu_model.as_ref().map_or(NO_MODEL, |name| {
                words.gpu_model(name).expect("the scenario has checked the number of GPU models")
            }));
            cards_from.push(cards_from.last().expect("starts with 0") + u32::from(node.cards));
        }
        let cards = *cards_from.last().expect("starts with 0") as usize;
        Self {
            capacity: nodes.iter().map(|node| node.capacity).collect(),
            free: nodes.iter().map(|node| node.capacity).collect(),
            state: vec![NodeState::Off; n],
            tasks: vec![0; n],
            group: nodes.iter().map(|node| node.group).collect(),
            rack: nodes.iter().map(|node| node.rack).collect(),
            zone: nodes.iter().map(|node| node.zone).collect(),
            labels,
            speed_ppm: nodes.iter().map(|node| node.speed_ppm).collect(),
            model,
            images: words.images_of(nodes),
            bare: vec![[0; 2]; n],
            names: nodes.iter().map(|node| node.name.as_str().into()).collect(),
            cards_from,
            card_free: vec![CARD_MILLI; cards],
            rank_of: (0..n as u32).collect(),
            node_at: (0..n).map(NodeId::from_index).collect(),
            indexes: Vec::new(),
            free_total: [0; 8],
            capacity_up: [0; 8],
            up: 0,
            draining: 0,
            freed: 0,
            changes: ChangeLog::new(n),
            racks: nodes.iter().map(|node| node.rack + 1).max().unwrap_or(0),
            zones: nodes.iter().map(|node| node.zone + 1).max().unwrap_or(0),
        }
    }

    /// How many nodes there are, in whatever state.
    #[inline]
    pub fn len(&self) -> usize {
        self.capacity.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.capacity.is_empty()
    }

    /// All nodes.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.len()).map(NodeId::from_index)
    }

    /// What each node has, by [`NodeId`].
    #[inline]
    pub fn capacity(&self) -> &[Resources] {
        &self.capacity
    }

    /// What each node has left, by [`NodeId`].
    #[inline]
    pub fn free(&self) -> &[Resources] {
        &self.free
    }

    /// Whether the node accepts tasks.
    #[inline]
    pub fn state(&self, node: NodeId) -> NodeState {
        self.state[node.index()]
    }

    /// Tasks that run on the node.
    #[inline]
    pub fn tasks(&self, node: NodeId) -> u32 {
        self.tasks[node.index()]
    }

    /// The group that the node is scaled with.
    #[inline]
    pub fn group(&self, node: NodeId) -> GroupId {
        self.group[node.index()]
    }

    /// The node's name.
    pub fn name(&self, node: NodeId) -> &str {
        &self.names[node.index()]
    }

    /// The node's labels.
    #[inline]
    pub fn labels(&self, node: NodeId) -> LabelSet {
        self.labels[node.index()]
    }

    /// The node's speed relative to nominal [parts per million].
    #[inline]
    pub fn speed_ppm(&self, node: NodeId) -> u32 {
        self.speed_ppm[node.index()]
    }

    /// The model of the node's GPUs, by number in the vocabulary.
    #[inline]
    pub fn gpu_model(&self, node: NodeId) -> Option<u8> {
        let model = self.model[node.index()];
        (model != NO_MODEL).then_some(model)
    }

    /// The container images that the node holds.
    #[inline]
    pub fn images(&self, node: NodeId) -> ImageSet {
        self.images.get(node.index()).copied().unwrap_or_default()
    }

    /// Tasks on the node that ask for no cpu, and those that ask for no memory.
    #[inline]
    pub fn bare(&self, node: NodeId) -> [u32; 2] {
        self.bare[node.index()]
    }

    /// What each card of the node has left [milli-cards].
    #[inline]
    pub fn cards(&self, node: NodeId) -> &[u16] {
        let n = node.index();
        &self.card_free[self.cards_from[n] as usize..self.cards_from[n + 1] as usize]
    }

    /// The number of the domain that the node belongs to.
    #[inline]
    pub fn domain(&self, node: NodeId, level: Domain) -> u32 {
        match level {
            Domain::Node => node.0,
            Domain::Rack => self.rack[node.index()],
            Domain::Zone => self.zone[node.index()],
        }
    }

    /// How many domains of that level there are.
    pub fn domains(&self, level: Domain) -> u32 {
        match level {
            Domain::Node => self.len() as u32,
            Domain::Rack => self.racks,
            Domain::Zone => self.zones,
        }
    }

    /// Nodes that accept tasks.
    pub fn up(&self) -> u32 {
        self.up
    }

    /// Nodes that run their last tasks.
    #[inline]
    pub(crate) fn draining(&self) -> u32 {
        self.draining
    }

    /// Free amount of all nodes that accept tasks, per lane.
    #[inline]
    pub fn free_total(&self) -> &[u64; 8] {
        &self.free_total
    }

    /// Capacity of all nodes that accept tasks, per lane.
    #[inline]
    pub fn capacity_up(&self) -> &[u64; 8] {
        &self.capacity_up
    }

    /// Counts the times at which capacity came back: while it stands still, what did not fit still does not.
    #[inline]
    pub fn freed(&self) -> u64 {
        self.freed
    }

    /// Counts every change of a node's free amounts, state or executions, those that are undone and their
    /// undoing included.
    #[inline]
    pub fn changes(&self) -> u64 {
        self.changes.total()
    }

    /// The number of the node's last change, from 1; 0 if it never changed.
    #[inline]
    pub fn last_change(&self, node: NodeId) -> u64 {
        self.changes.last(node)
    }

    /// The nodes that have changed since [`NodeTable::changes`] was `since`, each once.
    ///
    /// # Order
    /// None that means anything.
    /// # Cost
    /// O(changes since), or one pass over the nodes if there were more changes than nodes.
    pub fn changed_since(&self, since: u64) -> impl Iterator<Item = NodeId> + use<'_> {
        self.changes.since(since)
    }

    /// The node's place in the order that breaks ties.
    #[inline]
    pub fn rank(&self, node: NodeId) -> u32 {
        self.rank_of[node.index()]
    }

    /// The node at a place in that order.
    #[inline]
    pub fn node_at(&self, rank: usize) -> NodeId {
        self.node_at[rank]
    }

    #[inline]
    pub(super) fn free_at(&self, rank: usize) -> &Resources {
        &self.free[self.node_at[rank].index()]
    }

    /// True if the node accepts a task of `shape` now: resources, cards and model, not constraints.
    #[inline]
    pub fn fits(&self, node: NodeId, shape: &Shape) -> bool {
        let n = node.index();
        self.state[n] == NodeState::Up
            && shape.need().fits_in(&self.free[n])
            && self.cards_fit(node, shape.gpu())
    }

    #[inline]
    fn cards_fit(&self, node: NodeId, gpu: GpuNeed) -> bool {
        gpu.cards == 0
            || (gpu.models.admits(self.gpu_model(node))
                && self.cards(node).iter().filter(|&&free| free >= gpu.milli_each).count()
                    >= usize::from(gpu.cards))
    }

    /// True if the node, empty, could hold a task of `shape`.
    pub fn could_fit(&self, node: NodeId, shape: &Shape) -> bool {
        let gpu = shape.gpu();
        shape.need().fits_in(&self.capacity[node.index()])
            && (gpu.cards == 0 || gpu.models.admits(self.gpu_model(node)))
            && usize::from(gpu.cards) <= self.cards(node).len()
    }

    /// The cards that a task with `gpu` would get on the node, or `None` if it has not enough.
    pub fn pick_cards(&self, node: NodeId, gpu: GpuNeed, rule: CardRule) -> Option<CardSet> {
        let mut picked = CardSet::NONE;
        if gpu.cards == 0 {
            return Some(picked);
        }
        let cards = self.cards(node);
        for _ in 0..gpu.cards {
            let open = (0..cards.len() as u32)
                .filter(|&card| cards[card as usize] >= gpu.milli_each && picked.0 >> card & 1 == 0);
            let next = match rule {
                CardRule::Lowest => open.min(),
                CardRule::Tightest => open.min_by_key(|&card| (cards[card as usize], card)),
            };
            picked = picked.with(next?);
        }
        Some(picked)
    }

    /// Nodes that can hold a task of `shape` now, in `order`.
    #[inline]
    pub fn fitting<'a>(&'a self, shape: &'a Shape, order: FitOrder) -> Fitting<'a> {
        Fitting::new(self, shape, order, 0)
    }

    /// Nodes that can hold a task of `shape` now, by rank from `rank` on.
    #[inline]
    pub fn fitting_from<'a>(&'a self, shape: &'a Shape, rank: usize) -> Fitting<'a> {
        Fitting::new(self, shape, FitOrder::Rank, rank)
    }

    /// The largest free amount of `lane` on one node that accepts tasks.
    ///
    /// # Cost
    /// O(levels) with an index that keeps the maximum, else one pass over the nodes.
    pub fn most_free(&self, lane: Lane) -> u32 {
        self.indexes.iter().find_map(|index| index.most_free(lane)).unwrap_or_else(|| {
            let up = self.ids().filter(|&node| self.state(node) == NodeState::Up);
            up.map(|node| self.free[node.index()].get(lane)).max().unwrap_or(0)
        })
    }

    #[inline]
    pub(super) fn index(&self, by: IndexBy) -> Option<&FitIndex> {
        self.indexes.iter().find(|index| index.by() == by)
    }
}

mod change;
#[cfg(test)]
mod tests;
