//! Tests of the workload of FGD: by hand, and against what is known of the published traces.

use std::collections::BTreeSet;

use sim_core::{Resources, SimTime};

use super::*;
use crate::generate::testing::{drain, params};
use crate::traces::openb;
use crate::traces::testing::{TraceFile, data};

const LIST: &str = "gpu_milli,name,cpu_milli,memory_mib,num_gpu,qos,gpu_spec\n\
                    1000,b,4000,64,2,LS,T4\n500,a,2000,32,1,BE,\n9999,c,1000,16,0,LS,T4|P100\n";

/// Four cards of one model on two nodes, b before a.
fn cards() -> ClusterSpec {
    let mut cluster = ClusterSpec::default();
    cluster.add_uniform("n", 2, Resources::ZERO.with(Lane::Cpu, 64_000).with(Lane::Memory, 1 << 20), 2);
    for (node, name) in cluster.nodes.iter_mut().zip(["b", "a"]) {
        (node.name, node.gpu_model) = (name.into(), Some("T4".into()));
    }
    cluster
}

fn load(list: &str, more: &str, cluster: &ClusterSpec) -> Result<Inflation, Problems> {
    let file = TraceFile::new(list);
    let params = params(&ABOUT, &format!("pods = '{}'\n{more}", file.path()))?;
    Inflation::load(&params, cluster)
}

fn jobs(inflation: &Inflation, seed: u64) -> (Vec<(Job, Truth)>, Vocabulary) {
    drain(&mut *inflation.workload(seed).unwrap())
}

/// GPU that jobs ask for in all \[milli-cards\].
fn asked((jobs, words): &(Vec<(Job, Truth)>, Vocabulary)) -> u64 {
    jobs.iter().map(|(job, _)| u64::from(words.shape_of(job.shape).need().get(Lane::Gpu))).sum()
}

#[test]
fn clones_follow_the_shuffled_list_until_the_next_would_exceed_the_load() {
    let inflation = load(LIST, "load = 2.0", &cards()).unwrap();
    let mut firsts = BTreeSet::new();
    for seed in 1..20 {
        let run = jobs(&inflation, seed);
        // The list asks for 2,500 of 8,000: the last to fit may overshoot by the second card of pod b.
        assert!((7_500..=9_000).contains(&asked(&run)), "{}", asked(&run));
        let ids: Vec<u64> = run.0.iter().map(|(job, _)| job.id).collect();
        let base: BTreeSet<u64> = ids[..3].iter().copied().collect();
        assert_eq!(base, BTreeSet::from([0, 1, 2]), "the list comes first");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "ids are unique");
        firsts.insert(ids[0]);
        for (n, (job, truth)) in run.0.iter().enumerate() {
            assert_eq!((job.submit, truth.service()), (SimTime::from_secs(n as u64), SimDuration::MAX));
            let milli = [2000, 500, 0][(job.id % 3) as usize];
            assert_eq!(run.1.shape_of(job.shape).need().get(Lane::Gpu), milli, "id modulo rows is the row");
        }
    }
    assert_eq!(firsts.len(), 3, "the order is drawn");
}

#[test]
fn a_list_beyond_the_load_is_trimmed() {
    let inflation = load(LIST, "load = 0.5", &cards()).unwrap();
    for seed in 1..20 {
        let run = jobs(&inflation, seed);
        assert!(asked(&run) <= 2000 && run.0.len() < 3, "{:?}", run.0);
    }
}

#[test]
fn pods_keep_their_fields_and_lists_may_end_after_the_share() {
    let (found, words) = jobs(&load(LIST, "load = 0.625", &cards()).unwrap(), 1);
    let by_row = |row| found.iter().find(|(job, _)| job.id == row).map(|(job, _)| job).unwrap();
    assert_eq!(words.tenants().name(by_row(1).tenant.0), Some("BE"));
    let gpu = words.shape_of(by_row(0).shape).gpu();
    assert_eq!((gpu.cards, gpu.milli_each, gpu.models.0.count_ones()), (2, 1000, 1));
    // What a pod without cards says of shares and models says nothing.
    assert_eq!(words.shape_of(by_row(2).shape).gpu(), sim_core::GpuNeed::NONE);
    let short = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np,1,1,1,1500\n";
    let (found, words) = jobs(&load(short, "load = 1.0", &cards()).unwrap(), 1);
    assert_eq!((found.len(), words.shape_of(found[0].0.shape).gpu().milli_each), (4, 1000));
}

