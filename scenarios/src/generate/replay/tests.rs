//! Tests of the replay of openb: loads by hand, and those of the published trace.

use sim_core::Resources;

use super::*;
use crate::generate::testing::{drain, params};
use crate::traces::openb;
use crate::traces::testing::{TraceFile, data};

const HEAD: &str = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time,deletion_time,scheduled_time\n";

fn cards(nodes: u32) -> ClusterSpec {
    let mut cluster = ClusterSpec::default();
    cluster.add_uniform("n", nodes, Resources::ZERO.with(Lane::Cpu, 64_000), 2);
    cluster
}

fn load(rows: &str, more: &str, cluster: &ClusterSpec) -> Result<Replay, Problems> {
    let file = TraceFile::new(format!("{HEAD}{rows}"));
    Replay::load(&params(&ABOUT, &format!("pods = '{}'\n{more}", file.path()))?, cluster)
}

fn jobs(replay: &Replay, seed: u64) -> Vec<(Job, Truth)> {
    drain(&mut *replay.workload(seed).unwrap()).0
}

/// A hundred pods, one a minute, each with one card for a minute.
fn steady() -> String {
    let row = |n: u64| format!("p{n},1000,0,1,1000,{},{},{}\n", 60 * n, 60 * n + 65, 60 * n + 5);
    (0..100).map(row).collect()
}

#[test]
fn gaps_are_scaled_until_the_window_has_the_load() {
    // Three copies keep three of four cards busy in 99 minutes: at a load of 1.5 it has to be half of that.
    let replay = load(&steady(), "load = 1.5\ncopies = 3\nfrom_quantile = 0", &cards(2)).unwrap();
    let arrivals = replay.arrivals(7);
    let scaled_ms = replay.window.scaled_to(&arrivals, 1_500_000).unwrap();
    assert!((2_900_000..=3_010_000).contains(&scaled_ms), "{scaled_ms}");
    assert!((replay.window.load(&arrivals, scaled_ms) - 1.5).abs() < 1e-5);
    assert!(replay.window.load(&arrivals, scaled_ms + 1) < 1.5);
    let found = jobs(&replay, 7);
    assert_eq!(found.len(), 300);
    assert!(found.is_sorted_by_key(|(job, _)| job.submit));
    let mut ids: Vec<u64> = found.iter().map(|(job, _)| job.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..300).collect::<Vec<_>>());
    assert!(found.iter().all(|(_, truth)| truth.service() == SimDuration::from_secs(60)));
    assert!(found.last().unwrap().0.submit <= SimTime::from_secs(scaled_ms / 1000 + 1));
    assert_ne!(found, jobs(&replay, 8), "offsets are drawn from the seed");
}

#[test]
fn a_copy_is_shifted_around_the_window() {
    let replay = load(&steady(), "load = 0.25\ncopies = 1\nfrom_quantile = 0", &cards(2)).unwrap();
    let (arrivals, length) = (replay.arrivals(3), replay.window.length_s);
    assert_eq!(length, 99 * 60);
    let at = |place: u32| arrivals.iter().find(|arrival| arrival.place == place).unwrap().at_s;
    for place in 1..100 {
        assert_eq!(at(place), (at(0) + 60 * u64::from(place)) % length);
    }
}

#[test]
fn pods_before_the_window_are_submitted_at_its_start() {
    // The first one is hours early and serves on.
    let rows = "early,1,0,1,1000,0,90000,0\n".to_owned() + &steady();
    let replay = load(&rows, "load = 0.5\ncopies = 1\nfrom_quantile = 0.5", &cards(2)).unwrap();
    // Of 101 pods the 51st is the first of the window: number 49, as two are submitted at 0.
    assert_eq!(replay.window.length_s, (99 - 49) * 60);
    assert_eq!(replay.window.submits_s.iter().filter(|at| **at == 0).count(), 51);
    let early = jobs(&replay, 1).into_iter().find(|(job, _)| job.id == 0).unwrap();
    assert_eq!(early.1.service(), SimDuration::from_secs(90_000), "services are whole");
}

#[test]
fn services_are_cut_where_that_is_asked_for() {
    let rows = "long,1,0,1,1000,0,90000,0\n".to_owned() + &steady();
    let replay = load(&rows, "load = 0.5\nservice_max = '2m'", &cards(2)).unwrap();
    assert_eq!(replay.notices(), ["1616 jobs: 16 copies of 101 pods", "  1 services cut to 120 s"]);
    assert!(jobs(&replay, 1).iter().all(|(_, truth)| truth.service() <= SimDuration::from_secs(120)));
}

