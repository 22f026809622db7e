//! Random cases as engines, and a loop of our own beside the engine's.

use crate::engine::{Engine, Limits, Parts, Step, Summary};
use crate::observer::Observer;
use crate::policy::Policy;
use crate::predictor::Requested;
use crate::testkit::{Invariants, ListedJobs, Meddler, SwarmCase};
use crate::time::{SimDuration, SimTime};
use crate::workload::Workload;

impl SwarmCase {
    /// The engine of the case, with the [`Invariants`] and further observers.
    pub fn engine(self, seed: u64, observers: Vec<Box<dyn Observer>>) -> Engine {
        self.engine_of(seed, observers, |jobs| Box::new(jobs))
    }

    /// The same with a workload made of its jobs.
    pub fn engine_of(
        self,
        seed: u64,
        observers: Vec<Box<dyn Observer>>,
        workload: impl FnOnce(ListedJobs) -> Box<dyn Workload>,
    ) -> Engine {
        let Self { cluster, words, jobs, rules, failures, meddled } = self;
        let meddler = Meddler { period: SimDuration::from_secs(150) };
        let mut all: Vec<Box<dyn Observer>> = vec![Box::new(Invariants::default())];
        all.extend(observers);
        Engine::new(Parts {
            cluster,
            words,
            workload: workload(ListedJobs::new(jobs)),
            predictor: Box::new(Requested),
            controllers: if meddled { vec![Box::new(meddler)] } else { Vec::new() },
            observers: all,
            failures,
            rules,
            limits: Limits { until: SimTime::from_secs(40_000), events_max: 2_000_000 },
            seed,
        })
    }
}

/// A loop outside the engine; at decision `fork_at` it goes on with a clone and drops the original.
///
/// # Panics
/// If the engine reports an error: every drawn case is possible.
pub fn run_by_steps(mut engine: Engine, mut policy: Box<dyn Policy>, fork_at: u64) -> Summary {
    engine.attach(&mut *policy);
    let mut decision = 0;
    loop {
        match engine.advance().expect("every drawn case is possible") {
            Step::Finished(summary) => return summary,
            Step::Decide => {
                if decision == fork_at {
                    (engine, policy) = (engine.clone(), policy.fork());
                }
                policy.decide(&mut engine.decision());
                engine.commit();
                decision += 1;
            }
        }
    }
}
