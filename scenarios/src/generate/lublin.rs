//! The Lublin-Feitelson model of rigid jobs on a parallel machine.

use sim_core::registry::{About, Kind, LANE_MAX, Param, Params};
use sim_core::{
    ClusterSpec, Job, Lane, Resources, Shape, ShapeId, SimDuration, SimTime, TenantId, Truth, UserId,
    Vocabulary, Workload, WorkloadError,
};

use super::estimates::Estimate;
use super::problem;
use crate::problem::Problems;

mod model;
mod users;

use model::{ALL, BATCH, INTERACTIVE, Raw, Sizes, Source};
use users::{USERS, Users};

/// The declaration.
pub(super) const ABOUT: About = About {
    name: "lublin",
    doc: "Rigid jobs with log-uniform sizes (many of them serial or powers of two), hyper-gamma run times \
          that depend on the size, and gamma gaps that follow the day. Each task is one processor. Times are \
          whole seconds before `load` scales submissions.",
    source: "Lublin and Feitelson, The workload on parallel supercomputers: modeling the characteristics of \
             rigid jobs, JPDC 63, 2003; constants and daily cycle as in their program m_lublin99.c.",
    params: &[
        Param::required("jobs", Kind::Int { min: 1, max: 1 << 36 }, "How many jobs."),
        Param::optional("nodes", Kind::Int { min: 2, max: LANE_MAX }, "Processors P; by default the nodes."),
        Param::with_default(
            "types",
            Kind::Choice(&["all", "batch+interactive"]),
            "\"all\"",
            "One stream fitted to all jobs, or batch and interactive jobs apart (then these are the \
             tenants).",
        ),
        Param::optional(
            "uhi",
            Kind::Float { min: 0.0, max: 32.0 },
            "Log2 of the largest size; log2(P) by default.",
        ),
        Param::optional(
            "umed",
            Kind::Float { min: 0.0, max: 32.0 },
            "Log2 of the size where the two-stage uniform distribution bends; uhi - 2.5 by default (batch: \
             uhi - 2).",
        ),
        Param::optional(
            "load",
            Kind::Float { min: 1e-6, max: 1e3 },
            "Offered load on P processors: submissions are scaled so that this stream, up to its last \
             submission, has exactly it. As generated if left out.",
        ),
        Param::optional("cpu", Kind::Cores, "Cores per task; by default those of the smallest node."),
        Param::with_default("memory", Kind::Memory, "0", "Memory per task."),
        Param::with_default("estimates", Kind::Plugin("estimates"), "\"exact\"", "Requested wall times."),
        Param::optional(
            "users",
            Kind::Table(USERS),
            "Users, of whom the model knows nothing, each with a habit: a range of run times. By default one per type.",
        ),
    ],
};

/// A stream of jobs after Lublin and Feitelson.
#[derive(Clone, Debug)]
pub struct Lublin {
    source: Source,
    shape: Shape,
    estimate: Estimate,
    estimates: sim_core::Stream,
    /// Submissions are multiplied by this fraction.
    scale: (u64, u64),
    jobs_max: u64,
    yielded: u64,
    users: Option<Users>,
    /// The shape and, by type, the tenant and the user; known after the first job.
    words: Option<(ShapeId, Vec<(TenantId, UserId)>)>,
}

