//! Making room: which running jobs stop for a job that ranks before them.

use sim_core::{Decision, Gang, JobId, Preempt, Slot, View};

use super::ledger::Ledger;
use super::rank::Rank;
use super::runners::{Amounts, Runners, add_holdings};
use crate::list::start::{Tried, try_start};
use crate::order::OrderKey;
use crate::placer::Placer;

/// A candidate that a trial has stopped, with its slots.
#[derive(Clone, Copy, Debug)]
struct Stopped {
    job: JobId,
    slots: (usize, usize),
    /// It can go on where it was.
    stays: bool,
}

/// What making room led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Made {
    /// The job started, on all its tasks or on some; others were stopped for it.
    Room(Tried),
    /// Others were told to stop, and hold their capacity for a while.
    Later,
    /// It cannot be done.
    None,
}

/// Running jobs, those that are about to stop, and the trial in progress.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    runners: Runners,
    /// Jobs that were told to stop and still hold capacity.
    leaving: Vec<JobId>,
    /// Keys of running jobs may have become worse since they were last asked for.
    worsened: bool,
    stopped: Vec<Stopped>,
    /// Slots of stopped candidates.
    slots: Vec<Slot>,
    /// Slots that the job got in the trial.
    place: Vec<Slot>,
    tried: Option<Tried>,
    /// Stopping takes time in this run.
    is_delayed: bool,
}

/// The parts of the policy that making room needs.
pub(super) struct Parts<'a> {
    pub(super) rank: &'a dyn Rank,
    pub(super) placer: &'a mut dyn Placer,
    pub(super) ledger: &'a mut Ledger,
    pub(super) how: Preempt,
    /// Ends of executions so far.
    pub(super) ends: u64,
}

