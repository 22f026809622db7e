//! Rules of sharing: which child of an inner queue goes first.

mod by_job;
mod by_share;

use std::sync::Arc;

use sim_core::registry::{About, Params};
use sim_core::{JobId, Resources, SimDuration};

pub(super) use by_job::InOrder;
pub(super) use by_share::{WHOLE, dominant};

use super::fraction::Fraction;
use crate::order::OrderKey;

/// What a rule sees of a child.
#[derive(Clone, Copy, Debug)]
pub struct Child<'a> {
    /// What its executions hold, per lane.
    pub held: &'a [u64; 8],
    /// What its executions hold in the eyes of its parent [2^-40 of the cluster's capacity per lane], where the child
    /// rescales the shares of its own children.
    pub rescaled: Option<&'a [u64; 8]>,
    /// Capacity of the nodes that are up, per lane.
    pub total: &'a [u64; 8],
    /// Its weight [parts per million].
    pub weight_ppm: u64,
    /// Its guaranteed part of the cluster [parts per million].
    pub guaranteed_ppm: u64,
    /// Its nominal quota per lane, where it has one.
    pub quota: &'a [Option<u64>; 8],
    /// Its decayed usage, where the rule has a half-life [lane units x seconds].
    pub usage: f64,
    /// What its next job asks for to start.
    pub demand: &'a Resources,
    /// How many tasks that is of.
    pub tasks: u32,
    /// Its next job.
    pub next: &'a Next,
}

/// The job that would be next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Next {
    /// The job.
    pub job: JobId,
    /// When it was submitted \[ns\].
    pub submit_ns: u64,
    /// Its priority, those of its queues below the rule included.
    pub priority: i64,
    /// Its place in its own queue.
    pub key: OrderKey,
}

/// A child's place among its siblings: the lowest goes first; ties go to the child whose next job was submitted first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    /// Compared first.
    pub class: i64,
    /// Compared next.
    pub share: Fraction,
    /// Compared last.
    pub order: i128,
}

impl Key {
    /// A key of a share alone.
    #[inline]
    pub fn share(share: Fraction) -> Self {
        Self { class: 0, share, order: 0 }
    }
}

/// Decayed usage instead of what is held now.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Decay {
    /// The lane that is used, by its column.
    pub lane: usize,
    /// Time in which past usage loses half of its weight \[s\].
    pub half_life: f64,
    /// Time between two readings of the meter.
    pub period: SimDuration,
}

/// A rule of sharing. It has no state: what it compares is kept by the queues.
pub trait ShareRule: Send + Sync {
    /// The name in results.
    fn name(&self) -> &str;

    /// The child's place.
    fn key(&self, child: &Child<'_>) -> Key;

    /// How usage decays, if that is what the rule compares.
    fn decay(&self) -> Option<Decay> {
        None
    }

    /// True if a queue under this rule shows its parent the sum of its children's shares rescaled to the least of them
    /// (H-DRF), instead of the sum of what they hold.
    fn rescales(&self) -> bool {
        false
    }
}

/// The registered rules.
pub const SHARES: &[About] = &[
    by_job::FIFO,
    by_job::PRIORITY,
    by_share::FAIR,
    by_share::DRF,
    by_share::HDRF,
    by_share::CAPACITY,
    by_job::COHORT,
];

/// The rule of that name.
///
/// # Panics
/// If there is none: names are checked against [`SHARES`] before.
pub(super) fn build(name: &str, params: &Params) -> Arc<dyn ShareRule> {
    match name {
        "fifo" | "priority" | "cohort" => by_job::build(name, params),
        "fair" | "drf" | "hdrf" | "capacity" => by_share::build(name, params),
        _ => panic!("no rule of sharing is called {name}"),
    }
}
