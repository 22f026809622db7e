//! Placers: which node, and which of its cards, a task gets.

mod fit;
mod kube;
mod next;
mod random;
mod scored;
mod tetris;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{CardRule, FitOrder, JobId, Lane, NodeId, Ranks, Setup, Shape, Slot, Stream, View};

use crate::prior::Prior;

/// What a placer says of its choice, for `explain`: the lowest score wins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The chosen node's score, in the rule's own unit.
    pub score: i64,
    /// The next best node and its score.
    pub next: Option<(NodeId, i64)>,
}

/// What one rule of several made of a node, for `explain`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// The rule.
    pub rule: &'static str,
    /// Its score, in its own unit.
    pub raw: i64,
    /// Its score, made comparable with those of the other rules.
    pub score: i64,
    /// What that is multiplied by before it is added to the others.
    pub weight: i64,
}

/// A placement rule for one task at a time. The tasks of a gang are placed one after the other, each seeing the
/// capacity that those before it have taken.
pub trait Placer: Send {
    /// The name in results.
    fn name(&self) -> &str;

    /// Adds what the rule needs of the engine.
    fn setup(&self, _setup: &mut Setup) {}

    /// A run begins: what was kept of another is forgotten.
    fn attach(&mut self, _view: View<'_>) {}

    /// A slot for one more task of the job, or `None` if no node can hold it now.
    fn place(&mut self, job: JobId, view: View<'_>, stream: &mut Stream) -> Option<Slot>;

    /// Why `chosen` is the slot that [`Placer::place`] gave in this state.
    fn reason(&self, job: JobId, chosen: Slot, view: View<'_>) -> Reason;

    /// What each rule made of a node for the task that [`Placer::place`] placed last, in this state; nothing if there
    /// is but one rule, or the node was not looked at. Asked only when decisions are explained.
    fn parts(&mut self, _job: JobId, _node: NodeId, _view: View<'_>) -> Vec<Part> {
        Vec::new()
    }

    /// An independent placer in the same state.
    fn fork(&self) -> Box<dyn Placer>;
}

/// What decides between nodes that the rule scores alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ties {
    /// The lowest rank, in the order of the cluster description.
    Rank,
    /// The lowest rank, in an order drawn once per run.
    SeededRank,
    /// A draw among all of them, each time.
    SeededRandom,
}

pub(crate) const TIES: Param = Param::with_default(
    "ties",
    Kind::Choice(&["rank", "seeded-rank", "seeded-random"]),
    "\"rank\"",
    "who wins among equals: the first node of the list, the first of an order drawn once per run, or a draw each time",
);

pub(crate) const RANKS: Param = Param::with_default(
    "ties",
    Kind::Choice(&["rank", "seeded-rank"]),
    "\"rank\"",
    "the order of nodes: that of the list, or one drawn once per run",
);

pub(crate) const CARDS: Param = Param::with_default(
    "cards",
    Kind::Choice(&["tightest", "lowest"]),
    "\"tightest\"",
    "which GPU cards of the node a task gets: those with the least left that have enough, or the first ones",
);

pub(crate) const LANE: Param = Param::with_default(
    "lane",
    Kind::Choice(&["auto", "cpu", "memory", "gpu", "disk", "net", "extra1", "extra2", "extra3"]),
    "\"auto\"",
    "the resource whose free amount is compared; `auto`: gpu for tasks that ask for GPUs, else cpu",
);

/// The resource that a rule compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LaneRule {
    Auto,
    Always(Lane),
}

impl LaneRule {
    pub(crate) fn from(params: &Params) -> Self {
        Lane::from_name(params.text("lane")).map_or(LaneRule::Auto, LaneRule::Always)
    }

    pub(crate) fn of(self, shape: &Shape) -> Lane {
        match self {
            LaneRule::Always(lane) => lane,
            LaneRule::Auto if shape.gpu().cards > 0 => Lane::Gpu,
            LaneRule::Auto => Lane::Cpu,
        }
    }

    fn lanes(self) -> Vec<Lane> {
        match self {
            LaneRule::Always(lane) => vec![lane],
            LaneRule::Auto => vec![Lane::Cpu, Lane::Gpu],
        }
    }
}

pub(crate) fn ties(params: &Params) -> Ties {
    ties_named(params.text("ties"))
}

pub(crate) fn ties_named(name: &str) -> Ties {
    match name {
        "rank" => Ties::Rank,
        "seeded-rank" => Ties::SeededRank,
        _ => Ties::SeededRandom,
    }
}

pub(crate) fn cards(params: &Params) -> CardRule {
    if params.text("cards") == "lowest" { CardRule::Lowest } else { CardRule::Tightest }
}

pub(crate) fn set_ranks(setup: &mut Setup, ties: Ties) {
    setup.ranks = if ties == Ties::SeededRank { Ranks::Seeded } else { Ranks::Identity };
}

pub(crate) fn keep_order(setup: &mut Setup, order: FitOrder) {
    if !setup.indexes.contains(&order.index()) {
        setup.indexes.push(order.index());
    }
}

/// The slot on a node that was found fitting.
#[inline]
pub(crate) fn slot_on(view: View<'_>, shape: &Shape, node: NodeId, rule: CardRule) -> Slot {
    let cards = view.nodes().pick_cards(node, shape.gpu(), rule);
    Slot { node, cards: cards.expect("a fitting node has the cards") }
}

/// The registered placers.
pub const PLACERS: &[About] = &[
    fit::FIRST,
    fit::BEST,
    fit::WORST,
    next::NEXT,
    next::ROUND_ROBIN,
    random::ABOUT,
    tetris::ABOUT,
    scored::DOT_PRODUCT,
    scored::GPU_PACKING,
    scored::GPU_CLUSTERING,
    scored::FGD,
    scored::FILL_GRADIENT,
    kube::ABOUT,
    kube::weighted::ABOUT,
];

/// The placer of that name.
///
/// # Panics
/// If there is none: names are checked against [`PLACERS`] before.
pub fn build(name: &str, params: &Params, prior: &Prior) -> Box<dyn Placer> {
    match name {
        "best-fit" if fit::is_of_both(params) => scored::build_best_fit(params),
        "first-fit" | "best-fit" | "worst-fit" => fit::build(name, params),
        "next-fit" | "round-robin" => next::build(name, params),
        "random" => random::build(params),
        "tetris" => tetris::build(params),
        "dot-product" => scored::build_dot_product(params),
        "gpu-packing" => scored::build_gpu_packing(params),
        "gpu-clustering" => scored::build_gpu_clustering(params),
        "fill-gradient" => scored::build_fill_gradient(params, prior),
        "fgd" => scored::build_fgd(params, prior),
        "kube" => kube::build(params),
        "weighted" => kube::weighted::build(params),
        _ => panic!("no placer is called {name}"),
    }
}
