//! Where the jobs of a point come from: a trace that was audited once, or a generator.

use std::sync::{Arc, Mutex};

use sim_core::{NodeId, Shape, TypicalTasks, Workload};

use crate::generate::{Build, Estimate, GENERATORS, Loaded, Make};
use crate::problem::Problems;
use crate::scenario::Point;
use crate::traces::{Audit, Estimated, Notes, Reader, TraceWorkload, Windows};
use crate::typical::Demand;

/// The jobs of one point of a scenario, ready to be streamed to any number of runs.
pub struct Source {
    kind: Kind,
    typical: Arc<TypicalTasks>,
    mix: Vec<(Shape, u32)>,
}

enum Kind {
    /// Runs get forks of the first stream. Behind a lock because streams are not shared between threads.
    Trace {
        first: Mutex<TraceWorkload>,
        audit: Arc<Audit>,
    },
    Drawn(Build),
    Loaded(Box<dyn Loaded>),
}

/// The seed of the stream in which the tasks of a generator are counted: what is typical is the same in all runs.
const TYPICAL_SEED: u64 = 1;

impl Source {
    /// Audits the point's trace, reads its generator's files, or checks its generator with one seed; and counts what
    /// the tasks ask for.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    /// # Cost
    /// Traces are read whole, and of all workloads the first 100,000 jobs are generated once more.
    pub fn prepare(point: &Point, seed: u64) -> Result<Self, Problems> {
        let (kind, demand) = Self::open(point, seed)?;
        let typical = Arc::new(demand.typical_tasks(point.measure.typical_coverage_ppm));
        Ok(Self { kind, typical, mix: demand.mix() })
    }

    fn open(point: &Point, seed: u64) -> Result<(Kind, Demand), Problems> {
        let ((name, params), cluster) = (&point.workload, &point.cluster);
        if let Some(reader) = Reader::named(name) {
            let (first, audit) = TraceWorkload::open(reader, params, Some(cluster))?;
            let demand = Demand::of(first.fork(), cluster)?;
            return Ok((Kind::Trace { first: Mutex::new(first), audit: Arc::new(audit) }, demand));
        }
        let generator = GENERATORS.iter().find(|generator| generator.about.name == name);
        match generator.expect("the registry knows the workload").make {
            Make::Drawn(build) => {
                build(params, cluster, seed)?;
                Ok((Kind::Drawn(build), Demand::checked(build(params, cluster, TYPICAL_SEED)?, cluster)?))
            }
            Make::Loaded(load) => {
                let loaded = load(params, cluster)?;
                loaded.workload(seed)?;
                let demand = loaded.demand();
                Ok((Kind::Loaded(loaded), demand))
            }
        }
    }

    /// Whether all of these seeds can be run.
    ///
    /// # Errors
    /// One problem for each that files with prescribed orders do not have.
    pub fn check_seeds(&self, seeds: &[u64]) -> Result<(), Problems> {
        let Kind::Loaded(loaded) = &self.kind else { return Ok(()) };
        let mut problems = Problems::default();
        for &seed in seeds {
            problems.0.extend(loaded.check_seed(seed).err());
        }
        problems.or_ok(())
    }

    /// The stream of one run.
    ///
    /// # Errors
    /// If there is none for this seed.
    pub fn workload(&self, point: &Point, seed: u64) -> Result<Box<dyn Workload>, Problems> {
        match &self.kind {
            Kind::Trace { first, .. } => {
                let jobs = first.lock().expect("forking does not panic").fork();
                Ok(match point.workload.1.plugin("estimates") {
                    Some((name, params)) => Box::new(Estimated::new(jobs, Estimate::new(name, params), seed)),
                    None => jobs,
                })
            }
            Kind::Drawn(build) => build(&point.workload.1, &point.cluster, seed),
            Kind::Loaded(loaded) => loaded.workload(seed),
        }
    }

    /// The jobs in memory, to be cut into windows; `None` if they do not come from a trace.
    ///
    /// # Errors
    /// Those of a file that has changed since it was audited.
    pub fn windows(&self) -> Result<Option<Windows>, Problems> {
        let Kind::Trace { first, audit } = &self.kind else { return Ok(None) };
        Windows::read(&first.lock().expect("reading does not panic"), audit).map(Some)
    }

    /// A source of the same kind whose jobs are those of `trace`: a window of its own trace. What is known from
    /// history, such as typical tasks, is that of the whole.
    ///
    /// # Panics
    /// If the jobs of this source do not come from a trace.
    pub fn with_trace(&self, trace: TraceWorkload) -> Self {
        let Kind::Trace { audit, .. } = &self.kind else { panic!("a window of what is no trace") };
        let kind = Kind::Trace { first: Mutex::new(trace), audit: Arc::clone(audit) };
        Self { kind, typical: Arc::clone(&self.typical), mix: self.mix.clone() }
    }

    /// All nodes in the order of their ranks in a run, where that is prescribed; empty: drawn from the seed.
    pub fn node_order(&self, seed: u64) -> Vec<NodeId> {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.node_order(seed),
            Kind::Trace { .. } | Kind::Drawn(_) => Vec::new(),
        }
    }

    /// The typical tasks of the workload, the same in all runs of the point: those of a trace, of the list of pods that
    /// a generator reads, or of the stream of seed 1.
    pub fn typical(&self) -> Arc<TypicalTasks> {
        Arc::clone(&self.typical)
    }

    /// The most common shapes of the same tasks, with memory told apart, each with its share of them \[ppm\].
    pub fn mix(&self) -> &[(Shape, u32)] {
        &self.mix
    }

    /// The audit, if the jobs come from a trace.
    pub fn audit(&self) -> Option<&Audit> {
        match &self.kind {
            Kind::Trace { audit, .. } => Some(audit),
            Kind::Drawn(_) | Kind::Loaded(_) => None,
        }
    }

    /// What a reader of results should know of the files of a generator, line by line.
    pub fn notices(&self) -> Vec<String> {
        match &self.kind {
            Kind::Loaded(loaded) => loaded.notices(),
            Kind::Trace { .. } | Kind::Drawn(_) => Vec::new(),
        }
    }

    /// True if requested times of the trace were filled in from the truth.
    pub fn requests_are_truth(&self) -> bool {
        let filled = Notes::name(Notes::WALLTIME_FROM_RUN_TIME);
        self.audit().is_some_and(|audit| audit.notes.iter().any(|&(note, n)| note == filled && n > 0))
    }
}