#[test]
fn loads_beyond_reach_name_the_largest_and_enough_copies() {
    let refused = |more: &str| {
        let replay = load(&steady(), more, &cards(1000)).unwrap();
        let found = replay.workload(1).err().unwrap().to_string();
        assert_eq!(found, replay.check_seed(1).unwrap_err().to_string());
        found
    };
    // 100 pods spread over the window ask for 50 cards on average, if they stay to its end: 0.025 of 2,000.
    let found = refused("load = 0.1\ncopies = 1\nfrom_quantile = 0");
    assert!(
        found.contains("ask for at most 0.025 of the cluster") && found.contains("copies = 6 would"),
        "{found}"
    );
    let enough = load(&steady(), "load = 0.1\ncopies = 6\nfrom_quantile = 0", &cards(1000)).unwrap();
    assert!(enough.workload(1).is_ok() && enough.check_seed(2).is_ok());
    let dense = load(&steady(), "load = 0.001\ncopies = 10000", &cards(1)).unwrap();
    assert!(dense.check_seed(1).unwrap_err().rule.contains("ask for at least"));
}

#[test]
fn what_cannot_be_replayed_is_refused_or_counted() {
    let refused = |rows: &str, more: &str, cluster: &ClusterSpec| {
        load(rows, &format!("load = 1\n{more}"), cluster).err().unwrap().to_string()
    };
    assert!(refused("p1,1,0,1,1,5,9,5\np2,1,0,1,1,5,9,5\n", "", &cards(1)).contains("different times"));
    assert!(refused("p1,1,0,1,1,5,9,\n", "", &cards(1)).contains("holds no pods: all 1 are left out"));
    assert!(refused("p1,1,0,0,0,5,9,5\np2,1,0,1,1,7,7,7\n", "", &cards(1)).contains("no pod that uses GPU"));
    let wide = "p1,1,0,9,1,5,9,5\n";
    assert!(refused(wide, "oversized = 'drop'", &cards(1)).contains("holds no pods to replay"));
    let mut bare = ClusterSpec::default();
    bare.add_uniform("n", 2, Resources::ZERO.with(Lane::Cpu, 64_000), 0);
    assert!(refused("p1,1,0,0,0,5,9,5\np2,1,0,0,1,7,8,7\n", "", &bare).contains("the cluster has no GPU"));
    let rows = steady() + "wide,1,0,3,1000,1,2,1\nnever,1,0,1,1000,1,2,\n";
    let found = refused(&rows, "", &cards(1));
    assert!(found.contains("102: pod") && found.contains("oversized = \"drop\""), "{found}");
    let replay = load(&rows, "load = 1\noversized = 'drop'", &cards(1)).unwrap();
    assert_eq!(
        replay.notices(),
        ["1600 jobs: 16 copies of 100 pods", "  1 left out: never scheduled", "  1 left out: oversized"]
    );
    assert_eq!(
        jobs(&load(&rows, "load = 1\noversized = 'drop'\nnever_scheduled = 'run'", &cards(1)).unwrap(), 1)
            .len(),
        1616
    );
    let times = TraceFile::new("name,cpu_milli,memory_mib,num_gpu,gpu_milli\np,1,1,1,1\n");
    let params = params(&ABOUT, &format!("load = 1\npods = '{}'", times.path())).unwrap();
    assert_eq!(Replay::load(&params, &cards(1)).err().unwrap().0.len(), 2);
}

#[test]
fn the_published_trace_reaches_loads_of_interest() {
    let Some(nodes) = data("openb/openb_node_list_gpu_node.csv") else { return };
    let pods = data("openb/openb_pod_list_default.csv").expect("the variable is set");
    let cluster = openb::openb_nodes(&nodes).unwrap();
    for load in [0.7, 0.9, 1.1] {
        let params = params(&ABOUT, &format!("pods = '{pods}'\nload = {load}")).unwrap();
        let replay = Replay::load(&params, &cluster).unwrap();
        let arrivals = replay.arrivals(1);
        let scaled_ms = replay.window.scaled_to(&arrivals, replay.load_ppm).unwrap();
        let reached = replay.window.load(&arrivals, scaled_ms);
        assert!((reached - load).abs() < 1e-6, "{reached}");
        assert_eq!(arrivals.len(), 16 * 7255);
    }
}
