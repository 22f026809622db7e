//! GPU nodes of Alibaba, published in 2026: a list of cards and cores, with the rest as parameters.

use sim_core::registry::{About, Kind, LANE_MAX, Param, Params, Value};
use sim_core::shape::CARDS_MAX;
use sim_core::{ClusterSpec, Lane, Resources};

use super::node_list::{Kind as NodeKind, NodeList};
use super::table::{Cell, Table};
use crate::problem::{Problem, Problems};

const AMOUNT: Kind = Kind::Int { min: 0, max: LANE_MAX };

/// The cluster `alibaba-gpu-nodes`.
pub const ABOUT: About = About {
    name: "alibaba-gpu-nodes",
    doc: "The nodes of Alibaba's trace of spot GPUs, published in 2026, as CSV, found by column names: \
          node_name, gpu_model, gpu_capacity_num (cards) and cpu_num (cores). They are not the nodes on \
          which the trace of `dlrm` was recorded, which are not published, but the provider is the same. \
          Memory, disk and network are not recorded: what these keys give is an assumption.",
    source: "Duan et al., \"GFS: A Preemptive Scheduling Framework for GPU Clusters with Predictive Spot \
             Management\", ASPLOS 2026; \
             https://github.com/alibaba/clusterdata/tree/master/cluster-trace-v2026-spot-gpu",
    params: &[
        Param::required("nodes", Kind::Path, "the node list, plain or gzip"),
        Param::optional(
            "models",
            Kind::List(&Kind::Text),
            "only nodes with cards of these models; left out: all",
        ),
        Param::optional(
            "gpus",
            Kind::Int { min: 0, max: CARDS_MAX as i64 },
            "only nodes with so many cards; left out: all",
        ),
        Param::optional(
            "count",
            Kind::Int { min: 1, max: 10_000_000 },
            "only the first so many of them, in the order of the list; left out: all",
        ),
        Param::with_default(
            "memory_per_core",
            Kind::Memory,
            "\"8GiB\"",
            "memory of a node per core; the default is that of the nodes with 128 cores and an A10 in `openb`, \
             of the same provider",
        ),
        Param::with_default(
            "disk",
            AMOUNT,
            "16384",
            "local disk of each node [GiB]; the default holds any eight instances of `dlrm`",
        ),
        Param::with_default(
            "rdma",
            AMOUNT,
            "100",
            "RDMA bandwidth of each node, in percent points of one network card, as `dlrm` asks for it, in the \
             lane `net`; 100 is one card, 200 are two",
        ),
    ],
};

/// The nodes that `params` choose, in the order of the list: one group for each kind of node.
///
/// # Errors
/// Everything that is wrong with the file; a model that it does not have, or a choice of nodes that it cannot fill.
pub(crate) fn cluster(params: &Params) -> Result<ClusterSpec, Problems> {
    let path = params.text("nodes");
    let mut table = Table::open(path)?;
    let columns = table.positions(["node_name", "gpu_model", "gpu_capacity_num", "cpu_num"])?;
    let (wanted, mut problems) = (Wanted::new(params), Problems::default());
    let (mut list, mut models, mut chosen) = (NodeList::default(), Vec::new(), 0);
    while let Some(row) = table.advance() {
        match row.and_then(|line| node(&Cell { table: &table, line }, columns, params)) {
            Err(problem) => problems.push(problem),
            Ok((name, kind)) => {
                if !models.contains(&kind.model) {
                    models.push(kind.model.clone());
                }
                if wanted.takes(&kind) {
                    chosen += 1;
                    if chosen <= wanted.count.unwrap_or(chosen) {
                        list.push(name, kind);
                    }
                }
            }
        }
    }
    if problems.0.is_empty() {
        wanted.check(&models, chosen, path, &mut problems);
    }
    problems.or_ok(list.spec)
}

/// Which nodes are asked for.
struct Wanted {
    models: Option<Vec<String>>,
    gpus: Option<i64>,
    count: Option<i64>,
}

impl Wanted {
    fn new(params: &Params) -> Self {
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            other => panic!("text was declared, and {other:?} was checked"),
        };
        Self {
            models: params.get("models").is_some().then(|| params.list("models").iter().map(text).collect()),
            gpus: params.int_opt("gpus"),
            count: params.int_opt("count"),
        }
    }

    fn takes(&self, kind: &NodeKind) -> bool {
        self.models.as_ref().is_none_or(|models| models.contains(&kind.model))
            && self.gpus.is_none_or(|gpus| gpus == i64::from(kind.cards))
    }

    /// What of this a list with these `models` does not have, and of which `chosen` nodes were taken.
    fn check(&self, known: &[String], chosen: i64, path: &str, problems: &mut Problems) {
        let mut wrong = |key: &str, value: &str, rule: String| {
            problems.push(Problem::new("scenario", format!("cluster.{key}"), value, rule));
        };
        for model in self.models.iter().flatten().filter(|model| !known.contains(model)) {
            wrong("models", model, format!("must be one of the models in {path}: {}", known.join(", ")));
        }
        match self.count {
            Some(count) if count > chosen => {
                wrong(
                    "count",
                    &count.to_string(),
                    format!("must be at most {chosen}, the nodes to choose from"),
                );
            }
            None if chosen == 0 => wrong("nodes", path, "has no nodes of this kind".to_owned()),
            _ => {}
        }
    }
}

