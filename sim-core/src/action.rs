//! What a policy may do, as plain data, and how the engine may refuse it.

use thiserror::Error;

use crate::ids::{GroupId, JobId, NodeId, ReservationId, WakeId};
use crate::resources::Resources;
use crate::time::SimTime;

/// A set of GPU cards of one node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct CardSet(pub u32);

impl CardSet {
    /// No cards.
    pub const NONE: Self = Self(0);

    /// How many cards are in it.
    #[inline]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// True if no card is in it.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The card numbers, ascending.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..32).filter(move |card| self.0 >> card & 1 == 1)
    }

    /// This set with `card` in it.
    #[must_use]
    pub const fn with(self, card: u32) -> Self {
        Self(self.0 | 1 << card)
    }
}

/// Where one task runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slot {
    /// The node.
    pub node: NodeId,
    /// The cards on it; empty for tasks without GPU.
    pub cards: CardSet,
}

impl Slot {
    /// A task on `node` that uses no GPU.
    pub const fn on(node: NodeId) -> Self {
        Self { node, cards: CardSet::NONE }
    }
}

/// Where each of a number of tasks runs.
pub type Placement = Vec<Slot>;

/// How a running job is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Preempt {
    /// It ends.
    Kill,
    /// It waits again, with the work up to its last checkpoint.
    Requeue,
    /// It waits again, with all its work.
    Suspend,
}

/// What a policy may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Starts a waiting job, or further tasks of an independent one.
    Start {
        /// The job.
        job: JobId,
        /// One slot per task.
        place: Placement,
    },
    /// Stops a running job.
    Preempt {
        /// The job.
        job: JobId,
        /// What becomes of it.
        how: Preempt,
    },
    /// Gives a running elastic job another width or place.
    Resize {
        /// The job.
        job: JobId,
        /// One slot per task from now on.
        place: Placement,
    },
    /// Moves a running gang; it pays its restart cost.
    Migrate {
        /// The job.
        job: JobId,
        /// One slot per task from now on.
        place: Placement,
    },
    /// Promises capacity to a waiting job. The engine starts it at `start` and lets nothing else in the way.
    Reserve {
        /// The job.
        job: JobId,
        /// When it will start.
        start: SimTime,
        /// One slot per task.
        place: Placement,
    },
    /// Gives a reservation up.
    Unreserve {
        /// The reservation.
        id: ReservationId,
    },
    /// Takes capacity for some tasks of a waiting gang, and keeps it until the gang has enough to start.
    Hold {
        /// The job.
        job: JobId,
        /// One slot per further task.
        place: Placement,
    },
    /// Gives back all that a waiting gang holds.
    Release {
        /// The job.
        job: JobId,
    },
    /// Refuses a waiting job for good.
    Reject {
        /// The job.
        job: JobId,
    },
    /// Sets how many nodes of a group are to be on.
    Scale {
        /// The group.
        group: GroupId,
        /// Nodes, within the group's limits.
        target: u32,
    },
    /// Asks for a decision at a later instant.
    Wake {
        /// The policy's own name for it.
        id: WakeId,
        /// When.
        at: SimTime,
    },
}

/// Why an action was not applied. A normal answer, not an error: nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Refused {
    /// The job does not wait for a start.
    #[error("job {0:?} is not waiting")]
    NotWaiting(JobId),
    /// The job does not run.
    #[error("job {0:?} is not running")]
    NotRunning(JobId),
    /// The job holds no capacity.
    #[error("job {0:?} holds nothing")]
    HoldsNothing(JobId),
    /// The number of slots is not one the job can run on.
    #[error("job {job:?} runs on {min} to {max} tasks, not on {got}")]
    WrongWidth {
        /// The job.
        job: JobId,
        /// Fewest slots.
        min: u32,
        /// Most slots.
        max: u32,
        /// Slots given.
        got: u32,
    },
    /// A node has not enough left.
    #[error("job {job:?} needs {need} on node {node:?}, which has {free} left")]
    DoesNotFit {
        /// The job.
        job: JobId,
        /// The node.
        node: NodeId,
        /// The task's request.
        need: Resources,
        /// What is left.
        free: Resources,
    },
    /// The named cards are not the ones the task needs, or have not enough left.
    #[error("the cards named for job {job:?} on node {node:?} do not serve its request")]
    WrongCards {
        /// The job.
        job: JobId,
        /// The node.
        node: NodeId,
    },
    /// A label, anti-affinity (density) or spread rule of the job forbids the node, or a window keeps the job off it.
    #[error("a constraint or a window forbids job {job:?} node {node:?}")]
    Forbidden {
        /// The job.
        job: JobId,
        /// The node.
        node: NodeId,
    },
    /// The node does not accept tasks.
    #[error("node {0:?} is not up")]
    NodeDown(NodeId),
    /// There is no such node.
    #[error("there is no node {0:?}")]
    NoSuchNode(NodeId),
    /// A reservation of another job stands in the way.
    #[error("job {job:?} on node {node:?} would delay reservation {reservation:?}")]
    Reserved {
        /// The job.
        job: JobId,
        /// The node.
        node: NodeId,
        /// The reservation.
        reservation: ReservationId,
    },
    /// There is no such reservation.
    #[error("there is no reservation {0:?}")]
    NoSuchReservation(ReservationId),
    /// The time has passed.
    #[error("{at} is before {now}")]
    InThePast {
        /// The time asked for.
        at: SimTime,
        /// The time it is.
        now: SimTime,
    },
    /// The group cannot have that many nodes, or there is no such group.
    #[error("group {group:?} has {min} to {max} nodes, not {target}")]
    ScaleOutOfRange {
        /// The group.
        group: GroupId,
        /// The size asked for.
        target: u32,
        /// Fewest nodes.
        min: u32,
        /// Most nodes.
        max: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_sets_count_and_list_their_cards() {
        let cards = CardSet::NONE.with(0).with(5);
        assert_eq!((cards.len(), cards.iter().collect::<Vec<_>>()), (2, vec![0, 5]));
        assert!(CardSet::NONE.is_empty());
    }
}