#[test]
fn orders_are_followed_to_the_letter() {
    let orders = TraceFile::new("pods 42 1 1 0 1\nrank 42 1 0\npods 43 2\n");
    let inflation = load(LIST, &format!("orders = '{}'", orders.path()), &cards()).unwrap();
    let ids: Vec<u64> = jobs(&inflation, 42).0.iter().map(|(job, _)| job.id).collect();
    assert_eq!(ids, [1, 4, 0, 7], "clones of row 1 are three rows apart");
    // By name a is first, with rank 1: b, which is node 0, comes before it.
    assert_eq!(inflation.node_order(42), [NodeId(0), NodeId(1)]);
    assert_eq!(inflation.node_order(43), []);
    assert!(inflation.check_seed(43).is_ok());
    assert!(inflation.workload(44).err().unwrap().to_string().contains("it has those of 42, 43"));
    let found = load(LIST, &format!("load = 1.3\norders = '{}'", orders.path()), &cards()).err().unwrap();
    assert!(found.to_string().contains("workload: load = 1.3: must be left out"), "{found}");
}

#[test]
fn loads_that_cannot_be_reached_are_refused() {
    let refused = |list: &str, cluster: &ClusterSpec| load(list, "", cluster).err().unwrap().to_string();
    let mut bare = ClusterSpec::default();
    bare.add_uniform("n", 2, Resources::ZERO, 0);
    assert_eq!(refused(LIST, &bare), "workload: load = 1.3: cannot be met: the cluster has no GPU");
    let head = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\n";
    assert!(refused(&format!("{head}p,1,1,0,0\n"), &cards()).ends_with("no pod asks for GPU"));
    assert!(refused(head, &cards()).ends_with("holds no pods"));
    let mut vast = ClusterSpec::default();
    vast.add_uniform("n", 100_000, Resources::ZERO, 32);
    let found = refused(&format!("{head}p,1,1,1,1\n"), &vast);
    assert!(found.contains("takes about 4160000000 pods"), "{found}");
}

#[test]
fn bad_lists_name_line_column_and_rule() {
    let list = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,x,1,0,0\nb,1,1,1,0\nc,1,1\n";
    let found = load(list, "", &cards()).err().unwrap().0;
    let at: Vec<&str> = found.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(at, ["2: cpu_milli", "3: gpu_milli", "4"]);
    assert_eq!(load("name,cpu_milli\n", "", &cards()).err().unwrap().0.len(), 3);
}

#[test]
fn typical_tasks_are_those_of_the_list_by_its_own_spelling() {
    let list = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n\
                a,1,1,1,500,T4\nb,1,2,1,500,T4|T4\nc,1,3,1,500,T4\nd,1,4,1,500,P100\ne,1,5,1,500,\nf,2,1,0,7,T4\n";
    let demand = load(list, "", &cards()).unwrap().demand();
    let typical = demand.typical_tasks(1_000_000);
    let counts: Vec<(u32, u32, u32)> =
        typical.tasks().iter().map(|task| (task.cpu_milli, task.gpu.models.0, task.count)).collect();
    // T4 is the cluster's model 0 and P100 comes second; of the single ones more CPU goes first, then the later spec.
    assert_eq!(counts, [(1, 0b1, 2), (2, u32::MAX, 1), (1, 0b1, 1), (1, 0b10, 1), (1, u32::MAX, 1)]);
    assert_eq!(demand.typical_tasks(330_000).tasks().len(), 1);
    // The mix tells memory apart.
    assert_eq!(demand.mix().len(), 6);
}

#[test]
fn published_lists_have_the_published_typical_tasks() {
    let Some(nodes) = data("openb/openb_node_list_gpu_node.csv") else { return };
    let golden = data("../goldens/fgd/typical_pods_default.csv").expect("the variable is set");
    let golden = std::fs::read_to_string(golden).unwrap();
    let cluster = openb::openb_nodes(&nodes).unwrap();
    let loaded = |list: &str| {
        let path = data(&format!("openb/openb_pod_list_{list}.csv")).expect("the variable is set");
        Inflation::load(&params(&ABOUT, &format!("pods = '{path}'")).unwrap(), &cluster).unwrap()
    };
    for (list, kinds) in [("default", 35), ("gpushare100", 21), ("gpuspec33", 127)] {
        assert_eq!(loaded(list).demand().typical_tasks(950_000).tasks().len(), kinds, "{list}");
    }
    let default = loaded("default");
    let typical = default.demand().typical_tasks(950_000);
    let ours = typical.tasks().iter().map(|task| {
        let share = f64::from(task.count) / typical.weight() as f64;
        format!("{},{},{},{share:.6}", task.cpu_milli, task.gpu.milli_each, task.gpu.cards)
    });
    assert_eq!(ours.collect::<Vec<_>>(), golden.lines().skip(1).collect::<Vec<_>>());
    for seed in 1..=10 {
        let run = jobs(&default, seed);
        // The artifact's ten seeds give 10,766 to 10,866 pods.
        assert!((10_650..=10_980).contains(&run.0.len()), "{}", run.0.len());
        assert!((8_074_600..=8_082_600).contains(&asked(&run)), "{}", asked(&run));
    }
    let run = jobs(&loaded("multigpu50"), 1);
    assert!((8_067_600..=8_075_600).contains(&asked(&run)), "{}", asked(&run));
}
