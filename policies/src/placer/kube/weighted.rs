//! The weighted allocator: what remains, where the data is, how even the load, what the node costs.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{ImageSet, JobId, NodeId, Resources, View};

use super::nodes::Sampling;
use super::pipeline::{Entry, Pipeline, Plugin};
use super::taints::preferences;
use super::weight;
use crate::placer::{CARDS, Placer, TIES, cards, ties};

pub(in crate::placer) const ABOUT: About = About {
    name: "weighted",
    doc: "The node with the largest weighted sum of four terms, each between 0 and 1,000,000: the mean free \
          share of its resources after the placement; the share of the task's images that it holds; how \
          close its used shares come to the cluster's; how cheap it is.",
    source: "Windtunnel; weighted-sum scoring as in the Kubernetes scheduler framework, with terms of its own.",
    params: &[
        weight("remaining_weight", "40", "weight of the free share that remains"),
        weight("data_weight", "30", "weight of the images that the node holds"),
        weight("load_weight", "20", "weight of an even load"),
        weight(
            "cost_weight",
            "10",
            "weight of a low price, relative to the dearest node that can hold the task",
        ),
        Param::with_default(
            "zone_credit",
            Kind::Int { min: 0, max: 100 },
            "50",
            "what an image counts that another node of the zone holds [percent]",
        ),
        TIES,
        CARDS,
    ],
};

/// One in the terms: shares are whole parts per million.
const ONE: u64 = 1_000_000;

pub(in crate::placer) fn build(params: &Params) -> Box<dyn Placer> {
    let credit = params.int("zone_credit").unsigned_abs();
    let entry = |name, weight, plugin| Entry::new(name, params.int(weight), plugin);
    let plugins = vec![
        entry("remaining", "remaining_weight", Box::new(Remaining)),
        entry("data", "data_weight", Box::new(Data { credit, zones: Vec::new() })),
        entry("load", "load_weight", Box::new(Load)),
        entry("cost", "cost_weight", Box::new(Cost)),
    ];
    Box::new(Pipeline::new(ABOUT.name, plugins, Sampling::All, ties(params), cards(params)))
}

/// The mean of a share over the lanes that the node has, cut; 0 if it has none.
fn mean(view: View<'_>, node: NodeId, mut share: impl FnMut(usize, u64) -> u64) -> i64 {
    let all = &view.nodes().capacity()[node.index()];
    let (mut sum, mut lanes) = (0, 0);
    for (lane, &all) in all.0.iter().enumerate().filter(|(_, all)| **all > 0) {
        sum += share(lane, u64::from(all));
        lanes += 1;
    }
    sum.checked_div(lanes).unwrap_or(0) as i64
}

/// The mean free share of the node's resources after the placement.
#[derive(Clone, Copy, Debug)]
struct Remaining;

impl Plugin for Remaining {
    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let need = view.shape(job).need();
        column.extend(nodes.iter().map(|&node| {
            let free = &view.nodes().free()[node.index()];
            mean(view, node, |lane, all| u64::from(free.0[lane] - need.0[lane]) * ONE / all)
        }));
        None
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(*self)
    }
}

/// The share of the task's images, by size, that the node holds; those that its zone holds count in part.
#[derive(Clone, Debug)]
struct Data {
    /// What an image in the zone counts [percent].
    credit: u64,
    /// Images that some node of the zone holds.
    zones: Vec<ImageSet>,
}

impl Plugin for Data {
    fn attach(&mut self, view: View<'_>) {
        let nodes = view.nodes();
        self.zones = vec![ImageSet(0); nodes.domains(sim_core::Domain::Zone) as usize];
        for node in nodes.ids() {
            self.zones[nodes.domain(node, sim_core::Domain::Zone) as usize].0 |= nodes.images(node).0;
        }
    }

    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let words = view.words();
        let images = &words.preferences_of(preferences(job, view)).images;
        let size = |image: &u8| u64::from(words.image_mib(*image));
        let total: u64 = images.iter().map(size).sum();
        if total == 0 {
            return Some(0);
        }
        column.extend(nodes.iter().map(|&node| {
            let held = view.nodes().images(node);
            let zone = self.zones[view.nodes().domain(node, sim_core::Domain::Zone) as usize];
            let percent = |image: &u8| match (held.has(*image), zone.has(*image)) {
                (true, _) => 100,
                (false, true) => self.credit,
                (false, false) => 0,
            };
            let sum: u64 = images.iter().map(|image| size(image) * percent(image)).sum();
            (sum * (ONE / 100) / total) as i64
        }));
        None
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(self.clone())
    }
}

/// One less the mean distance between the node's used shares and those of all nodes that are up, after the placement.
#[derive(Clone, Copy, Debug)]
struct Load;

/// Used share of each lane of all nodes that are up, with one more task.
fn used_shares(view: View<'_>, need: &Resources) -> [u64; 8] {
    let (all, free) = (view.nodes().capacity_up(), view.nodes().free_total());
    let mut shares = [0; 8];
    for lane in (0..8).filter(|&lane| all[lane] > 0) {
        let used = u128::from(all[lane] - free[lane] + u64::from(need.0[lane]));
        shares[lane] = (used * u128::from(ONE) / u128::from(all[lane])) as u64;
    }
    shares
}

impl Plugin for Load {
    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let need = view.shape(job).need();
        let cluster = used_shares(view, need);
        column.extend(nodes.iter().map(|&node| {
            let free = &view.nodes().free()[node.index()];
            let used =
                |lane: usize, all: u64| (all - u64::from(free.0[lane]) + u64::from(need.0[lane])) * ONE / all;
            ONE as i64 - mean(view, node, |lane, all| used(lane, all).abs_diff(cluster[lane]))
        }));
        None
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(*self)
    }
}

/// One less the node's price relative to the dearest of the nodes that can hold the task.
#[derive(Clone, Copy, Debug)]
struct Cost;

impl Plugin for Cost {
    fn score(&mut self, _: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let price = |node: &NodeId| {
            u128::from(view.groups()[view.nodes().group(*node).index()].price_micros_per_hour)
        };
        let dearest = nodes.iter().map(price).max()?;
        if dearest == 0 {
            return Some(ONE as i64);
        }
        column
            .extend(nodes.iter().map(|node| (ONE - (price(node) * u128::from(ONE) / dearest) as u64) as i64));
        None
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(*self)
    }
}
