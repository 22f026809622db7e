//! What a policy, predictor or observer may read.

use crate::action::{Preempt, Slot};
use crate::cluster::{CompanyTable, NodeGroup, NodeTable};
use crate::engine::State;
use crate::ids::{JobId, NodeId, RequestId, RunId};
use crate::job::Job;
use crate::predictor::Estimate;
use crate::random::Keyed;
use crate::shape::Shape;
use crate::tables::{JobStatus, Phase, Request, Reservation, Run, RunState};
use crate::time::{SimDuration, SimTime};
use crate::vocabulary::Vocabulary;
use crate::window::Window;

/// A read-only look at the run. Holds only what could be known by now: no true run times, no fates.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(crate) state: &'a State,
}

/// The declared facts and the history of one job.
#[derive(Clone, Copy)]
pub struct JobView<'a> {
    row: &'a crate::tables::JobRow,
}

impl<'a> View<'a> {
    /// The time.
    #[inline]
    pub fn now(self) -> SimTime {
        self.state.now
    }

    /// Draws keyed by entity for a policy's own use. They tell nothing of the seed, from which a generated workload
    /// could be foretold.
    pub fn draws(self, name: &str) -> Keyed {
        Keyed::new(self.state.seed, &format!("policy/{name}"))
    }

    /// Names and interned requests.
    #[inline]
    pub fn words(self) -> &'a Vocabulary {
        &self.state.words
    }

    /// The nodes.
    #[inline]
    pub fn nodes(self) -> &'a NodeTable {
        &self.state.nodes
    }

    /// The node groups.
    pub fn groups(self) -> &'a [NodeGroup] {
        &self.state.groups
    }

    /// The reservations that stand, by id.
    pub fn reservations(self) -> &'a [Reservation] {
        self.state.reservations.all()
    }

    /// The windows of maintenance and of reservations in advance, in order of their beginnings.
    pub fn windows(self) -> &'a [Window] {
        self.state.windows.all()
    }

    /// The slots that a waiting gang holds.
    pub fn held(self, job: JobId) -> &'a [Slot] {
        self.state.held.get(&job).map_or(&[], |slots| slots)
    }

    /// The waiting gangs that hold slots, by id.
    pub fn holding(self) -> impl Iterator<Item = (JobId, &'a [Slot])> {
        self.state.held.iter().map(|(&job, slots)| (job, slots.as_slice()))
    }

    /// A job that has not ended.
    ///
    /// # Panics
    /// If it has: ask [`View::find`] where that may be.
    #[inline]
    pub fn job(self, job: JobId) -> JobView<'a> {
        JobView { row: self.state.jobs.row(job) }
    }

    /// A job, unless it has ended.
    #[inline]
    pub fn find(self, job: JobId) -> Option<JobView<'a>> {
        self.state.jobs.find(job).map(|row| JobView { row })
    }

    /// True if the job waits for a start.
    #[inline]
    pub fn is_waiting(self, job: JobId) -> bool {
        self.state.jobs.find(job).is_some_and(|row| row.phase == Phase::Waiting)
    }

    /// Jobs that wait for a start.
    #[inline]
    pub fn waiting_len(self) -> usize {
        self.state.waiting.len()
    }

    /// Jobs with this request that wait for a start, in order of entry.
    pub fn waiting_of(self, request: RequestId) -> impl Iterator<Item = JobId> + use<'a> {
        self.state.waiting.of(&self.state.jobs, request)
    }

    /// How many jobs with this request wait for a start.
    pub fn waiting_len_of(self, request: RequestId) -> u32 {
        self.state.waiting.len_of(request)
    }

    /// All jobs that wait for a start: by request, then in order of entry.
    pub fn waiting(self) -> impl Iterator<Item = JobId> + use<'a> {
        (0..self.state.requests.len()).flat_map(move |n| self.waiting_of(RequestId::from_index(n)))
    }

    /// Requests seen so far; their ids are `0..requests_len()`.
    pub fn requests_len(self) -> usize {
        self.state.requests.len()
    }

    /// The request behind an id.
    #[inline]
    pub fn request(self, id: RequestId) -> &'a Request {
        self.state.requests.get(id)
    }

    /// What each task of the job asks for.
    #[inline]
    pub fn shape(self, job: JobId) -> &'a Shape {
        self.state.words.shape_of(self.state.jobs.row(job).facts.shape)
    }

    /// An execution that holds capacity, or one that ended at this instant.
    #[inline]
    pub fn run(self, run: RunId) -> &'a Run {
        self.state.runs.get(run)
    }

    /// Executions that hold capacity, by id.
    pub fn running(self) -> impl Iterator<Item = (RunId, &'a Run)> {
        self.state.runs.iter()
    }

    /// How many executions hold capacity.
    pub fn running_len(self) -> usize {
        self.state.runs.len()
    }

    /// Executions of one job that hold capacity, the latest first.
    pub fn runs_of(self, job: JobId) -> impl Iterator<Item = RunId> + use<'a> {
        let mut at = self.state.jobs.find(job).and_then(|row| row.first_run);
        std::iter::from_fn(move || {
            let run = at?;
            at = self.state.runs.get(run).next_of_job;
            Some(run)
        })
    }

    /// Work that the job has done, the executions that run now included: service time at full width and nominal speed.
    /// Of an independent job it is the mean over its tasks, rounded down. What a preemption or a failure took away does
    /// not count, nor does the time of a restart.
    ///
    /// # Cost
    /// O(executions of the job), and O(tasks) for an independent one.
    pub fn work_done(self, job: JobId) -> SimDuration {
        let row = self.state.jobs.row(job);
        let now = self.state.now;
        let runs = self.runs_of(job).map(|run| self.state.runs.get(run));
        let running = runs.filter(|run| run.state == RunState::Active || run.state == RunState::Stopping);
        let progress = running.map(|run| u128::from(run.progress(now).as_ns())).sum::<u128>();
        let Some(tasks) = &row.tasks else { return row.done.saturating_add(whole_ns(progress)) };
        let kept: u128 = tasks.done.iter().map(|done| u128::from(done.as_ns())).sum();
        whole_ns((kept + progress) / u128::from(row.facts.tasks))
    }

    /// Executions on a node, one entry per task.
    ///
    /// # Panics
    /// If the policy's `Setup` did not ask for residents.
    pub fn residents(self, node: NodeId) -> &'a [RunId] {
        let lists = self.state.residents.as_ref().expect("the policy asked for residents in its setup");
        &lists[node.index()]
    }

    /// When the execution will end if its job's work is what the estimate's `p90` says, but not later than
    /// [`View::bound`]; [`SimTime::MAX`] if there is no estimate. It may be past: then the job has outlived it.
    ///
    /// What counts is the placement that the execution has now: its width, the speed of its slowest node, and the work
    /// that was done before.
    #[inline]
    pub fn expected_end(self, run: RunId) -> SimTime {
        self.state.expected_end(run)
    }

    /// Tasks that hold capacity, by their preferences and where they stand.
    #[inline]
    pub fn company(self) -> &'a CompanyTable {
        &self.state.affinity.company
    }

    /// Work that stopping the execution in this way would lose: what was done since the last checkpoint, all of it,
    /// or nothing. In service time at full width; what the execution runs beyond that is not told.
    pub fn unsaved(self, run: RunId, how: Preempt) -> SimDuration {
        let run = self.state.runs.get(run);
        let row = self.state.jobs.row(run.job);
        let before = match (run.task, &row.tasks) {
            (Some(task), Some(tasks)) => tasks.done[task as usize],
            _ => row.done,
        };
        let done = before.saturating_add(run.progress(self.state.now));
        match how {
            Preempt::Kill => done,
            Preempt::Requeue => done.saturating_sub(row.facts.checkpoint().kept(done)),
            Preempt::Suspend => SimDuration::ZERO,
        }
    }

    /// When the execution must have ended: its requested wall time where that is enforced, else [`SimTime::MAX`].
    pub fn bound(self, run: RunId) -> SimTime {
        self.state.bound(run)
    }

    /// True if the constraints of the job (labels, anti-affinity, spread) and the windows of the node allow one more of
    /// its tasks there, now.
    #[inline]
    pub fn admits(self, job: JobId, node: NodeId) -> bool {
        self.state.admits(self.state.jobs.row(job).facts.constraints, node)
            && self.state.is_open_at(job, node, self.state.now)
    }

    /// True if no window keeps the job off the node, should it start there at `start`.
    #[inline]
    pub fn is_open(self, job: JobId, node: NodeId, start: SimTime) -> bool {
        self.state.is_open_at(job, node, start)
    }

    /// True if a task of the job can start on the node now: resources, cards, constraints.
    pub fn can_place(self, job: JobId, node: NodeId) -> bool {
        self.state.nodes.fits(node, self.shape(job)) && self.admits(job, node)
    }

    /// Jobs submitted so far.
    pub fn submitted(self) -> u64 {
        self.state.jobs.submitted()
    }

    /// Jobs that have not ended, by slot of the job table.
    pub fn unfinished(self) -> impl Iterator<Item = JobView<'a>> {
        self.state.jobs.iter().map(|row| JobView { row })
    }

    /// Price of all nodes that were not off, up to now [millionths of a currency unit].
    pub fn cost_micros(self) -> u128 {
        self.state.meter.total(self.state.now)
    }
}

