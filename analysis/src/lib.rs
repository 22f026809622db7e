//! From events to numbers to tables: metrics, per-job rows, time series, result folders and comparisons.

mod alerts;
mod arrived_load;
mod compare;
mod decision_log;
mod export;
mod fairness;
mod fragmentation;
mod gpu_fragmentation;
mod integral;
mod job_table;
mod key;
mod live_totals;
pub mod metrics;
mod name;
mod parquet_file;
pub mod plot;
pub mod quantile;
mod question;
mod record;
mod replication;
pub mod report;
mod result_table;
mod run_metrics;
mod series;
pub mod statistics;
mod steady;
mod store;
#[cfg(test)]
mod testing;
mod whole_file;

pub use alerts::AlertRule;
pub use arrived_load::{ArrivedLoad, LoadPoint};
pub use compare::{
    Comparison, DEFAULT_COLUMNS, Difference, Effect, Method, PairedRow, Profile, Side, SummaryRow, Verdict,
    aligned, correct, covers, csv_table, default_metrics, findings, is_shown, json_params, json_report,
    json_run, json_summary, mean_ci95, paired_csv, paired_json, paired_text, point_text, profiles, summarize,
    summarize_each, text_table,
};
pub use decision_log::DecisionLog;
pub use export::{export_perfetto, export_prometheus};
pub use fairness::jain;
pub use fragmentation::{FRAGMENTED, Fragmentation};
pub use gpu_fragmentation::GpuFragmentation;
pub use integral::Window;
pub use job_table::JobTable;
pub use key::RunKey;
pub use live_totals::{LiveTotals, Totals, TotalsHandle, bounded_slowdown};
pub use metrics::{METRICS, metric};
pub use name::Name;
pub use question::question;
pub use record::{MetricValue, RunRecord, Scalars};
pub use replication::{Reached, Replication, Width};
pub use result_table::{ResultTable, Rows, TableFile};
pub use run_metrics::{MetricOptions, Quotas, RunMetrics};
pub use series::{Series, SeriesOptions, Signal, watchable};
pub use steady::{
    STEADY_BATCHES, Steady, SteadyInput, SteadyOptions, SteadyReport, SteadyRow, SteadySummary, Thresholds,
    scenario_text, steady, steady_covers, steady_csv, steady_json, steady_text,
};
pub use store::{
    Accepted, Assembled, FailedRun, Merged, Records, ResultStore, Resume, RunPart, RunPlan, ScenarioStamp,
    StoreError, Tables, has_all_runs, in_shard, merge, pack_failure, read_results, verified_log,
};
pub use whole_file::{WholeFile, write_whole};
