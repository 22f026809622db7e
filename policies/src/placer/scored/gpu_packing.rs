//! GPU packing: cards in use before idle cards, nodes in use before idle nodes.

use sim_core::registry::{About, Params};
use sim_core::shape::CARD_MILLI;
use sim_core::{NodeId, Shape, View};

use super::{COMPAT, Placer, Rule, SCORE, Settings, TIES, placer};

pub(in super::super) const ABOUT: About = About {
    name: "gpu-packing",
    doc: "First cards that are shared already, those with the least left; then idle cards of nodes in use, the \
          fewest; then idle nodes, the smallest. Tasks without GPU go by ties alone.",
    source: "Weng et al., MLaaS in the wild, NSDI 2022; as in the artifact of Weng et al., Beware of fragmentation, \
             USENIX ATC 2023 (GpuPacking).",
    params: &[TIES, SCORE, COMPAT],
};

#[derive(Clone, Debug)]
struct GpuPacking {
    percent: bool,
}

pub(in super::super) fn build(params: &Params) -> Box<dyn Placer> {
    let settings = Settings::of(params);
    placer(GpuPacking { percent: settings.percent }, settings.ties)
}

impl Rule for GpuPacking {
    const NAME: &'static str = ABOUT.name;

    fn score(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> i64 {
        let gpu = shape.gpu();
        if gpu.cards == 0 {
            return 0;
        }
        // Hundredths of a percent where scores are exact.
        let unit = if self.percent { 1 } else { 100 };
        let cards = view.nodes().cards(node);
        if cards.iter().all(|&free| free == CARD_MILLI) {
            let count = cards.len() as i64;
            return (33 - count).max(count) * unit;
        }
        let taken = view.nodes().pick_cards(node, gpu, sim_core::CardRule::Tightest);
        let taken = taken.expect("only nodes that can hold the task are scored");
        let free = |card: u32| cards[card as usize];
        let idle = taken.iter().filter(|&card| free(card) == CARD_MILLI).count() as i64;
        if idle > 0 {
            return (50 - idle).max(33) * unit;
        }
        if self.percent {
            let left: i64 = taken.iter().map(|card| i64::from(free(card)) * 100 / 1000).sum();
            return (100 - left / 10).max(50);
        }
        let left: i64 = taken.iter().map(|card| i64::from(free(card))).sum();
        (10_000 - left).max(5000)
    }
}
