//! Taking capacity: stages, starts, and moves of running jobs.

use smallvec::SmallVec;

use crate::action::{Refused, Slot};
use crate::cluster::NodeState;
use crate::engine::core::{Applied, Core, Segment};
use crate::ids::{JobId, RunId};
use crate::job::Gang;
use crate::tables::{JobRow, Phase, RunState};

/// How many tasks may start at once: fewest and most.
fn width_range(row: &JobRow) -> (u32, u32) {
    match row.facts.gang {
        Gang::AllOrNothing => (row.facts.tasks, row.facts.tasks),
        Gang::Elastic { min } => (min, row.facts.tasks),
        Gang::Independent => (1, row.unstarted),
    }
}

impl Core {
    /// Takes the capacity of one task on a slot.
    #[inline]
    pub(crate) fn stage(&mut self, job: JobId, slot: Slot) -> Result<(), Refused> {
        let row = self.state.jobs.find(job).filter(|row| row.phase == Phase::Waiting);
        let constraints = row.ok_or(Refused::NotWaiting(job))?.facts.constraints;
        self.check_slot(job, slot)?;
        self.take_slot(job, slot);
        if constraints.0 != 0 {
            let rule = *self.state.words.constraints_of(constraints);
            self.state.affinity.count_task(&rule, slot.node, &self.state.nodes, true);
        }
        self.staged.push((job, slot));
        self.journal.push(Applied::Staged);
        Ok(())
    }

    #[inline]
    fn take_slot(&mut self, job: JobId, slot: Slot) {
        let state = &mut self.state;
        let shape = state.words.shape_of(state.jobs.row(job).facts.shape);
        state.nodes.take(slot, shape);
    }

    /// Everything that may forbid one task of the job on a slot.
    #[inline]
    pub(crate) fn check_slot(&self, job: JobId, slot: Slot) -> Result<(), Refused> {
        let state = &self.state;
        let facts = &state.jobs.row(job).facts;
        let (shape, node) = (state.words.shape_of(facts.shape), slot.node);
        if node.index() >= state.nodes.len() {
            return Err(Refused::NoSuchNode(node));
        }
        if state.nodes.state(node) != NodeState::Up {
            return Err(Refused::NodeDown(node));
        }
        let free = state.nodes.free()[node.index()];
        if !shape.need().fits_in(&free) {
            return Err(Refused::DoesNotFit { job, node, need: *shape.need(), free });
        }
        let gpu = shape.gpu();
        let cards = state.nodes.cards(node);
        let serves = |card: u32| cards.get(card as usize).is_some_and(|&left| left >= gpu.milli_each);
        if slot.cards.len() != u32::from(gpu.cards)
            || !slot.cards.iter().all(serves)
            || (gpu.cards > 0 && !gpu.models.admits(state.nodes.gpu_model(node)))
        {
            return Err(Refused::WrongCards { job, node });
        }
        if !state.admits(facts.constraints, node) || !state.is_open_at(job, node, state.now) {
            return Err(Refused::Forbidden { job, node });
        }
        if state.reservations.touches(node) {
            self.check_reservations(job, slot)?;
        }
        Ok(())
    }

    /// Makes executions of the slots staged last for the job.
    pub(crate) fn start_staged(&mut self, job: JobId) -> Result<(), Refused> {
        let staged = self.staged.iter().rev().take_while(|(staged_for, _)| *staged_for == job).count();
        let row = self.state.jobs.find(job).filter(|row| row.phase == Phase::Waiting);
        let row = row.ok_or(Refused::NotWaiting(job))?;
        let (min, max) = width_range(row);
        let held = self.state.held.get(&job).map_or(0, Vec::len);
        let got = (staged + held) as u32;
        if !(min..=max).contains(&got) {
            return Err(Refused::WrongWidth { job, min, max, got });
        }
        if held > 0 {
            // Since they were taken, a window may have come too near.
            let shut = self.state.held[&job]
                .iter()
                .find(|slot| !self.state.is_open_at(job, slot.node, self.state.now));
            if let Some(slot) = shut {
                return Err(Refused::Forbidden { job, node: slot.node });
            }
            self.unhold(job, staged);
        }
        let (staged, row) = (staged + held, self.state.jobs.row(job));
        let first = self.staged.len() - staged;
        let slots: SmallVec<[Slot; 2]> = self.staged[first..].iter().map(|&(_, slot)| slot).collect();
        self.staged.truncate(first);
        if row.facts.gang == Gang::Independent {
            for slot in slots {
                let tasks = self.state.jobs.row_mut(job).tasks.as_mut().expect("tasks are tabled");
                let task = tasks.todo.pop().expect("the width was checked");
                self.start_run(job, &[slot], Some(task), 1);
            }
        } else {
            let tasks = row.unstarted;
            self.start_run(job, &slots, None, tasks);
        }
        if !self.state.reservations.is_empty() {
            self.fulfil_reservation(job);
        }
        Ok(())
    }

