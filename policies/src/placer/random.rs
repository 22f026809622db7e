//! A node by chance.

use sim_core::registry::{About, Params};
use sim_core::{CardRule, FitOrder, JobId, NodeId, Setup, Slot, Stream, View};

use super::{CARDS, Placer, Reason, cards, keep_order, slot_on};

pub(super) const ABOUT: About = About {
    name: "random",
    doc: "Any node that can hold the task, each with the same chance.",
    source: "A control: what any placement rule should beat.",
    params: &[CARDS],
};

/// Draws among all nodes before those that fit are listed: with half of them fitting, one call in 65,536 lists.
const DRAWS: u32 = 16;

#[derive(Clone, Debug)]
struct Random {
    cards: CardRule,
    fitting: Vec<NodeId>,
}

pub(super) fn build(params: &Params) -> Box<dyn Placer> {
    Box::new(Random { cards: cards(params), fitting: Vec::new() })
}

impl Placer for Random {
    fn name(&self) -> &str {
        ABOUT.name
    }

    fn setup(&self, setup: &mut Setup) {
        keep_order(setup, FitOrder::Rank);
    }

    fn place(&mut self, job: JobId, view: View<'_>, stream: &mut Stream) -> Option<Slot> {
        let (nodes, shape) = (view.nodes(), view.shape(job));
        for _ in 0..DRAWS {
            // Taking the first draw that fits leaves every fitting node the same chance.
            let node = NodeId(stream.below(nodes.len() as u64) as u32);
            if view.can_place(job, node) {
                return Some(slot_on(view, shape, node, self.cards));
            }
        }
        self.fitting.clear();
        self.fitting.extend(nodes.fitting(shape, FitOrder::Rank).filter(|&node| view.admits(job, node)));
        if self.fitting.is_empty() {
            return None;
        }
        let node = self.fitting[stream.below(self.fitting.len() as u64) as usize];
        Some(slot_on(view, shape, node, self.cards))
    }

    fn reason(&self, _job: JobId, _chosen: Slot, _view: View<'_>) -> Reason {
        Reason { score: 0, next: None }
    }

    fn fork(&self) -> Box<dyn Placer> {
        Box::new(self.clone())
    }
}