fn node(cell: &Cell<'_>, columns: [usize; 4], params: &Params) -> Result<(String, NodeKind), Problem> {
    let [name, model, cards, cores] = columns;
    let per_core = i64::from(params.amount("memory_per_core"));
    // Of both the processor time and the memory, a lane holds no more.
    let cores_max = LANE_MAX / per_core.max(1000);
    let count = cell.number(cores, 1, cores_max)?;
    let amount = |key| u32::try_from(params.int(key)).expect("the declaration bounds it");
    let capacity = Resources::ZERO
        .with(Lane::Cpu, (count * 1000) as u32)
        .with(Lane::Memory, (count * per_core) as u32)
        .with(Lane::Disk, amount("disk"))
        .with(Lane::Net, amount("rdma"));
    let cards = cell.number(cards, 0, i64::from(CARDS_MAX))? as u16;
    Ok((cell.text(name).to_owned(), NodeKind { capacity, cards, model: cell.text(model).to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traces::testing::{TraceFile, text};

    const LIST: &str =
        "gpu_model,gpu_capacity_num,cpu_num,node_name\nA10,1,128,a\nH,8,192,b\nA10,1,128,c\nH,4,192,d\n";

    fn build(content: &str, given: &[(&str, Value)]) -> Result<ClusterSpec, Vec<String>> {
        let file = TraceFile::new(content);
        let mut params = Params::default();
        params.set("nodes", text(file.path()));
        params.set("memory_per_core", Value::Amount(8192));
        params.set("disk", Value::Int(16_384));
        params.set("rdma", Value::Int(200));
        given.iter().for_each(|(key, value)| params.set(key, value.clone()));
        let told = |problems: Problems| {
            problems.0.into_iter().map(|problem| format!("{}: {}", problem.at, problem.rule)).collect()
        };
        cluster(&params).map_err(told)
    }

    #[test]
    fn nodes_have_what_is_recorded_and_what_is_assumed() {
        let spec = build(LIST, &[]).unwrap();
        let groups: Vec<_> =
            spec.groups.iter().map(|group| (group.name.as_str(), group.initial, group.max)).collect();
        let (a10, h8) = ("1xA10-128000m-1048576MiB", "8xH-192000m-1572864MiB");
        assert_eq!(groups, [(a10, 2, 2), (h8, 1, 1), ("4xH-192000m-1572864MiB", 1, 1)]);
        let node = &spec.nodes[1];
        let lanes = [Lane::Cpu, Lane::Memory, Lane::Disk, Lane::Net].map(|lane| node.capacity.get(lane));
        assert_eq!((node.name.as_str(), node.gpu_model.as_deref()), ("b", Some("H")));
        assert_eq!(lanes, [192_000, 192 * 8192, 16_384, 200]);
    }

    #[test]
    fn nodes_are_chosen_by_model_cards_and_number() {
        let models = |names: &[&str]| ("models", Value::List(names.iter().map(|name| text(name)).collect()));
        let names = |given: &[(&str, Value)]| {
            build(LIST, given).map(|spec| spec.nodes.into_iter().map(|node| node.name).collect::<String>())
        };
        assert_eq!(names(&[models(&["H"])]).unwrap(), "bd");
        assert_eq!(names(&[("gpus", Value::Int(1))]).unwrap(), "ac");
        assert_eq!(names(&[models(&["H", "A10"]), ("count", Value::Int(3))]).unwrap(), "abc");
        let rules = names(&[models(&["H", "H800"]), ("count", Value::Int(9))]).unwrap_err();
        assert!(
            rules[0].starts_with("cluster.models: must be one of") && rules[0].ends_with("A10, H"),
            "{rules:?}"
        );
        assert_eq!(rules[1], "cluster.count: must be at most 2, the nodes to choose from");
        assert_eq!(
            names(&[("gpus", Value::Int(2))]).unwrap_err(),
            ["cluster.nodes: has no nodes of this kind"]
        );
    }

    #[test]
    fn everything_wrong_with_a_list_is_told() {
        assert_eq!(build("gpu_model,cpu_num\n", &[]).unwrap_err().len(), 2);
        let rules = build("gpu_model,gpu_capacity_num,cpu_num,node_name\nA,1,0,a\nA,99,1,b\nA,1\n", &[]);
        let rules = rules.unwrap_err();
        assert!(
            rules[0].starts_with("2: cpu_num") && rules[1].starts_with("3: gpu_capacity_num"),
            "{rules:?}"
        );
        assert_eq!(rules.len(), 3);
    }
}
