//! Generators: workloads made from distributions instead of read from traces.
//!
//! A generator is deterministic in its seed and draws from named streams, one per attribute of a job, so that
//! a change of one attribute shifts no other.

use sim_core::registry::{About, Params, Value};
use sim_core::{ClusterSpec, NodeId, Workload};

use crate::file::Registries;
use crate::problem::{Problem, Problems};
use crate::typical::Demand;

mod arrivals;
mod choices;
mod constraints;
mod durations;
mod estimates;
mod extras;
mod incomplete_gamma;
mod inflation;
mod load;
mod lublin;
mod preferences;
mod replay;
mod residual;
mod shapes;
mod synthetic;
mod tenants;
mod weighted;

pub use arrivals::{ARRIVALS, Arrivals};
pub use durations::{DURATIONS, dist_from, dist_mean};
pub use estimates::{ESTIMATES, Estimate};
pub use lublin::Lublin;
pub use synthetic::Synthetic;

/// One generator: its declaration, and how it is built from checked parameters.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    /// Its declaration.
    pub about: About,
    /// How its streams come about.
    pub make: Make,
}

/// How the streams of a generator come about.
#[derive(Clone, Copy, Debug)]
pub enum Make {
    /// Drawn from parameters, cluster (which `load` refers to) and seed alone.
    Drawn(Build),
    /// Made from files, which all runs of a point share.
    Loaded(Load),
}

/// Parameters, cluster and seed to a stream, or all that contradicts.
pub type Build = fn(&Params, &ClusterSpec, u64) -> Result<Box<dyn Workload>, Problems>;

/// Parameters and cluster to what was loaded, or all that is wrong with it.
pub type Load = fn(&Params, &ClusterSpec) -> Result<Box<dyn Loaded>, Problems>;

/// Files in memory, from which the runs of a point get their streams.
pub trait Loaded: Send + Sync {
    /// The stream of a run.
    ///
    /// # Errors
    /// If there is none for this seed.
    fn workload(&self, seed: u64) -> Result<Box<dyn Workload>, Problems>;

    /// Whether there is a stream for this seed.
    ///
    /// # Errors
    /// What [`Loaded::workload`] would say.
    fn check_seed(&self, _seed: u64) -> Result<(), Problem> {
        Ok(())
    }

    /// All nodes in the order of their ranks in a run, where that is prescribed; empty: drawn from the seed.
    fn node_order(&self, _seed: u64) -> Vec<NodeId> {
        Vec::new()
    }

    /// What a reader of results should know of the files: what was left out of them.
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    /// What the tasks ask for, whatever the seed.
    fn demand(&self) -> Demand;
}

/// All generators.
pub const GENERATORS: &[Generator] = &[
    Generator {
        about: synthetic::ABOUT,
        make: Make::Drawn(|params, cluster, seed| Ok(Box::new(Synthetic::new(params, cluster, seed)?))),
    },
    Generator {
        about: lublin::ABOUT,
        make: Make::Drawn(|params, cluster, seed| Ok(Box::new(Lublin::new(params, cluster, seed)?))),
    },
    Generator {
        about: inflation::ABOUT,
        make: Make::Loaded(|params, cluster| Ok(Box::new(inflation::Inflation::load(params, cluster)?))),
    },
    Generator {
        about: replay::ABOUT,
        make: Make::Loaded(|params, cluster| Ok(Box::new(replay::Replay::load(params, cluster)?))),
    },
];

/// `registries` with those that generators refer to: `arrivals`, `durations` and `estimates`.
#[must_use]
pub fn register(registries: Registries) -> Registries {
    registries
        .with("arrivals", ARRIVALS.iter().copied())
        .with("durations", DURATIONS.iter().copied())
        .with("estimates", ESTIMATES.iter().copied())
}

/// What problems call the file that a generator's parameters came from: the part of the scenario.
const SECTION: &str = "workload";

fn problem(key: impl std::fmt::Display, value: impl std::fmt::Display, rule: impl Into<String>) -> Problem {
    Problem::new(SECTION, key, value, rule)
}

/// The span that was declared [s].
fn seconds(value: &Value) -> f64 {
    match value {
        Value::Duration(span) => span.as_secs_f64(),
        other => panic!("a span was declared, and {other:?} was checked"),
    }
}

/// The text that was declared.
fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => panic!("text was declared, and {other:?} was checked"),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Scenario text to generators, for the tests of this folder.

    use sim_core::{Job, Truth, Vocabulary};

    use super::*;
    use crate::file::{check_table, parse_toml};

    /// The checked parameters of `about` that `text` writes down.
    pub(crate) fn params(about: &About, text: &str) -> Result<Params, Problems> {
        let table = parse_toml("test", text).map_err(Problems::from)?;
        let mut problems = Problems::default();
        let registries = register(Registries::default());
        let params = check_table(&table, about.params, "", "test", &registries, &mut problems);
        problems.or_ok(params)
    }

    /// All that `workload` yields.
    pub(super) fn drain(workload: &mut dyn Workload) -> (Vec<(Job, Truth)>, Vocabulary) {
        let mut words = Vocabulary::default();
        let mut jobs = Vec::new();
        while let Some(job) = workload.next_job(&mut words).expect("generators of tests do not fail") {
            jobs.push(job);
        }
        (jobs, words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{reference_markdown, schema};

    #[test]
    fn declarations_make_a_schema_and_a_page() {
        let registries = register(Registries::default());
        for generator in GENERATORS {
            let schema = schema(generator.about.params, &registries);
            assert_eq!(schema["additionalProperties"], false, "{}", generator.about.name);
            assert!(reference_markdown(&[generator.about]).contains(generator.about.name));
        }
        for registry in registries.names() {
            assert!(!reference_markdown(registries.registry(registry)).is_empty(), "{registry}");
        }
    }

    #[test]
    fn generated_workloads_are_pinned_for_ever() {
        // Published results depend on these bits: a change here is a breaking change.
        let mut cluster = ClusterSpec::default();
        let node = sim_core::Resources::ZERO.with(sim_core::Lane::Cpu, 8000);
        cluster.add_uniform("n", 64, node, 0);
        let synthetic = "jobs = 1000\nload = 0.9\nwarm = true\nestimates = { type = 'factor' }\n\
                         arrivals = { type = 'hawkes' }\nfails = 0.1\ndeadline_slack = 2\n\
                         durations = { type = 'lognormal', mean = 60, cv = 2 }\nshapes = [{ cpu = [1, 2] }]";
        let found: Vec<u64> = [synthetic, "jobs = 1000\nload = 0.9"]
            .iter()
            .zip(GENERATORS)
            .map(|(text, generator)| {
                let params = testing::params(&generator.about, text).unwrap();
                let Make::Drawn(build) = generator.make else {
                    panic!("{} reads files", generator.about.name)
                };
                let mut stream = build(&params, &cluster, 1).unwrap();
                let hash = |hash: u64, x: u64| hash.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ x;
                testing::drain(&mut *stream).0.iter().fold(0, |sum, (job, truth)| {
                    let numbers = [
                        job.submit.as_ns(),
                        u64::from(job.shape.0),
                        u64::from(job.tasks),
                        job.walltime.as_ns(),
                        job.deadline.as_ns(),
                        truth.service().as_ns(),
                        truth.fails_after().map_or(0, |work| work.as_ns()),
                    ];
                    numbers.into_iter().fold(sum, hash)
                })
            })
            .collect();
        assert_eq!(found, PINNED, "{found:#x?}");
    }

    const PINNED: [u64; 2] = [0x36ea_e026_e85b_95dc, 0x618e_a08d_6e28_efbd];
}
