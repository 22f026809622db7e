//! How jobs come in: submission, dependencies, the way into the queue.

use crate::engine::SimError;
use crate::engine::core::Core;
use crate::event::{End, Event};
use crate::ids::{JobId, RequestId};
use crate::job::{Gang, Job, Truth};
use crate::predictor::Estimate;
use crate::tables::{JobRow, Phase, Release, Request, TaskState};
use crate::time::{SimDuration, SimTime};

const NIL: u32 = u32::MAX;

impl Core {
    /// Takes a job in, now.
    pub(crate) fn submit(&mut self, mut facts: Job, truth: Truth) -> JobId {
        if facts.tasks == 1 {
            facts.gang = Gang::AllOrNothing;
        }
        let id = self.state.jobs.next_id();
        let request = self.request_of(&facts);
        let estimate = self.plugins.predictor.predict(id, &facts, &self.state.words, self.state.now);
        let row = new_row(id, facts, truth, request, estimate, self.state.now);
        self.state.jobs.insert(row);
        self.emit(Event::Submitted(id));
        if self.state.jobs.row(id).facts.after().is_empty() {
            self.enqueue(id);
        } else {
            self.await_others(id);
        }
        id
    }

    #[inline]
    fn request_of(&mut self, facts: &Job) -> RequestId {
        let Job { shape, tasks, gang, constraints, .. } = *facts;
        let request = Request { shape, tasks, gang, constraints };
        let (id, is_new) = self.state.requests.intern(request);
        if is_new {
            self.state.waiting.add_request();
            let may_not_fit = self.plugins.workload.may_not_fit();
            if let (Err(reason), false) = (self.check_possible(facts), may_not_fit) {
                self.error.get_or_insert(SimError::Impossible { job: facts.id, reason });
            }
        }
        id
    }

    /// Refuses a job that the cluster could not hold even if it were empty. Called once per request.
    fn check_possible(&self, facts: &Job) -> Result<(), String> {
        if facts.tasks == 0 || facts.width_min() == 0 || facts.width_min() > facts.tasks {
            return Err(format!("{} tasks, of which {} must run together", facts.tasks, facts.width_min()));
        }
        let (state, shape) = (&self.state, self.state.words.shape_of(facts.shape));
        let rule = state.words.constraints_of(facts.constraints);
        let mut room = 0u64;
        for node in state.nodes.ids() {
            if state.nodes.could_fit(node, shape) && rule.admits_labels(state.nodes.labels(node)) {
                room += u64::from(shape.need().times_in(&state.nodes.capacity()[node.index()]));
                if room >= u64::from(facts.width_min()) {
                    return Ok(());
                }
            }
        }
        Err(match room {
            0 => format!("no node can hold a task of {shape}"),
            _ => format!(
                "{} tasks of {shape} are larger than the cluster, which holds {room}",
                facts.width_min()
            ),
        })
    }

    fn await_others(&mut self, id: JobId) {
        let after = self.state.jobs.row(id).facts.after().to_vec();
        let table = self.dependencies.get_or_insert_default();
        let mut left = 0;
        let mut fails = false;
        for dependency in after {
            match table.ask(dependency.job, dependency.when, id) {
                None => left += 1,
                Some(Release::Holds) => {}
                Some(Release::Fails) => fails = true,
            }
        }
        self.state.jobs.row_mut(id).dependencies_left = left;
        if fails {
            self.finalize(id, End::Skipped);
        } else if left == 0 {
            self.enqueue(id);
        }
    }

    /// A job that this one waited for has ended in the right way.
    pub(crate) fn released(&mut self, id: JobId) {
        let row = self.state.jobs.row_mut(id);
        row.dependencies_left -= 1;
        if row.dependencies_left == 0 {
            self.enqueue(id);
        }
    }

    /// Puts a job into the queue: all its tasks that have not started.
    pub(crate) fn enqueue(&mut self, id: JobId) {
        let now = self.state.now;
        let row = self.state.jobs.row_mut(id);
        debug_assert_eq!(row.phase, Phase::Pending, "job {id:?} entered the queue twice");
        row.queued = now;
        row.phase = Phase::Waiting;
        if row.tasks.is_none() {
            row.unstarted = row.facts.tasks;
        }
        self.state.waiting.push(&mut self.state.jobs, id);
        // Ending a job in a commit may release another, of which no event will tell later.
        self.again |= self.committing;
        self.emit(Event::Queued(id));
    }

    /// A delayed retry or a hold is over. `payload` is a job id; the job may have ended meanwhile.
    pub(crate) fn job_returns(&mut self, payload: u64) {
        let id = JobId::from_payload(payload);
        let Some(row) = self.state.jobs.find(id) else { return };
        if row.delayed > 0 && row.tasks.is_some() {
            self.task_returns(id);
        } else if row.phase == Phase::Pending {
            self.state.jobs.row_mut(id).delayed = 0;
            self.enqueue(id);
        }
    }

    /// The task of an independent job that was delayed first may start again.
    fn task_returns(&mut self, id: JobId) {
        let row = self.state.jobs.row_mut(id);
        let tasks = row.tasks.as_mut().expect("an independent job has a task table");
        let task = tasks.delayed.remove(0);
        row.delayed -= 1;
        self.requeue_task(id, task);
    }

    /// A task of an independent job waits again.
    pub(crate) fn requeue_task(&mut self, id: JobId, task: u32) {
        let row = self.state.jobs.row_mut(id);
        row.tasks.as_mut().expect("an independent job has a task table").todo.push(task);
        row.unstarted += 1;
        if row.phase == Phase::Waiting {
            self.emit(Event::Queued(id));
        } else {
            row.phase = Phase::Pending;
            self.enqueue(id);
        }
    }
}

fn new_row(
    id: JobId,
    facts: Job,
    truth: Truth,
    request: RequestId,
    estimate: Estimate,
    now: SimTime,
) -> JobRow {
    let independent = facts.gang == Gang::Independent;
    let tasks = independent.then(|| {
        let n = facts.tasks as usize;
        Box::new(TaskState {
            todo: (0..facts.tasks).rev().collect(),
            done: vec![SimDuration::ZERO; n],
            attempts: vec![0; n],
            delayed: Vec::new(),
        })
    });
    JobRow {
        id,
        request,
        phase: Phase::Pending,
        restarts: false,
        retries: 0,
        preemptions: 0,
        attempts: 0,
        unstarted: if independent { facts.tasks } else { 0 },
        running: 0,
        delayed: 0,
        failed: 0,
        first_run: None,
        prev: NIL,
        next: NIL,
        dependencies_left: 0,
        done: SimDuration::ZERO,
        ran: SimDuration::ZERO,
        first_start: SimTime::MAX,
        promised: SimTime::MAX,
        queued: now,
        estimate,
        unrevised: None,
        cost_micros: 0,
        tasks,
        facts,
        truth,
    }
}
