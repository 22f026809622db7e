//! Command-line arguments: what was typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A wind tunnel for cluster schedulers: put a policy in, replay a workload, read off what it does.
#[derive(Parser, Debug)]
#[command(name = "windtunnel", version, max_term_width = 100)]
#[command(after_help = "Examples:
  windtunnel run quickstart                     four policies on a generated workload
  windtunnel run swf --set workload.path=log.swf.gz --set cluster.nodes=128
  windtunnel compare results/quickstart         every policy against the first, pair by pair
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
    /// Compare policies of a results folder, or two folders, pair by pair
    Compare(Compare),
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

/// `run`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel run quickstart
  windtunnel run my.toml --seeds 10 --set workload.load=0.95 --out results/hot
  windtunnel run my.toml --resume               go on after an interruption
  windtunnel run my.toml --format json > results.json")]
pub struct Run {
    /// What to run
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// The results folder itself; default: results/NAME, after the scenario's name
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Also writes jobs.parquet, one row per job and run
    #[arg(long)]
    pub jobs: bool,
    /// Keeps a log of all decisions, for `windtunnel explain`
    #[arg(long)]
    pub log_decisions: bool,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// Runs at a time; default: one per processor
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Keeps the finished runs of the folder and does the others
    #[arg(long)]
    pub resume: bool,
    /// Only every N-th run, beginning with the I-th (from 1)
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Lists the runs and does none
    #[arg(long)]
    pub dry_run: bool,
}

/// `compare`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel compare results/quickstart         every policy against the first
  windtunnel compare results/fgd --policies best-fit,fgd --metric gpu_alloc_pct_at_100
  windtunnel compare results/before results/after --format csv > moved.csv

Two runs are a pair if seed and axis values are the same: they then have the same jobs, in the
same order, and chance falls alike for both. Of two folders, runs of the same policy are
paired, the second against the first.

Intervals are two-sided 95 % intervals of the mean difference, by Student's t. At a point of
the sweep they are over the pairs, one for each seed. Over all points they are over the seeds,
each with its mean over the points, because pairs of different points are no independent
samples of one population. A seed that lacks a pair at some point is left out there, and
counted. A single pair has no interval.")]
pub struct Compare {
    /// A results folder, or two: the baseline and what is compared to it
    #[arg(value_name = "DIR", required = true, num_args = 1..=2)]
    pub dirs: Vec<PathBuf>,
    /// Policies to compare, each to the first; of two folders, each to itself; default: all
    #[arg(long, value_name = "A,B")]
    pub policies: Vec<String>,
    /// A metric, or a family such as utilization_; repeatable; default: those of `run` that both have
    #[arg(long = "metric", value_name = "NAME")]
    pub metrics: Vec<String>,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
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

/// `validate`
#[derive(Args, Debug)]
#[command(after_help = "Example:
  windtunnel validate my.toml --set sweep.seeds=3")]
pub struct Validate {
    /// What to check
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

/// `trace`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel trace inspect nasa
  windtunnel trace convert log.swf.gz log.parquet
  windtunnel trace generate quickstart jobs.csv --seed 7")]
pub struct Trace {
    /// What to do with it
    #[command(subcommand)]
    pub command: TraceCommand,
}

/// The commands of `trace`.
#[derive(Subcommand, Debug)]
pub enum TraceCommand {
    /// Audit a trace before you trust it: load, peak demand, impossible jobs, gaps, missing fields
    #[command(after_help = "Examples:
  windtunnel trace inspect philly               the trace of a catalog scenario, on its cluster
  windtunnel trace inspect log.swf.gz           a file; an SWF header names the machine
  windtunnel trace inspect pods.csv --reader openb --set never_scheduled=run")]
    Inspect {
        /// A scenario or a trace file
        target: String,
        /// The file's format, if its name does not tell
        #[arg(long)]
        reader: Option<String>,
        /// A key of the reader, or of the scenario
        #[arg(long = "set", value_name = "KEY=VALUE")]
        sets: Vec<String>,
        /// How it is printed
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
    /// Write a trace, or a schedule of a results folder, in another format
    #[command(after_help = "Examples:
  windtunnel trace convert log.swf.gz log.parquet
  windtunnel trace convert jobs.csv jobs.swf
  windtunnel trace convert results/swf jobs.csv --policy fcfs --seed 1     a schedule as Batsim's jobs.csv
  windtunnel trace convert results/swf done.swf --policy sjf               a schedule as SWF")]
    Convert {
        /// A trace file, a scenario, or a results folder with jobs.parquet
        source: String,
        /// The file to write: .csv, .parquet or .swf
        out: PathBuf,
        /// The trace's format, if its name does not tell
        #[arg(long)]
        reader: Option<String>,
        /// A key of the reader, or of the scenario
        #[arg(long = "set", value_name = "KEY=VALUE")]
        sets: Vec<String>,
        /// The policy whose schedule is written; default: the first
        #[arg(long)]
        policy: Option<String>,
        /// The seed whose schedule is written; default: the first
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Write the jobs that a scenario's generator makes
    #[command(after_help = "Example:
  windtunnel trace generate quickstart jobs.csv --seed 7")]
    Generate {
        /// The scenario
        scenario: String,
        /// The file to write: .csv, .parquet or .swf
        out: PathBuf,
        /// The seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// A key of the scenario
        #[arg(long = "set", value_name = "KEY=VALUE")]
        sets: Vec<String>,
    },
}

/// `explain`
#[derive(Args, Debug)]
#[command(after_help = "Example:
  windtunnel run quickstart --jobs --log-decisions --out results/why
  windtunnel explain results/why --job 42 --policy fcfs/first-fit")]
pub struct Explain {
    /// A results folder of a run with --log-decisions
    pub dir: PathBuf,
    /// The job's number in the trace
    #[arg(long)]
    pub job: u64,
    /// The policy; default: the first
    #[arg(long)]
    pub policy: Option<String>,
    /// The seed; default: the first
    #[arg(long)]
    pub seed: Option<u64>,
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
