//! Ranks by attained service: least attained service, in queues or steps, and the Gittins index.

use sim_core::registry::{About, Kind, Param, Params, Value};
use sim_core::{JobId, View};

use super::gittins::Learned;
use super::ledger::Account;
use super::rank::{LANE, Rank, task_size};
use crate::order::OrderKey;
use crate::placer::LaneRule;

const LIMITS: Param = Param::with_default(
    "limits",
    Kind::List(&Kind::Duration),
    "[3250, 7200]",
    "service at which a job falls into the next queue, ascending: time [s], or time x size [s x GPUs, or x cores]; the \
     default is that of Tiresias' simulator",
);
const PROMOTE: Param = Param::optional(
    "promote",
    Kind::Int { min: 1, max: 1_000_000 },
    "a waiting job goes back to the first queue once it has waited so many times as long as it has run, counted from \
     the last time; left out: never",
);

/// The rank `las`.
pub(super) const LAS: About = About {
    name: "las",
    doc: "Least attained service first, by time run, whatever the size. Time counts in whole steps, so that \
          equals do not take turns for ever. Use it with `how = \"suspend\"`, or with checkpoints: requeued \
          jobs that keep nothing may never end.",
    source: "Nuyens and Wierman, The foreground-background queue: a survey, Performance Evaluation 2008.",
    params: &[
        Param::with_default(
            "step",
            Kind::Duration,
            "\"10m\"",
            "step of attained service, more than 0 (arbitrary)",
        ),
        PROMOTE,
    ],
};

/// The rank `dlas`.
pub(super) const DLAS: About = About {
    name: "dlas",
    doc: "Least attained service in queues, by time run: jobs of one queue do not preempt one another, and go by \
          submission.",
    source: "Gu et al., Tiresias, NSDI 2019, section 3.2, with time only.",
    params: &[LIMITS, PROMOTE],
};

/// The rank `las-2d`.
pub(super) const LAS_2D: About = About {
    name: "las-2d",
    doc: "Tiresias' discretised two-dimensional LAS: queues by time run x size of the job; those of one queue do not \
          preempt one another, and go by submission.",
    source: "Gu et al., Tiresias, NSDI 2019, section 3.2.",
    params: &[LIMITS, LANE, PROMOTE],
};

/// The rank `gittins`.
pub(super) const GITTINS: About = About {
    name: "gittins",
    doc: "Queues as of las-2d, ordered by the Gittins index of a job that has just entered the queue: the \
          best chance of completion per service, given how much service jobs need. That is read from a file, \
          or learned from jobs that completed; until one has, queues go as those of las-2d.",
    source: "Gittins, Bandit processes and dynamic allocation indices, JRSS B 1979; Aalto, Ayesta, Righter, \
             On the Gittins index in the M/G/1 queue, Queueing Systems 2009; Gu et al., Tiresias, NSDI 2019, \
             section 3.3.",
    params: &[
        LIMITS,
        LANE,
        PROMOTE,
        Param::optional(
            "path",
            Kind::Path,
            "service that jobs needed in the past [s x GPUs, or x cores]: one number a line after a first line with \
             a title; left out: learned while the run goes on",
        ),
    ],
};

/// What counts as service.
#[derive(Clone, Copy, Debug)]
enum Unit {
    /// Time [ns].
    Time,
    /// Time x size [unit-ns].
    Size(LaneRule),
}

/// Where queues end.
#[derive(Clone, Debug)]
enum Limits {
    /// Every so many nanoseconds, without end.
    Every(u64),
    /// At these, in the unit of service; the last queue has no end.
    At(Vec<u64>),
}

/// The one rank by attained service.
#[derive(Clone, Debug)]
struct Attained {
    name: &'static str,
    unit: Unit,
    limits: Limits,
    promote: Option<u64>,
    /// The place of each queue, if it is not that of its number.
    index: Option<Learned>,
}

pub(super) fn build(name: &str, params: &Params) -> Option<Box<dyn Rank>> {
    let limits = || Limits::At(params.list("limits").iter().map(as_ns).collect());
    let sized = || Unit::Size(LaneRule::from(params));
    let (name, unit, limits) = match name {
        "las" => (LAS.name, Unit::Time, Limits::Every(params.duration("step").as_ns())),
        "dlas" => (DLAS.name, Unit::Time, limits()),
        "las-2d" => (LAS_2D.name, sized(), limits()),
        "gittins" => (GITTINS.name, sized(), limits()),
        _ => return None,
    };
    let index = (name == GITTINS.name).then(|| {
        let Limits::At(limits) = &limits else { unreachable!("gittins has a list of limits") };
        let given = params.get("samples").map(|_| params.list("samples").iter().map(as_ns).collect());
        Learned::new(limits, given)
    });
    let promote = params.int_opt("promote").map(i64::unsigned_abs);
    Some(Box::new(Attained { name, unit, limits, promote, index }))
}

fn as_ns(value: &Value) -> u64 {
    match value {
        Value::Duration(span) => span.as_ns(),
        other => panic!("service is declared as durations, not {other:?}"),
    }
}

impl Attained {
    /// The service of an account in the rank's unit.
    fn service(&self, account: &Account) -> u128 {
        match self.unit {
            Unit::Time => account.time(),
            Unit::Size(_) => account.served * u128::from(account.size) / 1000,
        }
    }

    /// The number of the queue of a job with that service.
    fn queue(&self, service: u128) -> u64 {
        match &self.limits {
            Limits::Every(step) => u64::try_from(service / u128::from(*step)).unwrap_or(u64::MAX),
            Limits::At(limits) => limits.partition_point(|&limit| u128::from(limit) <= service) as u64,
        }
    }
}

impl Rank for Attained {
    fn name(&self) -> &str {
        self.name
    }

    fn size(&self, job: JobId, view: View<'_>) -> u64 {
        match self.unit {
            Unit::Time => 0,
            Unit::Size(lane) => task_size(lane, job, view),
        }
    }

    fn key(&self, _job: JobId, account: &Account, _view: View<'_>) -> OrderKey {
        let queue = self.queue(self.service(account));
        OrderKey::ascending(self.index.as_ref().map_or(queue, |index| index.place(queue)))
    }

    fn falls_at(&self, account: &Account) -> Option<u128> {
        let queue = self.queue(self.service(account));
        let limit = match &self.limits {
            Limits::Every(step) => (u128::from(queue) + 1) * u128::from(*step),
            Limits::At(limits) => u128::from(*limits.get(queue as usize)?),
        };
        match self.unit {
            Unit::Time => Some(limit * u128::from(account.tasks.max(1))),
            Unit::Size(_) if account.size == 0 => None,
            Unit::Size(_) => Some((limit * 1000).div_ceil(u128::from(account.size))),
        }
    }

    fn promotes(&self) -> Option<u64> {
        self.promote
    }

    fn learn(&mut self, account: &Account) -> bool {
        let service = account.total * u128::from(account.size) / 1000;
        self.index.as_mut().is_some_and(|index| index.add(u64::try_from(service).unwrap_or(u64::MAX)))
    }

    fn fork(&self) -> Box<dyn Rank> {
        Box::new(self.clone())
    }
}
