//! Ranks: who of all unfinished jobs deserves capacity most.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{JobId, View};

use super::attained;
use super::ledger::Account;
use crate::order::OrderKey;
use crate::placer::LaneRule;

/// A rank of unfinished jobs, waiting or running: the lowest key goes first.
///
/// Keys of waiting jobs stand still until [`Rank::learn`] says otherwise. Those of running jobs may improve at any
/// time, and worsen only where [`Rank::falls_at`] foresees it.
pub trait Rank: Send {
    /// The name in results.
    fn name(&self) -> &str;

    /// What one task of the job counts for, in thousandths of a GPU, a core, or another unit.
    fn size(&self, job: JobId, view: View<'_>) -> u64 {
        task_size(LaneRule::Auto, job, view)
    }

    /// The job's key now; `account` is up to date.
    fn key(&self, job: JobId, account: &Account, view: View<'_>) -> OrderKey;

    /// The service, in task-nanoseconds since the last promotion, at which the key of the job is to be looked at again;
    /// `None` if it never changes by service.
    fn falls_at(&self, _account: &Account) -> Option<u128> {
        None
    }

    /// True if keys change while jobs run, otherwise than by [`Rank::falls_at`]. They are asked for anew then at each
    /// decision that has to choose among running jobs: O(running).
    fn moves_while_running(&self) -> bool {
        false
    }

    /// A waiting job forgets the service that it has received once it has waited so many times as long as it has run.
    fn promotes(&self) -> Option<u64> {
        None
    }

    /// A job has completed, with this account. True if keys of waiting jobs have changed.
    fn learn(&mut self, _account: &Account) -> bool {
        false
    }

    /// An independent rank in the same state.
    fn fork(&self) -> Box<dyn Rank>;
}

/// The resource in which ranks measure jobs.
pub(super) const LANE: Param = Param::with_default(
    "lane",
    Kind::Choice(&["auto", "cpu", "memory", "gpu", "disk", "net", "extra1", "extra2", "extra3"]),
    "\"auto\"",
    "the resource that a job's size is measured in: tasks x request; `auto`: gpu for tasks that ask for GPUs, else cpu",
);

/// The registered ranks.
pub const RANKS: &[About] = &[
    About {
        name: "srpt",
        doc: "Shortest remaining time first: estimated run time less the work done. Unknown times come last.",
        source: "Schrage, A proof of the optimality of the shortest remaining processing time discipline, Oper. Res. \
                 1968.",
        params: &[],
    },
    About {
        name: "srsf",
        doc: "Shortest remaining service first: estimated time left x size of the job.",
        source: "Gu et al., Tiresias, NSDI 2019, section 3.1.",
        params: &[LANE],
    },
    About {
        name: "smallest",
        doc: "Smallest job first, whatever it has done: by tasks x request.",
        source: "Majumdar, Eager, Bunt, SIGMETRICS 1988, with preemption.",
        params: &[LANE],
    },
    About {
        name: "fifo",
        doc: "First come, first served: later jobs that were let through make way for an earlier one.",
        source: "Folklore; with suspension of what was backfilled.",
        params: &[],
    },
    attained::LAS,
    attained::DLAS,
    attained::LAS_2D,
    attained::GITTINS,
];

/// The rank of that name.
///
/// # Panics
/// If there is none: names are checked against [`RANKS`] before.
pub fn build(name: &str, params: &Params) -> Box<dyn Rank> {
    let lane = || LaneRule::from(params);
    match name {
        "srpt" => Box::new(Plain::Srpt),
        "srsf" => Box::new(Plain::Srsf(lane())),
        "smallest" => Box::new(Plain::Smallest(lane())),
        "fifo" => Box::new(Plain::Fifo),
        _ => attained::build(name, params).unwrap_or_else(|| panic!("no rank is called {name}")),
    }
}

/// What one task asks for in the lane of the rule, in thousandths of its unit.
pub(super) fn task_size(lane: LaneRule, job: JobId, view: View<'_>) -> u64 {
    let shape = view.shape(job);
    u64::from(shape.need().get(lane.of(shape)))
}

/// Ranks that need no account.
#[derive(Clone, Copy, Debug)]
enum Plain {
    Srpt,
    Srsf(LaneRule),
    Smallest(LaneRule),
    Fifo,
}

/// Estimated time less the work done \[ns\]; `None` if there is no estimate.
fn remaining_ns(job: JobId, view: View<'_>) -> Option<u64> {
    let expected = view.job(job).estimate().p50.as_ns();
    (expected != u64::MAX).then(|| expected.saturating_sub(view.work_done(job).as_ns()))
}

impl Rank for Plain {
    fn name(&self) -> &str {
        match self {
            Plain::Srpt => "srpt",
            Plain::Srsf(_) => "srsf",
            Plain::Smallest(_) => "smallest",
            Plain::Fifo => "fifo",
        }
    }

    fn size(&self, job: JobId, view: View<'_>) -> u64 {
        match *self {
            Plain::Srsf(lane) | Plain::Smallest(lane) => task_size(lane, job, view),
            Plain::Srpt | Plain::Fifo => 0,
        }
    }

    fn key(&self, job: JobId, account: &Account, view: View<'_>) -> OrderKey {
        let size = account.size.saturating_mul(u64::from(account.tasks));
        OrderKey::ascending(match *self {
            Plain::Srpt => remaining_ns(job, view).unwrap_or(u64::MAX),
            Plain::Srsf(_) => remaining_ns(job, view).map_or(u64::MAX, |ns| {
                // In millionths of a unit-second, the finest grain that leaves room for large jobs.
                let service = u128::from(ns) * u128::from(size) / 1_000_000;
                u64::try_from(service).unwrap_or(u64::MAX - 1)
            }),
            Plain::Smallest(_) => size,
            Plain::Fifo => view.job(job).facts().submit.as_ns(),
        })
    }

    fn moves_while_running(&self) -> bool {
        matches!(self, Plain::Srpt | Plain::Srsf(_))
    }

    fn fork(&self) -> Box<dyn Rank> {
        Box::new(*self)
    }
}
