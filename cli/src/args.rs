//! Command-line arguments: what was typed.

mod check;
mod export;
mod merge;
mod report;
mod results;
mod run;
mod steady;
mod trace;
mod tune;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use check::{Check, TextFormat};
pub use export::{Export, ExportArgs};
pub use merge::Merge;
pub use report::Report;
pub use results::{Compare, Explain, Interval};
pub use run::{Run, Validate};
pub use steady::Steady;
pub use trace::{Trace, TraceCommand};
pub use tune::Tune;

/// A wind tunnel for cluster schedulers: put a policy in, replay a workload, read off what it does.
#[derive(Parser, Debug)]
#[command(name = "windtunnel", version, max_term_width = 100)]
#[command(after_help = "Examples:
  windtunnel run quickstart                     four policies on a generated workload
  windtunnel run swf --set workload.path=log.swf.gz --set cluster.nodes=128
  windtunnel compare results/quickstart         every policy against the first, pair by pair
  windtunnel report results/quickstart          a page with pictures of the same
  windtunnel trace inspect nasa                 is this trace worth simulating?
  windtunnel reproduce batch --data shared      ours beside a published schedule
  windtunnel list                               policies, orders, placers, readers, generators

Exit codes: 0 done, 1 a gate failed, 2 bad input, 3 some runs failed, 130 interrupted.")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run every policy of a scenario on every seed, and compare them
    Run(Run),
    /// Join the shards of a sweep to one results folder
    Merge(Merge),
    /// Compare policies of a results folder, or two folders, pair by pair
    Compare(Compare),
    /// Tell the warm-up of each run, and its means after that
    Steady(Steady),
    /// Make a page with tables and pictures of a results folder
    Report(Report),
    /// Check that a scenario still gives the numbers of its baseline
    Check(Check),
    /// Search for parameters of a policy, and judge the best on held-out seeds
    Tune(Tune),
    /// List what scenarios can name: policies, orders, placers, workloads, clusters, metrics
    List(List),
    /// Print the JSON Schema of scenario files
    #[command(after_help = "Example:
  windtunnel schema > scenario.schema.json      editors check and complete scenario files by it")]
    Schema,
    /// Check a scenario without running it
    Validate(Validate),
    /// Inspect, convert or generate traces
    Trace(Trace),
    /// Write results for Prometheus or Perfetto
    Export(ExportArgs),
    /// Say why a job waited and why it ran where it ran
    Explain(Explain),
    /// Rerun a published experiment and show ours beside theirs
    Reproduce(Reproduce),
    /// Print shell completions
    Completions(Completions),
    /// Print the manual page
    #[command(after_help = "Example:
  windtunnel man | man -l -")]
    Man,
}

/// How results are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// Aligned text for people
    Table,
    /// One JSON object
    Json,
    /// Comma-separated values
    Csv,
}

/// A scenario and its overrides.
#[derive(Args, Debug)]
pub struct ScenarioArgs {
    /// A scenario file, or a name of the catalog (see `windtunnel list scenarios`)
    pub scenario: String,
    /// Overrides a key: a dotted path and a TOML value, or text; repeatable
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Runs every policy on so many seeds
    #[arg(long, value_name = "N")]
    pub seeds: Option<u32>,
}

/// `list`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel list                               all names
  windtunnel list place                         placers with their parameters and sources
  windtunnel list metrics")]
pub struct List {
    /// scenarios, keys, metrics, experiments, or a registry: policy, order, place, workload, ..
    pub what: Option<String>,
}

/// `reproduce`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel reproduce batch --data path/to/shared
  windtunnel reproduce fgd --traces default,cpu250 --seeds 42,43
  windtunnel reproduce fgd --write results/published      the page with its figures")]
pub struct Reproduce {
    /// The experiment (see `windtunnel list experiments`)
    pub name: String,
    /// The folder that holds data/ and goldens/
    #[arg(long, value_name = "DIR", env = "WINDTUNNEL_DATA")]
    pub data: PathBuf,
    /// Only these traces, by their names in the golden files
    #[arg(long, value_name = "TRACE", value_delimiter = ',')]
    pub traces: Vec<String>,
    /// Only these seeds; runs of which only the mean over seeds is compared keep all of theirs
    #[arg(long, value_name = "SEED", value_delimiter = ',')]
    pub seeds: Vec<u64>,
    /// Random orders of our own instead of the published ones: only means over seeds can agree then
    #[arg(long)]
    pub own_orders: bool,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// Also writes the page of the comparison into this folder
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
}

/// `completions`
#[derive(Args, Debug)]
#[command(after_help = "Example:
  windtunnel completions bash > /etc/bash_completion.d/windtunnel")]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}
