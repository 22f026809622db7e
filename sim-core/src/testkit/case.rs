//! Small cases, told as sentences: nodes, jobs, a policy, and what is expected of them.

mod owners;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::action::Slot;
use crate::cluster::{CardRule, ClusterSpec, FitOrder, IndexBy, NodeSpec};
use crate::constraint::Constraints;
use crate::decision::Decision;
use crate::engine::{Engine, Limits, Parts, Step, Summary};
use crate::event::{End, Event, EventMask};
use crate::failure::{Failures, Rules};
use crate::ids::{ConstraintsId, JobId};
use crate::job::{Dependency, Gang, Job, Retry, Truth, When};
use crate::observer::{Observer, ResultSink, SinkError};
use crate::policy::{Policy, Setup};
use crate::predictor::Requested;
use crate::resources::{Lane, Resources};
use crate::shape::Shape;
use crate::testkit::invariants::Invariants;
use crate::testkit::listed::ListedJobs;
use crate::time::{SimDuration, SimTime};
use crate::view::View;
use crate::vocabulary::Vocabulary;

/// So many cores.
pub fn cpu(cores: u32) -> Resources {
    Resources::ZERO.with(Lane::Cpu, cores * 1000)
}

/// So many cores and MiB.
pub fn cpu_mem(cores: u32, mib: u32) -> Resources {
    cpu(cores).with(Lane::Memory, mib)
}

/// First-come-first-served with first fit, passing over what does not fit: the plainest policy there is.
pub fn greedy() -> Box<dyn Policy> {
    Box::new(Greedy)
}

#[derive(Clone, Copy)]
struct Greedy;

impl Policy for Greedy {
    fn name(&self) -> &str {
        "greedy"
    }

