//! How executions and jobs end: release, retry, final outcome, and those who waited for it.

use crate::engine::core::Core;
use crate::event::{End, Event};
use crate::ids::{JobId, RunId};
use crate::job::Gang;
use crate::predictor::Outcome;
use crate::queue::{Class, Ticket};
use crate::tables::{Phase, Release, RunState};
use crate::time::SimDuration;

impl Core {
    /// An execution has come to the end that was foreseen at its start.
    pub(crate) fn run_ends(&mut self, id: RunId) {
        let run = self.state.runs.get(id);
        debug_assert_eq!(run.state, RunState::Active);
        let (job, end) = (run.job, run.outcome);
        self.end_run(id, end);
        self.settle(job, id, end);
        self.state.runs.recycle(id);
    }

    /// Frees an execution's capacity and tells of its end. Its record stays until it is recycled.
    pub(crate) fn end_run(&mut self, id: RunId, end: End) {
        let run = self.state.runs.get(id);
        let (job, tickets) = (run.job, (run.end_ticket, run.expire_ticket));
        self.queue.cancel(tickets.0);
        self.queue.cancel(tickets.1);
        self.release_run(id);
        self.note_freed(id);
        self.drain_emptied(id);
        self.emit(Event::RunEnded { job, run: id, end });
    }

    /// Remembers the nodes of an execution for the next trigger.
    pub(crate) fn note_freed(&mut self, id: RunId) {
        self.freed.extend(self.state.runs.get(id).slots.iter().map(|slot| slot.node));
    }

    /// Gives an execution's capacity back and takes it off its job.
    pub(crate) fn release_run(&mut self, id: RunId) {
        self.state.strike_resident(id);
        let state = &mut self.state;
        let run = state.runs.get_mut(id);
        run.state = RunState::Ended;
        (run.end_ticket, run.expire_ticket) = (Ticket::NONE, Ticket::NONE);
        let (prev, next, job) = (run.prev_of_job, run.next_of_job, run.job);
        let cost_micros = run_cost(state, id);
        let row = state.jobs.row_mut(job);
        row.running -= 1;
        row.cost_micros = row.cost_micros.saturating_add(cost_micros);
        if let Some(next) = next {
            state.runs.get_mut(next).prev_of_job = prev;
        }
        match prev {
            Some(prev) => state.runs.get_mut(prev).next_of_job = next,
            None => state.jobs.row_mut(job).first_run = next,
        }
        let facts = &state.jobs.row(job).facts;
        let (shape, constraints) = (*state.words.shape_of(facts.shape), facts.constraints);
        for &slot in &state.runs.get(id).slots {
            state.nodes.give(slot, &shape, true);
        }
        if constraints.0 != 0 {
            let rule = *state.words.constraints_of(constraints);
            for slot in &state.runs.get(id).slots {
                state.affinity.count_task(&rule, slot.node, &state.nodes, false);
            }
        }
    }

    /// Keeps the work that an execution has done, as far as it survives, in its job's row.
    pub(crate) fn keep_work(&mut self, id: RunId, keep: impl FnOnce(SimDuration) -> SimDuration) {
        let run = self.state.runs.get(id);
        let (progress, task) = (run.progress(self.state.now), run.task);
        let row = self.state.jobs.row_mut(run.job);
        let done = match task {
            Some(task) => &mut row.tasks.as_mut().expect("tasks are tabled").done[task as usize],
            None => &mut row.done,
        };
        *done = keep(*done + progress);
    }

    /// Decides what follows from the end of an execution.
    pub(crate) fn settle(&mut self, job: JobId, run: RunId, end: End) {
        let requeues = end == End::NodeLost && self.state.rules.requeue_on_node_loss;
        if requeues || matches!(end, End::Failed | End::NodeLost) {
            let checkpoint = self.state.jobs.row(job).facts.checkpoint();
            self.keep_work(run, |done| checkpoint.kept(done));
            let row = self.state.jobs.row_mut(job);
            row.restarts = true;
            row.ran = SimDuration::ZERO;
        } else {
            self.keep_work(run, |done| done);
        }
        if requeues {
            self.wait_again(job, run, SimDuration::ZERO);
            return;
        }
        let row = self.state.jobs.row_mut(job);
        let retry = row.facts.retry();
        if matches!(end, End::Failed | End::NodeLost) && row.retries < retry.max {
            row.retries += 1;
            let delay = retry.delay(row.retries - 1);
            self.wait_again(job, run, delay);
            return;
        }
        if row.facts.gang != Gang::Independent {
            let end = if end == End::NodeLost { End::Failed } else { end };
            self.finalize(job, end);
            return;
        }
        row.failed += u32::from(end != End::Completed);
        if row.running == 0 && row.unstarted == 0 && row.delayed == 0 {
            let end = if row.failed > 0 { End::Failed } else { End::Completed };
            self.finalize(job, end);
        }
    }

