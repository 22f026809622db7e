//! The observer that turns one run into its metrics.

mod demand;
mod entitled;
mod jobs;
mod levels;
mod predictions;
mod quota;
mod report;
mod service;
mod tenants;
mod waits;

use std::sync::Arc;

use sim_core::{
    Event, EventMask, Observer, ResultSink, Shape, SimDuration, SimTime, SinkError, TypicalTasks, View,
};

use crate::fragmentation::Fragmentation;
use crate::gpu_fragmentation::GpuFragmentation;
use crate::integral::Window;
use entitled::Entitled;
use jobs::{JobRecord, JobTally};
use levels::Levels;
use quota::QuotaUse;
pub use quota::Quotas;
pub(crate) use service::Service;
use tenants::TenantShares;

/// What [`RunMetrics`] measures, and by which yardsticks.
#[derive(Clone, PartialEq, Debug)]
pub struct MetricOptions {
    /// The part of the run that counts.
    pub window: Window,
    /// Service times below this count as this in bounded slowdown; more than zero.
    pub tau: SimDuration,
    /// A job that waits longer counts as starving.
    pub starvation: SimDuration,
    /// The typical mix of tasks for fragmentation, each with its weight [ppm, at most a million in all].
    /// Empty: not measured.
    pub mix: Vec<(Shape, u32)>,
    /// The typical tasks of FGD's fragmentation. `None`: not measured.
    pub typical: Option<Arc<TypicalTasks>>,
    /// The grid on which the largest hole is sampled. `None`: not measured. Each sample costs a pass over the
    /// nodes where the policy keeps no index of the largest amount.
    pub hole_every: Option<SimDuration>,
    /// Weights of tenants by name, 1 for the others, against whose max-min shares deviations are measured. `None`: not
    /// measured.
    pub entitled: Option<Vec<(String, f64)>>,
    /// Quotas of tenants, against which what they hold is measured. `None`: not measured.
    pub quota: Option<Quotas>,
}

impl Default for MetricOptions {
    /// The whole run, tau = 10 s, starvation after a day, no fragmentation and no holes.
    fn default() -> Self {
        Self {
            window: Window::default(),
            // Feitelson et al., JSSPP 1997.
            tau: SimDuration::from_secs(10),
            // Arbitrary.
            starvation: SimDuration::from_secs(86_400),
            mix: Vec::new(),
            typical: None,
            hole_every: None,
            entitled: None,
            quota: None,
        }
    }
}

/// All metrics of one run (see [`METRICS`](crate::METRICS)), handed over as scalars at its end.
///
/// # Cost
/// O(lanes) per event, and O(shapes of the mix) per node that an event touches. Memory for 32 bytes per job
/// up to a million jobs, and constant beyond; with a cooldown also for the jobs that ended within one
/// cooldown.
#[derive(Clone)]
pub struct RunMetrics {
    options: MetricOptions,
    levels: Levels,
    tenants: TenantShares,
    entitled: Option<Entitled>,
    quota: Option<QuotaUse>,
    fragmentation: Fragmentation,
    gpu_fragmentation: Option<GpuFragmentation>,
    service: Service,
    jobs: JobTally,
    first_submit: Option<SimTime>,
    last_submit: SimTime,
    last_end: SimTime,
    completed_in_all: u64,
}

impl RunMetrics {
    /// An observer for one run.
    ///
    /// # Panics
    /// If `tau` or the grid is zero, or the weights of the mix exceed a million.
    pub fn new(options: MetricOptions) -> Self {
        assert!(options.tau > SimDuration::ZERO, "tau is zero: bounded slowdown would not be bounded");
        assert!(options.hole_every != Some(SimDuration::ZERO), "the sampling grid has no width");
        Self {
            levels: Levels::new(options.hole_every),
            tenants: TenantShares::default(),
            entitled: options.entitled.clone().map(Entitled::new),
            quota: options.quota.as_ref().map(QuotaUse::new),
            fragmentation: Fragmentation::new(options.mix.clone()),
            gpu_fragmentation: options.typical.clone().map(GpuFragmentation::new),
            service: Service::default(),
            jobs: JobTally::new(options.window, options.tau, options.starvation),
            options,
            first_submit: None,
            last_submit: SimTime::ZERO,
            last_end: SimTime::ZERO,
            completed_in_all: 0,
        }
    }