    fn setup(&self) -> Setup {
        Setup { indexes: vec![IndexBy::Rank], ..Setup::default() }
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        let mut waiting: Vec<JobId> = cx.view().waiting().collect();
        waiting.sort_unstable();
        for job in waiting {
            let alone = cx.view().job(job).facts().gang == Gang::Independent;
            cx.attempt(|cx| {
                for _ in 0..cx.view().job(job).unstarted() {
                    match slot_for(cx.view(), job) {
                        Some(slot) => cx.stage(job, slot).ok()?,
                        None if alone => break,
                        None => return None,
                    }
                }
                cx.start_staged(job).ok()
            });
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(*self)
    }
}

fn slot_for(view: View<'_>, job: JobId) -> Option<Slot> {
    let (nodes, shape) = (view.nodes(), view.shape(job));
    let node = nodes.fitting(shape, FitOrder::Rank).find(|&node| view.admits(job, node))?;
    Some(Slot { node, cards: nodes.pick_cards(node, shape.gpu(), CardRule::Lowest)? })
}

/// What became of a job: first start, end, final state.
type History = BTreeMap<u64, (Option<SimTime>, Option<(SimTime, End)>)>;

#[derive(Clone, Default)]
struct Recorder {
    history: Arc<Mutex<History>>,
}

impl Observer for Recorder {
    fn mask(&self) -> EventMask {
        EventMask::SUBMITTED.or(EventMask::STARTED).or(EventMask::ENDED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        let mut history = self.history.lock().expect("tests do not panic while recording");
        match *event {
            Event::Submitted(job) => {
                history.entry(view.job(job).facts().id).or_default();
            }
            Event::Started { job, .. } => {
                history.entry(view.job(job).facts().id).or_default().0.get_or_insert(at);
            }
            Event::Ended { job, end } => {
                history.entry(view.job(job).facts().id).or_default().1 = Some((at, end));
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

/// A case under construction, then under way.
pub struct Case {
    cluster: ClusterSpec,
    words: Vocabulary,
    jobs: Vec<(Job, Truth)>,
    /// Switches of the cluster's behaviour.
    pub rules: Rules,
    /// What may go wrong.
    pub failures: Failures,
    /// The seed.
    pub seed: u64,
    policy: Box<dyn Policy>,
    recorder: Recorder,
    engine: Option<Engine>,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            cluster: ClusterSpec::default(),
            words: Vocabulary::default(),
            jobs: Vec::new(),
            rules: Rules::default(),
            failures: Failures::default(),
            seed: 1,
            policy: greedy(),
            recorder: Recorder::default(),
            engine: None,
        }
    }
}

impl Case {
    /// No nodes, no jobs, the greedy policy.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a group of like nodes.
    #[must_use]
    pub fn nodes(mut self, count: u32, each: Resources) -> Self {
        let name = format!("g{}", self.cluster.groups.len());
        self.cluster.add_uniform(&name, count, each, 0);
        self
    }

    /// Adds a group of like nodes with GPU cards.
    #[must_use]
    pub fn gpu_nodes(mut self, count: u32, each: Resources, cards: u16) -> Self {
        let name = format!("g{}", self.cluster.groups.len());
        self.cluster.add_uniform(&name, count, each, cards);
        self
    }

    /// Changes every node's description.
    #[must_use]
    pub fn with_each_node(mut self, change: impl FnMut(&mut NodeSpec)) -> Self {
        self.cluster.nodes.iter_mut().for_each(change);
        self
    }

    /// The cluster's description, to be changed.
    pub fn cluster(&mut self) -> &mut ClusterSpec {
        &mut self.cluster
    }

    /// The vocabulary, for constraints and GPU models.
    pub fn words(&mut self) -> &mut Vocabulary {
        &mut self.words
    }

    /// Runs under this policy.
    pub fn policy(&mut self, policy: Box<dyn Policy>) -> &mut Self {
        self.policy = policy;
        self
    }

    /// A job submitted at `submit` that runs for `service` seconds, to be described further and added.
    pub fn job(&mut self, submit: u64, service: u64) -> JobBuilder<'_> {
        let id = self.jobs.len() as u64 + 1;
        let shape = self.words.shape(Shape::new(cpu(1)));
        let job = Job::new(id, SimTime::from_secs(submit), shape);
        JobBuilder { case: self, job, truth: Truth::runs_for(SimDuration::from_secs(service)) }
    }

    fn engine(&mut self) -> &mut Engine {
        if self.engine.is_none() {
            let mut engine = Engine::new(Parts {
                cluster: self.cluster.clone(),
                words: self.words.clone(),
                workload: Box::new(ListedJobs::new(self.jobs.clone())),
                predictor: Box::new(Requested),
                controllers: Vec::new(),
                observers: vec![Box::new(self.recorder.clone()), Box::new(Invariants::default())],
                failures: self.failures.clone(),
                rules: self.rules,
                limits: Limits::default(),
                seed: self.seed,
            });
            engine.attach(&mut *self.policy);
            self.engine = Some(engine);
        }
        self.engine.as_mut().expect("it was just built")
    }

    /// Runs to the end.
    ///
    /// # Panics
    /// If the engine reports an error.
    pub fn run(&mut self) -> Summary {
        self.engine();
        let engine = self.engine.as_mut().expect("it was just built");
        engine.resume(&mut *self.policy).expect("the case is a legal one")
    }

    /// Runs until a decision is due at or after `at` seconds, and leaves that decision to the caller.
    ///
    /// # Panics
    /// If the run is over before.
    pub fn decision_at(&mut self, at: u64) -> Decision<'_> {
        self.engine();
        let engine = self.engine.as_mut().expect("it was just built");
        loop {
            let step = engine.advance().expect("the case is a legal one");
            assert_eq!(step, Step::Decide, "the run ended before {at} s");
            if engine.view().now() >= SimTime::from_secs(at) {
                break;
            }
            self.policy.decide(&mut engine.decision());
            engine.commit();
        }
        engine.decision()
    }

    /// Commits the decision that [`Case::decision_at`] left open.
    pub fn commit(&mut self) {
        self.engine().commit();
    }

    /// A fork of the run as it stands.
    pub fn fork(&mut self) -> Engine {
        self.engine().clone()
    }

    /// The engine's id of a job that has not ended.
    ///
    /// # Panics
    /// If it has, or is not submitted.
    pub fn id(&self, job: u64) -> JobId {
        let engine = self.engine.as_ref().expect("the case is under way");
        let found = engine.view().unfinished().find(|view| view.facts().id == job);
        found.unwrap_or_else(|| panic!("job {job} is not in the cluster")).id()
    }

    fn history(&self, job: u64) -> (Option<SimTime>, Option<(SimTime, End)>) {
        let history = self.recorder.history.lock().expect("tests do not panic while recording");
        *history.get(&job).unwrap_or_else(|| panic!("job {job} was not submitted"))
    }

    /// When a job first started, in seconds.
    ///
    /// # Panics
    /// If it has not.
    pub fn start(&self, job: u64) -> f64 {
        self.history(job).0.unwrap_or_else(|| panic!("job {job} has not started")).as_secs_f64()
    }

    /// When and how a job ended, in seconds.
    ///
    /// # Panics
    /// If it has not.
    pub fn end(&self, job: u64) -> (f64, End) {
        let (at, end) = self.history(job).1.unwrap_or_else(|| panic!("job {job} has not ended"));
        (at.as_secs_f64(), end)
    }

    /// True if the job was submitted and has not ended.
    pub fn is_unfinished(&self, job: u64) -> bool {
        self.history(job).1.is_none()
    }
}

/// A job of a case under construction.
pub struct JobBuilder<'c> {
    case: &'c mut Case,
    job: Job,
    truth: Truth,
}

impl JobBuilder<'_> {
    /// What each task asks for.
    #[must_use]
    pub fn each(mut self, need: Resources) -> Self {
        self.job.shape = self.case.words.shape(Shape::new(need));
        self
    }

