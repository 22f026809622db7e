//! Whether the seeds so far are enough: every policy beside the first one, at every point.

use std::collections::BTreeMap;

use analysis::Reached;

use crate::scenario::{EnoughSeeds, RunSpec, Scenario};

/// One policy at one point.
#[derive(Clone, PartialEq, Debug)]
pub struct ReachedAt {
    /// The policy.
    pub policy: String,
    /// The point of the sweep.
    pub axes: Vec<(String, String)>,
    /// What its differences to the first policy have come to; its own mean if there is no other policy.
    pub reached: Reached,
}

/// What a sweep came to whose results decide how many seeds there are.
#[derive(Clone, PartialEq, Debug)]
pub struct Replicated {
    /// The rule.
    pub enough: EnoughSeeds,
    /// Seeds that were run.
    pub seeds: usize,
    /// The first policy, to which the others are compared.
    pub baseline: String,
    /// By point, then policy.
    pub reached: Vec<ReachedAt>,
}

impl Replicated {
    /// True if all intervals are narrow enough.
    pub fn is_met(&self) -> bool {
        self.reached.iter().all(|at| at.reached.is_met())
    }
}

/// Judges the first `seeds` seeds by the values of the metric, by id of the run.
pub(super) fn judge(
    scenario: &Scenario,
    enough: &EnoughSeeds,
    seeds: usize,
    values: &BTreeMap<String, f64>,
) -> Replicated {
    let mut reached = Vec::new();
    for (point, at) in scenario.points.iter().enumerate() {
        let of = |policy: usize| -> Vec<Option<f64>> {
            let run = |&seed: &u64| scenario.id(RunSpec { point, policy, seed });
            scenario.seeds[..seeds].iter().map(|seed| values.get(&run(seed)).copied()).collect()
        };
        let baseline = of(0);
        let judged = if at.policies.len() == 1 { 0..1 } else { 1..at.policies.len() };
        for policy in judged {
            let other = (policy > 0).then(|| of(policy));
            reached.push(ReachedAt {
                policy: at.policies[policy].name.clone(),
                axes: at.axes.clone(),
                reached: enough.rule.reached(&baseline, other.as_deref()),
            });
        }
    }
    let baseline = scenario.points[0].policies[0].name.clone();
    Replicated { enough: enough.clone(), seeds, baseline, reached }
}
