//! Stopping running jobs, and turning waiting ones away.

use crate::action::{Preempt, Refused};
use crate::engine::core::{Applied, Core, RowBefore};
use crate::event::{End, Event};
use crate::ids::{JobId, RunId};
use crate::queue::{Class, Ticket};
use crate::tables::{JobRow, Phase, RunState};
use crate::time::{SimDuration, SimTime};

const HOW: [Preempt; 3] = [Preempt::Kill, Preempt::Requeue, Preempt::Suspend];

fn snapshot(row: &JobRow, task: Option<u32>) -> RowBefore {
    let tasks = row.tasks.as_ref();
    RowBefore {
        task_done: task.zip(tasks).map_or(SimDuration::ZERO, |(task, tasks)| tasks.done[task as usize]),
        phase: row.phase,
        restarts: row.restarts,
        preemptions: row.preemptions,
        unstarted: row.unstarted,
        done: row.done,
        ran: row.ran,
        queued: row.queued,
        cost_micros: row.cost_micros,
    }
}

impl Core {
    /// Stops every execution of a running job: at once, or after the delay that the rules set.
    pub(crate) fn preempt(&mut self, job: JobId, how: Preempt) -> Result<(), Refused> {
        let active = self.view().runs_of(job).any(|run| self.is_active(run));
        if !active {
            return Err(Refused::NotRunning(job));
        }
        let row = self.state.jobs.row(job);
        if how == Preempt::Kill && row.phase == Phase::Waiting {
            // Tasks of an independent job that have not started will not.
            self.withdraw(job, false);
        }
        let mut next = self.state.jobs.row(job).first_run;
        while let Some(run) = next {
            next = self.state.runs.get(run).next_of_job;
            if !self.is_active(run) {
                continue;
            }
            if self.state.rules.preemption_delay > SimDuration::ZERO {
                self.mark_stopping(run, true);
                self.journal.push(Applied::Stopping { job, run, how });
            } else {
                let (before, queued) = self.stop_run(run, how);
                self.journal.push(Applied::Preempted { job, run, how, before, queued });
            }
        }
        Ok(())
    }

    /// Marks an execution as about to let go, or not; whoever looks at the executions of its nodes is told.
    pub(crate) fn mark_stopping(&mut self, id: RunId, stopping: bool) {
        let run = self.state.runs.get_mut(id);
        run.state = if stopping { RunState::Stopping } else { RunState::Active };
        for slot in &run.slots {
            self.state.nodes.residents_changed(slot.node);
        }
    }

    /// Frees an execution's capacity and puts its job back where `how` says. Nothing is told yet.
    fn stop_run(&mut self, id: RunId, how: Preempt) -> (RowBefore, bool) {
        let run = self.state.runs.get(id);
        let (job, task, ran) = (run.job, run.task, self.state.now.since(run.start));
        let before = snapshot(self.state.jobs.row(job), task);
        if how != Preempt::Kill {
            let checkpoint = self.state.jobs.row(job).facts.checkpoint();
            self.keep_work(id, |done| if how == Preempt::Suspend { done } else { checkpoint.kept(done) });
        }
        let tickets = (self.state.runs.get(id).end_ticket, self.state.runs.get(id).expire_ticket);
        self.release_run(id);
        // The tickets are cancelled at commit: undo must find them.
        let run = self.state.runs.get_mut(id);
        (run.end_ticket, run.expire_ticket) = tickets;
        let now = self.state.now;
        let row = self.state.jobs.row_mut(job);
        row.preemptions = row.preemptions.saturating_add(1);
        if how == Preempt::Kill {
            if row.phase == Phase::Running && row.running == 0 {
                row.phase = Phase::Pending;
            }
            return (before, false);
        }
        row.restarts = true;
        row.ran = if how == Preempt::Suspend { row.ran.saturating_add(ran) } else { SimDuration::ZERO };
        match (&mut row.tasks, task) {
            (Some(tasks), Some(task)) => {
                tasks.todo.push(task);
                row.unstarted += 1;
            }
            _ => row.unstarted = row.facts.tasks,
        }
        let queued = row.phase != Phase::Waiting;
        if queued {
            (row.phase, row.queued) = (Phase::Waiting, now);
            self.state.waiting.push(&mut self.state.jobs, job);
        }
        (before, queued)
    }

