//! Small runs for tests: a list of jobs, a greedy policy, a sink that remembers.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sim_core::{
    Action, CardRule, ClusterSpec, Decision, Engine, Failures, FitOrder, Gang, IndexBy, Job, JobId, Lane,
    Limits, Metric, Note, Observer, Parts, Policy, Preempt, Requested, Resources, ResultSink, Rules, Setup,
    Shape, SimDuration, SimTime, SinkError, Slot, Summary, Truth, Vocabulary, WakeId, Workload,
    WorkloadError,
};

use crate::key::RunKey;

/// Jobs from a list.
pub(crate) struct Jobs {
    rows: Vec<(Job, Truth)>,
    next: usize,
}

impl Workload for Jobs {
    fn next_job(&mut self, _words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        self.next += 1;
        Ok(self.rows.get(self.next - 1).cloned())
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(Jobs { rows: self.rows.clone(), next: self.next })
    }
}

/// Starts whatever fits, in order of submission; follows a script of preemptions and rejections.
#[derive(Clone, Default)]
pub(crate) struct Greedy {
    /// At these times [s], this is done to the job of this trace number before anything is started.
    pub(crate) script: Vec<(u64, u64, Scripted)>,
    began: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Scripted {
    Preempt(Preempt),
    Reject,
    /// To the first of its slots.
    Resize(u32),
    /// A start at that time [s].
    Promise(u64),
}

impl Policy for Greedy {
    fn name(&self) -> &str {
        "greedy"
    }

    fn setup(&self) -> Setup {
        Setup { indexes: vec![IndexBy::Rank], ..Setup::default() }
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        if !std::mem::replace(&mut self.began, true) {
            for (secs, ..) in &self.script {
                cx.wake(WakeId(0), SimTime::from_secs(*secs)).unwrap();
            }
        }
        let now = cx.view().now();
        for &(_, number, scripted) in self.script.iter().filter(|(secs, ..)| SimTime::from_secs(*secs) == now)
        {
            let job = cx.view().unfinished().find(|job| job.facts().id == number).unwrap().id();
            match scripted {
                Scripted::Preempt(how) => cx.preempt(job, how).unwrap(),
                Scripted::Reject => cx.apply(&Action::Reject { job }).unwrap(),
                Scripted::Promise(at) => cx.promise(job, SimTime::from_secs(at)).unwrap(),
                Scripted::Resize(width) => {
                    let view = cx.view();
                    let run = view.runs_of(job).next().unwrap();
                    let place = view.run(run).slots()[..width as usize].to_vec();
                    cx.apply(&Action::Resize { job, place }).unwrap();
                }
            }
        }
        let mut waiting: Vec<JobId> = cx.view().waiting().collect();
        waiting.sort_unstable();
        for job in waiting {
            start(cx, job);
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(self.clone())
    }
}

/// Starts a gang as a whole, and independent tasks one by one.
fn start(cx: &mut Decision<'_>, job: JobId) {
    let wanted = cx.view().job(job).unstarted();
    let width = if cx.view().job(job).facts().gang == Gang::Independent { 1 } else { wanted };
    let mut placed = 0;
    while placed < wanted {
        let started = cx.attempt(|cx| {
            for _ in 0..width {
                let view = cx.view();
                let shape = *view.shape(job);
                let node = view.nodes().fitting(&shape, FitOrder::Rank).next()?;
                let cards = view.nodes().pick_cards(node, shape.gpu(), CardRule::Lowest)?;
                cx.stage(job, Slot { node, cards }).ok()?;
            }
            cx.start_staged(job).ok()
        });
        if started.is_none() {
            cx.note(Note::NoRoom { job, placed, wanted });
            return;
        }
        placed += width;
    }
}

/// A sink that remembers scalars by full name.
#[derive(Default)]
pub(crate) struct Numbers(pub(crate) BTreeMap<String, f64>);

impl ResultSink for Numbers {
    fn scalar(&mut self, metric: &'static Metric, label: &str, value: f64) -> Result<(), SinkError> {
        let before = self.0.insert(format!("{}{label}", metric.name), value);
        assert_eq!(before, None, "{}{label} came twice", metric.name);
        Ok(())
    }
}

impl Numbers {
    #[track_caller]
    pub(crate) fn expect(&self, name: &str, value: f64) {
        let got = *self.0.get(name).unwrap_or_else(|| panic!("no {name} among {:?}", self.0.keys()));
        assert!((got - value).abs() <= 1e-9 * value.abs().max(1.0), "{name} is {got}, not {value}");
    }