fn whole_ns(ns: u128) -> SimDuration {
    SimDuration::from_ns(u64::try_from(ns).unwrap_or(u64::MAX))
}

impl<'a> JobView<'a> {
    /// The engine's id.
    pub fn id(self) -> crate::ids::JobId {
        self.row.id
    }

    /// What was declared.
    #[inline]
    pub fn facts(self) -> &'a Job {
        &self.row.facts
    }

    /// Its interned request.
    #[inline]
    pub fn request(self) -> RequestId {
        self.row.request
    }

    /// The predictor's guess, as it stands.
    #[inline]
    pub fn estimate(self) -> Estimate {
        self.row.estimate
    }

    /// The predictor's guess at submission, whatever was revised since.
    #[inline]
    pub fn predicted(self) -> Estimate {
        self.row.unrevised.as_deref().copied().unwrap_or(self.row.estimate)
    }

    /// Where it stands.
    pub fn status(self) -> JobStatus {
        match self.row.phase {
            Phase::Pending => JobStatus::Pending,
            Phase::Waiting => JobStatus::Waiting,
            Phase::Running => JobStatus::Running,
        }
    }

    /// Tasks that wait for a start.
    #[inline]
    pub fn unstarted(self) -> u32 {
        self.row.unstarted
    }

    /// When it last entered the queue.
    #[inline]
    pub fn queued(self) -> SimTime {
        self.row.queued
    }

    /// When it first started, if it has.
    #[inline]
    pub fn first_start(self) -> Option<SimTime> {
        (self.row.first_start != SimTime::MAX).then_some(self.row.first_start)
    }

    /// The start that a policy promised it first, if one did.
    #[inline]
    pub fn promised(self) -> Option<SimTime> {
        (self.row.promised != SimTime::MAX).then_some(self.row.promised)
    }

    /// Attempts that failed and were repeated.
    pub fn retries(self) -> u16 {
        self.row.retries
    }

    /// Times it was preempted.
    pub fn preemptions(self) -> u16 {
        self.row.preemptions
    }

    /// Work it has done and keeps, in service time at full width, of independent tasks that of the longest; not
    /// counting executions that run now.
    pub fn done(self) -> SimDuration {
        self.row.work()
    }

    /// What its executions have cost so far, at the share of each node that it held \[millionths\].
    pub fn cost_micros(self) -> u64 {
        self.row.cost_micros
    }
}
