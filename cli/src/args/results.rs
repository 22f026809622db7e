//! `compare` and `explain`: what was typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Format;

/// `compare`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel compare results/quickstart         every policy against the first
  windtunnel compare results/fgd --policies best-fit,fgd --metric gpu_alloc_pct_at_100
  windtunnel compare results/before results/after --format csv > moved.csv
  windtunnel compare results/sweep --interval bootstrap-t --profile

Two runs are a pair if seed and axis values are the same: they then have the same jobs, in the
same order, and chance falls alike for both. Of two folders, runs of the same policy are
paired, the second against the first.

Intervals are two-sided 95 % intervals of the mean difference, by Student's t. --interval
bootstrap-t takes the studentized bootstrap, for differences with a long tail, of which Student's t
covers less than it says; bca the bias-corrected and accelerated one, for twenty seeds and more. At
a point of the sweep they are over the pairs, one for each seed. Over all points they are over the
seeds, each with its mean over the points, because pairs of different points are no independent
samples of one population. A seed that lacks a pair at some point is left out there, and counted. A
single pair has no interval.

The findings below the table are about all points together. Their p-values are corrected after
Holm for all policies and metrics that were compared, so one false finding among all of them has a
chance of 5 % at most; d_z is the mean difference over the standard deviation of the differences.")]
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
    /// How intervals are made
    #[arg(long, value_enum, default_value = "t")]
    pub interval: Interval,
    /// Also sums up many points: interquartile mean and performance profile of the ratios
    #[arg(long)]
    pub profile: bool,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}

/// How intervals are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Interval {
    /// Student's t
    T,
    /// Studentized bootstrap
    BootstrapT,
    /// Bias-corrected and accelerated bootstrap
    Bca,
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
