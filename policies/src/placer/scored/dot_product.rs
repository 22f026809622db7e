//! The dot product of the FGD paper: the node whose free CPU and GPU are least like what the task asks for.

use sim_core::registry::{About, Params};
use sim_core::{Lane, NodeId, Shape, View};

use super::{COMPAT, Norm, Placer, Rule, SCORE, Settings, TIES, placer};

pub(in super::super) const ABOUT: About = About {
    name: "dot-product",
    doc: "The node with the smallest dot product of request and free amounts, CPU and GPU relative to the largest \
          node. It prefers full nodes; Tetris, with the largest product, is `tetris`.",
    source: "Weng et al., Beware of fragmentation, USENIX ATC 2023 (DotProd); read in the artifact, \
             hkust-adsl/kubernetes-scheduler-simulator: dim-ext merge, norm max.",
    params: &[TIES, SCORE, COMPAT],
};

/// One in the fixed-point shares whose products are summed.
const UNIT: u64 = 1 << 20;

#[derive(Clone, Debug)]
struct DotProduct {
    settings: Settings,
    norm: Norm,
}

pub(in super::super) fn build(params: &Params) -> Box<dyn Placer> {
    let settings = Settings::of(params);
    placer(DotProduct { settings, norm: Norm::PAPER }, settings.ties)
}

impl Rule for DotProduct {
    const NAME: &'static str = ABOUT.name;

    fn attach(&mut self, view: View<'_>) {
        self.norm = Norm::of(self.settings, view);
    }

    fn score(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> i64 {
        let free = &view.nodes().free()[node.index()];
        let norm = [(Lane::Cpu, self.norm.cpu_milli), (Lane::Gpu, self.norm.gpu_milli)];
        if self.settings.percent {
            let part = |(lane, most): (Lane, u32)| {
                let share = |amount: u32| f64::from(amount) / f64::from(most);
                share(free.get(lane)) * share(shape.need().get(lane))
            };
            let product = part(norm[0]) + part(norm[1]);
            return (100.0 * (1.0 - product / 2.0)) as i64;
        }
        let part = |(lane, most): (Lane, u32)| {
            let share = |amount: u32| u128::from(u64::from(amount) * UNIT / u64::from(most));
            share(free.get(lane)) * share(shape.need().get(lane))
        };
        // Only amounts a thousand times the norm come near the bound.
        -i64::try_from(part(norm[0]) + part(norm[1])).unwrap_or(i64::MAX)
    }
}
