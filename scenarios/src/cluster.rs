//! Clusters as scenarios describe them.

mod traits;

use sim_core::registry::{About, Kind, LANE_MAX, Param, Params, Value};
use sim_core::{ClusterSpec, GroupId, GroupSpec, Lane, NodeSpec, Resources, SimDuration};

use crate::problem::{Problem, Problems};
use crate::traces::{gpu_nodes, openb};

const AMOUNT: Kind = Kind::Int { min: 0, max: LANE_MAX };

const CPU: Param = Param::required("cpu", Kind::Cores, "cores of each node");
const MEMORY: Param = Param::with_default("memory", Kind::Memory, "0", "memory of each node");
const GPUS: Param = Param::with_default("gpus", Kind::Int { min: 0, max: 32 }, "0", "GPU cards of each node");
const PRICE: Param = Param::with_default(
    "price_per_hour",
    Kind::Float { min: 0.0, max: 1e9 },
    "0.0",
    "price of a node that is not off, in the currency of your choice",
);

/// The keys of one group of like nodes.
const GROUP: &[Param] = &[
    Param::optional("name", Kind::Text, "the group's name; `group-0`, `group-1`, .. if left out"),
    Param::required("count", Kind::Int { min: 1, max: 10_000_000 }, "nodes in the group"),
    CPU,
    MEMORY,
    GPUS,
    Param::optional("gpu_model", Kind::Text, "model of the cards, for tasks that ask for one"),
    Param::with_default("disk", AMOUNT, "0", "local disk of each node [GiB]"),
    Param::with_default("net", AMOUNT, "0", "network bandwidth of each node [Mbit/s]"),
    Param::with_default("extra1", AMOUNT, "0", "amount of the first spare resource"),
    Param::with_default("extra2", AMOUNT, "0", "amount of the second spare resource"),
    Param::with_default("extra3", AMOUNT, "0", "amount of the third spare resource"),
    Param::with_default("labels", Kind::List(&Kind::Text), "[]", "labels, `key=value`, for constraints"),
    traits::TAINTS,
    traits::IMAGES,
    Param::optional("rack_size", Kind::Int { min: 1, max: 1_000_000 }, "nodes per rack; left out: one rack"),
    Param::with_default(
        "zone",
        Kind::Int { min: 0, max: 1000 },
        "0",
        "number of the zone the group stands in",
    ),
    Param::with_default("speed", Kind::Float { min: 1e-3, max: 1e3 }, "1.0", "speed relative to nominal"),
    Param::with_default("boot", Kind::Duration, "\"0s\"", "from the order to the first task"),
    PRICE,
    Param::optional(
        "initial",
        Kind::Int { min: 0, max: 10_000_000 },
        "nodes that are on at first; default: all",
    ),
    Param::with_default("min", Kind::Int { min: 0, max: 10_000_000 }, "0", "fewest nodes that may be on"),
    Param::optional("max", Kind::Int { min: 0, max: 10_000_000 }, "most nodes that may be on; default: all"),
];

/// The registered kinds of clusters.
pub const CLUSTERS: &[About] = &[
    About {
        name: "nodes",
        doc: "Groups of like nodes.",
        source: "Windtunnel",
        params: &[Param::required(
            "nodes",
            Kind::List(&Kind::Table(GROUP)),
            "the groups, in the order of ranks",
        )],
    },
    About {
        name: "uniform",
        doc: "So many nodes, all alike.",
        source: "Windtunnel",
        params: &[
            Param::required("nodes", Kind::Int { min: 1, max: 10_000_000 }, "number of nodes"),
            CPU,
            MEMORY,
            GPUS,
            PRICE,
        ],
    },
    About {
        name: "openb",
        doc: "The nodes of Alibaba's GPU cluster of 2023: sn, cpu_milli, memory_mib, gpu, model.",
        source: "Weng et al., Beware of fragmentation, ATC 2023; github.com/alibaba/clusterdata, \
                 cluster-trace-gpu-v2023",
        params: &[
            Param::required("nodes", Kind::Path, "the node list, a CSV file"),
            Param::with_default(
                "repeat",
                Kind::Int { min: 1, max: 10_000 },
                "1",
                "how often the list is taken; names get `#2`, `#3`, .. from the second time on",
            ),
        ],
    },
    gpu_nodes::ABOUT,
];

