//! FGD's experiment: seconds per experiment, and microseconds per placement as the cluster grows.
//!
//! `WINDTUNNEL_DATA=DIR cargo bench -p windtunnel-scenarios --bench fgd`
//!
//! One experiment is one run of the catalog scenario `fgd`: about 10,800 pods of the default trace arrive on 1,213
//! nodes, allocation and fragmentation are recorded at every one of them. Reading the files is not counted. For growth,
//! the list of nodes is taken 1, 10 and 80 times, and pods arrive until 130 % of all GPUs have been asked for.
#![allow(clippy::disallowed_types, reason = "a benchmark needs a clock; the simulator has none")]

use std::time::Instant;

use analysis::{ArrivedLoad, Scalars};
use scenarios::run::engine_of;
use scenarios::scenario::{Overrides, Point, load};
use scenarios::source::Source;

const ROUNDS: u64 = 5;
const REPEATS: [u32; 3] = [1, 10, 80];

fn main() {
    if std::env::var_os("WINDTUNNEL_DATA").is_none() {
        println!("skipped: WINDTUNNEL_DATA not set");
        return;
    }
    println!(
        "Seconds per experiment, one thread, median of {ROUNDS} seeds; and microseconds per pod, one seed."
    );
    let prepared = REPEATS.map(prepare);
    let policies = prepared[0].0.policies.iter().map(|policy| policy.name.clone());
    let nodes =
        prepared.iter().map(|(point, _)| format!("{:>14}", format!("{} nodes", point.cluster.nodes.len())));
    println!("{:<16} {:>12} {}", "policy", "s/experiment", nodes.collect::<String>());
    for (n, policy) in policies.enumerate() {
        let mut secs: Vec<f64> = (1..=ROUNDS).map(|seed| run(&prepared[0], n, seed).0).collect();
        secs.sort_unstable_by(f64::total_cmp);
        let per_pod = prepared.iter().map(|prepared| {
            let (secs, pods) = run(prepared, n, 1);
            format!("{:>14.2}", secs * 1e6 / pods as f64)
        });
        println!("{policy:<16} {:>12.4} {}", secs[secs.len() / 2], per_pod.collect::<String>());
    }
}

fn prepare(repeat: u32) -> (Point, Source) {
    let sets = vec![format!("cluster.repeat={repeat}")];
    let scenario = load("fgd", &Overrides { sets, seeds: None }).expect("the shared data is whole");
    let point = scenario.points.into_iter().next().expect("a scenario has a point");
    let source = Source::prepare(&point, 1).expect("the shared data is whole");
    (point, source)
}

/// Seconds of a run, and its pods.
fn run((point, source): &(Point, Source), policy: usize, seed: u64) -> (f64, u64) {
    let observer = ArrivedLoad::new(source.typical(), vec![100]);
    let spec = &point.policies[policy];
    let mut policy = spec.build(source);
    let began = Instant::now();
    let engine = engine_of(point, spec, source, seed, vec![Box::new(observer)]);
    let mut engine = engine.expect("every seed can be run");
    let summary = engine.run(&mut *policy).expect("every seed can be run");
    engine.finish(&mut Scalars::default()).expect("nothing is written");
    (began.elapsed().as_secs_f64(), summary.submitted)
}