    #[track_caller]
    pub(crate) fn expect_none(&self, name: &str) {
        assert_eq!(self.0.get(name), None, "{name}");
    }
}

/// A run in the making.
pub(crate) struct Case {
    pub(crate) words: Vocabulary,
    pub(crate) cluster: ClusterSpec,
    pub(crate) rows: Vec<(Job, Truth)>,
    pub(crate) rules: Rules,
    pub(crate) limits: Limits,
    pub(crate) policy: Greedy,
}

impl Case {
    /// On `nodes` nodes of `cores` cores each.
    pub(crate) fn new(nodes: u32, cores: u32) -> Self {
        let mut cluster = ClusterSpec::default();
        cluster.add_uniform("n", nodes, Resources::ZERO.with(Lane::Cpu, cores * 1000), 0);
        Self {
            words: Vocabulary::default(),
            cluster,
            rows: Vec::new(),
            rules: Rules::default(),
            limits: Limits::default(),
            policy: Greedy::default(),
        }
    }

    /// Adds a job of `cores` per task that runs for `service` seconds, numbered from 100 on.
    pub(crate) fn job(&mut self, submit: u64, cores: u32, service: u64) -> &mut Job {
        let shape = self.words.shape(cpu(cores));
        let number = 100 + self.rows.len() as u64;
        let job = Job::new(number, SimTime::from_secs(submit), shape);
        self.rows.push((job, Truth::runs_for(SimDuration::from_secs(service))));
        &mut self.rows.last_mut().unwrap().0
    }

    /// The job added last fails after `secs` of work.
    pub(crate) fn fails_after(&mut self, secs: u64) {
        let truth = &mut self.rows.last_mut().unwrap().1;
        *truth = truth.clone().failing_after(SimDuration::from_secs(secs));
    }

    pub(crate) fn engine(&self, observers: Vec<Box<dyn Observer>>) -> Engine {
        Engine::new(Parts {
            cluster: self.cluster.clone(),
            words: self.words.clone(),
            workload: Box::new(Jobs { rows: self.rows.clone(), next: 0 }),
            predictor: Box::new(Requested),
            controllers: Vec::new(),
            observers,
            failures: Failures::default(),
            rules: self.rules,
            limits: self.limits,
            seed: 1,
        })
    }

    /// Runs to the end and hands the scalars over.
    pub(crate) fn run(&self, observers: Vec<Box<dyn Observer>>) -> (Summary, Numbers) {
        let mut engine = self.engine(observers);
        let summary = engine.run(&mut self.policy.clone()).unwrap();
        let mut numbers = Numbers::default();
        engine.finish(&mut numbers).unwrap();
        (summary, numbers)
    }
}

/// A task of that many cores.
pub(crate) fn cpu(cores: u32) -> Shape {
    Shape::new(Resources::ZERO.with(Lane::Cpu, cores * 1000))
}

/// The key of a run.
pub(crate) fn key() -> RunKey {
    RunKey {
        policy: "greedy".into(),
        predictor: "none".into(),
        information: "online".into(),
        seed: 7,
        axes: vec![("workload.load".into(), "1.3".into())],
        content: 1,
    }
}

/// All rows of a Parquet file.
pub(crate) fn read_parquet(path: &Path) -> RecordBatch {
    let file = std::fs::File::open(path).unwrap();
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(1 << 20).build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(|batch| batch.unwrap()).collect();
    arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap()
}

/// A record with one metric.
pub(crate) fn record(policy: &str, seed: u64, wait_mean: f64) -> crate::record::RunRecord {
    crate::record::RunRecord {
        key: RunKey { policy: policy.into(), seed, content: seed, ..key() },
        fingerprint: u128::from(seed) << 100,
        events: 5,
        submitted: 2,
        end_ns: 9,
        metrics: vec![crate::record::MetricValue {
            name: "wait_mean".into(),
            unit: "s".into(),
            value: wait_mean,
        }],
    }
}

/// A series with a row per so many seconds, and nothing else.
pub(crate) fn every(secs: u64) -> crate::SeriesOptions {
    crate::SeriesOptions {
        every: SimDuration::from_secs(secs),
        mix: Vec::new(),
        window: crate::Window::default(),
        starvation: SimDuration::from_secs(86_400),
        alerts: Vec::new(),
    }
}
