//! `trace` and its commands: what was typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

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
  windtunnel trace convert results/swf jobs.csv --policy fcfs --seed 1     a schedule, for Batsim
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
