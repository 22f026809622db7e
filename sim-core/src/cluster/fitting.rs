//! Nodes that can hold a task, in the order a placement rule asks for.

use crate::cluster::index::{FitIndex, IndexBy};
use crate::cluster::nodes::NodeTable;
use crate::ids::NodeId;
use crate::resources::Lane;
use crate::shape::Shape;

/// An order of nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FitOrder {
    /// By rank: first fit.
    Rank,
    /// Least free in a lane first, then by rank: best fit.
    Tightest(Lane),
    /// Most free in a lane first, then by rank: worst fit.
    Loosest(Lane),
}

impl FitOrder {
    /// The index that serves this order.
    pub const fn index(self) -> IndexBy {
        match self {
            FitOrder::Rank => IndexBy::Rank,
            FitOrder::Tightest(lane) | FitOrder::Loosest(lane) => IndexBy::Free(lane),
        }
    }
}

/// An iterator over the nodes that can hold a task of one shape now, as far as resources go.
///
/// # Cost
/// With the index of its order: a few words per node found. Without: one pass over the nodes per node found.
#[derive(Clone, Debug)]
pub struct Fitting<'a> {
    nodes: &'a NodeTable,
    index: Option<&'a FitIndex>,
    shape: &'a Shape,
    order: FitOrder,
    /// Current level and next rank in it; `None` at the end.
    at: Option<(usize, usize)>,
    /// Last node found among those of a mixed level or without an index: (free amount, rank).
    last: Option<(u32, usize)>,
}

impl<'a> Fitting<'a> {
    pub(super) fn new(nodes: &'a NodeTable, shape: &'a Shape, order: FitOrder, from_rank: usize) -> Self {
        let index = nodes.index(order.index());
        let need = shape.need();
        let level = match (index, order) {
            (Some(index), FitOrder::Loosest(_)) => index.level_back(index.levels() - 1, need),
            (Some(index), _) if index.level_of(need) < index.levels() => {
                index.level_from(index.level_of(need), need)
            }
            (Some(_), _) => None,
            (None, _) => Some(0),
        };
        Self { nodes, index, shape, order, at: level.map(|level| (level, from_rank)), last: None }
    }

    fn next_level(&self, index: &FitIndex, level: usize) -> Option<usize> {
        let need = self.shape.need();
        match self.order {
            FitOrder::Loosest(_) => level.checked_sub(1).and_then(|level| index.level_back(level, need)),
            _ => index.level_from(level + 1, need),
        }
    }

    fn next_indexed(&mut self, index: &'a FitIndex) -> Option<NodeId> {
        loop {
            let (level, rank) = self.at?;
            let found = if index.is_mixed(level) {
                self.next_of_mixed(|from| {
                    index.rank_from(level, from, self.shape.need(), |rank| self.nodes.free_at(rank))
                })
            } else {
                index.rank_from(level, rank, self.shape.need(), |rank| self.nodes.free_at(rank))
            };
            match found {
                Some(rank) => {
                    self.at = Some((level, rank + 1));
                    let node = self.nodes.node_at(rank);
                    if self.nodes.fits(node, self.shape) {
                        return Some(node);
                    }
                }
                None => {
                    self.at = self.next_level(index, level).map(|level| (level, 0));
                    self.last = None;
                }
            }
        }
    }

    /// The next node of a set whose members differ in their free amount: the least key above the last one.
    fn next_of_mixed(&mut self, next_rank: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        let (lane, descending) = match self.order {
            FitOrder::Rank => (None, false),
            FitOrder::Tightest(lane) => (Some(lane), false),
            FitOrder::Loosest(lane) => (Some(lane), true),
        };
        let mut best: Option<(u32, usize)> = None;
        let mut from = 0;
        while let Some(rank) = next_rank(from) {
            from = rank + 1;
            let amount = lane.map_or(0, |lane| self.nodes.free_at(rank).get(lane));
            let key = (if descending { u32::MAX - amount } else { amount }, rank);
            if self.last.is_none_or(|last| key > last) && best.is_none_or(|best| key < best) {
                best = Some(key);
            }
        }
        self.last = best.or(self.last);
        best.map(|(_, rank)| rank)
    }

    fn next_scanned(&mut self) -> Option<NodeId> {
        let (_, first) = self.at?;
        let (nodes, shape) = (self.nodes, self.shape);
        let fits_from =
            |from: usize| (from.max(first)..nodes.len()).find(|&rank| nodes.fits(nodes.node_at(rank), shape));
        match self.next_of_mixed(fits_from) {
            Some(rank) => Some(nodes.node_at(rank)),
            None => {
                self.at = None;
                None
            }
        }
    }
}

impl Iterator for Fitting<'_> {
    type Item = NodeId;

    #[inline]
    fn next(&mut self) -> Option<NodeId> {
        match self.index {
            Some(index) => self.next_indexed(index),
            None => self.next_scanned(),
        }
    }
}
