//! Placers that score nodes one by one: every score is kept until its node changes.

mod best_fit;
mod dot_product;
mod fgd;
mod fill_gradient;
mod gpu_clustering;
mod gpu_packing;
mod ranking;

use sim_core::registry::{Kind, Param, Params};
use sim_core::{CardRule, CardSet, JobId, Lane, NodeId, Setup, Shape, ShapeId, Slot, Stream, View};

use super::{Placer, Reason, Ties, set_ranks, slot_on, ties_named};
use ranking::{Descent, MISFIT, Ranking};

pub(super) use best_fit::build as build_best_fit;
pub(super) use dot_product::{ABOUT as DOT_PRODUCT, build as build_dot_product};
pub(super) use fgd::{ABOUT as FGD, build as build_fgd};
pub(super) use fill_gradient::{ABOUT as FILL_GRADIENT, build as build_fill_gradient};
pub(super) use gpu_clustering::{ABOUT as GPU_CLUSTERING, build as build_gpu_clustering};
pub(super) use gpu_packing::{ABOUT as GPU_PACKING, build as build_gpu_packing};

/// How well a node serves a task, from the task's shape and the node alone: its free amounts and what runs on it.
pub(super) trait Rule: Clone + Send + 'static {
    /// The name in results.
    const NAME: &'static str;

    /// A run begins.
    fn attach(&mut self, _view: View<'_>) {}

    /// True if the rule looks at the executions on a node.
    fn needs_residents(&self) -> bool {
        false
    }

    /// The score of a node that can hold the task; the highest wins.
    fn score(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> i64;

    /// The cards that the task gets on a node that can hold it.
    fn cards(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> CardSet {
        slot_on(view, shape, node, CardRule::Tightest).cards
    }
}

/// The parameters that these placers share.
pub(super) const SCORE: Param = Param::optional(
    "score",
    Kind::Choice(&["exact", "percent"]),
    "`exact`: whole numbers without rounding; `percent`: cut to whole percent as in the paper, which makes ties \
     where there are none. Default: exact, or percent under `compat`",
);
pub(super) const COMPAT: Param = Param::optional(
    "compat",
    Kind::Choice(&["fgd-atc23"]),
    "`fgd-atc23`: what the paper's artifact does: scores in percent, relative to 128 cores and 8 cards, and ties \
     to a seeded order of the nodes",
);
pub(super) const TIES: Param = Param::optional(
    "ties",
    Kind::Choice(&["rank", "seeded-rank", "seeded-random"]),
    "who wins among equals: the first node of the list, the first of an order drawn once per run, or a draw each \
     time. Default: rank, or seeded-rank under `compat`",
);

/// The rule for ties, by rank if none is given.
pub(super) fn ties_of(params: &Params) -> Ties {
    ties_or(params, Ties::Rank)
}

fn ties_or(params: &Params, default: Ties) -> Ties {
    params.text_opt("ties").map_or(default, ties_named)
}

/// What the shared parameters say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Settings {
    ties: Ties,
    /// Scores are cut to whole percent.
    percent: bool,
    /// Amounts are relative to the paper's largest node.
    paper_norm: bool,
}

impl Settings {
    pub(super) fn of(params: &Params) -> Self {
        let paper = params.text_opt("compat").is_some();
        Self {
            ties: if paper { ties_or(params, Ties::SeededRank) } else { ties_of(params) },
            percent: params.text_opt("score").map_or(paper, |score| score == "percent"),
            paper_norm: paper,
        }
    }
}

/// The largest node, against which amounts are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Norm {
    cpu_milli: u32,
    gpu_milli: u32,
}

impl Norm {
    /// The constants of the artifact: 128 cores, 8 cards.
    const PAPER: Self = Self { cpu_milli: 128_000, gpu_milli: 8000 };

    fn of(settings: Settings, view: View<'_>) -> Self {
        if settings.paper_norm { Self::PAPER } else { Self::of_cluster(view) }
    }

    fn of_cluster(view: View<'_>) -> Self {
        let most =
            |lane: Lane| view.nodes().capacity().iter().map(|node| node.get(lane)).max().unwrap_or(0).max(1);
        Self { cpu_milli: most(Lane::Cpu), gpu_milli: most(Lane::Gpu) }
    }
}

/// Scores that are kept at once, over all kinds of tasks (arbitrary: half a gigabyte).
const KEPT_MAX: usize = 1 << 26;
/// Kinds of tasks whose scores are kept, at least.
const KINDS_MIN: usize = 8;

/// A placer by a rule, with the scores of the kinds of tasks that it has seen.
///
/// # Cost
/// Per task: one score for each node that changed since the last task of this kind, and O(log nodes) to find the
/// best; with constraints, as many steps as better nodes refuse the task. A kind that is seen for the first time, or
/// was forgotten because there are too many, scores every node. Memory: 8 bytes per node and kind, half a gigabyte at
/// most.
#[derive(Clone)]
pub(super) struct Scored<R> {
    rule: R,
    ties: Ties,
    kinds: Vec<Kept>,
    /// Where each shape is in `kinds`, from 1; 0: nowhere.
    kind_of: Vec<u32>,
    clock: u64,
    descent: Descent,
}

#[derive(Clone)]
struct Kept {
    shape: ShapeId,
    ranking: Ranking,
    /// Changes of nodes that the ranking knows of.
    seen: u64,
    used: u64,
}

fn placer<R: Rule>(rule: R, ties: Ties) -> Box<dyn Placer> {
    Box::new(Scored::new(rule, ties))
}

