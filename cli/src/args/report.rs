//! `report`: what was typed.

use std::path::PathBuf;

use clap::Args;

/// `report`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel report results/quickstart          results/quickstart/report.html, and plots/ beside it
  windtunnel report results/fgd --metric gpu_alloc_pct_at_100 --metric fragmentation_
  windtunnel report results/my-log --out my-log.html

The page stands alone: its pictures are in it, and it loads nothing. The same pictures lie in
DIR/plots as SVG and PNG. What it shows depends on what the folder has: distributions over jobs
and what nodes did need `run --jobs`, curves over time `measure.series`, curves over load
`measure.arrived_load`.")]
pub struct Report {
    /// A results folder
    pub dir: PathBuf,
    /// Where the page goes; default: DIR/report.html
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A metric, or a family such as utilization_; repeatable; default: those of `run`
    #[arg(long = "metric", value_name = "NAME")]
    pub metrics: Vec<String>,
}
