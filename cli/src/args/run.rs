//! `run` and `validate`: what was typed.

use std::path::PathBuf;

use clap::Args;

use super::{Export, Format, ScenarioArgs};

/// `run`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel run quickstart
  windtunnel run my.toml --seeds 10 --set workload.load=0.95 --out results/hot
  windtunnel run my.toml --resume               go on after an interruption
  windtunnel run my.toml --resume --seeds 20    add seeds: what is finished is kept
  windtunnel run my.toml --shard 2/4 --out s2   a quarter of the runs; `windtunnel merge` joins
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
    /// Also writes results for Prometheus or Perfetto, and the tables that this needs; see `windtunnel export`
    #[arg(long, value_enum, value_name = "FORMAT", value_delimiter = ',')]
    pub export: Vec<Export>,
    /// How the comparison is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
    /// Runs at a time; default: one per processor
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Keeps the finished runs of the folder and does the others, failed ones too; runs that the scenario no longer
    /// asks for stay in DIR/parts, outside the tables
    #[arg(long)]
    pub resume: bool,
    /// Only the I-th of N parts of the runs (from 1), which share policies, points and seeds evenly
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Lists the runs and does none
    #[arg(long)]
    pub dry_run: bool,
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