    fn start_run(&mut self, job: JobId, slots: &[Slot], task: Option<u32>, tasks: u32) {
        let rate = self.rate(slots, if task.is_some() { 1 } else { self.state.jobs.row(job).facts.tasks });
        let state = &mut self.state;
        let run = state.runs.insert(job, slots, state.now, task);
        let row = state.jobs.row_mut(job);
        let pace = state.runs.get_mut(run);
        (pace.overhead, pace.work, pace.rate) = (row.restart_cost(task), row.work_left(task), rate);
        row.unstarted -= tasks;
        row.running += 1;
        let next = row.first_run.replace(run);
        let unlinked = row.unstarted == 0;
        if unlinked {
            row.phase = Phase::Running;
        }
        state.runs.get_mut(run).next_of_job = next;
        if let Some(next) = next {
            state.runs.get_mut(next).prev_of_job = Some(run);
        }
        let left = unlinked.then(|| state.waiting.unlink(&mut state.jobs, job));
        state.list_resident(run);
        self.journal.push(Applied::Started { job, run, left });
    }

    /// Gives a running gang or elastic job other slots.
    pub(crate) fn relocate(&mut self, job: JobId, place: &[Slot], migrates: bool) -> Result<(), Refused> {
        let row = self.state.jobs.find(job).filter(|row| row.phase == Phase::Running);
        let row = row.filter(|row| row.facts.gang != Gang::Independent).ok_or(Refused::NotRunning(job))?;
        let run = row.first_run.filter(|&run| self.state.runs.get(run).state == RunState::Active);
        let run = run.ok_or(Refused::NotRunning(job))?;
        let width = self.state.runs.get(run).slots.len() as u32;
        let (min, max) = if migrates { (width, width) } else { width_range(row) };
        if !(min..=max).contains(&(place.len() as u32)) {
            return Err(Refused::WrongWidth { job, min, max, got: place.len() as u32 });
        }
        let before = self.segment(run);
        self.swap_slots(job, &before.slots, false);
        for (taken, &slot) in place.iter().enumerate() {
            match self.check_slot(job, slot) {
                Ok(()) => self.swap_slots(job, &[slot], true),
                Err(refused) => {
                    self.swap_slots(job, &place[..taken], false);
                    self.swap_slots(job, &before.slots, true);
                    return Err(refused);
                }
            }
        }
        self.move_run(job, run, place, migrates);
        self.journal.push(Applied::Relocated { job, run, before: Box::new(before) });
        Ok(())
    }

    pub(crate) fn segment(&self, run: RunId) -> Segment {
        let run = self.state.runs.get(run);
        Segment {
            slots: run.slots.clone(),
            start: run.segment,
            overhead: run.overhead,
            work: run.work,
            rate: run.rate,
            done: self.state.jobs.row(run.job).done,
        }
    }

    /// Takes or gives back the capacity of some tasks of a job, without any other trace.
    pub(crate) fn swap_slots(&mut self, job: JobId, slots: &[Slot], take: bool) {
        let state = &mut self.state;
        let facts = &state.jobs.row(job).facts;
        let (shape, constraints) = (*state.words.shape_of(facts.shape), facts.constraints);
        let rule = *state.words.constraints_of(constraints);
        for &slot in slots {
            if take {
                state.nodes.take(slot, &shape);
            } else {
                state.nodes.give(slot, &shape, true);
            }
            state.affinity.count_task(&rule, slot.node, &state.nodes, take);
        }
    }

    /// Ends the present segment of an execution and begins one on `place`.
    fn move_run(&mut self, job: JobId, id: RunId, place: &[Slot], migrates: bool) {
        self.state.strike_resident(id);
        let now = self.state.now;
        let tasks = self.state.jobs.row(job).facts.tasks;
        let cost = self.state.jobs.row(job).facts.checkpoint().restart_cost;
        let rate = self.rate(place, tasks);
        let run = self.state.runs.get_mut(id);
        let progress = run.progress(now);
        run.work = run.work.saturating_sub(progress);
        let left = run.overhead.saturating_sub(now.since(run.segment));
        run.overhead = if migrates { left.saturating_add(cost) } else { left };
        (run.segment, run.rate) = (now, rate);
        run.slots.clear();
        run.slots.extend_from_slice(place);
        let row = self.state.jobs.row_mut(job);
        row.done = row.done.saturating_add(progress);
        self.state.list_resident(id);
    }

    /// Progress per time of `tasks` tasks' work on these slots: the slowest node sets the pace.
    pub(crate) fn rate(&self, slots: &[Slot], tasks: u32) -> (u64, u64) {
        let speed = slots.iter().map(|slot| self.state.nodes.speed_ppm(slot.node)).min().unwrap_or(1_000_000);
        if speed == 1_000_000 && slots.len() == tasks as usize {
            return (1, 1);
        }
        (slots.len() as u64 * u64::from(speed), u64::from(tasks) * 1_000_000)
    }
}
