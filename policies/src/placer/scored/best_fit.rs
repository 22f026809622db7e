//! Best fit over CPU and GPU together: the node with the least left of both.

use sim_core::registry::Params;
use sim_core::{Lane, NodeId, Shape, View};

use super::{Norm, Placer, Rule, Settings, placer};

#[derive(Clone, Debug)]
struct BestFit {
    settings: Settings,
    norm: Norm,
}

pub(in super::super) fn build(params: &Params) -> Box<dyn Placer> {
    let settings = Settings::of(params);
    placer(BestFit { settings, norm: Norm::PAPER }, settings.ties)
}

impl Rule for BestFit {
    const NAME: &'static str = "best-fit";

    fn attach(&mut self, view: View<'_>) {
        self.norm = Norm::of(self.settings, view);
    }

    fn score(&mut self, shape: &Shape, node: NodeId, view: View<'_>) -> i64 {
        let left = |lane: Lane| view.nodes().free()[node.index()].get(lane) - shape.need().get(lane);
        let (cpu, gpu, norm) = (left(Lane::Cpu), left(Lane::Gpu), self.norm);
        if self.settings.percent {
            let cpu = f64::from(cpu) / f64::from(norm.cpu_milli);
            let gpu = f64::from(gpu) / f64::from(norm.gpu_milli);
            return (100.0 * (1.0 - (0.5 * cpu + 0.5 * gpu))) as i64;
        }
        -(i64::from(cpu) * i64::from(norm.gpu_milli) + i64::from(gpu) * i64::from(norm.cpu_milli))
    }
}
