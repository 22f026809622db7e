//! Making a decision final: ends are scheduled, events told, ended records recycled.

use crate::action::Action;
use crate::engine::core::{Applied, Core};
use crate::event::{End, Event};
use crate::ids::{JobId, RunId};
use crate::job::Gang;
use crate::queue::{Class, Ticket};
use crate::tables::RunState;
use crate::time::{SimDuration, SimTime};
use crate::view::View;

impl Core {
    pub(crate) fn commit(&mut self) {
        // A stage that nobody started is a plan that was dropped.
        while !self.staged.is_empty() {
            self.unstage();
        }
        self.trigger.clear();
        self.freed.clear();
        self.committing = true;
        let actions = if self.explains { self.actions() } else { Vec::new() };
        self.settle_journal();
        self.committing = false;
        if self.explains {
            let (now, view) = (self.state.now, View { state: &self.state });
            for (_, observer) in &mut self.plugins.observers {
                if observer.wants_decisions() {
                    observer.on_decision(now, &actions, &self.notes, view);
                }
            }
            self.notes.clear();
        }
    }

    /// Carries out what the journal says, in order, and empties it.
    pub(crate) fn settle_journal(&mut self) {
        let mut journal = std::mem::take(&mut self.journal);
        let mut killed: Vec<JobId> = Vec::new();
        for applied in journal.drain(..) {
            match applied {
                Applied::Staged | Applied::Promised { .. } => {}
                Applied::Started { job, run, .. } => self.launch(job, run),
                Applied::Preempted { job, run, how, queued, .. } => {
                    self.preempted(job, run, how, queued);
                    if how == crate::action::Preempt::Kill && !killed.contains(&job) {
                        killed.push(job);
                    }
                }
                Applied::Stopping { run, how, .. } => self.order_stop(run, how),
                Applied::Withdrawn { job, rejected, .. } => {
                    if rejected {
                        self.finalize(job, End::Rejected);
                    }
                }
                Applied::Relocated { job, run, before } => {
                    self.relaunch(job, run);
                    self.drain_left(&before.slots);
                }
                Applied::Reserved { id } => {
                    let Some(reservation) = self.state.reservations.get(id) else { continue };
                    let ticket = self.queue.push(reservation.start, Class::ReservationDue, u64::from(id.0));
                    self.state.reservations.get_mut(id).expect("it was found").ticket = ticket;
                }
                Applied::Unreserved { reservation } => self.queue.cancel(reservation.ticket),
                Applied::Scaled { group, .. } => self.rescale(group),
                Applied::Wake { id, at } => drop(self.queue.push(at, Class::Wake, u64::from(id.0))),
            }
        }
        killed.into_iter().for_each(|job| self.finalize(job, End::Killed));
        self.journal = journal;
    }

    /// The journal as the actions that made it.
    fn actions(&self) -> Vec<Action> {
        let slots = |run: RunId| self.state.runs.get(run).slots.to_vec();
        let action = |applied: &Applied| match *applied {
            Applied::Staged | Applied::Promised { .. } => None,
            Applied::Started { job, run, .. } => Some(Action::Start { job, place: slots(run) }),
            Applied::Preempted { job, how, .. } | Applied::Stopping { job, how, .. } => {
                Some(Action::Preempt { job, how })
            }
            Applied::Withdrawn { job, rejected, .. } => rejected.then_some(Action::Reject { job }),
            Applied::Relocated { job, run, .. } => Some(Action::Resize { job, place: slots(run) }),
            Applied::Reserved { id } => self.state.reservations.get(id).map(|reservation| Action::Reserve {
                job: reservation.job,
                start: reservation.start,
                place: reservation.place.clone(),
            }),
            Applied::Unreserved { ref reservation } => Some(Action::Unreserve { id: reservation.id }),
            Applied::Scaled { group, .. } => {
                Some(Action::Scale { group, target: self.state.groups[group.index()].target })
            }
            Applied::Wake { id, at } => Some(Action::Wake { id, at }),
        };
        self.journal.iter().filter_map(action).collect()
    }