/// The cluster of that kind.
///
/// # Errors
/// Everything that contradicts, with keys below `cluster`.
/// # Panics
/// If there is no such kind: names are checked against [`CLUSTERS`] before.
pub fn build(name: &str, params: &Params) -> Result<ClusterSpec, Problems> {
    match name {
        "nodes" => groups(params),
        "uniform" => {
            let mut spec = ClusterSpec::default();
            let count = count(params, "nodes").expect("nodes is required");
            let group = spec.add_uniform("node", count, capacity(params), params.int("gpus") as u16);
            spec.groups[group.index()].price_micros_per_hour = price(params);
            Ok(spec)
        }
        "openb" => Ok(repeated(openb::openb_nodes(params.text("nodes"))?, params.int("repeat") as u32)),
        "alibaba-gpu-nodes" => gpu_nodes::cluster(params),
        _ => panic!("no cluster is called {name}"),
    }
}

/// The cluster so many times over.
fn repeated(mut spec: ClusterSpec, times: u32) -> ClusterSpec {
    let once = spec.nodes.clone();
    for time in 2..=times {
        let named = |node: &NodeSpec| NodeSpec { name: format!("{}#{time}", node.name), ..node.clone() };
        spec.nodes.extend(once.iter().map(named));
    }
    for group in &mut spec.groups {
        (group.initial, group.max) = (group.initial * times, group.max * times);
    }
    spec
}

fn count(params: &Params, key: &str) -> Option<u32> {
    params.int_opt(key).map(|count| u32::try_from(count).expect("the declaration bounds it"))
}

fn price(params: &Params) -> u64 {
    // Rounded to a millionth: prices come with a few digits.
    (params.float("price_per_hour") * 1e6).round() as u64
}

fn capacity(params: &Params) -> Resources {
    let mut capacity =
        Resources::ZERO.with(Lane::Cpu, params.amount("cpu")).with(Lane::Memory, params.amount("memory"));
    for lane in [Lane::Disk, Lane::Net, Lane::Extra1, Lane::Extra2, Lane::Extra3] {
        capacity = capacity.with(lane, count(params, lane.name()).unwrap_or(0));
    }
    capacity
}

fn groups(params: &Params) -> Result<ClusterSpec, Problems> {
    let (mut spec, mut problems) = (ClusterSpec::default(), Problems::default());
    for (n, group) in params.list("nodes").iter().enumerate() {
        let Value::Table(group) = group else { panic!("a group is declared as a table") };
        add_group(&mut spec, group, n, &mut problems);
    }
    traits::check(&spec.nodes, &mut problems);
    if spec.nodes.is_empty() {
        problems.push(Problem::new("scenario", "cluster.nodes", "[]", "a cluster has at least one node"));
    }
    problems.or_ok(spec)
}

fn add_group(spec: &mut ClusterSpec, group: &Params, n: usize, problems: &mut Problems) {
    let name = group.text_opt("name").map_or_else(|| format!("group-{n}"), str::to_owned);
    let nodes = count(group, "count").expect("count is required");
    let max = count(group, "max").unwrap_or(nodes);
    let (min, initial) = (count(group, "min").unwrap_or(0), count(group, "initial").unwrap_or(max));
    for (key, value, limit, rule) in [
        ("max", max, nodes, "must be at most `count`"),
        ("min", min, max, "must be at most `max`"),
        ("initial", initial, max, "must be at most `max`"),
    ] {
        if value > limit {
            problems.push(Problem::new("scenario", format!("cluster.nodes[{n}].{key}"), value, rule));
        }
    }
    let id = GroupId::from_index(spec.groups.len());
    spec.groups.push(GroupSpec {
        name: name.clone(),
        initial,
        min,
        max,
        boot: group.duration_opt("boot").unwrap_or(SimDuration::ZERO),
        price_micros_per_hour: price(group),
    });
    let labels: Vec<String> = group.list("labels").iter().map(text).collect();
    let taints = traits::taints(group, &format!("cluster.nodes[{n}]"), problems);
    let images = traits::images(group);
    let first_rack = spec.nodes.iter().map(|node| node.rack + 1).max().unwrap_or(0);
    for k in 0..nodes {
        let mut node = NodeSpec::new(format!("{name}-{k}"), id, capacity(group), group.int("gpus") as u16);
        node.gpu_model = group.text_opt("gpu_model").map(str::to_owned);
        node.labels.clone_from(&labels);
        node.taints.clone_from(&taints);
        node.images.clone_from(&images);
        node.rack = first_rack + count(group, "rack_size").map_or(0, |size| k / size);
        node.zone = count(group, "zone").unwrap_or(0);
        node.speed_ppm = (group.float("speed") * 1e6).round() as u32;
        spec.nodes.push(node);
    }
}

pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => panic!("text was declared, and {other:?} was checked"),
    }
}
