//! Fragmentation gradient descent: the node, and the card, on which a task adds the least fragmentation.

mod gradient;

use std::sync::Arc;

use sim_core::registry::{About, Params};
use sim_core::shape::{CARD_MILLI, CARDS_MAX};
use sim_core::{CardRule, CardSet, NodeId, Shape, Space, TypicalTasks, View};

use super::{COMPAT, Placer, Rule, SCORE, Settings, TIES, placer, slot_on};
use crate::prior::Prior;
pub(super) use gradient::Gradient;
use gradient::{Exact, Percent};

pub(in super::super) const ABOUT: About = About {
    name: "fgd",
    doc: "Fragmentation gradient descent: the node on which the idle GPU that typical tasks of the workload \
          cannot use grows least. A task that shares a card gets the card for which that holds, others the \
          first cards that have enough.",
    source: "Weng et al., Beware of fragmentation: scheduling GPU-sharing workloads with fragmentation gradient \
             descent, USENIX ATC 2023, section 4.",
    params: &[TIES, SCORE, COMPAT],
};

pub(in super::super) fn build(params: &Params, prior: &Prior) -> Box<dyn Placer> {
    let settings = Settings::of(params);
    if settings.percent {
        placer(Fgd::new(Percent::new(&prior.typical), prior), settings.ties)
    } else {
        placer(Fgd::new(Exact, prior), settings.ties)
    }
}

/// The rule, with the fragmentation of each node as it is kept until the node changes.
#[derive(Clone, Debug)]
pub(super) struct Fgd<G: Gradient> {
    gradient: G,
    typical: Arc<TypicalTasks>,
    now: Vec<Option<(u64, G::Amount)>>,
}

impl<G: Gradient> Fgd<G> {
    pub(super) fn new(gradient: G, prior: &Prior) -> Self {
        Self { gradient, typical: Arc::clone(&prior.typical), now: Vec::new() }
    }

    /// The fragmentation of the node as it is.
    #[inline]
    fn now(&mut self, node: NodeId, space: Space<'_>, version: u64) -> G::Amount {
        let kept = &mut self.now[node.index()];
        match *kept {
            Some((seen, amount)) if seen == version => amount,
            _ => {
                let amount = self.gradient.amount(&self.typical, space);
                *kept = Some((version, amount));
                amount
            }
        }
    }

    /// The best score of the task on the node, and the card that gives it if the task shares one.
    #[inline]
    fn best(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> (i64, Option<u32>) {
        let nodes = view.nodes();
        let (space, gpu) = (Space::of(nodes, node), shape.gpu());
        let before = self.now(node, space, nodes.last_change(node));
        let mut cards = [0; CARDS_MAX as usize];
        let cards = &mut cards[..space.cards.len()];
        cards.copy_from_slice(space.cards);
        let cpu_milli = space.cpu_milli - shape.need().get(sim_core::Lane::Cpu);
        let score = |gradient: &G, typical: &TypicalTasks, cards: &[u16]| {
            let after = gradient.amount(typical, Space { cpu_milli, cards, model: space.model });
            gradient.score(before, after)
        };
        if gpu.cards != 1 || gpu.milli_each == CARD_MILLI {
            for card in slot_on(view, shape, node, CardRule::Lowest).cards.iter() {
                cards[card as usize] -= gpu.milli_each;
            }
            return (score(&self.gradient, &self.typical, cards), None);
        }
        let mut best: Option<(i64, usize)> = None;
        for card in 0..cards.len() {
            let free = cards[card];
            // A card like an earlier one scores the same, and the first of equals wins.
            if free < gpu.milli_each || space.cards[..card].contains(&free) {
                continue;
            }
            cards[card] = free - gpu.milli_each;
            let score = score(&self.gradient, &self.typical, cards);
            cards[card] = free;
            if best.is_none_or(|(best, _)| score > best) {
                best = Some((score, card));
            }
        }
        let (score, card) = best.expect("only nodes that can hold the task are scored");
        (score, Some(card as u32))
    }
}

impl<G: Gradient> Rule for Fgd<G> {
    const NAME: &'static str = ABOUT.name;

    fn attach(&mut self, view: View<'_>) {
        self.now = vec![None; view.nodes().len()];
    }

    #[inline]
    fn score(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> i64 {
        self.best(shape, node, view).0
    }

    fn cards(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> CardSet {
        match self.best(shape, node, view).1 {
            Some(card) => CardSet::NONE.with(card),
            None => slot_on(view, shape, node, CardRule::Lowest).cards,
        }
    }
}