    /// Sets an execution going: how much work is left, at which pace, and when it will end how.
    fn launch(&mut self, job: JobId, id: RunId) {
        let now = self.state.now;
        let run = self.state.runs.get(id);
        let (task, alive) = (run.task, run.state == RunState::Active || run.state == RunState::Stopping);
        let rate = run.rate;
        let row = self.state.jobs.row_mut(job);
        // Known since the start, but a preemption of the same decision may have changed the row.
        let (overhead, work) = (row.restart_cost(task), row.work_left(task));
        row.first_start = row.first_start.min(now);
        match (task, &mut row.tasks) {
            (Some(task), Some(table)) => {
                let attempts = &mut table.attempts[task as usize];
                *attempts = attempts.saturating_add(1);
            }
            _ => row.restarts = false,
        }
        row.attempts = row.attempts.saturating_add(1);
        let run = self.state.runs.get_mut(id);
        (run.overhead, run.work, run.rate) = (overhead, work, rate);
        (run.end_ticket, run.expire_ticket) = (Ticket::NONE, Ticket::NONE);
        if alive {
            self.schedule_end(job, id);
        }
        if self.plugins.predictor.revises() && alive {
            let ticket = self.schedule_expiry(id);
            self.state.runs.get_mut(id).expire_ticket = ticket;
        }
        self.print_placement(id);
        self.emit(Event::Started { job, run: id });
    }

    /// Follows a change of an execution's placement.
    fn relaunch(&mut self, job: JobId, id: RunId) {
        if self.state.runs.get(id).state != RunState::Active {
            return;
        }
        let ticket = self.state.runs.get(id).end_ticket;
        self.queue.cancel(ticket);
        self.schedule_end(job, id);
        self.print_placement(id);
        self.emit(Event::Resized { job, run: id });
    }

    /// Works out when the execution will end and how, and schedules that.
    ///
    /// At one instant completion comes before the end of the wall time, and that before a failure.
    fn schedule_end(&mut self, job: JobId, id: RunId) {
        let run = self.state.runs.get(id);
        let row = self.state.jobs.row(job);
        let (mut at, mut outcome) = (run.time_of(run.work), End::Completed);
        let walltime = row.facts.walltime;
        if self.state.rules.kill_at_walltime && walltime != SimDuration::MAX {
            let ran = if run.task.is_some() { SimDuration::ZERO } else { row.ran };
            let kill = run.start.saturating_add(walltime.saturating_sub(ran));
            if kill < at {
                (at, outcome) = (kill, End::Timeout);
            }
        }
        if let Some(work) = self.failing_work(job, id) {
            let fail = run.time_of(work);
            if fail < at {
                (at, outcome) = (fail, End::Failed);
            }
        }
        // Beyond 584 years nothing is scheduled: such a job runs on until it is stopped.
        let ticket = if at == SimTime::MAX { Ticket::NONE } else { self.push_end(at, id) };
        let run = self.state.runs.get_mut(id);
        (run.outcome, run.end_ticket) = (outcome, ticket);
    }

    fn push_end(&mut self, at: SimTime, id: RunId) -> Ticket {
        self.queue.push(at.max(self.state.now), Class::End, u64::from(id.0))
    }

    /// The work of this segment after which the execution fails, if it does: by its truth, or by chance.
    fn failing_work(&self, job: JobId, id: RunId) -> Option<SimDuration> {
        let run = self.state.runs.get(id);
        let row = self.state.jobs.row(job);
        let done = match (run.task, &row.tasks) {
            (Some(task), Some(table)) => table.done[task as usize],
            _ => row.done,
        };
        let fated = row.truth.fails_after().map(|after| after.saturating_sub(done));
        if self.failures.task_ppm == 0 {
            return fated;
        }
        let tasks = match run.task {
            Some(task) => task..task + 1,
            None if row.facts.gang == Gang::Independent => 0..1,
            None => 0..row.facts.tasks,
        };
        let attempt = match (run.task, &row.tasks) {
            (Some(task), Some(table)) => table.attempts[task as usize],
            _ => row.attempts,
        };
        let by_chance = tasks.filter_map(|task| {
            let mut fate = self.task_fate.stream(row.facts.id, u64::from(task) << 16 | u64::from(attempt));
            let fails = fate.chance_ppm(self.failures.task_ppm);
            fails.then(|| run.work.scale_floor(fate.bits() >> 32, 1 << 32))
        });
        by_chance.chain(fated).min()
    }

    /// Schedules the moment at which the execution will have outlived its estimate.
    pub(crate) fn schedule_expiry(&mut self, id: RunId) -> Ticket {
        let run = self.state.runs.get(id);
        let expected = self.state.jobs.row(run.job).estimate.p90;
        let at = run.start.saturating_add(expected);
        if at <= self.state.now || at == SimTime::MAX {
            return Ticket::NONE;
        }
        self.queue.push(at, Class::EstimateExpired, u64::from(id.0))
    }
}
