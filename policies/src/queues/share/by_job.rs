//! Rules that compare the next jobs of the children: first come first served, priority with ageing, cohorts.

use std::sync::Arc;

use sim_core::SimDuration;
use sim_core::registry::{About, Kind, Param, Params};

use super::{Child, Key, ShareRule};
use crate::queues::fraction::Fraction;

pub(super) const FIFO: About = About {
    name: "fifo",
    doc: "The child whose next job was submitted first: queues bound shares, but do not share.",
    source: "Hadoop FIFO scheduler; Kueue's StrictFIFO and BestEffortFIFO.",
    params: &[],
};

pub(super) const PRIORITY: About = About {
    name: "priority",
    doc: "The child whose next job has the highest priority: its own plus that of each of its queues below \
          the rule. Ties go to the earlier submission. With `age_every` a job's priority grows by one in \
          every such span since its submission, continuously, so that none starves: a job that is \
          submitted `n` spans later needs more than `n` levels to go first.",
    source: "Kubernetes PrioritySort; ageing as in Silberschatz, Galvin, Gagne, Operating System Concepts, 5.3.4.",
    params: &[Param::optional(
        "age_every",
        Kind::Duration,
        "the wait that is worth one level of priority; without it, low levels may starve",
    )],
};

pub(super) const COHORT: About = About {
    name: "cohort",
    doc: "Children whose next job stays within their `quota` go before those that would borrow; then the \
          highest priority, as under `priority`; then the earliest submission.",
    source: "Kueue, ClusterQueue: admission order within a cohort.",
    params: &[],
};

pub(super) fn build(name: &str, params: &Params) -> Arc<dyn ShareRule> {
    match name {
        "fifo" => Arc::new(Fifo),
        "cohort" => Arc::new(Cohort),
        _ => Arc::new(Priority {
            age_every: params.duration_opt("age_every").filter(|&d| d > SimDuration::ZERO),
        }),
    }
}

struct Fifo;

impl ShareRule for Fifo {
    fn name(&self) -> &str {
        FIFO.name
    }

    #[inline]
    fn key(&self, child: &Child<'_>) -> Key {
        Key { class: 0, share: Fraction::ZERO, order: i128::from(child.next.submit_ns) }
    }
}

struct Priority {
    age_every: Option<SimDuration>,
}

impl ShareRule for Priority {
    fn name(&self) -> &str {
        PRIORITY.name
    }

    #[inline]
    fn key(&self, child: &Child<'_>) -> Key {
        let (priority, submit) = (child.next.priority, i128::from(child.next.submit_ns));
        let (class, order) = match self.age_every {
            None => (-priority, submit),
            // priority + (now - submit) / every falls with this, whatever the time is.
            Some(every) => (0, submit - i128::from(priority) * i128::from(every.as_ns())),
        };
        Key { class, share: Fraction::ZERO, order }
    }
}

struct Cohort;

impl ShareRule for Cohort {
    fn name(&self) -> &str {
        COHORT.name
    }

    #[inline]
    fn key(&self, child: &Child<'_>) -> Key {
        let exceeds = |lane: usize| {
            let more = u64::from(child.demand.0[lane]) * u64::from(child.tasks);
            more > 0 && child.quota[lane].is_some_and(|quota| child.held[lane] + more > quota)
        };
        let borrows = (0..8).any(exceeds);
        let order = (-i128::from(child.next.priority) << 64) + i128::from(child.next.submit_ns);
        Key { class: i64::from(borrows), share: Fraction::ZERO, order }
    }
}

/// The users of a queue, whose jobs go in the queue's own order.
pub(in crate::queues) struct InOrder;

impl ShareRule for InOrder {
    fn name(&self) -> &str {
        "order"
    }

    #[inline]
    fn key(&self, child: &Child<'_>) -> Key {
        Key { class: child.next.key.0, share: Fraction::ZERO, order: 0 }
    }
}
