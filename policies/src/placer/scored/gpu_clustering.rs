//! GPU clustering: tasks with like GPU requests share nodes.

use sim_core::registry::{About, Params};
use sim_core::shape::CARD_MILLI;
use sim_core::{GpuNeed, Lane, NodeId, Shape, View};

use super::{COMPAT, Norm, Placer, Rule, SCORE, Settings, TIES, placer};

pub(in super::super) const ABOUT: About = About {
    name: "gpu-clustering",
    doc: "Nodes that hold only tasks of the same class (a share of a card, or the same number of whole cards) \
          first, then those that hold them among others, then those without GPU tasks, then the rest; among \
          each, the one with the most GPU in use. Tasks without GPU go by ties alone.",
    source: "Xiao et al., Gandiva, OSDI 2018 (affinity); as in the artifact of Weng et al., Beware of \
             fragmentation, USENIX ATC 2023 (GpuClustering).",
    params: &[TIES, SCORE, COMPAT],
};

#[derive(Clone, Debug)]
struct GpuClustering {
    settings: Settings,
    norm: Norm,
}

pub(in super::super) fn build(params: &Params) -> Box<dyn Placer> {
    let settings = Settings::of(params);
    placer(GpuClustering { settings, norm: Norm::PAPER }, settings.ties)
}

/// What makes GPU tasks alike: a share of one card, or the number of cards.
fn class(gpu: GpuNeed) -> u16 {
    if gpu.cards == 1 && gpu.milli_each < CARD_MILLI { 0 } else { gpu.cards }
}

impl Rule for GpuClustering {
    const NAME: &'static str = ABOUT.name;

    fn attach(&mut self, view: View<'_>) {
        self.norm = Norm::of(self.settings, view);
    }

    fn needs_residents(&self) -> bool {
        true
    }

    fn score(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> i64 {
        if shape.gpu().cards == 0 {
            return 0;
        }
        let (mut same, mut others) = (false, false);
        for &run in view.residents(node) {
            let gpu = view.shape(view.run(run).job()).gpu();
            if gpu.cards > 0 {
                let is_same = class(gpu) == class(shape.gpu());
                (same, others) = (same || is_same, others || !is_same);
            }
        }
        let tier = match (same, others) {
            (true, false) => 75,
            (true, true) => 50,
            (false, false) => 25,
            (false, true) => 0,
        };
        let most = i64::from(self.norm.gpu_milli);
        let used = 25 * (most - i64::from(view.nodes().free()[node.index()].get(Lane::Gpu)));
        if self.settings.percent { tier + used.div_euclid(most) } else { tier * most + used }
    }
}
