//! What a scenario measures, beside the metrics that every run has.

use sim_core::SimDuration;

/// The `[measure]` section.
#[derive(Clone, PartialEq, Debug)]
pub struct Measure {
    /// Jobs submitted earlier than this after the first one are left out.
    pub warmup: SimDuration,
    /// Jobs submitted later than this before the last one are left out.
    pub cooldown: SimDuration,
    /// Time-weighted metrics cover the time after the last submission too, in which jobs drain.
    pub drain: bool,
    /// The threshold of bounded slowdown.
    pub tau: SimDuration,
    /// A job that waits longer counts as starving.
    pub starvation: SimDuration,
    /// FGD's fragmentation is measured over time.
    pub gpu_fragmentation: bool,
    /// Arrived loads at which allocation and fragmentation are reported \[% of GPU capacity\]; empty: none.
    pub arrived_load: Vec<u64>,
    /// Time between two samples of the series table, if one is wanted.
    pub series: Option<SimDuration>,
    /// What is watched in it.
    pub alerts: Vec<analysis::AlertRule>,
    /// Part of all tasks that the typical ones cover at least [parts per million].
    pub typical_coverage_ppm: u32,
    /// Weights by name of the tenant, if deviations from max-min shares are measured.
    pub entitled: Option<Vec<(String, f64)>>,
    /// Quotas by name of the tenant, if what tenants hold is measured against them.
    pub quota: Option<analysis::Quotas>,
}
