//! Random cases as engines, and the two ways of driving them.

use sim_core::testkit::{Invariants, ListedJobs, Meddler, SwarmCase, swarm_case};
use sim_core::{Engine, Limits, Parts, Policy, Requested, SimDuration, SimTime, Step, Summary};

/// The engine of the case that belongs to `seed`.
pub(crate) fn engine(seed: u64) -> Engine {
    let SwarmCase { cluster, words, jobs, rules, failures, meddled } = swarm_case(seed);
    let meddler = Meddler { period: SimDuration::from_secs(150) };
    Engine::new(Parts {
        cluster,
        words,
        workload: Box::new(ListedJobs::new(jobs)),
        predictor: Box::new(Requested),
        controllers: if meddled { vec![Box::new(meddler)] } else { Vec::new() },
        observers: vec![Box::new(Invariants::default())],
        failures,
        rules,
        limits: Limits { until: SimTime::from_secs(40_000), events_max: 2_000_000 },
        seed,
    })
}

/// The engine's own loop.
pub(crate) fn run(seed: u64, policy: &mut dyn Policy) -> Summary {
    engine(seed).run(policy).expect("every drawn case is possible")
}

/// A loop outside the engine; at decision `fork_at` it goes on with a clone and drops the original.
pub(crate) fn run_by_steps(seed: u64, mut policy: Box<dyn Policy>, fork_at: u64) -> Summary {
    let mut engine = engine(seed);
    engine.attach(&mut *policy);
    for decision in 0.. {
        match engine.advance().expect("every drawn case is possible") {
            Step::Finished(summary) => return summary,
            Step::Decide => {
                if decision == fork_at {
                    (engine, policy) = (engine.clone(), policy.fork());
                }
                policy.decide(&mut engine.decision());
                engine.commit();
            }
        }
    }
    unreachable!("a run ends")
}
