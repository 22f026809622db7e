//! What happens in a run, and in which order at one instant.

use crate::action::Preempt;
use crate::ids::{GroupId, JobId, NodeId, ReservationId, RunId, WakeId};

/// How an execution or a job ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// All its work is done.
    Completed,
    /// It failed by itself and has no attempt left.
    Failed,
    /// A policy or a controller stopped it for good.
    Killed,
    /// It was stopped at the end of its requested wall time.
    Timeout,
    /// Its node went down under it.
    NodeLost,
    /// A policy refused to run it.
    Rejected,
    /// A job that it depends on ended otherwise than it asked for.
    Skipped,
}

impl End {
    /// The word for `final_state` in tables.
    pub const fn name(self) -> &'static str {
        ["completed", "failed", "killed", "timeout", "node_lost", "rejected", "skipped"][self as usize]
    }

    /// True if the job was allowed to run and did not complete.
    pub const fn is_failure(self) -> bool {
        matches!(self, End::Failed | End::Killed | End::Timeout | End::NodeLost)
    }
}

/// Something that happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The node accepts tasks from now on.
    NodeUp(NodeId),
    /// The node has failed or was switched off; its executions have ended.
    NodeDown(NodeId),
    /// The job was submitted.
    Submitted(JobId),
    /// The job, or further tasks of it, wait for a start: after submission, a retry, a preemption or a hold.
    Queued(JobId),
    /// An execution of the job started.
    Started {
        /// The job.
        job: JobId,
        /// The execution; its record is readable until it ends.
        run: RunId,
    },
    /// An execution ended and its capacity is free again. Its record is readable for the last time.
    RunEnded {
        /// The job.
        job: JobId,
        /// The execution.
        run: RunId,
        /// How.
        end: End,
    },
    /// The job has ended for good. Its record is readable for the last time.
    Ended {
        /// The job.
        job: JobId,
        /// How.
        end: End,
    },
    /// The job was preempted; a `RunEnded`-like release of its capacity. The record is readable for the last time.
    Preempted {
        /// The job.
        job: JobId,
        /// The execution that was stopped.
        run: RunId,
        /// What became of it.
        how: Preempt,
    },
    /// The running job has another placement now.
    Resized {
        /// The job.
        job: JobId,
        /// The execution.
        run: RunId,
    },
    /// The job has run longer than was expected, and its estimate was revised.
    EstimateExpired(JobId),
    /// The start of a reservation has come; the job is being started on it.
    ReservationDue(ReservationId),
    /// A reservation lost one of its nodes and is void.
    ReservationBroken(ReservationId),
    /// A node group has a new target size.
    Scaled {
        /// The group.
        group: GroupId,
        /// Nodes that are to be on.
        target: u32,
    },
    /// A wake-up that a policy asked for.
    Woken(WakeId),
    /// A window has begun or is over.
    Window {
        /// Its number in [`View::windows`](crate::View::windows).
        window: u32,
        /// True at its beginning.
        opens: bool,
    },
    /// A gang that waits has taken capacity for some of its tasks, until it has enough.
    Held(JobId),
    /// A gang that waits has given back the capacity that it held.
    Released(JobId),
}

/// A set of kinds of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventMask(u32);

impl EventMask {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything.
    pub const ALL: Self = Self(!0);
    /// [`Event::NodeUp`].
    pub const NODE_UP: Self = Self(1);
    /// [`Event::NodeDown`].
    pub const NODE_DOWN: Self = Self(1 << 1);
    /// [`Event::Submitted`].
    pub const SUBMITTED: Self = Self(1 << 2);
    /// [`Event::Queued`].
    pub const QUEUED: Self = Self(1 << 3);
    /// [`Event::Started`].
    pub const STARTED: Self = Self(1 << 4);
    /// [`Event::RunEnded`].
    pub const RUN_ENDED: Self = Self(1 << 5);
    /// [`Event::Ended`].
    pub const ENDED: Self = Self(1 << 6);
    /// [`Event::Preempted`].
    pub const PREEMPTED: Self = Self(1 << 7);
    /// [`Event::Resized`].
    pub const RESIZED: Self = Self(1 << 8);
    /// [`Event::EstimateExpired`].
    pub const ESTIMATE_EXPIRED: Self = Self(1 << 9);
    /// [`Event::ReservationDue`] and [`Event::ReservationBroken`].
    pub const RESERVATION: Self = Self(1 << 10);
    /// [`Event::Scaled`].
    pub const SCALED: Self = Self(1 << 11);
    /// [`Event::Woken`].
    pub const WOKEN: Self = Self(1 << 12);
    /// [`Event::Window`].
    pub const WINDOW: Self = Self(1 << 13);
    /// [`Event::Held`].
    pub const HELD: Self = Self(1 << 14);
    /// [`Event::Released`].
    pub const RELEASED: Self = Self(1 << 15);
    /// What changes the queue or the capacity: what a scheduler usually wakes on.
    pub const SCHEDULING: Self = Self(
        Self::NODE_UP.0
            | Self::NODE_DOWN.0
            | Self::QUEUED.0
            | Self::RUN_ENDED.0
            | Self::PREEMPTED.0
            | Self::ESTIMATE_EXPIRED.0
            | Self::RESERVATION.0
            | Self::WOKEN.0
            | Self::WINDOW.0
            | Self::RELEASED.0,
    );
    /// What changes the queue, the nodes or what runs on them: whoever integrates such levels over time needs these.
    pub const LEVELS: Self = Self(
        Self::NODE_UP.0
            | Self::NODE_DOWN.0
            | Self::QUEUED.0
            | Self::STARTED.0
            | Self::RUN_ENDED.0
            | Self::ENDED.0
            | Self::PREEMPTED.0
            | Self::RESIZED.0
            | Self::HELD.0
            | Self::RELEASED.0,
    );

