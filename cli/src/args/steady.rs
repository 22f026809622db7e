//! `steady`: what was typed.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// `steady`
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  windtunnel run quickstart --jobs              the table of jobs that this command reads
  windtunnel steady results/quickstart          how much warm-up is to be cut, and the means after it
  windtunnel steady results/quickstart --metric wait --metric utilization_ --format csv
  windtunnel steady results/long --batches 30

Metrics of jobs: wait, jct, slowdown, bounded_slowdown. Their values are taken in the order in which
jobs were submitted, as queueing theory does and as measure.warmup cuts. With measure.series also
levels of the cluster from the first submission to the last: queue, running, utilization_cpu, ..

The warm-up is cut where MSER-5 has it: where the standard error of what is left, over batches of
five, is least. If that leaves less than half, the run has not become steady, and says so: there is
more work than capacity, or the run is too short. It is counted from the first submission, whatever
measure.warmup was, so it can be put there as it is.

The 95 % interval of the mean after it is by Student's t over the means of batches, out of the last
values that fill them. If neighbouring batches are alike (lag 1 above 2 / sqrt(batches), marked !),
it is too narrow and the run should be longer. How far it can be trusted is shown in
results/published/statistics.md.

Of several seeds one warm-up is told for all, by the means over seeds of their first values, their
second ones, and so on, and the interval is over seeds.

Service, in slowdowns, is the time from the first start to the end: that of the metric of this name
unless jobs were stopped and went on, or ran task by task.")]
pub struct Steady {
    /// A results folder of `run --jobs`
    pub dir: PathBuf,
    /// A metric, or a family such as utilization_; repeatable; default: wait, jct, bounded_slowdown,
    /// queue and utilization_
    #[arg(long = "metric", value_name = "NAME")]
    pub metrics: Vec<String>,
    /// Batches of an interval, from 5 to 1000
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub batches: usize,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value = "table")]
    pub format: Format,
}
