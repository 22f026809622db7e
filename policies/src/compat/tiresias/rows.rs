//! What the Tiresias schedulers remember of each job.

use sim_core::{JobId, JobStatus, View};

/// Seconds are the simulator's grain of time.
const SECOND_NS: u64 = 1_000_000_000;

/// One job that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) job: JobId,
    /// GPUs of all tasks [milli-cards].
    pub(super) size: u64,
    /// Time that it has run, in all [ns].
    pub(super) total_ns: u64,
    /// Time that it has run since it last returned to the first queue [ns].
    pub(super) executed_ns: u64,
    /// Time that it has waited, once it had run, since it last returned to the first queue [ns]. A start does not
    /// reset it.
    pub(super) waited_ns: u64,
    /// The number of its queue, from 0.
    pub(super) queue: usize,
    pub(super) running: bool,
    pub(super) chosen: bool,
    pub(super) promotions: u32,
}

impl Row {
    pub(super) fn new(job: JobId, size: u64) -> Self {
        Self {
            job,
            size,
            total_ns: 0,
            executed_ns: 0,
            waited_ns: 0,
            queue: 0,
            running: false,
            chosen: false,
            promotions: 0,
        }
    }

    /// Time left by the estimate [ns], times GPUs if asked for; an unknown estimate leaves for ever.
    pub(super) fn left(&self, view: View<'_>, by_gpu: bool) -> u128 {
        let expected = view.job(self.job).estimate().p50.as_ns();
        if expected == u64::MAX {
            return u128::MAX;
        }
        let left = u128::from(expected.saturating_sub(self.total_ns));
        if by_gpu { left * u128::from(self.size) } else { left }
    }

    /// Time that counts for its queue: executed [ns], or that times GPUs [GPU-ns].
    pub(super) fn used(&self, by_gpu: bool) -> u128 {
        let time = u128::from(self.executed_ns);
        if by_gpu { time * u128::from(self.size) / 1000 } else { time }
    }

    /// True if it waits, below the first queue, and has done so `times` as long as it has executed.
    pub(super) fn is_starved(&self, times: u64) -> bool {
        let patience = u128::from(times) * u128::from(self.executed_ns);
        !self.running && self.queue > 0 && self.executed_ns > 0 && u128::from(self.waited_ns) >= patience
    }

    /// From now until a running job falls, as the simulator foresees it [ns]: by GPU time it divides what is left of
    /// the limit, as if the time executed so far were that of one GPU, by the number of GPUs, in whole seconds. A job
    /// of several GPUs can fall late by that.
    pub(super) fn until_limit(&self, limit_ns: u64, by_gpu: bool) -> Option<u64> {
        let left = limit_ns.checked_sub(self.executed_ns)?;
        let wait = match (by_gpu, self.size) {
            (true, 0) => return None,
            (true, size) => (left / SECOND_NS).saturating_mul(1000) / size * SECOND_NS,
            (false, _) => left,
        };
        (wait > 0).then_some(wait)
    }

    /// From now until a waiting job is starved [ns].
    pub(super) fn until_starved(&self, times: u64) -> Option<u64> {
        if self.queue == 0 || self.executed_ns == 0 {
            return None;
        }
        let left = times.saturating_mul(self.executed_ns).saturating_sub(self.waited_ns);
        (left > 0).then_some(left)
    }
}

/// Jobs that have not ended, in order of submission.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows(Vec<Row>);

impl Rows {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.0.iter()
    }

    pub(super) fn at(&self, n: usize) -> &Row {
        &self.0[n]
    }

    pub(super) fn at_mut(&mut self, n: usize) -> &mut Row {
        &mut self.0[n]
    }

    fn find(&self, job: JobId) -> Option<usize> {
        self.0.binary_search_by_key(&job, |row| row.job).ok()
    }

    pub(super) fn has(&self, job: JobId) -> bool {
        self.find(job).is_some()
    }

    /// The row of a listed job: lists hold jobs that have rows.
    pub(super) fn of(&self, job: JobId) -> &Row {
        &self.0[self.find(job).expect("the lists hold jobs that have rows")]
    }

    pub(super) fn of_mut(&mut self, job: JobId) -> &mut Row {
        let n = self.find(job).expect("the lists hold jobs that have rows");
        &mut self.0[n]
    }

    /// Adds a job. Most come in order; one that waited for another job does not.
    pub(super) fn push(&mut self, row: Row) {
        let at = self.0.partition_point(|other| other.job < row.job);
        self.0.insert(at, row);
    }

    /// Lets `passed` nanoseconds go by, and drops the jobs that have ended.
    pub(super) fn advance(&mut self, passed: u64, view: View<'_>) {
        self.0.retain_mut(|row| {
            if row.running {
                row.total_ns += passed;
                row.executed_ns += passed;
            } else if row.executed_ns > 0 {
                row.waited_ns += passed;
            }
            let found = view.find(row.job);
            row.running = found.is_some_and(|job| job.status() == JobStatus::Running);
            found.is_some()
        });
    }
}