    /// All kinds in either set.
    #[must_use]
    pub const fn or(self, other: EventMask) -> Self {
        Self(self.0 | other.0)
    }

    /// True if the sets share a kind.
    #[inline]
    pub const fn meets(self, other: EventMask) -> bool {
        self.0 & other.0 != 0
    }
}

impl Event {
    /// The set of this kind alone.
    #[inline]
    pub const fn mask(&self) -> EventMask {
        match self {
            Event::NodeUp(_) => EventMask::NODE_UP,
            Event::NodeDown(_) => EventMask::NODE_DOWN,
            Event::Submitted(_) => EventMask::SUBMITTED,
            Event::Queued(_) => EventMask::QUEUED,
            Event::Started { .. } => EventMask::STARTED,
            Event::RunEnded { .. } => EventMask::RUN_ENDED,
            Event::Ended { .. } => EventMask::ENDED,
            Event::Preempted { .. } => EventMask::PREEMPTED,
            Event::Resized { .. } => EventMask::RESIZED,
            Event::EstimateExpired(_) => EventMask::ESTIMATE_EXPIRED,
            Event::ReservationDue(_) | Event::ReservationBroken(_) => EventMask::RESERVATION,
            Event::Scaled { .. } => EventMask::SCALED,
            Event::Woken(_) => EventMask::WOKEN,
            Event::Window { .. } => EventMask::WINDOW,
            Event::Held(_) => EventMask::HELD,
            Event::Released(_) => EventMask::RELEASED,
        }
    }

    /// Kind and operands as three integers, for the fingerprint. Executions are named by their job.
    pub(crate) const fn words(&self) -> (u64, u64, u64) {
        match *self {
            Event::NodeUp(node) => (0, node.0 as u64, 0),
            Event::NodeDown(node) => (1, node.0 as u64, 0),
            Event::Submitted(job) => (2, job.sequence(), 0),
            Event::Queued(job) => (3, job.sequence(), 0),
            Event::Started { job, .. } => (4, job.sequence(), 0),
            Event::RunEnded { job, end, .. } => (5, job.sequence(), end as u64),
            Event::Ended { job, end } => (6, job.sequence(), end as u64),
            Event::Preempted { job, how, .. } => (7, job.sequence(), how as u64),
            Event::Resized { job, .. } => (8, job.sequence(), 0),
            Event::EstimateExpired(job) => (9, job.sequence(), 0),
            Event::ReservationDue(id) => (10, id.0 as u64, 0),
            Event::ReservationBroken(id) => (11, id.0 as u64, 0),
            Event::Scaled { group, target } => (12, group.0 as u64, target as u64),
            Event::Woken(wake) => (13, wake.0 as u64, 0),
            Event::Window { window, opens } => (14, window as u64, opens as u64),
            Event::Held(job) => (15, job.sequence(), 0),
            Event::Released(job) => (16, job.sequence(), 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedulers_wake_on_capacity_and_demand_only() {
        assert!(EventMask::SCHEDULING.meets(Event::NodeUp(NodeId(0)).mask()));
        assert!(!EventMask::SCHEDULING.meets(EventMask::SUBMITTED));
        assert!(!EventMask::SCHEDULING.meets(EventMask::STARTED));
        assert!(!EventMask::NONE.meets(EventMask::ALL));
    }

    #[test]
    fn only_jobs_that_ran_can_fail() {
        assert!(End::Timeout.is_failure() && !End::Skipped.is_failure() && !End::Completed.is_failure());
        assert_eq!(End::Skipped.name(), "skipped");
    }
}