impl<R: Rule> Scored<R> {
    pub(super) fn new(rule: R, ties: Ties) -> Self {
        Self { rule, ties, kinds: Vec::new(), kind_of: Vec::new(), clock: 0, descent: Descent::default() }
    }

    /// The best node for one more task of the job.
    pub(super) fn node(&mut self, job: JobId, view: View<'_>, stream: &mut Stream) -> Option<NodeId> {
        let facts = view.job(job).facts();
        let at = self.refresh(facts.shape, view);
        let ranking = &self.kinds[at].ranking;
        let rank = if facts.constraints.0 == 0 {
            choose(ranking, self.ties, stream)?
        } else {
            choose_admitted((ranking, &mut self.descent), self.ties, stream, job, view)?
        };
        Some(view.nodes().node_at(rank))
    }

    /// What was kept of another run is forgotten.
    pub(super) fn forget(&mut self) {
        self.kinds.clear();
        self.kind_of.clear();
    }

    /// Brings the kept scores of a shape up to date; yields where they are.
    #[inline]
    fn refresh(&mut self, id: ShapeId, view: View<'_>) -> usize {
        let (shape, nodes) = (view.words().shape_of(id), view.nodes());
        let at = match self.kind_of.get(id.index()) {
            Some(&at) if at > 0 => at as usize - 1,
            _ => self.enter(id, view),
        };
        self.clock += 1;
        let (kept, rule) = (&mut self.kinds[at], &mut self.rule);
        kept.used = self.clock;
        if kept.seen < nodes.changes() {
            for node in nodes.changed_since(kept.seen) {
                let score = if nodes.fits(node, shape) { rule.score(shape, node, view) } else { MISFIT };
                kept.ranking.set(nodes.rank(node) as usize, score);
            }
            kept.seen = nodes.changes();
        }
        at
    }

    /// Makes room for a shape and scores every node for it.
    #[cold]
    fn enter(&mut self, id: ShapeId, view: View<'_>) -> usize {
        let nodes = view.nodes();
        let mut ranking = Ranking::new(nodes.len());
        let shape = view.words().shape_of(id);
        for node in nodes.ids().filter(|&node| nodes.fits(node, shape)) {
            ranking.set(nodes.rank(node) as usize, self.rule.score(shape, node, view));
        }
        let kept = Kept { shape: id, ranking, seen: nodes.changes(), used: self.clock };
        let max = (KEPT_MAX / nodes.len().max(1)).max(KINDS_MIN);
        let at = if self.kinds.len() < max {
            self.kinds.push(kept);
            self.kinds.len() - 1
        } else {
            let oldest = (0..self.kinds.len()).min_by_key(|&at| self.kinds[at].used);
            let oldest = oldest.expect("at least some kinds are kept");
            self.kind_of[self.kinds[oldest].shape.index()] = 0;
            self.kinds[oldest] = kept;
            oldest
        };
        if self.kind_of.len() <= id.index() {
            self.kind_of.resize(id.index() + 1, 0);
        }
        self.kind_of[id.index()] = at as u32 + 1;
        at
    }
}

/// One of the best nodes, by the rule for ties.
#[inline]
fn choose(ranking: &Ranking, ties: Ties, stream: &mut Stream) -> Option<usize> {
    let (best, equals) = ranking.best()?;
    let n = if ties == Ties::SeededRandom { stream.below(u64::from(equals)) as u32 } else { 0 };
    Some(ranking.nth_of_best(best, n))
}

/// The same among nodes that the job's constraints admit, from the best down.
fn choose_admitted(
    (ranking, descent): (&Ranking, &mut Descent),
    ties: Ties,
    stream: &mut Stream,
    job: JobId,
    view: View<'_>,
) -> Option<usize> {
    let (mut chosen, mut equals) = (None, 0);
    descent.begin(ranking);
    while let Some((score, rank)) = descent.next(ranking) {
        if chosen.is_some_and(|(best, _)| score < best) {
            break;
        }
        if !view.admits(job, view.nodes().node_at(rank)) {
            continue;
        }
        if ties != Ties::SeededRandom {
            return Some(rank);
        }
        equals += 1;
        if stream.below(equals) == 0 {
            chosen = Some((score, rank));
        }
    }
    chosen.map(|(_, rank)| rank)
}

impl<R: Rule> Placer for Scored<R> {
    fn name(&self) -> &str {
        R::NAME
    }

    fn setup(&self, setup: &mut Setup) {
        set_ranks(setup, self.ties);
        setup.residents |= self.rule.needs_residents();
    }

    fn attach(&mut self, view: View<'_>) {
        self.forget();
        self.rule.attach(view);
    }

    fn place(&mut self, job: JobId, view: View<'_>, stream: &mut Stream) -> Option<Slot> {
        let node = self.node(job, view, stream)?;
        Some(Slot { node, cards: self.rule.cards(view.shape(job), node, view) })
    }

    fn reason(&self, job: JobId, chosen: Slot, view: View<'_>) -> Reason {
        let (mut rule, shape, nodes) = (self.rule.clone(), view.shape(job), view.nodes());
        let others = (0..nodes.len()).map(|rank| nodes.node_at(rank)).filter(|&node| node != chosen.node);
        let fitting = others.filter(|&node| view.can_place(job, node));
        let next = fitting.map(|node| (node, -rule.score(shape, node, view))).min_by_key(|&(_, score)| score);
        Reason { next, score: -rule.score(shape, chosen.node, view) }
    }

    fn fork(&self) -> Box<dyn Placer> {
        Box::new(self.clone())
    }
}
