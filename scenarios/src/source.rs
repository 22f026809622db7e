//! Where the jobs of a point come from: a trace that was audited once, or a generator.

use std::sync::Mutex;

use sim_core::{ClusterSpec, Gang, Shape, Vocabulary, Workload};

use crate::generate::{GENERATORS, Generator};
use crate::problem::{Problem, Problems};
use crate::scenario::Point;
use crate::traces::{Audit, Notes, Reader, TraceWorkload};

/// The jobs of one point of a scenario, ready to be streamed to any number of runs.
pub struct Source {
    kind: Kind,
}

enum Kind {
    /// Runs get forks of the first stream. Behind a lock because streams are not shared between threads.
    Trace {
        first: Mutex<TraceWorkload>,
        audit: Box<Audit>,
    },
    Generator(&'static Generator),
}

/// Jobs at the start of a workload from which its typical mix of tasks is taken (arbitrary).
const MIX_JOBS: usize = 100_000;
/// Most shapes in the mix, and the share of tasks that they should cover: FGD's rule (Weng et al., ATC 2023) with a
/// bound, because every changed node is scored against every shape.
const MIX_SHAPES: usize = 16;
const MIX_COVERAGE_PERCENT: u64 = 95;

impl Source {
    /// Audits the point's trace, or checks its generator with one seed.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn prepare(point: &Point, seed: u64) -> Result<Self, Problems> {
        let (name, params) = &point.workload;
        if let Some(reader) = Reader::named(name) {
            let (first, audit) = TraceWorkload::open(reader, params, Some(&point.cluster))?;
            return Ok(Self { kind: Kind::Trace { first: Mutex::new(first), audit: Box::new(audit) } });
        }
        let generator = GENERATORS.iter().find(|generator| generator.about.name == name);
        let generator = generator.expect("the registry knows the workload");
        (generator.build)(params, &point.cluster, seed)?;
        Ok(Self { kind: Kind::Generator(generator) })
    }

    /// The stream of one run.
    ///
    /// # Errors
    /// If the generator cannot be built with this seed.
    pub fn workload(&self, point: &Point, seed: u64) -> Result<Box<dyn Workload>, Problems> {
        match &self.kind {
            Kind::Trace { first, .. } => Ok(first.lock().expect("forking does not panic").fork()),
            Kind::Generator(generator) => (generator.build)(&point.workload.1, &point.cluster, seed),
        }
    }

    /// The audit, if the jobs come from a trace.
    pub fn audit(&self) -> Option<&Audit> {
        match &self.kind {
            Kind::Trace { audit, .. } => Some(audit),
            Kind::Generator(_) => None,
        }
    }

    /// What policies know of run times: `oracle` if requested times were filled in from the truth, else `declared`.
    pub fn information(&self) -> &'static str {
        let filled = Notes::name(Notes::WALLTIME_FROM_RUN_TIME);
        let is_filled =
            self.audit().is_some_and(|audit| audit.notes.iter().any(|&(note, n)| note == filled && n > 0));
        if is_filled { "oracle" } else { "declared" }
    }
}

/// The most common requests of the workload's first tasks, each with its share of them \[ppm\].
///
/// # Errors
/// If the workload gives a bad record.
pub fn typical_mix(
    mut workload: Box<dyn Workload>,
    cluster: &ClusterSpec,
) -> Result<Vec<(Shape, u32)>, Problem> {
    // The engine numbers GPU models by the cluster first; so does this vocabulary.
    let mut words = Vocabulary::default();
    cluster.nodes.iter().filter_map(|node| node.gpu_model.as_deref()).for_each(|name| {
        words.gpu_model(name);
    });
    let mut counts: Vec<u64> = Vec::new();
    for _ in 0..MIX_JOBS {
        let next = workload.next_job(&mut words);
        let next = next.map_err(|error| Problem::new(error.source_name, error.record, "", error.reason))?;
        let Some((job, _)) = next else { break };
        counts.resize(counts.len().max(job.shape.index() + 1), 0);
        counts[job.shape.index()] += u64::from(if job.gang == Gang::AllOrNothing { job.tasks } else { 1 });
    }
    let total: u64 = counts.iter().sum();
    let mut ranked: Vec<usize> = (0..counts.len()).collect();
    // Ties to the shape seen first.
    ranked.sort_by_key(|&shape| (u64::MAX - counts[shape], shape));
    let (mut mix, mut covered) = (Vec::new(), 0);
    for shape in ranked.into_iter().take(MIX_SHAPES) {
        if covered * 100 >= total * MIX_COVERAGE_PERCENT {
            break;
        }
        covered += counts[shape];
        mix.push((words.shapes()[shape], counts[shape]));
    }
    Ok(mix.into_iter().map(|(shape, count)| (shape, (count * 1_000_000 / covered.max(1)) as u32)).collect())
}
