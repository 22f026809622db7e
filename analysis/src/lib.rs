//! From events to numbers to tables: metrics, per-job rows, time series, result folders and comparisons.

mod fairness;
mod fragmentation;
mod integral;
pub mod metrics;
pub mod quantile;
mod run_metrics;
#[cfg(test)]
mod testing;

pub use fairness::jain;
pub use fragmentation::{FRAGMENTED, Fragmentation};
pub use integral::Window;
pub use metrics::{METRICS, metric};
pub use run_metrics::{MetricOptions, RunMetrics};
