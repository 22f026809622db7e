//! Taking applied actions back, the latest first.

use crate::engine::core::{Applied, Core, Segment};
use crate::ids::{JobId, RunId};
use crate::tables::{Links, Phase};
use crate::time::SimTime;

impl Core {
    /// Undoes everything that was applied since the journal had `mark` entries.
    pub(crate) fn undo_to(&mut self, mark: usize) {
        while self.journal.len() > mark {
            let applied = self.journal.pop().expect("the journal is longer than the mark");
            self.undo(applied);
        }
    }

    fn undo(&mut self, applied: Applied) {
        match applied {
            Applied::Staged => self.unstage(),
            Applied::Held { job, slots } => self.restage_held(job, slots),
            Applied::Unheld { job, slots } => self.hold_again(job, slots),
            Applied::Released { job, slots } => self.take_held(job, slots),
            Applied::Started { job, run, left } => self.unstart(job, run, left),
            Applied::Preempted { run, how, before, queued, .. } => self.unstop_run(run, how, before, queued),
            Applied::Stopping { run, .. } => self.mark_stopping(run, false),
            Applied::Withdrawn { job, left, .. } => {
                self.state.jobs.row_mut(job).phase = Phase::Waiting;
                self.state.waiting.relink(&mut self.state.jobs, job, left);
            }
            Applied::Relocated { job, run, before } => self.unmove(job, run, *before),
            Applied::Reserved { id } => drop(self.state.reservations.remove(id)),
            Applied::Unreserved { reservation } => {
                self.state.reservations.insert(*reservation, self.state.nodes.len());
            }
            Applied::Scaled { group, before } => self.state.groups[group.index()].target = before,
            Applied::Wake { .. } => {}
            Applied::Promised { job } => self.state.jobs.row_mut(job).promised = SimTime::MAX,
        }
    }

    /// Gives the capacity of the slot staged last back.
    pub(crate) fn unstage(&mut self) {
        let (job, slot) = self.staged.pop().expect("every stage in the journal is on the stack");
        self.give_slot(job, slot, false);
    }

    /// Makes staged slots of an execution again.
    fn unstart(&mut self, job: JobId, run: RunId, left: Option<Links>) {
        let state = &mut self.state;
        state.strike_resident(run);
        let (next, task) = (state.runs.get(run).next_of_job, state.runs.get(run).task);
        if let Some(next) = next {
            state.runs.get_mut(next).prev_of_job = None;
        }
        let row = state.jobs.row_mut(job);
        row.first_run = next;
        row.running -= 1;
        row.phase = Phase::Waiting;
        match (&mut row.tasks, task) {
            (Some(tasks), Some(task)) => {
                tasks.todo.push(task);
                row.unstarted += 1;
            }
            _ => row.unstarted = row.facts.tasks,
        }
        if let Some(left) = left {
            state.waiting.relink(&mut state.jobs, job, left);
        }
        let slots = &state.runs.get(run).slots;
        if task.is_some() {
            // Runs of one start are undone the latest first: each goes below those undone before it.
            let later = self.staged.iter().rev().take_while(|(staged_for, _)| *staged_for == job).count();
            let at = self.staged.len() - later;
            self.staged.insert(at, (job, slots[0]));
        } else {
            self.staged.extend(slots.iter().map(|&slot| (job, slot)));
        }
        state.runs.recycle(run);
    }

    fn unmove(&mut self, job: JobId, id: RunId, before: Segment) {
        self.state.strike_resident(id);
        let now_on = self.state.runs.get(id).slots.clone();
        self.swap_slots(job, &now_on, false);
        self.swap_slots(job, &before.slots, true);
        let run = self.state.runs.get_mut(id);
        run.slots = before.slots;
        (run.segment, run.overhead, run.work, run.rate) =
            (before.start, before.overhead, before.work, before.rate);
        self.state.jobs.row_mut(job).done = before.done;
        self.state.list_resident(id);
    }
}
