//! Capacity that waiting gangs hold for some of their tasks.

use crate::action::{Action, Refused, Slot};
use crate::engine::core::{Applied, Core};
use crate::event::Event;
use crate::ids::{JobId, NodeId};
use crate::job::Gang;
use crate::tables::Phase;

impl Core {
    /// Turns the slots staged last for a waiting gang into held ones.
    pub(crate) fn hold_staged(&mut self, job: JobId) -> Result<(), Refused> {
        let row = self.state.jobs.find(job).filter(|row| row.phase == Phase::Waiting);
        let facts = &row.ok_or(Refused::NotWaiting(job))?.facts;
        let staged = self.staged.iter().rev().take_while(|(staged_for, _)| *staged_for == job).count();
        let got = (staged + self.state.held.get(&job).map_or(0, Vec::len)) as u32;
        if staged == 0 || got > facts.tasks || facts.gang == Gang::Independent {
            return Err(Refused::WrongWidth { job, min: 1, max: facts.tasks, got });
        }
        let slots = self.staged.drain(self.staged.len() - staged..).map(|(_, slot)| slot);
        self.state.held.entry(job).or_default().extend(slots);
        self.journal.push(Applied::Held { job, slots: staged });
        Ok(())
    }

    /// Undoes [`Core::hold_staged`].
    pub(crate) fn restage_held(&mut self, job: JobId, slots: usize) {
        let held = self.state.held.get_mut(&job).expect("the job holds what it was given");
        let back = held.split_off(held.len() - slots);
        if held.is_empty() {
            self.state.held.remove(&job);
        }
        self.staged.extend(back.into_iter().map(|slot| (job, slot)));
    }

    /// Puts held slots below the `staged` ones that were staged last for the job.
    pub(crate) fn unhold(&mut self, job: JobId, staged: usize) {
        let held = self.state.held.remove(&job).expect("the caller has seen held slots");
        let at = self.staged.len() - staged;
        let slots = held.len();
        self.staged.splice(at..at, held.into_iter().map(|slot| (job, slot)));
        self.journal.push(Applied::Unheld { job, slots });
    }

    /// Undoes [`Core::unhold`].
    pub(crate) fn hold_again(&mut self, job: JobId, slots: usize) {
        let staged = self.staged.iter().rev().take_while(|(staged_for, _)| *staged_for == job).count();
        let first = self.staged.len() - staged;
        let held = self.staged.drain(first..first + slots).map(|(_, slot)| slot).collect();
        self.state.held.insert(job, held);
    }

    /// Gives back all that a job holds.
    pub(crate) fn release(&mut self, job: JobId) -> Result<(), Refused> {
        let slots = self.state.held.remove(&job).ok_or(Refused::HoldsNothing(job))?;
        slots.iter().for_each(|&slot| self.give_slot(job, slot, true));
        self.journal.push(Applied::Released { job, slots });
        Ok(())
    }

    /// Undoes [`Core::release`].
    pub(crate) fn take_held(&mut self, job: JobId, slots: Vec<Slot>) {
        self.swap_slots(job, &slots, true);
        self.state.held.insert(job, slots);
    }

    /// Tells of a release that was committed.
    pub(crate) fn released_held(&mut self, job: JobId, slots: &[Slot]) {
        self.freed.extend(slots.iter().map(|slot| slot.node));
        self.drain_left(slots);
        self.emit(Event::Released(job));
    }

    /// Gives back all that a job holds, outside a decision.
    pub(crate) fn release_now(&mut self, job: JobId) {
        if let Some(slots) = self.state.held.remove(&job) {
            slots.iter().for_each(|&slot| self.give_slot(job, slot, true));
            self.released_held(job, &slots);
        }
    }

    /// A node goes down: gangs that hold part of it give back all that they hold.
    pub(crate) fn release_on(&mut self, node: NodeId) {
        let stands = |slots: &Vec<Slot>| slots.iter().any(|slot| slot.node == node);
        let held = self.state.held.iter().filter(|(_, slots)| stands(slots));
        let jobs: Vec<JobId> = held.map(|(&job, _)| job).collect();
        jobs.into_iter().for_each(|job| self.release_now(job));
    }

    /// Gives the capacity of one task back, and takes the task off the affinity counts.
    pub(crate) fn give_slot(&mut self, job: JobId, slot: Slot, freed: bool) {
        let state = &mut self.state;
        let facts = &state.jobs.row(job).facts;
        let (shape, constraints) = (*state.words.shape_of(facts.shape), facts.constraints);
        state.nodes.give(slot, &shape, freed);
        if constraints.0 != 0 {
            let rule = *state.words.constraints_of(constraints);
            state.affinity.count_task(&rule, slot.node, &state.nodes, false);
        }
    }

    /// The action that made the `slots` slots held last by the job; the job may have started on them since.
    pub(crate) fn held_action(&self, job: JobId, slots: usize) -> Option<Action> {
        let held = self.state.held.get(&job)?;
        Some(Action::Hold { job, place: held[held.len().saturating_sub(slots)..].to_vec() })
    }
}
