//! A node by chance.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{CardRule, CardSet, FitOrder, JobId, NodeId, Setup, Shape, Slot, Stream, View};

use super::{Placer, Reason, cards, keep_order, slot_on};

pub(super) const ABOUT: About = About {
    name: "random",
    doc: "Any node that can hold the task, each with the same chance.",
    source: "A control: what any placement rule should beat.",
    params: &[RANDOM_CARDS],
};

const RANDOM_CARDS: Param = Param::with_default(
    "cards",
    Kind::Choice(&["tightest", "lowest", "random"]),
    "\"tightest\"",
    "which GPU cards of the node a task gets: those with the least left that have enough, the first ones, or any of \
     them",
);

/// Draws among all nodes before those that fit are listed: with half of them fitting, one call in 65,536 lists.
const DRAWS: u32 = 16;

#[derive(Clone, Debug)]
struct Random {
    /// `None`: any that have enough.
    cards: Option<CardRule>,
    fitting: Vec<NodeId>,
}

pub(super) fn build(params: &Params) -> Box<dyn Placer> {
    let cards = (params.text("cards") != "random").then(|| cards(params));
    Box::new(Random { cards, fitting: Vec::new() })
}

impl Random {
    /// The slot on a node that was found fitting.
    fn slot(&self, view: View<'_>, shape: &Shape, node: NodeId, stream: &mut Stream) -> Slot {
        if let Some(rule) = self.cards {
            return slot_on(view, shape, node, rule);
        }
        let (gpu, free) = (shape.gpu(), view.nodes().cards(node));
        let mut cards = CardSet::NONE;
        for _ in 0..gpu.cards {
            let is_open = |card: &u32| free[*card as usize] >= gpu.milli_each && cards.0 >> card & 1 == 0;
            let open = (0..free.len() as u32).filter(is_open);
            let n = stream.below(open.clone().count() as u64) as usize;
            cards = cards.with(open.clone().nth(n).expect("a fitting node has the cards"));
        }
        Slot { node, cards }
    }
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
                return Some(self.slot(view, shape, node, stream));
            }
        }
        self.fitting.clear();
        self.fitting.extend(nodes.fitting(shape, FitOrder::Rank).filter(|&node| view.admits(job, node)));
        if self.fitting.is_empty() {
            return None;
        }
        let node = self.fitting[stream.below(self.fitting.len() as u64) as usize];
        Some(self.slot(view, shape, node, stream))
    }

    fn reason(&self, _job: JobId, _chosen: Slot, _view: View<'_>) -> Reason {
        Reason { score: 0, next: None }
    }

    fn fork(&self) -> Box<dyn Placer> {
        Box::new(self.clone())
    }
}
