//! How the node table changes: tasks come and go, nodes change state, ranks are dealt.

use super::{FitIndex, IndexBy, NodeState, NodeTable};
use crate::action::Slot;
use crate::ids::NodeId;
use crate::random::Stream;
use crate::resources::{Lane, Resources};
use crate::shape::Shape;

impl NodeTable {
    /// Keeps an index of this kind from now on. An index of a lane that no node has would be of no use: nothing that
    /// asks for the lane can run at all.
    pub(crate) fn keep_index(&mut self, by: IndexBy) {
        let is_empty = |lane: Lane| self.capacity.iter().all(|node| node.get(lane) == 0);
        if self.index(by).is_some() || matches!(by, IndexBy::Free(lane) if is_empty(lane)) {
            return;
        }
        let mut index = FitIndex::new(by, &self.capacity);
        for node in self.ids().filter(|&node| self.state(node) == NodeState::Up) {
            index.insert(self.rank(node) as usize, &self.free[node.index()]);
        }
        self.indexes.push(index);
    }

    /// Gives the nodes random ranks.
    pub(crate) fn shuffle_ranks(&mut self, stream: &mut Stream) {
        let mut order = std::mem::take(&mut self.node_at);
        stream.shuffle(&mut order);
        self.set_order(order);
    }

    /// Gives the nodes the ranks that follow from an order of all of them.
    ///
    /// # Panics
    /// If a node is missing.
    pub(crate) fn set_order(&mut self, order: Vec<NodeId>) {
        assert_eq!(order.len(), self.len(), "an order of {} nodes for {}", order.len(), self.len());
        self.node_at = order;
        for (rank, node) in self.node_at.iter().enumerate() {
            self.rank_of[node.index()] = rank as u32;
        }
        let kinds: Vec<IndexBy> = self.indexes.drain(..).map(|index| index.by()).collect();
        kinds.into_iter().for_each(|by| self.keep_index(by));
    }

    /// Puts one task on the node.
    ///
    /// # Panics
    /// If it does not fit: the caller has checked.
    #[inline]
    pub(crate) fn take(&mut self, slot: Slot, shape: &Shape) {
        let n = slot.node.index();
        let old = self.free[n];
        self.free[n].take(shape.need());
        self.tasks[n] += 1;
        self.count_bare(n, shape, 1);
        for card in slot.cards.iter().take(usize::from(shape.gpu().cards)) {
            let free = &mut self.card_free[(self.cards_from[n] + card) as usize];
            *free = free.checked_sub(shape.gpu().milli_each).expect("the caller has checked the card");
        }
        self.free_changed(slot.node, &old, false);
    }

    /// Takes one task off the node. `freed` is false where that undoes a [`NodeTable::take`] of the same instant.
    #[inline]
    pub(crate) fn give(&mut self, slot: Slot, shape: &Shape, freed: bool) {
        let n = slot.node.index();
        let old = self.free[n];
        self.free[n].give(shape.need());
        self.tasks[n] -= 1;
        self.count_bare(n, shape, u32::MAX);
        for card in slot.cards.iter().take(usize::from(shape.gpu().cards)) {
            self.card_free[(self.cards_from[n] + card) as usize] += shape.gpu().milli_each;
        }
        debug_assert!(self.free[n].fits_in(&self.capacity[n]), "node {n} has more free than it has");
        self.free_changed(slot.node, &old, freed);
    }

    /// Counts a task that asks for no cpu or no memory on, or off by adding 2^32 - 1.
    #[inline]
    fn count_bare(&mut self, n: usize, shape: &Shape, step: u32) {
        for (lane, count) in [Lane::Cpu, Lane::Memory].into_iter().zip(0..) {
            if shape.need().get(lane) == 0 {
                let tasks: &mut u32 = &mut self.bare[n][count];
                *tasks = tasks.wrapping_add(step);
            }
        }
    }

    #[inline]
    fn free_changed(&mut self, node: NodeId, old: &Resources, freed: bool) {
        let n = node.index();
        self.changes.add(node);
        if self.state[n] != NodeState::Up {
            return;
        }
        self.freed += u64::from(freed);
        let new = self.free[n];
        for lane in 0..8 {
            self.free_total[lane] = self.free_total[lane] + u64::from(new.0[lane]) - u64::from(old.0[lane]);
        }
        let rank = self.rank_of[n] as usize;
        let (free, node_at) = (&self.free, &self.node_at);
        for index in &mut self.indexes {
            index.change(rank, old, &new, |rank| &free[node_at[rank].index()]);
        }
    }

    /// Notes that other executions stand on the node now, for those who look at them.
    pub(crate) fn residents_changed(&mut self, node: NodeId) {
        self.changes.add(node);
    }

    /// Notes that capacity which was set aside may be used again.
    pub(crate) fn open_again(&mut self, node: NodeId) {
        self.changes.add(node);
        self.freed += 1;
    }

    /// Sets the node's state.
    pub(crate) fn set_state(&mut self, node: NodeId, state: NodeState) {
        let n = node.index();
        let (was_up, is_up) = (self.state[n] == NodeState::Up, state == NodeState::Up);
        self.draining -= u32::from(self.state[n] == NodeState::Draining);
        self.draining += u32::from(state == NodeState::Draining);
        self.state[n] = state;
        self.changes.add(node);
        if was_up == is_up {
            return;
        }
        let (free, capacity, rank) = (self.free[n], self.capacity[n], self.rank_of[n] as usize);
        let (column, node_at) = (&self.free, &self.node_at);
        for index in &mut self.indexes {
            if is_up {
                index.insert(rank, &free);
            } else {
                index.remove(rank, &free, |rank| &column[node_at[rank].index()]);
            }
        }
        for lane in 0..8 {
            let (free, capacity) = (u64::from(free.0[lane]), u64::from(capacity.0[lane]));
            if is_up {
                self.free_total[lane] += free;
                self.capacity_up[lane] += capacity;
            } else {
                self.free_total[lane] -= free;
                self.capacity_up[lane] -= capacity;
            }
        }
        if is_up {
            self.up += 1;
            self.freed += 1;
        } else {
            self.up -= 1;
        }
    }
}
