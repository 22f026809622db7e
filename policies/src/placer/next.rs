//! Next fit and round robin: first fit from where the last task went.

use sim_core::registry::{About, Params};
use sim_core::{CardRule, FitOrder, JobId, Setup, Slot, Stream, View};

use super::{CARDS, Placer, RANKS, Reason, Ties, cards, keep_order, set_ranks, slot_on, ties};

pub(super) const NEXT: About = About {
    name: "next-fit",
    doc: "The first node from the one used last that can hold the task, going round.",
    source: "Johnson, Near-optimal bin packing algorithms, MIT 1973; Knuth, TAOCP 1, section 2.5 (modified next fit).",
    params: &[RANKS, CARDS],
};

pub(super) const ROUND_ROBIN: About = About {
    name: "round-robin",
    doc: "The first node after the one used last that can hold the task, going round.",
    source: "Folklore; the default of many early cloud placers (Eucalyptus).",
    params: &[RANKS, CARDS],
};

#[derive(Clone, Copy, Debug)]
struct Next {
    name: &'static str,
    /// Ranks to move on after a placement.
    step: usize,
    from: usize,
    ties: Ties,
    cards: CardRule,
}

pub(super) fn build(name: &str, params: &Params) -> Box<dyn Placer> {
    let (name, step) = if name == NEXT.name { (NEXT.name, 0) } else { (ROUND_ROBIN.name, 1) };
    Box::new(Next { name, step, from: 0, ties: ties(params), cards: cards(params) })
}

impl Placer for Next {
    fn name(&self) -> &str {
        self.name
    }

    fn setup(&self, setup: &mut Setup) {
        set_ranks(setup, self.ties);
        keep_order(setup, FitOrder::Rank);
    }

    fn place(&mut self, job: JobId, view: View<'_>, _stream: &mut Stream) -> Option<Slot> {
        let (nodes, shape) = (view.nodes(), view.shape(job));
        let ahead = nodes.fitting_from(shape, self.from).find(|&node| view.admits(job, node));
        let node = ahead.or_else(|| nodes.fitting_from(shape, 0).find(|&node| view.admits(job, node)))?;
        self.from = (nodes.rank(node) as usize + self.step) % nodes.len();
        Some(slot_on(view, shape, node, self.cards))
    }

    fn reason(&self, job: JobId, chosen: Slot, view: View<'_>) -> Reason {
        let (nodes, shape) = (view.nodes(), view.shape(job));
        let rank = nodes.rank(chosen.node);
        let ahead = nodes.fitting_from(shape, rank as usize + 1).chain(nodes.fitting_from(shape, 0));
        let next = ahead.filter(|&node| view.admits(job, node)).find(|&node| node != chosen.node);
        Reason { score: i64::from(rank), next: next.map(|node| (node, i64::from(nodes.rank(node)))) }
    }

    fn fork(&self) -> Box<dyn Placer> {
        Box::new(*self)
    }
}