impl Lublin {
    /// The stream for checked `params`. Sizes and load refer to the nodes of `cluster` unless `nodes` is
    /// given.
    ///
    /// # Errors
    /// If the machine is too small for the model's sizes.
    /// # Cost
    /// With `load`, the whole stream is generated once to measure it.
    pub fn new(params: &Params, cluster: &ClusterSpec, seed: u64) -> Result<Self, Problems> {
        let given =
            params.int_opt("nodes").map(|nodes| u32::try_from(nodes).expect("it was declared to fit"));
        let processors = given.unwrap_or(u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX));
        if processors < 2 {
            return Err(problem("nodes", processors, "must be at least 2").into());
        }
        let uhi = params.float_opt("uhi").unwrap_or_else(|| libm::log2(f64::from(processors)));
        let umed = params.float_opt("umed");
        // The published constants of the two types are for 128 nodes: their distances to log2(P) are kept.
        let types = match params.text("types") {
            "all" => vec![(&ALL, Sizes { umed: umed.unwrap_or(uhi - 2.5), uhi })],
            _ => vec![
                (&BATCH, Sizes { umed: umed.unwrap_or(uhi - 2.0), uhi }),
                (&INTERACTIVE, Sizes { umed: uhi - 4.0, uhi: uhi - 1.5 }),
            ],
        };
        let mut problems = Problems::default();
        for (constants, sizes) in &types {
            if !(constants.ulow <= sizes.umed && sizes.umed <= sizes.uhi) {
                let rule = format!(
                    "must be between {} and {} for {} jobs: the machine may be too small for the model",
                    constants.ulow, sizes.uhi, constants.name
                );
                problems.push(problem("umed", sizes.umed, rule));
            }
        }
        let source = problems.or_ok(Source::new(&types, processors, seed))?;
        let cpu = params.amount_opt("cpu").unwrap_or_else(|| smallest_node(cluster));
        let need = Resources::ZERO.with(Lane::Cpu, cpu).with(Lane::Memory, params.amount("memory"));
        let (name, inside) = params.plugin("estimates").expect("it has a default");
        let jobs_max = params.int("jobs").unsigned_abs();
        let users = params.table("users").map(|users| Users::new(users, source.clone(), jobs_max, seed));
        let scale =
            params.float_opt("load").map(|load| scale_for(load, source.clone(), jobs_max, processors));
        Ok(Self {
            source,
            shape: Shape::new(need),
            estimate: Estimate::new(name, inside),
            estimates: sim_core::Stream::new(seed, "workload/estimates"),
            scale: scale.unwrap_or((1, 1)),
            jobs_max,
            yielded: 0,
            users,
            words: None,
        })
    }
}

fn smallest_node(cluster: &ClusterSpec) -> u32 {
    cluster.nodes.iter().map(|node| node.capacity.get(Lane::Cpu)).min().unwrap_or(1000)
}

/// The fraction that submissions have to be multiplied by for `load`, from one run through the stream.
fn scale_for(load: f64, mut source: Source, jobs: u64, processors: u32) -> (u64, u64) {
    let (mut work, mut last) = (0u128, 0u64);
    for _ in 0..jobs {
        let Raw { submit, run, size, .. } = source.next();
        work += u128::from(run) * u128::from(size);
        last = submit;
    }
    // Loads are taken as whole millionths; work / (P * last) is the load as generated.
    let millionths = libm::round(load * 1e6).max(1.0) as u128;
    let numerator = work * 1_000_000;
    let denominator = millionths * u128::from(processors) * u128::from(last.max(1));
    // Both lose as many low bits as make them fit: 2^-62 of their value at most.
    let excess = 64u32.saturating_sub(numerator.max(denominator).leading_zeros());
    ((numerator >> excess).max(1) as u64, (denominator >> excess).max(1) as u64)
}

impl Workload for Lublin {
    fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        if self.yielded >= self.jobs_max {
            return Ok(None);
        }
        let (shape, shape_words, users) = (self.shape, &mut self.words, &mut self.users);
        let (shape, parties) = shape_words.get_or_insert_with(|| {
            users.iter_mut().for_each(|users| users.name(words));
            let parties = self.source.names().map(|name| (words.tenant(name), words.user(name))).collect();
            (words.shape(shape), parties)
        });
        let Raw { kind, submit, run, size } = self.source.next();
        let (tenant, of_type) = parties[kind];
        let user = users.as_mut().map_or(of_type, |users| users.draw(run));
        self.yielded += 1;
        let unscaled = SimDuration::from_secs(submit);
        let submit = SimTime::ZERO.saturating_add(unscaled.scale_floor(self.scale.0, self.scale.1));
        let service = SimDuration::from_secs(run);
        let walltime = self.estimate.walltime(service, &mut self.estimates);
        let job = Job { tasks: size, walltime, user, tenant, ..Job::new(self.yielded, submit, *shape) };
        Ok(Some((job, Truth::runs_for(service))))
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
