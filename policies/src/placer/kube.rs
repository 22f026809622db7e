//! Placers that filter nodes and sum weighted scores of plug-ins: the kube-scheduler's, and a weighted allocator.

mod balance;
mod company;
mod fit;
mod images;
mod likes;
mod nodes;
mod pipeline;
mod spread;
mod taints;
pub(super) mod weighted;

use sim_core::registry::{About, Kind, Param, Params};

use super::{CARDS, Placer, TIES, cards, ties};
use fit::{FIT_RESOURCES, SHAPE};
use nodes::Sampling;
use pipeline::{Entry, Pipeline};

pub(super) const ABOUT: About = About {
    name: "kube",
    doc: "The kube-scheduler's cycle: nodes that can hold the task, as many as it looks at, are scored 0 to 100 by \
          each plug-in, and the largest weighted sum wins.",
    source: "Kubernetes, pkg/scheduler/framework/plugins, each plug-in after the revision that was read. \
            NodeResourcesFit: LeastAllocated with the defaults for missing requests as in v1.20 (a resource \
            that a node lacks scores 0 and counts; not checked against later versions), MostAllocated at \
            9d3a8c1, RequestedToCapacityRatio at abd6065. BalancedAllocation at e14ffea (not the later \
            comparison with and without the task). PodTopologySpread at 02fb06d. Default weights at \
            01db4ae. InterPodAffinity with the spread taken from the nodes' own least and most, as in \
            current code. TaintToleration, NodeAffinity, ImageLocality, sampling and ties as in v1.20.",
    params: &[
        Param::with_default(
            "strategy",
            Kind::Choice(&["least-allocated", "most-allocated", "requested-to-capacity"]),
            "\"least-allocated\"",
            "how NodeResourcesFit scores: by what stays free, by what is taken, or by the points of `shape`. Tasks \
             that ask for no cpu or no memory count as 100 milli-cores and 200 MiB",
        ),
        SHAPE,
        FIT_RESOURCES,
        weight("fit_weight", "1", "weight of NodeResourcesFit"),
        weight("balance_weight", "1", "weight of NodeResourcesBalancedAllocation: cpu and memory used alike"),
        weight(
            "taint_weight",
            "3",
            "weight of TaintToleration: PreferNoSchedule taints that the task does not bear",
        ),
        weight("affinity_weight", "2", "weight of NodeAffinity: labels that the task likes"),
        weight("spread_weight", "2", "weight of PodTopologySpread: few like tasks in the node's domains"),
        weight("company_weight", "2", "weight of InterPodAffinity: tasks that it wants near, or away"),
        weight("image_weight", "1", "weight of ImageLocality: images that the node holds"),
        Param::with_default(
            "default_spread",
            Kind::Choice(&["system", "none"]),
            "\"system\"",
            "what spreads tasks that have tags and no wish of their own: skew 3 over nodes, 5 over zones; or nothing",
        ),
        weight(
            "hard_company_weight",
            "1",
            "what a running task's required nearness adds, as if it were preferred",
        ),
        Param::optional(
            "percent",
            Kind::Int { min: 1, max: 100 },
            "share of the nodes after which looking for further feasible ones stops, but 100 nodes at least; left \
             out: 50 - nodes / 125, at least 5",
        ),
        TIES,
        CARDS,
    ],
};

/// The largest weight that a plug-in may have (arbitrary).
const WEIGHT: Kind = Kind::Int { min: 0, max: 10_000 };

const fn weight(name: &'static str, default: &'static str, doc: &'static str) -> Param {
    Param::with_default(name, WEIGHT, default, doc)
}

pub(super) fn build(params: &Params) -> Box<dyn Placer> {
    let entry = |name, weight, plugin| Entry::new(name, params.int(weight), plugin);
    let plugins = vec![
        entry("NodeResourcesFit", "fit_weight", fit::build(params)),
        entry("NodeResourcesBalancedAllocation", "balance_weight", balance::build(params)),
        entry("TaintToleration", "taint_weight", taints::build()),
        entry("NodeAffinity", "affinity_weight", likes::build()),
        entry("PodTopologySpread", "spread_weight", spread::build(params.text("default_spread") == "system")),
        entry("InterPodAffinity", "company_weight", company::build(params.int("hard_company_weight"))),
        entry("ImageLocality", "image_weight", images::build()),
    ];
    let sampling = Sampling::some(params.int_opt("percent"));
    Box::new(Pipeline::new(ABOUT.name, plugins, sampling, ties(params), cards(params)))
}
