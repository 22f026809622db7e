//! The parameters that all traces share, as values.

use sim_core::Lane;
use sim_core::registry::Params;

/// What to do with jobs that run for no time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ZeroDuration {
    Refuse,
    Drop,
    Run,
}

/// An offered load to reach.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Target {
    /// The load.
    pub(super) load: f64,
    /// Its lane; the busiest one if `None`.
    pub(super) lane: Option<Lane>,
}

/// How a trace is cut to a workload.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Options {
    /// Jobs to leave out before the first that is taken.
    pub(super) skip: u64,
    /// Most jobs to take.
    pub(super) jobs: u64,
    /// True if jobs are to be sorted by submit time.
    pub(super) sort: bool,
    pub(super) zero_duration: ZeroDuration,
    /// True if jobs that can never fit are left out, and not refused.
    pub(super) drop_oversized: bool,
    pub(super) target: Option<Target>,
}

impl Options {
    /// The options that checked `params` hold.
    pub(super) fn of(params: &Params) -> Self {
        let lane = Lane::from_name(params.text("load_lane"));
        Self {
            skip: params.int("skip").unsigned_abs(),
            jobs: params.int_opt("jobs").map_or(u64::MAX, |jobs| jobs.unsigned_abs()),
            sort: params.bool("sort"),
            zero_duration: match params.text("zero_duration") {
                "drop" => ZeroDuration::Drop,
                "run" => ZeroDuration::Run,
                _ => ZeroDuration::Refuse,
            },
            drop_oversized: params.text("oversized") == "drop",
            target: params.float_opt("load").map(|load| Target { load, lane }),
        }
    }

    /// Jobs of the trace after which none is taken.
    pub(super) fn end(&self) -> u64 {
        self.skip.saturating_add(self.jobs)
    }
}
