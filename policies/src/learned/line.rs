//! The waiting jobs, the oldest first, each with what is seen of it and does not change while it waits.

use std::collections::VecDeque;

use sim_core::{Event, Gang, JobId, ShapeId, SimDuration, SimTime, View};

use super::features::{JOB_FEATURES, count, lane_shares, span};

/// Features that change with time: `present`, `fits`, `wait` and `patience`.
const MOVING: usize = 4;
const FIXED: usize = JOB_FEATURES.len() - MOVING;

/// One waiting job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) job: JobId,
    pub(super) shape: ShapeId,
    /// Tasks that have to start together.
    pub(super) least: u32,
    /// Constraints bind it: resources alone do not say where it may stand.
    pub(super) constrained: bool,
    queued: SimTime,
    /// `max(estimate, 10 s)` [s].
    bound_s: f32,
    fixed: [f32; FIXED],
}

/// Jobs run at least so long where slowdown is bounded: the usual tau (Feitelson et al., JSSPP 1997).
const TAU: SimDuration = SimDuration::from_secs(10);

impl Row {
    fn of(job: JobId, view: View<'_>, capacity: &[u64; 8]) -> Self {
        let row = view.job(job);
        let (facts, tasks) = (row.facts(), row.unstarted());
        let need = view.shape(job).need().0.map(|need| u64::from(need) * u64::from(tasks));
        let shares = lane_shares(need, capacity, f32::max);
        let estimate = row.estimate().p50;
        let priority = f64::from(facts.priority);
        let (mut fixed, together) = ([0.0; FIXED], facts.gang == Gang::AllOrNothing);
        fixed[..3].copy_from_slice(&[span(facts.walltime), span(estimate), count(tasks as usize)]);
        fixed[3..7].copy_from_slice(&shares);
        fixed[7] = f32::from(u8::from(together));
        fixed[8] = (priority / (1.0 + priority.abs())) as f32;
        Self {
            job,
            shape: facts.shape,
            least: facts.width_min().min(tasks),
            constrained: facts.constraints.0 != 0,
            queued: row.queued(),
            bound_s: estimate.max(TAU).as_secs_f64() as f32,
            fixed,
        }
    }

    /// How long it has waited.
    pub(super) fn waited(&self, now: SimTime) -> SimDuration {
        now.since(self.queued)
    }

    /// Writes the job's features.
    #[inline]
    pub(super) fn write(&self, now: SimTime, fits: bool, out: &mut [f32]) {
        let waited = self.waited(now);
        let waited_s = waited.as_secs_f64() as f32;
        let (moving, fixed) = out.split_at_mut(MOVING);
        let patience = waited_s / (waited_s + self.bound_s);
        moving.copy_from_slice(&[1.0, f32::from(u8::from(fits)), span(waited), patience]);
        fixed.copy_from_slice(&self.fixed);
    }
}

/// All waiting jobs in order of submission: those that were queued again stand where they stood.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    rows: VecDeque<Row>,
    capacity: [u64; 8],
}

impl Line {
    /// The jobs that wait now, on nodes of so much capacity in all.
    pub(super) fn fill(&mut self, view: View<'_>, capacity: [u64; 8]) {
        self.capacity = capacity;
        self.rows.clear();
        self.rows.extend(view.waiting().map(|job| Row::of(job, view, &capacity)));
        self.rows.make_contiguous().sort_unstable_by_key(|row| row.job);
    }

    /// Capacity of all nodes, per lane.
    pub(super) fn capacity(&self) -> &[u64; 8] {
        &self.capacity
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn get(&self, slot: usize) -> Option<&Row> {
        self.rows.get(slot)
    }

    /// The oldest jobs.
    pub(super) fn first(&self, slots: usize) -> impl Iterator<Item = &Row> {
        self.rows.iter().take(slots)
    }

    /// Takes in what has happened to a job.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) {
        match *event {
            Event::Queued(job) => self.refresh(job, view),
            // Estimates of jobs that run are revised too, but only some of those wait as well.
            Event::EstimateExpired(job) if self.find(job).is_ok() => self.refresh(job, view),
            Event::Started { job, .. } | Event::Ended { job, .. } if !view.is_waiting(job) => {
                self.remove(job)
            }
            _ => {}
        }
    }

    /// Drops jobs that have left the queue unnoticed: a controller may hold a job back, and no event tells.
    pub(super) fn settle(&mut self, view: View<'_>) {
        if self.rows.len() != view.waiting_len() {
            self.rows.retain(|row| view.is_waiting(row.job));
        }
    }

    /// Enters the job, or what is known of it now; takes it out if it waits no longer.
    pub(super) fn refresh(&mut self, job: JobId, view: View<'_>) {
        if !view.is_waiting(job) {
            return self.remove(job);
        }
        let row = Row::of(job, view, &self.capacity);
        match self.find(job) {
            Ok(at) => self.rows[at] = row,
            Err(at) => self.rows.insert(at, row),
        }
    }

    fn remove(&mut self, job: JobId) {
        if let Ok(at) = self.find(job) {
            self.rows.remove(at);
        }
    }

    fn find(&self, job: JobId) -> Result<usize, usize> {
        // Most are asked for at one of the ends.
        if self.rows.back().is_none_or(|row| row.job < job) {
            return Err(self.rows.len());
        }
        self.rows.binary_search_by_key(&job, |row| row.job)
    }
}
