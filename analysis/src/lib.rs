//! From events to numbers to tables: metrics, per-job rows, time series, result folders and comparisons.

mod arrived_load;
mod compare;
mod decision_log;
mod fairness;
mod fragmentation;
mod gpu_fragmentation;
mod integral;
mod job_table;
mod key;
pub mod metrics;
mod parquet_file;
pub mod plot;
pub mod quantile;
mod record;
mod replication;
mod run_metrics;
mod series;
pub mod statistics;
mod store;
#[cfg(test)]
mod testing;

pub use arrived_load::{ArrivedLoad, LoadPoint};
pub use compare::{
    Comparison, DEFAULT_COLUMNS, Difference, Effect, Method, PairedRow, Profile, Side, SummaryRow, Verdict,
    aligned, correct, csv_table, default_metrics, findings, json_report, mean_ci95, paired_csv, paired_json,
    paired_text, profiles, summarize, text_table,
};
pub use decision_log::DecisionLog;
pub use fairness::jain;
pub use fragmentation::{FRAGMENTED, Fragmentation};
pub use gpu_fragmentation::GpuFragmentation;
pub use integral::Window;
pub use job_table::JobTable;
pub use key::RunKey;
pub use metrics::{METRICS, metric};
pub use record::{MetricValue, RunRecord, Scalars};
pub use replication::{Reached, Replication, Width};
pub use run_metrics::{MetricOptions, Quotas, RunMetrics};
pub use series::Series;
pub use store::{ResultStore, Resume, RunPart, ScenarioStamp, StoreError, has_all_runs, read_results};
