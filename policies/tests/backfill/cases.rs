//! Random cases, and what became of their jobs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sim_core::testkit::{Invariants, ListedJobs, cpu, cpu_mem};
use sim_core::{
    ClusterSpec, Engine, Estimate, Event, EventMask, Failures, Gang, GpuNeed, Job, JobId, Limits, ModelSet,
    Observer, Parts, Policy, Requested, ResultSink, Rules, RuntimePredictor, Shape, SimDuration, SimTime,
    SinkError, Stream, Truth, View, Vocabulary,
};

/// How estimates relate to run times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Estimates {
    /// They are right.
    Exact,
    /// They are right, or up to ten times too long.
    Over,
    /// Too long, too short, and sometimes unknown. Nobody is killed at the end of a requested wall time.
    Any,
}

/// What the nodes are like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Nodes {
    /// Nodes of one core: a counter.
    Unit,
    /// One node, of processors and memory: a counter per lane.
    One,
    /// Several kinds, with memory, cards and speeds.
    Real,
}

/// A case.
pub(crate) struct Random {
    cluster: ClusterSpec,
    words: Vocabulary,
    jobs: Vec<(Job, Truth)>,
    kill: bool,
}

/// The case that belongs to `seed`.
pub(crate) fn random(seed: u64, nodes: Nodes, estimates: Estimates) -> Random {
    let mut draw = Stream::new(seed, "test/backfill");
    let (mut cluster, mut words) = (ClusterSpec::default(), Vocabulary::default());
    let cores = 2 + draw.below(12) as u32;
    match nodes {
        Nodes::Unit => {
            cluster.add_uniform("n", cores, cpu(1), 0);
        }
        Nodes::One => {
            cluster.add_uniform("n", 1, cpu_mem(cores, 16_384), 0);
        }
        Nodes::Real => {
            cluster.add_uniform("a", 1 + draw.below(3) as u32, cpu_mem(4, 8192), 0);
            cluster.add_uniform("b", 1 + draw.below(2) as u32, cpu_mem(8, 16_384), 4);
            cluster.add_uniform("c", 1, cpu_mem(2, 32_768), 0);
            for node in &mut cluster.nodes {
                node.speed_ppm = [500_000, 1_000_000, 1_000_000, 2_000_000][draw.below(4) as usize];
            }
        }
    }
    let (mut jobs, mut submit) = (Vec::new(), 0);
    for id in 1..=10 + draw.below(50) {
        // Few distinct times, so that much happens at one instant.
        submit += [0, 0, 5, 10, 40][draw.below(5) as usize];
        let (tasks, shape) = match nodes {
            Nodes::Unit => (1 + draw.below(u64::from(cores)) as u32, Shape::new(cpu(1))),
            Nodes::One => {
                let memory = 512 * draw.below(8) as u32;
                (1 + draw.below(u64::from(cores).min(4)) as u32, Shape::new(cpu_mem(1, memory)))
            }
            Nodes::Real => real_task(&mut draw),
        };
        let mut job = Job::new(id, SimTime::from_secs(submit), words.shape(shape));
        job.tasks = tasks;
        if nodes == Nodes::Real && draw.below(4) == 0 {
            job.gang = [Gang::Independent, Gang::Elastic { min: 1 }][draw.below(2) as usize];
        }
        let service = 5 * (1 + draw.below(20));
        let walltime = match estimates {
            Estimates::Exact => Some(service),
            Estimates::Over => Some(service + [0, 0, 5, 50, service * 9][draw.below(5) as usize]),
            Estimates::Any => (draw.below(8) > 0).then(|| 5 * (1 + draw.below(30))),
        };
        job.walltime = walltime.map_or(SimDuration::MAX, SimDuration::from_secs);
        jobs.push((job, Truth::runs_for(SimDuration::from_secs(service))));
    }
    Random { cluster, words, jobs, kill: nodes != Nodes::Real && estimates != Estimates::Any }
}

/// Tasks and their shape that fit any of the clusters.
fn real_task(draw: &mut Stream) -> (u32, Shape) {
    let shape = Shape::new(cpu_mem(1 + draw.below(2) as u32, 1024 * (1 + draw.below(4) as u32)));
    match draw.below(4) {
        0 => {
            let milli_each = 100 * (1 + draw.below(9)) as u16;
            (
                1 + draw.below(3) as u32,
                shape.with_gpu(GpuNeed { cards: 1, milli_each, models: ModelSet::ANY }),
            )
        }
        1 => (1, shape.with_gpu(GpuNeed { cards: 2, milli_each: 1000, models: ModelSet::ANY })),
        _ => (1 + draw.below(4) as u32, shape),
    }
}

/// When each job first started, and what it was promised, by its number.
pub(crate) type Starts = BTreeMap<u64, (SimTime, Option<SimTime>)>;

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Starts>>);

impl Observer for Recorder {
    fn mask(&self) -> EventMask {
        EventMask::STARTED
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        if let Event::Started { job, .. } = *event {
            let row = view.job(job);
            self.0
                .lock()
                .expect("tests do not panic while recording")
                .entry(row.facts().id)
                .or_insert((at, row.promised()));
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

/// Expects every job to be over soon, and is wrong for twice as long each time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doubling;

impl RuntimePredictor for Doubling {
    fn name(&self) -> &str {
        "doubling"
    }

    fn predict(&mut self, _: JobId, _: &Job, _: &Vocabulary, _: SimTime) -> Estimate {
        Estimate::exactly(SimDuration::from_secs(5))
    }

    fn revises(&self) -> bool {
        true
    }

    fn revise(&mut self, _: JobId, _: &Job, last: Estimate, _: SimDuration) -> Estimate {
        Estimate::exactly(last.p90.saturating_add(last.p90))
    }

    fn fork(&self) -> Box<dyn RuntimePredictor> {
        Box::new(*self)
    }
}

impl Random {
    /// Runs the case to its end, with requested wall times as estimates. Every job starts.
    pub(crate) fn run(&self, policy: &mut dyn Policy) -> Starts {
        self.run_with(policy, Box::new(Requested))
    }

    /// Runs the case to its end. Every job starts.
    pub(crate) fn run_with(&self, policy: &mut dyn Policy, predictor: Box<dyn RuntimePredictor>) -> Starts {
        let recorder = Recorder::default();
        let mut engine = Engine::new(Parts {
            cluster: self.cluster.clone(),
            words: self.words.clone(),
            workload: Box::new(ListedJobs::new(self.jobs.clone())),
            predictor,
            controllers: Vec::new(),
            observers: vec![Box::new(recorder.clone()), Box::new(Invariants::default())],
            failures: Failures::default(),
            rules: Rules { kill_at_walltime: self.kill, ..Rules::default() },
            limits: Limits { until: SimTime::from_secs(1_000_000), events_max: 100_000 },
            seed: 1,
        });
        engine.run(policy).expect("the case is a legal one");
        let starts = recorder.0.lock().expect("tests do not panic while recording").clone();
        assert_eq!(starts.len(), self.jobs.len(), "some jobs never started");
        starts
    }
}