    /// Sends a job, or one task of it, back into the queue after a delay.
    fn wait_again(&mut self, job: JobId, run: RunId, delay: SimDuration) {
        let task = self.state.runs.get(run).task;
        let row = self.state.jobs.row_mut(job);
        match (task, delay) {
            (Some(task), SimDuration::ZERO) => self.requeue_task(job, task),
            (None, SimDuration::ZERO) => {
                row.phase = Phase::Pending;
                self.enqueue(job);
            }
            (task, delay) => {
                row.delayed += 1;
                match task {
                    Some(task) => row.tasks.as_mut().expect("tasks are tabled").delayed.push(task),
                    None => row.phase = Phase::Pending,
                }
                self.queue.push(self.state.now.saturating_add(delay), Class::Submit, job.payload());
            }
        }
    }

    /// Ends a job for good, and with it the wait of those who depend on it.
    ///
    /// The job holds no capacity and stands in no queue. Chains of skipped jobs are walked without recursion.
    pub(crate) fn finalize(&mut self, job: JobId, end: End) {
        let mut ending = vec_of_one(job, end);
        while let Some((job, end)) = ending.pop() {
            // A job that depends on two skipped ones is on the list twice.
            let Some(row) = self.state.jobs.find(job) else { continue };
            let number = row.facts.id;
            if let Some(id) = self.state.reservations.of_job(job).map(|reservation| reservation.id) {
                self.drop_reservation(id);
            }
            self.emit(Event::Ended { job, end });
            let row = self.state.jobs.row(job);
            let ran_for = row.work();
            self.plugins.predictor.learn(&Outcome { job, facts: &row.facts, ran_for, end });
            self.state.jobs.remove(job);
            let Some(table) = &mut self.dependencies else { continue };
            let waiters = table.record(number, end);
            let mut skipped = Vec::new();
            for (waiter, release) in waiters {
                let waits = self.state.jobs.find(waiter).is_some();
                match release {
                    Release::Holds if waits => self.released(waiter),
                    Release::Fails if waits && !skipped.contains(&(waiter, End::Skipped)) => {
                        skipped.push((waiter, End::Skipped));
                    }
                    _ => {}
                }
            }
            ending.extend(skipped.into_iter().rev());
        }
    }
}

/// A work list that does not allocate while there is nothing but its first element.
fn vec_of_one(job: JobId, end: End) -> smallvec::SmallVec<[(JobId, End); 4]> {
    smallvec::smallvec![(job, end)]
}

/// What an execution has cost: for each task the node's price times the largest share of it that the task held.
fn run_cost(state: &crate::engine::State, id: RunId) -> u64 {
    let run = state.runs.get(id);
    let need = *state.words.shape_of(state.jobs.row(run.job).facts.shape).need();
    let mut rate_ppm = 0u128;
    for slot in &run.slots {
        let price = state.groups[state.nodes.group(slot.node).index()].price_micros_per_hour;
        if price == 0 {
            continue;
        }
        let capacity = &state.nodes.capacity()[slot.node.index()];
        let share = |lane: usize| u64::from(need.0[lane]) * 1_000_000 / u64::from(capacity.0[lane].max(1));
        rate_ppm += u128::from(price) * u128::from((0..8).map(share).max().unwrap_or(0));
    }
    if rate_ppm == 0 {
        return 0;
    }
    // Millionths per hour x ppm x nanoseconds.
    let held_ns = u128::from(state.now.since(run.start).as_ns());
    u64::try_from(rate_ppm * held_ns / (1_000_000 * 3_600_000_000_000)).unwrap_or(u64::MAX)
}
