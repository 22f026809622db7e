//! `export`: what was typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `export`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel run quickstart --export prometheus,perfetto      at once, tables included
  windtunnel export prometheus results/quickstart             from results with measure.series
  promtool tsdb create-blocks-from openmetrics results/quickstart/openmetrics.txt data
  prometheus --storage.tsdb.path=data --storage.tsdb.retention.time=100y

  windtunnel export perfetto results/quickstart               from results of `run --jobs`
  then open a file of results/quickstart/perfetto at ui.perfetto.dev

Time begins at the beginning of Unix time, 1970-01-01T00:00Z, in both.")]
pub struct ExportArgs {
    /// The format
    #[arg(value_enum)]
    pub format: Export,
    /// A results folder
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

/// Formats of tools that people watch clusters with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Export {
    /// Series as OpenMetrics text: DIR/openmetrics.txt
    Prometheus,
    /// Jobs on nodes as Chrome trace events: DIR/perfetto/RUN.json
    Perfetto,
}
