//! On one node with one resource, the jobs that run are the greedy choice by rank: who ranks first, as far as it fits.

use std::collections::BTreeSet;

use sim_core::random::Stream;
use sim_core::testkit::{Invariants, ListedJobs, cpu};
use sim_core::{
    ClusterSpec, Engine, Failures, Job, JobId, JobStatus, Lane, Limits, Parts, Requested, Rules, Shape,
    SimDuration, SimTime, Step, Truth, View, Vocabulary,
};

use crate::ranked::preemptive;

const CORES: u32 = 8;

fn engine(seed: u64) -> Engine {
    let mut stream = Stream::new(seed, "theory/greedy");
    let (mut words, mut cluster, mut jobs) =
        (Vocabulary::default(), ClusterSpec::default(), Vec::<(Job, Truth)>::new());
    cluster.add_uniform("node", 1, cpu(CORES), 0);
    let mut at = 0;
    for id in 0..40 {
        at += stream.below(12);
        let shape = words.shape(Shape::new(cpu(1 + stream.below(u64::from(CORES)) as u32)));
        let service = SimDuration::from_secs(1 + stream.below(60));
        let job = Job { walltime: service, ..Job::new(id, SimTime::from_secs(at), shape) };
        jobs.push((job, Truth::runs_for(service)));
    }
    Engine::new(Parts {
        cluster,
        words,
        workload: Box::new(ListedJobs::new(jobs)),
        predictor: Box::new(Requested),
        controllers: Vec::new(),
        observers: vec![Box::new(Invariants::default())],
        failures: Failures::default(),
        rules: Rules::default(),
        limits: Limits::default(),
        seed,
    })
}

fn running(view: View<'_>) -> BTreeSet<JobId> {
    let jobs = view.unfinished().filter(|job| job.status() == JobStatus::Running);
    jobs.map(|job| job.id()).collect()
}

/// The choice over all jobs: of equals, those first that run already, then by submission.
fn greedy(rank: &str, view: View<'_>) -> BTreeSet<JobId> {
    let ran = running(view);
    let cores = |job: JobId| u64::from(view.shape(job).need().get(Lane::Cpu));
    let key = |job: JobId| {
        let row = view.job(job);
        let left = (row.facts().walltime.as_ns() - view.work_done(job).as_ns()) / 1_000_000_000;
        match rank {
            "srpt" => left,
            "srsf" => left * cores(job),
            "smallest" => cores(job),
            _ => row.facts().submit.as_ns(),
        }
    };
    let mut jobs: Vec<JobId> = view.unfinished().map(|job| job.id()).collect();
    jobs.sort_by_key(|&job| (key(job), !ran.contains(&job), job));
    let mut free = u64::from(CORES) * 1000;
    let fits = |&job: &JobId| {
        let fits = cores(job) <= free;
        free -= if fits { cores(job) } else { 0 };
        fits
    };
    jobs.into_iter().filter(fits).collect()
}

#[test]
fn who_runs_is_the_greedy_choice_by_rank() {
    for rank in ["srpt", "srsf", "smallest", "fifo"] {
        let mut stops = 0;
        for seed in 0..60 {
            let (mut engine, mut policy) = (engine(seed), preemptive(rank, &[], "suspend", "skip"));
            engine.attach(&mut *policy);
            while engine.advance().unwrap() == Step::Decide {
                let (wanted, before) = (greedy(rank, engine.view()), running(engine.view()));
                policy.decide(&mut engine.decision());
                let found = running(engine.view());
                assert_eq!(found, wanted, "{rank}, seed {seed}, at {}", engine.view().now());
                stops += before.difference(&found).count();
                engine.commit();
            }
        }
        assert!(stops > 100, "{rank} stopped {stops} jobs only");
    }
}
