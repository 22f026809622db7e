//! Random cases under a policy that does anything: the invariants hold, and every driver sees the same run.

use sim_core::testkit::{Chaos, Invariants, ListedJobs, Meddler, SwarmCase, swarm_case};
use sim_core::{Engine, Limits, Parts, Policy, Requested, SimDuration, SimTime, Step, Summary};

/// Cases that CI runs; `WINDTUNNEL_SWARM=10000` asks for more.
const SEEDS: u64 = 400;

fn engine(seed: u64) -> Engine {
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

fn run(seed: u64) -> Summary {
    engine(seed).run(&mut Chaos::new(seed)).expect("every drawn case is possible")
}

/// Drives the engine step by step; at decision `fork_at` it goes on with a clone and drops the original.
fn step_by_step(seed: u64, fork_at: u32) -> Summary {
    let (mut engine, mut policy): (_, Box<dyn Policy>) = (engine(seed), Box::new(Chaos::new(seed)));
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

#[test]
fn invariants_hold_in_random_cases_and_drivers_agree() {
    let seeds =
        std::env::var("WINDTUNNEL_SWARM").map_or(SEEDS, |text| text.parse().expect("a number of seeds"));
    let (mut submitted, mut unfinished) = (0, 0);
    for seed in 0..seeds {
        let caught = std::panic::catch_unwind(|| {
            let summary = run(seed);
            assert_eq!(summary, step_by_step(seed, 3 + (seed % 17) as u32), "a fork went another way");
            summary
        });
        let summary = caught.unwrap_or_else(|_| panic!("swarm seed {seed} failed (see above)"));
        submitted += summary.submitted;
        unfinished += summary.unfinished;
    }
    // Most jobs of most cases come to an end, or the swarm would test little.
    assert!(unfinished * 5 < submitted, "{unfinished} of {submitted} jobs were left unfinished");
}