    /// Undoes [`Core::stop_run`].
    pub(crate) fn unstop_run(&mut self, id: RunId, how: Preempt, before: RowBefore, queued: bool) {
        let state = &mut self.state;
        let run = state.runs.get_mut(id);
        run.state = RunState::Active;
        let (job, task) = (run.job, run.task);
        let (prev, next) = (run.prev_of_job, run.next_of_job);
        if queued {
            state.waiting.unlink(&mut state.jobs, job);
        }
        let row = state.jobs.row_mut(job);
        if let (Some(tasks), Some(task)) = (&mut row.tasks, task) {
            if how != Preempt::Kill {
                tasks.todo.pop();
            }
            tasks.done[task as usize] = before.task_done;
        }
        row.running += 1;
        (row.phase, row.restarts, row.preemptions) = (before.phase, before.restarts, before.preemptions);
        (row.unstarted, row.done, row.ran) = (before.unstarted, before.done, before.ran);
        (row.queued, row.cost_micros) = (before.queued, before.cost_micros);
        match prev {
            Some(prev) => state.runs.get_mut(prev).next_of_job = Some(id),
            None => row.first_run = Some(id),
        }
        if let Some(next) = next {
            state.runs.get_mut(next).prev_of_job = Some(id);
        }
        let slots = state.runs.get(id).slots.clone();
        self.swap_slots(job, &slots, true);
        self.state.list_resident(id);
    }

    /// Tells of a preemption that was committed. A killed job is left for the caller to end.
    pub(crate) fn preempted(&mut self, job: JobId, run: RunId, how: Preempt, queued: bool) {
        let tickets = (self.state.runs.get(run).end_ticket, self.state.runs.get(run).expire_ticket);
        self.queue.cancel(tickets.0);
        self.queue.cancel(tickets.1);
        self.note_freed(run);
        self.drain_emptied(run);
        self.emit(Event::Preempted { job, run, how });
        self.state.runs.recycle(run);
        if queued {
            self.emit(Event::Queued(job));
        }
    }

    /// Makes the order to stop final: the execution does no more work and lets go after the delay.
    pub(crate) fn order_stop(&mut self, id: RunId, how: Preempt) {
        let now = self.state.now;
        let run = self.state.runs.get_mut(id);
        let progress = run.progress(now);
        // Work done so far is all that will be credited, whatever the delay.
        (run.work, run.segment, run.overhead) = (progress, SimTime::ZERO, SimDuration::ZERO);
        run.rate = (u64::from(u32::MAX), 1);
        let tickets = (run.end_ticket, run.expire_ticket);
        (run.end_ticket, run.expire_ticket) = (Ticket::NONE, Ticket::NONE);
        self.queue.cancel(tickets.0);
        self.queue.cancel(tickets.1);
        let at = now.saturating_add(self.state.rules.preemption_delay);
        let ticket = self.queue.push(at, Class::PreemptDone, u64::from(id.0) | (how as u64) << 32);
        self.state.runs.get_mut(id).end_ticket = ticket;
    }

    /// A preempted execution lets go of its nodes.
    pub(crate) fn preempt_done(&mut self, run: RunId, how: u64) {
        let job = self.state.runs.get(run).job;
        let how = HOW[how as usize];
        let (_, queued) = self.stop_run(run, how);
        self.preempted(job, run, how, queued);
        if how == Preempt::Kill && self.state.jobs.row(job).running == 0 {
            if self.state.jobs.row(job).phase == Phase::Waiting {
                // A delayed retry brought a task back while the others were being stopped.
                self.state.waiting.unlink(&mut self.state.jobs, job);
            }
            self.finalize(job, End::Killed);
        }
    }

    /// Takes a waiting job out of the queue for good; commit ends it.
    pub(crate) fn withdraw(&mut self, job: JobId, rejected: bool) {
        // Fails only if it holds nothing.
        drop(self.release(job));
        let left = self.state.waiting.unlink(&mut self.state.jobs, job);
        let row = self.state.jobs.row_mut(job);
        row.phase = if row.running > 0 { Phase::Running } else { Phase::Pending };
        self.journal.push(Applied::Withdrawn { job, rejected, left });
    }

    /// Refuses a waiting job for good.
    pub(crate) fn reject(&mut self, job: JobId) -> Result<(), Refused> {
        let row = self.state.jobs.find(job).filter(|row| row.phase == Phase::Waiting && row.running == 0);
        row.ok_or(Refused::NotWaiting(job))?;
        self.withdraw(job, true);
        Ok(())
    }
}
