//! Scenarios: files as typed, checked and expanded into runs.

mod axes;
mod content;
mod declare;
mod expand;
mod load;
mod ranks;
mod seeds;
mod thresholds;

use sim_core::registry::Params;
use sim_core::{ClusterSpec, Failures, Limits, Rules};

pub(crate) use axes::{overlap, swept};
pub use declare::ROOT;
pub(crate) use declare::TUNE;
pub use expand::RunSpec;
pub(crate) use load::fnv1a;
pub use load::{Overrides, load, load_text, question, schema};

use crate::measure::Measure;
pub use seeds::EnoughSeeds;
pub use thresholds::thresholds;

/// A scenario as meant: everything is known to be right except what only reading its traces can show.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The question it asks: the comment that opens its file.
    pub question: String,
    /// The file as meant, with overrides, as TOML.
    pub text: String,
    /// FNV-1a hash of `text`.
    pub hash: u64,
    /// One point per combination of the swept keys; a single one without axes.
    pub points: Vec<Point>,
    /// Seeds, in order; with `replication` those that may become necessary.
    pub seeds: Vec<u64>,
    /// How many of the seeds are run, if results decide that.
    pub replication: Option<EnoughSeeds>,
}

/// A policy of a scenario.
#[derive(Clone, Debug)]
pub struct PolicySpec {
    /// Its name in results; unique in a scenario.
    pub name: String,
    /// Its type in the registry.
    pub kind: String,
    /// Its parameters.
    pub params: Params,
    /// Who guesses run times for it: the predictor's name in the registry, and its parameters.
    pub predictor: (String, Params),
    /// Digest of its parameters and those of its predictor, with the contents of their files.
    pub content: String,
}

/// One combination of the swept keys, with everything that follows from it.
#[derive(Clone, Debug)]
pub struct Point {
    /// Swept keys and their values, as text.
    pub axes: Vec<(String, String)>,
    /// The workload's name in the registry, and its parameters.
    pub workload: (String, Params),
    /// The cluster.
    pub cluster: ClusterSpec,
    /// The policies to compare.
    pub policies: Vec<PolicySpec>,
    /// Switches of the cluster.
    pub rules: Rules,
    /// What may go wrong.
    pub failures: Failures,
    /// Bounds of a run.
    pub limits: Limits,
    /// What is measured.
    pub measure: Measure,
    /// Digest of all keys but the policies', with the contents of their files.
    pub content: String,
}
