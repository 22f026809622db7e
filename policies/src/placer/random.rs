//! A node by chance.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{CardRule, CardSet, JobId, NodeId, Shape, Slot, Stream, View};

use super::scored::{Rule, Scored};
use super::{Placer, Reason, Ties, cards, slot_on};

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

/// Draws among all nodes before those that fit are looked up: with half of them fitting, one call in 65,536 does so.
const DRAWS: u32 = 16;

/// All nodes that can hold a task are alike.
#[derive(Clone, Debug)]
struct Alike;

impl Rule for Alike {
    const NAME: &'static str = ABOUT.name;

    fn score(&mut self, _: &Shape, _: NodeId, _: View<'_>) -> i64 {
        0
    }
}

#[derive(Clone)]
struct Random {
    /// `None`: any that have enough.
    cards: Option<CardRule>,
    fitting: Scored<Alike>,
}

pub(super) fn build(params: &Params) -> Box<dyn Placer> {
    let cards = (params.text("cards") != "random").then(|| cards(params));
    Box::new(Random { cards, fitting: Scored::new(Alike, Ties::SeededRandom) })
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

    fn attach(&mut self, _view: View<'_>) {
        self.fitting.forget();
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
        let node = self.fitting.node(job, view, stream)?;
        Some(self.slot(view, shape, node, stream))
    }

    fn reason(&self, _job: JobId, _chosen: Slot, _view: View<'_>) -> Reason {
        Reason { score: 0, next: None }
    }

    fn fork(&self) -> Box<dyn Placer> {
        Box::new(self.clone())
    }
}
