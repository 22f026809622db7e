//! `check`: what was typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ScenarioArgs;

/// `check`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel check quickstart                   do I get the numbers that were published?
  windtunnel check my.toml --bless              writes my.snap beside it: the baseline
  windtunnel check my.toml --junit check.xml    in CI: exit code 1 if a number moved
  windtunnel check my.toml --tolerance jct_mean=1% --tolerance utilization_=0.01
  windtunnel check my.toml --statistical --seeds 20

A check is exact unless it is told otherwise: the fingerprint of every run, and every metric of
every policy, point and seed to its last digit. With --tolerance the named metrics may move that
far, and runs need not be the same. --statistical asks whether the means over seeds differ, by
Student's t over pairs of the seeds that both sides have (Welch's over all, if they share less than
two), corrected for the number of rows after Holm, so that a check of unchanged code raises a false
alarm in one of twenty at most.

The baseline holds the --set and --seeds that it was made with, and they are used again.")]
pub struct Check {
    /// What to check
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// The baseline; default: that of the catalog, or the scenario file's name with .snap
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// How far a metric may move: METRIC=1% or METRIC=0.5, or without METRIC for all; repeatable
    #[arg(long = "tolerance", value_name = "METRIC=SIZE")]
    pub tolerances: Vec<String>,
    /// Compares means over seeds instead of every digit
    #[arg(long)]
    pub statistical: bool,
    /// Makes what comes out the baseline; --set and --seeds, if given, replace those of the old one
    #[arg(long, conflicts_with_all = ["tolerances", "statistical", "junit"])]
    pub bless: bool,
    /// Also writes the outcome as JUnit XML, a test case for each policy and point
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: TextFormat,
    /// Runs at a time; default: one per processor
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// How an outcome is printed that is no table of rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum TextFormat {
    /// Text for people
    Table,
    /// One JSON object
    Json,
}
