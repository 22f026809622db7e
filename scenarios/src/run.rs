//! One run: a point of a scenario, a policy and a seed, put together and driven to its end.

use policies::Prior;
use sim_core::{Engine, Observer, Parts, Policy, Vocabulary};

use crate::foresight;
use crate::problem::Problems;
use crate::scenario::{Point, PolicySpec};
use crate::source::Source;

impl PolicySpec {
    /// A fresh policy for the jobs of `source`.
    pub fn build(&self, source: &Source) -> Box<dyn Policy> {
        policies::registry::build(&self.kind, &self.params, &Prior { typical: source.typical() })
    }
}

/// An engine at the start of a run of the point under one of its policies.
///
/// # Errors
/// If the workload cannot be opened, or not foreseen where the policy's predictor asks for that.
pub fn engine_of(
    point: &Point,
    policy: &PolicySpec,
    source: &Source,
    seed: u64,
    observers: Vec<Box<dyn Observer>>,
) -> Result<Engine, Problems> {
    let mut cluster = point.cluster.clone();
    let order = source.node_order(seed);
    if !order.is_empty() {
        cluster.node_order = order;
    }
    Ok(Engine::new(Parts {
        cluster,
        words: Vocabulary::default(),
        workload: source.workload(point, seed)?,
        predictor: foresight::predictor(point, policy, source, seed)?,
        controllers: Vec::new(),
        observers,
        failures: point.failures.clone(),
        rules: point.rules,
        limits: point.limits,
        seed,
    }))
}
