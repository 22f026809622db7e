//! Generators: workloads made from distributions instead of read from traces.
//!
//! A generator is deterministic in its seed and draws from named streams, one per attribute of a job, so that a
//! change of one attribute shifts no other.

use sim_core::registry::{About, Params};
use sim_core::{ClusterSpec, Workload};

use crate::file::Registries;
use crate::problem::{Problem, Problems};

mod arrivals;
mod choices;
mod durations;
mod estimates;
mod extras;
mod incomplete_gamma;
mod load;
mod lublin;
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
    /// The stream for these parameters, this cluster (which `load` refers to) and this seed.
    pub build: fn(&Params, &ClusterSpec, u64) -> Result<Box<dyn Workload>, Problems>,
}

/// All generators.
pub const GENERATORS: &[Generator] = &[
    Generator {
        about: synthetic::ABOUT,
        build: |params, cluster, seed| Ok(Box::new(Synthetic::new(params, cluster, seed)?)),
    },
    Generator {
        about: lublin::ABOUT,
        build: |params, cluster, seed| Ok(Box::new(Lublin::new(params, cluster, seed)?)),
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

#[cfg(test)]
mod testing {
    //! Scenario text to generators, for the tests of this folder.

    use sim_core::{Job, Truth, Vocabulary};

    use super::*;
    use crate::file::{check_table, parse_toml};

    /// The checked parameters of `about` that `text` writes down.
    pub(super) fn params(about: &About, text: &str) -> Result<Params, Problems> {
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