    fn submitted(&mut self, at: SimTime) {
        if self.first_submit.is_none() {
            self.first_submit = Some(at);
            let from = at.saturating_add(self.options.window.warmup);
            self.levels.open(from);
            self.tenants.open(from);
            if let Some(entitled) = &mut self.entitled {
                entitled.open(from);
            }
            if let Some(quota) = &mut self.quota {
                quota.open(from);
            }
            self.jobs.open(from);
        }
        self.last_submit = at;
        self.jobs.submitted(at);
    }

    fn ended(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        let Event::Ended { job, end } = *event else { return };
        self.last_end = at;
        self.completed_in_all += u64::from(end == sim_core::End::Completed);
        let record = JobRecord::of(view.job(job), Some(end), at, self.service.take(job));
        self.jobs.add(record);
    }

    /// Time passes and the event is taken in, where what tenants hold is held against what is theirs.
    fn follow_tenants(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        let until = self.options.window.cuts_the_end().then(|| self.safe_until());
        if let Some(entitled) = &mut self.entitled {
            entitled.advance(at, until, &self.tenants);
            entitled.follow(event, view);
        }
        if let Some(quota) = &mut self.quota {
            quota.advance(at, until, &self.tenants);
            quota.follow(event, view);
        }
    }

    /// The last instant that may be in the window, as far as is known: everything before it is.
    fn safe_until(&self) -> SimTime {
        let cooldown = self.options.window.cooldown;
        SimTime::from_ns(self.last_submit.as_ns().saturating_sub(cooldown.as_ns()))
    }
}

impl Observer for RunMetrics {
    fn mask(&self) -> EventMask {
        EventMask::LEVELS.or(EventMask::SUBMITTED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        if self.levels.is_behind(at) {
            self.levels.advance(at);
            if self.options.window.cuts_the_end() {
                let until = self.safe_until();
                let tenants = &self.tenants;
                self.levels.checkpoint(at, until, |sums| tenants.append(at, sums));
            }
        }
        self.follow_tenants(at, event, view);
        match *event {
            Event::Submitted(job) => self.submitted(view.job(job).facts().submit.max(at)),
            Event::Started { job, run } => {
                self.service.started(at, job, view.run(run), view.job(job).done());
                self.tenants.started(at, job, run, view);
            }
            Event::RunEnded { job, run, end } => {
                self.service.stopped(at, job, view.run(run), end != sim_core::End::Completed);
                self.tenants.stopped(at, job, run, view);
            }
            Event::Preempted { job, run, how } => {
                self.service.preempted(at, job, view.run(run), how, view.job(job).done());
                self.tenants.stopped(at, job, run, view);
            }
            Event::Resized { job, run } => self.tenants.resized(at, job, run, view),
            Event::Ended { .. } => self.ended(at, event, view),
            _ => {}
        }
        if !self.fragmentation.is_empty() {
            self.fragmentation.follow(view.nodes());
        }
        if let Some(gpu) = &mut self.gpu_fragmentation {
            gpu.follow(view.nodes());
        }
        let idle = self.gpu_fragmentation.as_ref().map(GpuFragmentation::idle);
        self.levels.read(at, view, self.fragmentation.stranded(), idle);
    }

    fn finish(&mut self, at: SimTime, view: View<'_>, out: &mut dyn ResultSink) -> Result<(), SinkError> {
        self.report(at, view, out)
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        Some(Box::new(self.clone()))
    }
}

#[cfg(test)]
mod tests;
