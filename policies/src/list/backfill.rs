//! Backfilling: jobs that pass the head of the queue as far as they do not delay what was promised.
//!
//! How long a job should run is the `p90` of its estimate, which is exceeded in one case of ten, or the time at which
//! it is killed if that is earlier. One that has outlived its estimate counts as ending at once, until its predictor
//! has revised it (Tsafrir, Etsion, Feitelson, Backfilling using system-generated predictions rather than user runtime
//! estimates, IEEE TPDS 2007): what is planned for then is late by as much as it runs on. A job of unknown length is
//! never short, and what waits for its end has no planned start.

mod beside;
mod candidates;
mod closed;
mod conservative;
mod easy;
mod ends;
mod extent;
mod profile;
mod shadow;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Decision, Event, JobId, View};

use crate::order::{self, JobOrder, OrderKey};
use crate::placer::Placer;
use conservative::Conservative;
use easy::Easy;

/// The kinds of backfilling.
pub const BACKFILLS: &[About] = &[
    About {
        name: "none",
        doc: "Nobody passes the head of the queue.",
        source: "Folklore; Feitelson and Weil, IPPS 1998, as the baseline of backfilling.",
        params: &[],
    },
    About {
        name: "easy",
        doc: "While the head of the queue does not fit, it gets a planned start: when enough of what runs \
              should have ended. Others start if they should end by then, or if the head would still fit \
              then. Works on real nodes: all lanes, cards and labels.",
        source: "Lifka, The ANL/IBM SP scheduling system, JSSPP 1995; Mu'alem and Feitelson, Utilization, \
                 predictability, workloads, and user runtime estimates in scheduling the IBM SP2 with \
                 backfilling, IEEE TPDS 2001.",
        params: &[Param::optional(
            "candidates",
            Kind::Plugin("order"),
            "the order in which jobs are tried that may pass the head, such as `sjf`; by default that of the queue",
        )],
    },
    About {
        name: "conservative",
        doc: "Every waiting job has a planned start, the earliest at which it delays nobody before it. \
              Plans count the capacity of all nodes together: on nodes where free capacity may lie in \
              pieces, a job that is due and does not fit holds up the others as the head does in `easy`.",
        source: "Mu'alem and Feitelson, IEEE TPDS 2001; Feitelson and Weil, Utilization and predictability in \
                 scheduling the IBM SP2 with backfilling, IPPS 1998.",
        params: &[Param::with_default(
            "plan",
            Kind::Choice(&["replan", "keep"]),
            "\"replan\"",
            "what becomes of planned starts when something comes otherwise than planned: all jobs are planned anew \
             in the order of the queue, or each keeps its planned start unless it can have an earlier one",
        )],
    },
];

/// What a list policy does while the head of its queue does not fit.
pub enum Backfill {
    /// EASY, with the order of candidates if it is not that of the queue.
    Easy(Option<Box<dyn JobOrder>>),
    /// Conservative; true: planned starts are kept.
    Conservative(bool),
}

impl Backfill {
    /// The backfilling of that name; `None` for none.
    ///
    /// # Panics
    /// If there is none of that name: names are checked against [`BACKFILLS`] before.
    pub fn build(name: &str, params: &Params) -> Option<Self> {
        match name {
            "none" => None,
            "easy" => {
                let candidates = params.plugin("candidates");
                Some(Backfill::Easy(candidates.map(|(name, params)| order::build(name, params))))
            }
            "conservative" => Some(Backfill::Conservative(params.text("plan") == "keep")),
            _ => panic!("no backfilling is called {name}"),
        }
    }
}

/// A queue with backfilling.
pub(super) enum Backfilling {
    Easy { queue: Box<Easy>, candidates: Option<Box<dyn JobOrder>> },
    Conservative(Box<Conservative>),
}

impl Backfilling {
    pub(super) fn new(backfill: Backfill) -> Self {
        match backfill {
            Backfill::Easy(candidates) => Backfilling::Easy { queue: Box::default(), candidates },
            Backfill::Conservative(keeps) => Backfilling::Conservative(Box::new(Conservative::new(keeps))),
        }
    }

    /// The ending of the policy's name.
    pub(super) fn suffix(&self) -> String {
        match self {
            Backfilling::Easy { candidates: None, .. } => "/easy".into(),
            Backfilling::Easy { candidates: Some(order), .. } => format!("/easy-{}", order.name()),
            Backfilling::Conservative(plan) => plan.name().into(),
        }
    }

    /// A run begins, or this policy takes over.
    pub(super) fn attach(&mut self, view: View<'_>) {
        match self {
            Backfilling::Easy { queue, candidates } => {
                candidates.iter_mut().for_each(|order| order.seed(view.draws("order")));
                queue.clear(view);
            }
            Backfilling::Conservative(plan) => plan.clear(view),
        }
    }

    /// True if keys of candidates change while jobs wait.
    pub(super) fn moves(&self) -> bool {
        matches!(self, Backfilling::Easy { candidates: Some(order), .. } if order.moves())
    }

    /// Forgets the order of the queue, which is entered anew.
    pub(super) fn clear(&mut self) {
        match self {
            Backfilling::Easy { queue, .. } => queue.clear_queue(),
            Backfilling::Conservative(plan) => plan.clear_queue(),
        }
    }

    pub(super) fn insert(&mut self, key: OrderKey, job: JobId, view: View<'_>) {
        match self {
            Backfilling::Easy { queue, candidates } => {
                let candidate = candidates.as_ref().map_or(key, |order| order.key(job, view));
                queue.insert(key, candidate, job, view);
            }
            Backfilling::Conservative(plan) => plan.insert((key, job)),
        }
    }

    /// Follows an event since the last decision, in order.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) {
        match self {
            Backfilling::Easy { queue, .. } => queue.follow(event, view),
            Backfilling::Conservative(plan) => plan.follow(event, view),
        }
    }

    pub(super) fn decide(&mut self, placer: &mut dyn Placer, cx: &mut Decision<'_>) {
        match self {
            Backfilling::Easy { queue, .. } => queue.decide(placer, cx),
            Backfilling::Conservative(plan) => plan.decide(placer, cx),
        }
    }

    pub(super) fn fork(&self) -> Self {
        match self {
            Backfilling::Easy { queue, candidates } => Backfilling::Easy {
                queue: queue.clone(),
                candidates: candidates.as_ref().map(|order| order.fork()),
            },
            Backfilling::Conservative(plan) => Backfilling::Conservative(plan.clone()),
        }
    }
}
