//! Dominant resource fairness: microseconds per started job as tenants grow.
//!
//! `cargo bench -p windtunnel-policies --bench queues [-- TENANTS ..]`
//!
//! 1,000 nodes; 40 jobs per tenant, but at least 200,000, of six kinds wait from the start, so that the cluster is
//! always full. The time is that of the whole run, engine included, per job; beside it, that of first come, first
//! served without queues on the same jobs.
#![allow(clippy::disallowed_types, reason = "a benchmark needs a clock; the simulator has none")]

#[allow(dead_code, reason = "not every user needs all of it")]
#[path = "../tests/shared/declared.rs"]
mod declared;
#[allow(dead_code, reason = "not every user needs all of it")]
#[path = "../tests/shared/registered.rs"]
mod registered;

use std::time::Instant;

use declared::{Given, queues, share};
use sim_core::testkit::{ListedJobs, cpu_mem};
use sim_core::{
    ClusterSpec, Engine, Failures, Job, Limits, Parts, Policy, Requested, Rules, Shape, SimDuration, SimTime,
    Stream, Truth, Vocabulary,
};

const NODES: u32 = 1000;
const JOBS: u32 = 200_000;
/// Cores and GiB of the kinds of tasks.
const KINDS: [(u32, u32); 6] = [(1, 2), (1, 8), (2, 4), (4, 4), (4, 32), (8, 16)];
/// A policy's name and how it is made.
type Made = (&'static str, fn() -> Box<dyn Policy>);

const POLICIES: [Made; 4] = [
    ("drf", || queues("drf", &[]).policy()),
    ("fair, decayed", || queues(share("fair", &[("half_life", Given::Seconds(3600))]), &[]).policy()),
    ("capacity", || queues("capacity", &[]).policy()),
    ("fcfs, skipping", || registered::policy("fcfs", "first-fit", "skip")),
];

fn main() {
    println!("Microseconds per started job, {NODES} nodes, one thread, best of 3.");
    print!("{:<16}", "tenants");
    POLICIES.iter().for_each(|(name, _)| print!("{name:>16}"));
    println!();
    let mut sizes: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10, 100, 1_000, 10_000];
    }
    for tenants in sizes {
        print!("{tenants:<16}");
        for (_, make) in POLICIES {
            let best = (0..3).map(|_| run(tenants, make)).fold(f64::INFINITY, f64::min);
            print!("{best:>16.2}");
        }
        println!();
    }
}

/// Microseconds per job of a run.
fn run(tenants: u32, make: fn() -> Box<dyn Policy>) -> f64 {
    let (mut words, mut cluster) = (Vocabulary::default(), ClusterSpec::default());
    cluster.add_uniform("node", NODES, cpu_mem(32, 128 * 1024), 0);
    let shapes = KINDS.map(|(cores, gib)| words.shape(Shape::new(cpu_mem(cores, gib * 1024))));
    let ids: Vec<_> = (0..tenants).map(|n| words.tenant(&format!("tenant-{n}"))).collect();
    let mut stream = Stream::new(1, "bench");
    let count = JOBS.max(40 * tenants);
    let jobs = (0..count).map(|n| {
        // Each tenant asks for one or two kinds.
        let tenant = stream.below(u64::from(tenants)) as usize;
        let kind = (tenant + stream.below(2) as usize) % KINDS.len();
        let mut job = Job::new(u64::from(n), SimTime::ZERO, shapes[kind]);
        job.tenant = ids[tenant];
        (job, Truth::runs_for(SimDuration::from_secs(60 + stream.below(3600))))
    });
    let parts = Parts {
        cluster,
        workload: Box::new(ListedJobs::new(jobs.collect())),
        words,
        predictor: Box::new(Requested),
        controllers: Vec::new(),
        observers: Vec::new(),
        failures: Failures::default(),
        rules: Rules::default(),
        limits: Limits::default(),
        seed: 1,
    };
    let mut policy = make();
    let began = Instant::now();
    let summary = Engine::new(parts).run(&mut *policy).expect("every job is possible");
    assert_eq!(summary.unfinished, 0);
    began.elapsed().as_secs_f64() * 1e6 / f64::from(count)
}