    /// What each task asks for, with GPUs.
    #[must_use]
    pub fn shape(mut self, shape: Shape) -> Self {
        self.job.shape = self.case.words.shape(shape);
        self
    }

    /// So many tasks that start together.
    #[must_use]
    pub fn gang(mut self, tasks: u32) -> Self {
        (self.job.tasks, self.job.gang) = (tasks, Gang::AllOrNothing);
        self
    }

    /// So many tasks, each by itself.
    #[must_use]
    pub fn independent(mut self, tasks: u32) -> Self {
        (self.job.tasks, self.job.gang) = (tasks, Gang::Independent);
        self
    }

    /// From `min` to `tasks` tasks.
    #[must_use]
    pub fn elastic(mut self, min: u32, tasks: u32) -> Self {
        (self.job.tasks, self.job.gang) = (tasks, Gang::Elastic { min });
        self
    }

    /// Requested wall time in seconds.
    #[must_use]
    pub fn walltime(mut self, secs: u64) -> Self {
        self.job.walltime = SimDuration::from_secs(secs);
        self
    }

    /// Deadline in seconds.
    #[must_use]
    pub fn deadline(mut self, secs: u64) -> Self {
        self.job.deadline = SimTime::from_secs(secs);
        self
    }

    /// Priority.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.job.priority = priority;
        self
    }

    /// Waits for another job.
    #[must_use]
    pub fn after(mut self, job: u64, when: When) -> Self {
        self.job.extras.get_or_insert_default().after.push(Dependency { job, when });
        self
    }

    /// Retries after failures.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.job.extras.get_or_insert_default().retry = retry;
        self
    }

    /// Writes checkpoints every `interval` seconds and takes `restart_cost` seconds to restart.
    #[must_use]
    pub fn checkpoint(mut self, interval: u64, restart_cost: u64) -> Self {
        let checkpoint = &mut self.job.extras.get_or_insert_default().checkpoint;
        checkpoint.interval = SimDuration::from_secs(interval);
        checkpoint.restart_cost = SimDuration::from_secs(restart_cost);
        self
    }

    /// Every attempt fails after `work` seconds of service.
    #[must_use]
    pub fn fails_after(mut self, work: u64) -> Self {
        self.truth = self.truth.failing_after(SimDuration::from_secs(work));
        self
    }

    /// Where its tasks may stand.
    #[must_use]
    pub fn constraints(mut self, rule: Constraints) -> Self {
        self.job.constraints = self.case.words.constraints(rule);
        assert_ne!(self.job.constraints, ConstraintsId(u32::MAX));
        self
    }

    /// Adds the job and returns its number.
    pub fn add(self) -> u64 {
        let id = self.job.id;
        self.case.jobs.push((self.job, self.truth));
        id
    }
}
