//! Room on one node, as it would be if some of its tasks were gone.

use sim_core::{CardSet, GpuNeed, NodeId, Resources, Shape, View};

/// Free amounts of a node, and of each of its cards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    free: Resources,
    cards: [u16; 32],
    count: usize,
}

impl Room {
    /// What the node has free now.
    pub(super) fn of(view: View<'_>, node: NodeId) -> Self {
        let free = view.nodes().cards(node);
        let mut cards = [0; 32];
        cards[..free.len()].copy_from_slice(free);
        Self { free: view.nodes().free()[node.index()], cards, count: free.len() }
    }

    /// True if a task of the shape fits; whether the model of the cards will do is not looked at.
    #[inline]
    pub(super) fn fits(&self, shape: &Shape) -> bool {
        let gpu = shape.gpu();
        let serve = |free: &&u16| **free >= gpu.milli_each;
        shape.need().fits_in(&self.free)
            && (gpu.cards == 0
                || self.cards[..self.count].iter().filter(serve).count() >= usize::from(gpu.cards))
    }

    /// Adds what a task on these cards holds.
    #[inline]
    pub(super) fn give(&mut self, shape: &Shape, cards: CardSet) {
        for lane in 0..8 {
            self.free.0[lane] += shape.need().0[lane];
        }
        for card in cards.iter() {
            self.cards[card as usize] += shape.gpu().milli_each;
        }
    }

    /// Takes what a task on these cards holds.
    ///
    /// # Panics
    /// If it is not there.
    #[inline]
    pub(super) fn take(&mut self, shape: &Shape, cards: CardSet) {
        for lane in 0..8 {
            self.free.0[lane] -= shape.need().0[lane];
        }
        for card in cards.iter() {
            self.cards[card as usize] -= shape.gpu().milli_each;
        }
    }

    /// The cards that a task gets that fits: those with the least left, ties to the lowest number.
    pub(super) fn pick(&self, gpu: GpuNeed) -> CardSet {
        let mut picked = CardSet::NONE;
        for _ in 0..gpu.cards {
            let is_open =
                |card: &u32| self.cards[*card as usize] >= gpu.milli_each && picked.0 >> card & 1 == 0;
            let open = (0..self.count as u32).filter(is_open);
            let next = open.min_by_key(|&card| self.cards[card as usize]);
            picked = picked.with(next.expect("a task that fits has the cards"));
        }
        picked
    }
}
