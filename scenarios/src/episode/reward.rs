//! Rewards: what a step of an agent is worth, by a name.

use analysis::{Totals, bounded_slowdown};
use sim_core::{SimDuration, View};

/// What an agent is rewarded for. All are costs with a minus sign, so that more is better.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reward {
    /// At each step.
    Dense(Cost),
    /// Nothing before the end of the episode, then minus the mean over the jobs that were submitted.
    AtEnd(Cost),
}

/// A sum over jobs that an agent should keep small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cost {
    /// Time in the system \[s\].
    Jct,
    /// Time to the first start \[s\].
    Wait,
    /// Bounded slowdown.
    BoundedSlowdown,
}

/// A reward as users name it.
#[derive(Clone, Copy, Debug)]
pub struct NamedReward {
    /// Its name.
    pub name: &'static str,
    /// Which it is.
    pub reward: Reward,
    /// What it is, exactly.
    pub doc: &'static str,
}

/// The rewards that there are.
pub const REWARDS: &[NamedReward] = &[
    NamedReward {
        name: "jct",
        reward: Reward::Dense(Cost::Jct),
        doc: "minus the time integral of the number of jobs in the system [job s]; over an episode in which all jobs \
              run, -jct_mean x jobs",
    },
    NamedReward {
        name: "wait",
        reward: Reward::Dense(Cost::Wait),
        doc: "minus the time integral of the number of jobs that have not started [job s]; over an episode in which \
              all jobs run, -wait_mean x jobs",
    },
    NamedReward {
        name: "bounded_slowdown",
        reward: Reward::Dense(Cost::BoundedSlowdown),
        doc: "when a job ends, minus its bounded slowdown; over an episode in which all jobs run, \
              -bounded_slowdown_mean x jobs",
    },
    NamedReward {
        name: "jct_mean",
        reward: Reward::AtEnd(Cost::Jct),
        doc: "at the end of the episode, minus the mean time of jobs in the system [s]",
    },
    NamedReward {
        name: "wait_mean",
        reward: Reward::AtEnd(Cost::Wait),
        doc: "at the end of the episode, minus the mean time from submission to the first start [s]",
    },
    NamedReward {
        name: "bounded_slowdown_mean",
        reward: Reward::AtEnd(Cost::BoundedSlowdown),
        doc: "at the end of the episode, minus the mean bounded slowdown",
    },
];

impl Reward {
    /// The reward of that name.
    pub fn named(name: &str) -> Option<Self> {
        REWARDS.iter().find(|named| named.name == name).map(|named| named.reward)
    }
}

/// What was paid out so far.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Paid {
    ns: u128,
    slowdown: f64,
}

impl Paid {
    /// The reward of the step that ends now, and with it, if `is_last`, the episode.
    pub(super) fn step(&mut self, reward: Reward, totals: &Totals, is_last: bool) -> f64 {
        match reward {
            Reward::Dense(cost) => -self.rest(cost, totals),
            Reward::AtEnd(cost) if is_last => -self.rest(cost, totals) / totals.submitted.max(1) as f64,
            Reward::AtEnd(_) => 0.0,
        }
    }

    /// The part of the sum that was not paid for yet.
    fn rest(&mut self, cost: Cost, totals: &Totals) -> f64 {
        let ns = match cost {
            Cost::Jct => totals.in_system_ns,
            Cost::Wait => totals.waiting_ns,
            Cost::BoundedSlowdown => {
                let before = std::mem::replace(&mut self.slowdown, totals.bounded_slowdown);
                return totals.bounded_slowdown - before;
            }
        };
        let before = std::mem::replace(&mut self.ns, ns);
        (ns - before) as f64 / 1e9
    }
}

/// Adds the bounded slowdown so far of jobs that the end of the episode cuts off, with their estimates for what their
/// run times would have been: otherwise an agent would gain by leaving jobs to the end.
pub(super) fn count_cut_off(view: View<'_>, tau: SimDuration, totals: &mut Totals) {
    for job in view.unfinished() {
        let spent = view.now().since(job.facts().submit);
        totals.bounded_slowdown += bounded_slowdown(spent, job.estimate().p50, tau);
    }
}
