//! The job table: one row per job that waits, runs or is held, recycled when the job has ended.

use crate::ids::{JobId, RequestId, RunId};
use crate::job::{Job, Truth};
use crate::predictor::Estimate;
use crate::time::{SimDuration, SimTime};

/// Where a job stands, as policies may see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobStatus {
    /// Waits for its dependencies, the end of a delay or the release of a hold.
    Pending,
    /// Waits for a start. An independent job may have tasks running as well.
    Waiting,
    /// All its tasks run.
    Running,
}

/// Where a job stands, as the engine sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Pending,
    Waiting,
    Running,
}

/// Which tasks of an independent job are still to be started, and what they have done.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskState {
    /// Task numbers, the next one last.
    pub(crate) todo: Vec<u32>,
    /// Work kept from earlier executions, by task.
    pub(crate) done: Vec<SimDuration>,
    /// Attempts so far, by task.
    pub(crate) attempts: Vec<u16>,
    /// Tasks that wait for the end of a retry delay, the longest first.
    pub(crate) delayed: Vec<u32>,
}

/// Everything the engine knows of one job.
#[derive(Clone, Debug)]
pub(crate) struct JobRow {
    pub(crate) id: JobId,
    pub(crate) facts: Job,
    pub(crate) truth: Truth,
    pub(crate) request: RequestId,
    pub(crate) phase: Phase,
    /// Pays its restart cost at the next start.
    pub(crate) restarts: bool,
    pub(crate) retries: u16,
    pub(crate) preemptions: u16,
    pub(crate) attempts: u16,
    /// Tasks that wait for a start.
    pub(crate) unstarted: u32,
    /// Executions that hold capacity.
    pub(crate) running: u32,
    /// Tasks that wait for the end of a retry delay.
    pub(crate) delayed: u32,
    /// Tasks that failed for good.
    pub(crate) failed: u32,
    pub(crate) first_run: Option<RunId>,
    /// Neighbours in the waiting queue, by slot.
    pub(crate) prev: u32,
    pub(crate) next: u32,
    pub(crate) dependencies_left: u32,
    /// Work kept from earlier executions.
    pub(crate) done: SimDuration,
    /// Time the present attempt has run before it was suspended.
    pub(crate) ran: SimDuration,
    pub(crate) first_start: SimTime,
    /// The start that a policy promised first; [`SimTime::MAX`] if none did.
    pub(crate) promised: SimTime,
    pub(crate) queued: SimTime,
    /// The estimate as it stands.
    pub(crate) estimate: Estimate,
    /// The estimate at submission, once that has been revised.
    pub(crate) unrevised: Option<Box<Estimate>>,
    pub(crate) cost_micros: u64,
    pub(crate) tasks: Option<Box<TaskState>>,
}

impl JobRow {
    /// Time that the next start of the job, or of one of its independent tasks, takes before work goes on.
    pub(crate) fn restart_cost(&self, task: Option<u32>) -> SimDuration {
        // A task of an independent job restarts by itself: its siblings' fresh starts cost nothing.
        let restarts = match (task, &self.tasks) {
            (Some(task), Some(table)) => table.attempts[task as usize] > 0,
            _ => self.restarts,
        };
        if restarts { self.facts.checkpoint().restart_cost } else { SimDuration::ZERO }
    }

    /// Work that its next execution has to do.
    pub(crate) fn work_left(&self, task: Option<u32>) -> SimDuration {
        match (task, &self.tasks) {
            (Some(task), Some(table)) => {
                self.truth.task_service(task).saturating_sub(table.done[task as usize])
            }
            _ => self.truth.service().saturating_sub(self.done),
        }
    }

    /// Work that is done and kept, at full width: of independent tasks that of the longest. O(tasks) for those.
    pub(crate) fn work(&self) -> SimDuration {
        let longest = self.tasks.as_ref().and_then(|tasks| tasks.done.iter().copied().max());
        longest.unwrap_or(self.done)
    }
}

const CHUNK: usize = 1024;

/// Rows by slot, in chunks: the table grows without moving rows, and never holds two copies of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobTable {
    chunks: Vec<Vec<Option<JobRow>>>,
    free: Vec<u32>,
    slots: u32,
    submitted: u64,
}

impl JobTable {
    /// The id that the next job will get.
    pub(crate) fn next_id(&self) -> JobId {
        JobId::new(self.submitted, self.free.last().copied().unwrap_or(self.slots))
    }

    /// Adds the row of [`JobTable::next_id`].
    pub(crate) fn insert(&mut self, row: JobRow) {
        assert_eq!(row.id, self.next_id(), "a job was numbered out of turn");
        self.submitted += 1;
        match self.free.pop() {
            Some(slot) => self.chunks[slot as usize / CHUNK][slot as usize % CHUNK] = Some(row),
            None => {
                if (self.slots as usize).is_multiple_of(CHUNK) {
                    self.chunks.push(Vec::with_capacity(CHUNK));
                }
                self.chunks[self.slots as usize / CHUNK].push(Some(row));
                self.slots += 1;
            }
        }
    }

    /// The row of a job that has not ended.
    #[inline]
    pub(crate) fn find(&self, id: JobId) -> Option<&JobRow> {
        let slot = id.slot() as usize;
        self.chunks.get(slot / CHUNK)?.get(slot % CHUNK)?.as_ref().filter(|row| row.id == id)
    }

    /// The row of a job that has not ended.
    ///
    /// # Panics
    /// If it has.
    #[inline]
    pub(crate) fn row(&self, id: JobId) -> &JobRow {
        self.find(id).unwrap_or_else(|| panic!("job {id:?} has ended; its record is gone"))
    }

    /// The row of a job that has not ended.
    ///
    /// # Panics
    /// If it has.
    #[inline]
    pub(crate) fn row_mut(&mut self, id: JobId) -> &mut JobRow {
        let row = self.at_mut(id.slot());
        assert_eq!(row.id, id, "the job has ended; its record is gone");
        row
    }

    #[inline]
    pub(crate) fn at(&self, slot: u32) -> &JobRow {
        self.chunks[slot as usize / CHUNK][slot as usize % CHUNK].as_ref().expect("the slot is in use")
    }

    #[inline]
    pub(crate) fn at_mut(&mut self, slot: u32) -> &mut JobRow {
        self.chunks[slot as usize / CHUNK][slot as usize % CHUNK].as_mut().expect("the slot is in use")
    }

    /// Takes the row of an ended job out; its slot will be used again.
    pub(crate) fn remove(&mut self, id: JobId) {
        let slot = id.slot();
        let place = &mut self.chunks[slot as usize / CHUNK][slot as usize % CHUNK];
        assert_eq!(place.as_ref().map(|row| row.id), Some(id), "a job was retired twice");
        *place = None;
        self.free.push(slot);
    }

    /// Jobs that have not ended.
    pub(crate) fn live(&self) -> usize {
        self.slots as usize - self.free.len()
    }

    /// Jobs submitted so far.
    pub(crate) fn submitted(&self) -> u64 {
        self.submitted
    }

    /// All jobs that have not ended, by slot.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &JobRow> {
        self.chunks.iter().flatten().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_stays_affordable() {
        // A million running jobs are an aim: this is what each of them costs.
        assert!(size_of::<Option<JobRow>>() <= 248, "JobRow grew to {} bytes", size_of::<Option<JobRow>>());
    }
}
