//! Random cases as engines, and the two ways of driving them.

use sim_core::testkit::{self, swarm_case};
use sim_core::{Engine, Policy, Summary};

/// The engine of the case that belongs to `seed`.
pub(crate) fn engine(seed: u64) -> Engine {
    swarm_case(seed).engine(seed, Vec::new())
}

/// The engine's own loop.
pub(crate) fn run(seed: u64, policy: &mut dyn Policy) -> Summary {
    engine(seed).run(policy).expect("every drawn case is possible")
}

/// A loop outside the engine; at decision `fork_at` it goes on with a clone and drops the original.
pub(crate) fn run_by_steps(seed: u64, policy: Box<dyn Policy>, fork_at: u64) -> Summary {
    testkit::run_by_steps(engine(seed), policy, fork_at)
}
