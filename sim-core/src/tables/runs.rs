//! Executions: what runs where, since when.

use smallvec::SmallVec;

use crate::action::Slot;
use crate::event::End;
use crate::ids::{JobId, RunId};
use crate::queue::Ticket;
use crate::time::{SimDuration, SimTime};

/// Whether an execution holds capacity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RunState {
    /// The slot of the table is free.
    Gone,
    /// It runs.
    Active,
    /// It was preempted and is about to let go of its nodes.
    Stopping,
    /// It has ended; its record may still be read at this instant.
    Ended,
}

/// One execution of a job, or of one task of an independent job.
#[derive(Clone, Debug)]
pub struct Run {
    pub(crate) job: JobId,
    pub(crate) start: SimTime,
    /// Start of the part of the execution with the present placement.
    pub(crate) segment: SimTime,
    /// Time at the start of the segment during which no work is done.
    pub(crate) overhead: SimDuration,
    /// Work left at the start of the segment, in service time at full width and nominal speed.
    pub(crate) work: SimDuration,
    /// Progress per time: width x speed / (tasks x nominal), as numerator and denominator.
    pub(crate) rate: (u64, u64),
    pub(crate) slots: SmallVec<[Slot; 2]>,
    /// The task of an independent job.
    pub(crate) task: Option<u32>,
    pub(crate) state: RunState,
    pub(crate) outcome: End,
    pub(crate) end_ticket: Ticket,
    pub(crate) expire_ticket: Ticket,
    pub(crate) prev_of_job: Option<RunId>,
    pub(crate) next_of_job: Option<RunId>,
}

impl Run {
    /// The job it executes.
    #[inline]
    pub fn job(&self) -> JobId {
        self.job
    }

    /// When it started.
    #[inline]
    pub fn start(&self) -> SimTime {
        self.start
    }

    /// Where its tasks run.
    #[inline]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The task it executes, for independent jobs of several tasks.
    pub fn task(&self) -> Option<u32> {
        self.task
    }

    /// True if it was preempted and has not let go of its nodes yet.
    #[inline]
    pub fn is_stopping(&self) -> bool {
        self.state == RunState::Stopping
    }

    /// Time at its start, or since it was last moved, during which no work is done: a restart.
    pub fn overhead(&self) -> SimDuration {
        self.overhead
    }

    /// Work done by `now` since it was started or last moved, in service time at full width and nominal speed.
    pub fn progress(&self, now: SimTime) -> SimDuration {
        let busy = now.since(self.segment).saturating_sub(self.overhead);
        busy.scale_floor(self.rate.0, self.rate.1).min(self.work)
    }

    /// When `work` of the segment's work will be done.
    pub(crate) fn time_of(&self, work: SimDuration) -> SimTime {
        let busy = work.scale_ceil(self.rate.1, self.rate.0);
        self.segment.saturating_add(self.overhead).saturating_add(busy)
    }
}

/// Executions by id; ids are recycled after the instant of their end.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunTable {
    runs: Vec<Run>,
    free: Vec<RunId>,
    live: usize,
}

impl RunTable {
    /// Adds an execution and returns its id.
    pub(crate) fn insert(&mut self, job: JobId, slots: &[Slot], now: SimTime, task: Option<u32>) -> RunId {
        self.live += 1;
        if let Some(id) = self.free.pop() {
            let run = &mut self.runs[id.index()];
            (run.job, run.start, run.segment, run.task) = (job, now, now, task);
            run.slots.clear();
            run.slots.extend_from_slice(slots);
            run.state = RunState::Active;
            (run.prev_of_job, run.next_of_job) = (None, None);
            return id;
        }
        let id = RunId::from_index(self.runs.len());
        self.runs.push(Run {
            job,
            start: now,
            segment: now,
            overhead: SimDuration::ZERO,
            work: SimDuration::ZERO,
            rate: (1, 1),
            slots: SmallVec::from_slice(slots),
            task,
            state: RunState::Active,
            outcome: End::Completed,
            end_ticket: Ticket::NONE,
            expire_ticket: Ticket::NONE,
            prev_of_job: None,
            next_of_job: None,
        });
        id
    }

    #[inline]
    pub(crate) fn get(&self, id: RunId) -> &Run {
        &self.runs[id.index()]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: RunId) -> &mut Run {
        &mut self.runs[id.index()]
    }

    /// Gives the id back.
    pub(crate) fn recycle(&mut self, id: RunId) {
        let run = self.get_mut(id);
        assert!(run.state != RunState::Gone, "execution {id:?} was recycled twice");
        run.state = RunState::Gone;
        self.free.push(id);
        self.live -= 1;
    }

    /// Executions that hold capacity, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RunId, &Run)> {
        let holds = |run: &Run| matches!(run.state, RunState::Active | RunState::Stopping);
        let runs = self.runs.iter().enumerate().filter(move |(_, run)| holds(run));
        runs.map(|(n, run)| (RunId::from_index(n), run))
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }
}