impl Room {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.runners.clear();
        self.leaving.clear();
        self.is_delayed = false;
    }

    /// A decision begins.
    pub(super) fn begin(&mut self, rank: &dyn Rank) {
        self.runners.begin(rank);
    }

    /// Ranks of running jobs may have become worse.
    pub(super) fn worsened(&mut self) {
        self.worsened = true;
        self.runners.spoil();
    }

    /// A key that no running job ranks after, unless ranks have become worse.
    pub(super) fn last(&self) -> Option<OrderKey> {
        self.runners.last()
    }

    /// The job runs, with this key from now on.
    pub(super) fn runs(&mut self, key: OrderKey, job: JobId, ledger: &mut Ledger) {
        if !ledger.of(job).stopping {
            self.runners.put(key, job, ledger);
        }
    }

    /// The job runs no more, or on another number of tasks.
    pub(super) fn changes(&mut self, job: JobId, ledger: &mut Ledger) {
        self.runners.remove(job, ledger);
        self.leaving.retain(|&leaving| leaving != job);
    }

    /// Jobs that the last [`Made::Room`] stopped, those that rank last first.
    pub(super) fn stopped(&self) -> impl Iterator<Item = JobId> {
        self.stopped.iter().filter(|stopped| !stopped.stays).map(|stopped| stopped.job)
    }

    /// Starts the job by stopping jobs that rank after it: the shortest run of those that rank last which gives room,
    /// less those of them that can stay where they are.
    ///
    /// # Cost
    /// That of [`Runners::after`]; then O(k log k) stops and placements, k the length of that run.
    pub(super) fn make(
        &mut self,
        key: OrderKey,
        job: JobId,
        parts: &mut Parts<'_>,
        cx: &mut Decision<'_>,
    ) -> Made {
        let worsened = std::mem::take(&mut self.worsened);
        let after = self.runners.after(key, parts.rank, parts.ledger, cx.view(), worsened);
        if after == 0 && self.leaving.is_empty() {
            return Made::None;
        }
        let Some(least) = self.least(job, after, cx.view()) else { return Made::None };
        if self.is_delayed {
            return self.order_stops(least, after, job, parts, cx);
        }
        let least = least.max(1);
        let (mut fails, mut step) = (least - 1, 0);
        let mut fits = None;
        while fits.is_none() && fails < after {
            let count = (fails + 1 + step).min(after);
            step = step * 2 + 1;
            if self.attempt(count, job, parts, cx) {
                fits = Some(count);
            } else if self.is_delayed {
                return self.order_stops(least, after, job, parts, cx);
            } else {
                fails = count;
            }
        }
        let Some(mut fits) = fits else { return Made::None };
        while fits - fails > 1 {
            let middle = fails + (fits - fails) / 2;
            if self.attempt(middle, job, parts, cx) { fits = middle } else { fails = middle }
        }
        // The last trial need not have been the one that fits.
        let again = self.attempt(fits, job, parts, cx);
        assert!(again, "a trial went otherwise the second time");
        Made::Room(self.carry_out(job, parts, cx))
    }

    /// The fewest candidates whose stop could give the job room by the sums over the cluster, if `most` could.
    fn least(&mut self, job: JobId, most: usize, view: View<'_>) -> Option<usize> {
        let (row, free) = (view.job(job), view.nodes().free_total());
        let need = view.shape(job).need().0.map(|need| u64::from(need) * u64::from(row.facts().width_min()));
        let mut leaving = Amounts::default();
        for &other in &self.leaving {
            add_holdings(&mut leaving, other, view);
        }
        let enough = |sum: &Amounts| (0..8).all(|lane| need[lane] <= free[lane] + leaving[lane] + sum[lane]);
        self.runners.least(most, view, enough)
    }

    /// Tries what stopping the first `count` candidates leads to, and takes it back. True if the job can start then;
    /// who has to stop for that and where the job goes is noted.
    fn attempt(&mut self, count: usize, job: JobId, parts: &mut Parts<'_>, cx: &mut Decision<'_>) -> bool {
        self.tried = None;
        cx.attempt(|cx| -> Option<()> {
            self.stop_first(count, job, parts.how, cx)?;
            let before = cx.view().job(job).unstarted();
            let tried = try_start(parts.placer, job, false, cx);
            if tried == Tried::NoRoom {
                return None;
            }
            self.note_place(job, before, cx.view());
            // Whoever ranks first goes on where it was, if that is still free.
            for stopped in self.stopped.iter_mut().rev() {
                let (from, to) = stopped.slots;
                stopped.stays = cx.start(stopped.job, &self.slots[from..to]).is_ok();
            }
            self.tried = Some(tried);
            None
        });
        self.tried.is_some()
    }

    fn stop_first(&mut self, count: usize, job: JobId, how: Preempt, cx: &mut Decision<'_>) -> Option<()> {
        self.stopped.clear();
        self.slots.clear();
        for &(_, runner) in self.runners.first(count).iter().filter(|&&(_, runner)| runner != job) {
            let from = self.slots.len();
            for run in cx.view().runs_of(runner) {
                self.slots.extend_from_slice(cx.view().run(run).slots());
            }
            cx.preempt(runner, how).ok()?;
            if cx.view().runs_of(runner).next().is_some() {
                self.is_delayed = true;
                return None;
            }
            self.stopped.push(Stopped { job: runner, slots: (from, self.slots.len()), stays: false });
        }
        Some(())
    }

    /// Where the tasks stand that the job has started, of `before` that waited.
    fn note_place(&mut self, job: JobId, before: u32, view: View<'_>) {
        self.place.clear();
        let row = view.job(job);
        let runs =
            if row.facts().gang == Gang::Independent { (before - row.unstarted()) as usize } else { 1 };
        // The latest first: turned round, tasks start in the order of the trial.
        for run in view.runs_of(job).take(runs) {
            self.place.extend_from_slice(view.run(run).slots());
        }
        if row.facts().gang == Gang::Independent {
            self.place.reverse();
        }
    }

    /// Does what the last trial has shown.
    fn carry_out(&mut self, job: JobId, parts: &mut Parts<'_>, cx: &mut Decision<'_>) -> Tried {
        if !self.stop_and_start(job, parts.how, cx) {
            // A constraint of the job counts those that were to stay; in the trial they came back after its start.
            self.stopped.iter_mut().for_each(|stopped| stopped.stays = false);
            let done = self.stop_and_start(job, parts.how, cx);
            assert!(done, "its place was free in the trial");
        }
        let now = cx.view().now();
        for stop in self.stopped.iter().filter(|stop| !stop.stays) {
            self.runners.remove(stop.job, parts.ledger);
            parts.ledger.of(stop.job).set_width(0, now);
        }
        self.tried.expect("the trial succeeded")
    }

    /// Stops who does not stay and starts the job; neither if it may not start.
    fn stop_and_start(&self, job: JobId, how: Preempt, cx: &mut Decision<'_>) -> bool {
        let done = cx.attempt(|cx| {
            for stopped in self.stopped.iter().filter(|stopped| !stopped.stays) {
                cx.preempt(stopped.job, how).ok()?;
            }
            cx.start(job, &self.place).ok()
        });
        done.is_some()
    }

    /// Tells the last candidates to stop, where that takes time: as many as the sums over the cluster ask for, and one
    /// if these are met and the job fits nowhere. A job does so once between two ends of executions, so that jobs
    /// which are stopped in vain make progress in between.
    fn order_stops(
        &mut self,
        least: usize,
        most: usize,
        job: JobId,
        parts: &mut Parts<'_>,
        cx: &mut Decision<'_>,
    ) -> Made {
        if least == 0 && !self.leaving.is_empty() {
            return Made::Later;
        }
        let account = parts.ledger.of(job);
        if account.ordered == Some(parts.ends) || most == 0 {
            return Made::None;
        }
        account.ordered = Some(parts.ends);
        for n in (0..least.max(1)).rev() {
            let (_, runner) = self.runners.first(n + 1)[n];
            if runner != job && cx.preempt(runner, parts.how).is_ok() {
                self.runners.remove(runner, parts.ledger);
                parts.ledger.of(runner).stopping = true;
                self.leaving.push(runner);
            }
        }
        Made::Later
    }
}
