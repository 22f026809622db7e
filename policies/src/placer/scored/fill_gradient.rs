//! Fill gradient: the node on which a task costs the least of the GPU that typical tasks could still fill.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{CardSet, Lane, NodeId, Shape, Space, TypicalTask, TypicalTasks, View};

use super::fgd::{Fgd, Gradient};
use super::{Norm, Placer, Rule, TIES, placer, ties_of};
use crate::prior::Prior;

pub(in super::super) const ABOUT: About = About {
    name: "fill-gradient",
    doc: "Descent on fragmentation that looks further than one task: to what FGD counts, whether one more \
          typical task fits, it adds how much idle GPU would be left over if the node were filled with each \
          kind of typical task alone, by its cards and by its CPU. Differences below a thousandth of a \
          milli-card are ties, and go to the node with the least CPU and GPU left. It keeps room for what it \
          knows only: give it all kinds of tasks, `measure.typical_coverage = 1.0`.",
    source: "Windtunnel, results/published/fgd-ties.md; after Weng et al., Beware of fragmentation, ATC 2023.",
    params: &[
        TIES,
        Param::with_default(
            "fgd_percent",
            Kind::Int { min: 0, max: 10_000 },
            "300",
            "weight of FGD's fragmentation relative to the left-over of filling",
        ),
    ],
};

pub(in super::super) fn build(params: &Params, prior: &Prior) -> Box<dyn Placer> {
    let typical = &prior.typical;
    let weight = typical.weight().max(1);
    let fill = Fill::new(typical, params.int("fgd_percent").unsigned_abs());
    placer(FillGradient { fgd: Fgd::new(fill, prior), weight, norm: Norm::PAPER }, ties_of(params))
}

#[derive(Clone, Debug)]
struct FillGradient {
    fgd: Fgd<Fill>,
    weight: u64,
    norm: Norm,
}

/// Scores per milli-card.
const UNITS: i128 = 1000;
/// One in the tightness that decides ties.
const TIGHT: u64 = 1 << 20;

impl FillGradient {
    /// How little of the largest node's CPU and GPU is left, in 0..=2 * TIGHT.
    fn tightness(&self, shape: &Shape, node: NodeId, view: View<'_>) -> u64 {
        let left = |lane: Lane| {
            u64::from(view.nodes().free()[node.index()].get(lane) - shape.need().get(lane)) * TIGHT
        };
        let share = left(Lane::Cpu) / u64::from(self.norm.cpu_milli)
            + left(Lane::Gpu) / u64::from(self.norm.gpu_milli);
        2 * TIGHT - share
    }
}

impl Rule for FillGradient {
    const NAME: &'static str = ABOUT.name;

    fn attach(&mut self, view: View<'_>) {
        self.fgd.attach(view);
        self.norm = Norm::of_cluster(view);
    }

    fn score(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> i64 {
        let gain = i128::from(self.fgd.score(shape, node, view)) * UNITS / (i128::from(self.weight) * 100);
        // Idle GPU of a node is at most 32,000 milli-cards, so that this stays far from the bounds.
        gain as i64 * (4 * TIGHT as i64) + self.tightness(shape, node, view) as i64
    }

    fn cards(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> CardSet {
        self.fgd.cards(shape, node, view)
    }
}

/// GPU left over by filling, and FGD's fragmentation [milli-cards x tasks x percent].
#[derive(Clone, Debug)]
struct Fill {
    /// The distinct requests of typical tasks: cards, and the share of each \[milli-cards\].
    requests: Vec<(u16, u16)>,
    /// For each typical task with GPU, the number of its request.
    tasks: Vec<(TypicalTask, usize)>,
    /// Typical tasks without GPU: idle GPU is left over by them whole.
    without: u64,
    fgd_percent: u64,
}

impl Fill {
    fn new(typical: &TypicalTasks, fgd_percent: u64) -> Self {
        let (mut requests, mut tasks, mut without) = (Vec::new(), Vec::new(), 0);
        for task in typical.tasks() {
            if task.gpu.cards == 0 {
                without += u64::from(task.count);
                continue;
            }
            let asked = (task.gpu.cards, task.gpu.milli_each);
            let known = requests.iter().position(|request| *request == asked);
            let request = known.unwrap_or_else(|| {
                requests.push(asked);
                requests.len() - 1
            });
            tasks.push((*task, request));
        }
        Self { requests, tasks, without, fgd_percent }
    }

    /// What the cards could give to tasks of this request alone \[milli-cards\].
    fn by_cards(&(cards, each): &(u16, u16), space: Space<'_>) -> u64 {
        let slots = if cards == 1 {
            space.cards.iter().map(|free| u64::from(free / each)).sum()
        } else {
            space.cards.iter().filter(|&&free| free >= each).count() as u64 / u64::from(cards)
        };
        slots * u64::from(cards) * u64::from(each)
    }
}

impl Gradient for Fill {
    type Amount = u64;

    fn amount(&self, typical: &TypicalTasks, space: Space<'_>) -> u64 {
        let idle = u64::from(space.idle());
        if idle == 0 {
            return 0;
        }
        let by_cards = self.requests.iter().map(|request| Self::by_cards(request, space));
        let by_cards: smallvec::SmallVec<[u64; 64]> = by_cards.collect();
        let mut left = self.without * idle;
        for (task, request) in &self.tasks {
            if !task.gpu.models.admits(space.model) {
                left += u64::from(task.count) * idle;
                continue;
            }
            let size = u64::from(task.gpu.cards) * u64::from(task.gpu.milli_each);
            let by_cpu = u64::from(space.cpu_milli) * size / u64::from(task.cpu_milli.max(1));
            left += u64::from(task.count) * (idle - by_cards[*request].min(by_cpu));
        }
        left * 100 + typical.fragmented(space) * self.fgd_percent
    }

    fn score(&self, before: u64, after: u64) -> i64 {
        before as i64 - after as i64
    }
}
