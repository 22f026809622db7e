//! Tetris: the node whose free resources are most like what the task asks for.

use sim_core::registry::{About, Params};
use sim_core::{CardRule, FitOrder, JobId, NodeId, Setup, Shape, Slot, Stream, View};

use super::{CARDS, Placer, Reason, TIES, Ties, cards, keep_order, set_ranks, slot_on, ties};

pub(super) const ABOUT: About = About {
    name: "tetris",
    doc: "The node with the largest dot product of request and free amounts, each relative to the node's capacity.",
    source: "Grandl et al., Multi-resource packing for cluster schedulers (Tetris), SIGCOMM 2014, section 3.2.",
    params: &[TIES, CARDS],
};

/// One in the fixed-point shares whose products are summed.
const UNIT: u64 = 1 << 20;

#[derive(Clone, Copy, Debug)]
struct Tetris {
    ties: Ties,
    cards: CardRule,
}

pub(super) fn build(params: &Params) -> Box<dyn Placer> {
    Box::new(Tetris { ties: ties(params), cards: cards(params) })
}

/// Minus the alignment, in units of 2^-40: the lowest score wins.
fn score(view: View<'_>, shape: &Shape, node: NodeId) -> i64 {
    let (capacity, free) = (&view.nodes().capacity()[node.index()], &view.nodes().free()[node.index()]);
    let mut alignment = 0;
    for lane in 0..8 {
        if shape.need().0[lane] > 0 {
            let of = |amount: u32| u64::from(amount) * UNIT / u64::from(capacity.0[lane]);
            alignment += of(shape.need().0[lane]) * of(free.0[lane]);
        }
    }
    -(alignment as i64)
}

impl Placer for Tetris {
    fn name(&self) -> &str {
        ABOUT.name
    }

    fn setup(&self, setup: &mut Setup) {
        set_ranks(setup, self.ties);
        keep_order(setup, FitOrder::Rank);
    }

    fn place(&mut self, job: JobId, view: View<'_>, stream: &mut Stream) -> Option<Slot> {
        let shape = view.shape(job);
        let mut best: Option<(i64, NodeId)> = None;
        let mut equals = 0;
        for node in view.nodes().fitting(shape, FitOrder::Rank).filter(|&node| view.admits(job, node)) {
            let score = score(view, shape, node);
            let (wins, ties) = best.map_or((true, false), |(least, _)| (score < least, score == least));
            equals = if wins { 1 } else { equals + u64::from(ties) };
            if wins || (ties && self.ties == Ties::SeededRandom && stream.below(equals) == 0) {
                best = Some((score, node));
            }
        }
        best.map(|(_, node)| slot_on(view, shape, node, self.cards))
    }

    fn reason(&self, job: JobId, chosen: Slot, view: View<'_>) -> Reason {
        let shape = view.shape(job);
        let fitting = view.nodes().fitting(shape, FitOrder::Rank);
        let others = fitting.filter(|&node| node != chosen.node && view.admits(job, node));
        let next = others.map(|node| (score(view, shape, node), node)).min_by_key(|&(score, _)| score);
        Reason { score: score(view, shape, chosen.node), next: next.map(|(score, node)| (node, score)) }
    }

    fn fork(&self) -> Box<dyn Placer> {
        Box::new(*self)
    }
}
