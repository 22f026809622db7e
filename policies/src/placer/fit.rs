//! First, best and worst fit: the first node of an order that the engine's fit index yields.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{CardRule, FitOrder, JobId, NodeId, Setup, Shape, Slot, Stream, View};

use super::{
    CARDS, LANE, LaneRule, Placer, RANKS, Reason, TIES, Ties, cards, keep_order, set_ranks, slot_on,
};

pub(super) const FIRST: About = About {
    name: "first-fit",
    doc: "The first node that can hold the task.",
    source: "Garey, Graham, Ullman, STOC 1972.",
    params: &[RANKS, CARDS],
};

pub(super) const BEST: About = About {
    name: "best-fit",
    doc: "Of the nodes that can hold the task, the one with the least left in one resource.",
    source: "Garey, Graham, Ullman, STOC 1972; Panigrahy et al., Heuristics for vector bin packing, 2011.",
    params: &[BEST_LANE, super::scored::TIES, CARDS, super::scored::SCORE, super::scored::COMPAT],
};

pub(super) const WORST: About = About {
    name: "worst-fit",
    doc: "Of the nodes that can hold the task, the one with the most left in one resource: spreads load.",
    source: "Johnson, Near-optimal bin packing algorithms, MIT 1973.",
    params: &[LANE, TIES, CARDS],
};

const BEST_LANE: Param = Param::with_default(
    "lane",
    Kind::Choice(&["auto", BOTH, "cpu", "memory", "gpu", "disk", "net", "extra1", "extra2", "extra3"]),
    "\"auto\"",
    "the resource whose free amount is compared; `auto`: gpu for tasks that ask for GPUs, else cpu; `cpu+gpu`: the \
     mean of both relative to the largest node, which is the best fit of the FGD paper. `score` and `compat` \
     are for the latter only, and `compat` implies it",
);

const BOTH: &str = "cpu+gpu";

/// True if best fit is to compare CPU and GPU together.
pub(super) fn is_of_both(params: &Params) -> bool {
    params.text("lane") == BOTH || params.text_opt("compat").is_some()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    First,
    Best,
    Worst,
}

#[derive(Clone, Copy, Debug)]
struct Fit {
    name: &'static str,
    rule: Rule,
    lane: LaneRule,
    ties: Ties,
    cards: CardRule,
}

pub(super) fn build(name: &str, params: &Params) -> Box<dyn Placer> {
    let (name, rule, lane) = match name {
        "first-fit" => (FIRST.name, Rule::First, LaneRule::Auto),
        "best-fit" => (BEST.name, Rule::Best, LaneRule::from(params)),
        _ => (WORST.name, Rule::Worst, LaneRule::from(params)),
    };
    let ties = super::scored::ties_of(params);
    Box::new(Fit { name, rule, lane, ties, cards: cards(params) })
}

impl Fit {
    fn order(&self, shape: &Shape) -> FitOrder {
        match self.rule {
            Rule::First => FitOrder::Rank,
            Rule::Best => FitOrder::Tightest(self.lane.of(shape)),
            Rule::Worst => FitOrder::Loosest(self.lane.of(shape)),
        }
    }

    /// The rule's score of a node, the lowest wins: free amount left by best fit, its negative by worst fit.
    fn score(&self, view: View<'_>, shape: &Shape, node: NodeId) -> i64 {
        let free = i64::from(view.nodes().free()[node.index()].get(self.lane.of(shape)));
        match self.rule {
            Rule::First => i64::from(view.nodes().rank(node)),
            Rule::Best => free,
            Rule::Worst => -free,
        }
    }

    /// One of the nodes that score as well as the first: a draw by reservoir.
    fn draw_among_equals(
        &self,
        job: JobId,
        view: View<'_>,
        shape: &Shape,
        stream: &mut Stream,
    ) -> Option<NodeId> {
        let mut fitting =
            view.nodes().fitting(shape, self.order(shape)).filter(|&node| view.admits(job, node));
        let mut chosen = fitting.next()?;
        let best = self.score(view, shape, chosen);
        let equals = fitting.take_while(|&node| self.score(view, shape, node) == best);
        for (seen, node) in equals.enumerate() {
            if stream.below(seen as u64 + 2) == 0 {
                chosen = node;
            }
        }
        Some(chosen)
    }
}

impl Placer for Fit {
    fn name(&self) -> &str {
        self.name
    }

    fn setup(&self, setup: &mut Setup) {
        set_ranks(setup, self.ties);
        match self.rule {
            Rule::First => keep_order(setup, FitOrder::Rank),
            _ => self.lane.lanes().into_iter().for_each(|lane| keep_order(setup, FitOrder::Tightest(lane))),
        }
    }

    #[inline]
    fn place(&mut self, job: JobId, view: View<'_>, stream: &mut Stream) -> Option<Slot> {
        let shape = view.shape(job);
        let node = if self.ties == Ties::SeededRandom && self.rule != Rule::First {
            self.draw_among_equals(job, view, shape, stream)?
        } else {
            view.nodes().fitting(shape, self.order(shape)).find(|&node| view.admits(job, node))?
        };
        Some(slot_on(view, shape, node, self.cards))
    }

    fn reason(&self, job: JobId, chosen: Slot, view: View<'_>) -> Reason {
        let shape = view.shape(job);
        let fitting = view.nodes().fitting(shape, self.order(shape));
        let mut others = fitting.filter(|&node| node != chosen.node && view.admits(job, node));
        let next = others.next().map(|node| (node, self.score(view, shape, node)));
        Reason { score: self.score(view, shape, chosen.node), next }
    }

    fn fork(&self) -> Box<dyn Placer> {
        Box::new(*self)
    }
}
