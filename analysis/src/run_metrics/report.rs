//! The end of a run: sums become numbers.

use sim_core::{Category, End, Lane, Metric, ResultSink, SimTime, SinkError, View};

use super::RunMetrics;
use super::jobs::{JobRecord, RATIO_ONE};
use crate::fragmentation::FRAGMENTED;
use crate::gpu_fragmentation::GpuFragmentation;
use crate::metrics as m;
use crate::quantile::Samples;

pub(super) const NS_PER_SEC: f64 = 1e9;
const NS_PER_HOUR: f64 = 3.6e12;

/// Hands numbers over and leaves out those that are not defined.
pub(super) struct Out<'a> {
    sink: &'a mut dyn ResultSink,
}

impl Out<'_> {
    pub(super) fn put(&mut self, metric: &'static Metric, value: f64) -> Result<(), SinkError> {
        self.labelled(metric, "", value)
    }

    pub(super) fn labelled(
        &mut self,
        metric: &'static Metric,
        label: &str,
        value: f64,
    ) -> Result<(), SinkError> {
        if value.is_finite() { self.sink.scalar(metric, label, value) } else { Ok(()) }
    }

    fn opt(&mut self, metric: &'static Metric, value: Option<f64>) -> Result<(), SinkError> {
        value.map_or(Ok(()), |value| self.put(metric, value))
    }

    /// Mean, median, 95th, 99th percentile and maximum, in units of `one`.
    fn spread(&mut self, metrics: [&'static Metric; 5], of: &Samples, one: f64) -> Result<(), SinkError> {
        let (Some(mean), Some(max)) = (of.mean(), of.max()) else { return Ok(()) };
        let Some([p50, p95, p99]) = of.quantiles([0.5, 0.95, 0.99]) else { return Ok(()) };
        let values = [mean, p50, p95, p99, max as f64];
        metrics.into_iter().zip(values).try_for_each(|(metric, value)| self.put(metric, value / one))
    }
}

impl RunMetrics {
    pub(super) fn report(
        &mut self,
        at: SimTime,
        view: View<'_>,
        sink: &mut dyn ResultSink,
    ) -> Result<(), SinkError> {
        let mut out = Out { sink };
        self.levels.advance(at.max(self.levels.last_read()));
        // Without cooldown even the jobs of the last instant count.
        let last = self.safe_until();
        for job in view.unfinished() {
            let spent = self.service.take(job.id());
            self.jobs.add(JobRecord::of(job, None, at, spent));
        }
        self.jobs.settle(last);
        self.report_jobs(&mut out)?;
        self.jobs.waits.report(view, &mut out)?;
        let (start, end) = self.window(at, last);
        self.report_time(start, end, at, view, &mut out)?;
        self.report_cost(view, &mut out)?;
        self.report_promises(&mut out)
    }

    /// Start and end of the measured time. The end is not before the start.
    fn window(&self, at: SimTime, last: SimTime) -> (SimTime, SimTime) {
        let window = self.options.window;
        let start = self.first_submit.map_or(at, |first| first.saturating_add(window.warmup));
        let end = if window.cuts_the_end() { last } else { at };
        (start, end.max(start))
    }

    fn report_jobs(&self, out: &mut Out<'_>) -> Result<(), SinkError> {
        let jobs = &self.jobs;
        let completed = jobs.ended(End::Completed);
        out.put(&m::JOBS, jobs.jobs() as f64)?;
        out.put(&m::COMPLETED, completed as f64)?;
        // A job whose last execution lost its node has failed.
        out.put(&m::FAILED, (jobs.ended(End::Failed) + jobs.ended(End::NodeLost)) as f64)?;
        out.put(&m::KILLED, jobs.ended(End::Killed) as f64)?;
        out.put(&m::TIMEOUT, jobs.ended(End::Timeout) as f64)?;
        out.put(&m::REJECTED, jobs.ended(End::Rejected) as f64)?;
        out.put(&m::SKIPPED, jobs.ended(End::Skipped) as f64)?;
        out.put(&m::UNFINISHED, jobs.unfinished() as f64)?;
        out.opt(&m::SUCCESS_RATE, share(completed, jobs.jobs() - jobs.unfinished()))?;
        out.put(&m::RETRIES, jobs.retries as f64)?;
        out.opt(&m::RETRY_SUCCESS_RATE, share(jobs.retried_completed, jobs.retried))?;
        out.put(&m::PREEMPTIONS, jobs.preemptions as f64)?;
        out.put(&m::LOST_WORK, jobs.lost_ns as f64 / NS_PER_SEC)?;
        out.put(&m::PREEMPTION_OVERHEAD, jobs.overhead_ns as f64 / NS_PER_SEC)?;
        let wait = [&m::WAIT_MEAN, &m::WAIT_P50, &m::WAIT_P95, &m::WAIT_P99, &m::WAIT_MAX];
        out.spread(wait, &jobs.wait, NS_PER_SEC)?;
        let jct = [&m::JCT_MEAN, &m::JCT_P50, &m::JCT_P95, &m::JCT_P99, &m::JCT_MAX];
        out.spread(jct, &jobs.jct, NS_PER_SEC)?;
        let slowdown =
            [&m::SLOWDOWN_MEAN, &m::SLOWDOWN_P50, &m::SLOWDOWN_P95, &m::SLOWDOWN_P99, &m::SLOWDOWN_MAX];
        out.spread(slowdown, &jobs.slowdown, RATIO_ONE)?;
        let bounded = [
            &m::BOUNDED_SLOWDOWN_MEAN,
            &m::BOUNDED_SLOWDOWN_P50,
            &m::BOUNDED_SLOWDOWN_P95,
            &m::BOUNDED_SLOWDOWN_P99,
            &m::BOUNDED_SLOWDOWN_MAX,
        ];
        out.spread(bounded, &jobs.bounded, RATIO_ONE)?;
        out.put(&m::DEADLINE_MISSES, jobs.misses as f64)?;
        out.opt(&m::DEADLINE_MISS_RATE, share(jobs.misses, jobs.deadlines))?;
        out.opt(&m::FAIRNESS_USERS, jobs.users.jain())?;
        out.opt(&m::FAIRNESS_TENANTS, jobs.tenants.jain())?;
        jobs.predictions.report(out)
    }

    fn report_time(
        &mut self,
        start: SimTime,
        end: SimTime,
        at: SimTime,
        view: View<'_>,
        out: &mut Out<'_>,
    ) -> Result<(), SinkError> {
        if let Some(first) = self.first_submit
            && self.last_end >= first
        {
            out.put(&m::MAKESPAN, self.last_end.since(first).as_secs_f64())?;
        }
        out.put(&m::QUEUE_MAX, self.levels.queue_max() as f64)?;
        let holes = self.levels.holes(end);
        let sums = self.levels.sums_at(end, at, |sums| self.tenants.append(at, sums));
        let span_ns = end.since(start).as_ns() as f64;
        if span_ns == 0.0 {
            return Ok(());
        }
        let completed = self.jobs.ended(End::Completed) as f64;
        out.put(&m::THROUGHPUT, completed / (span_ns / NS_PER_HOUR))?;
        out.put(&m::QUEUE_MEAN, sums.queue() as f64 / span_ns)?;
        out.put(&m::NODE_HOURS, sums.nodes_up() as f64 / NS_PER_HOUR)?;
        let words = view.words();
        let named = |lane: Lane| words.lane_name(lane);
        for (n, &lane) in sums.lanes().iter().enumerate() {
            let (allocated, capacity) = (sums.allocated(n), sums.capacity(n));
            out.labelled(&m::UTILIZATION, named(lane), quotient(allocated, capacity))?;
            if self.tenants.len() > 1 {
                for tenant in 0..self.tenants.len() {
                    let name =
                        words.tenants().name(tenant as u32).map_or_else(|| tenant.to_string(), str::to_owned);
                    let label = format!("{}:{name}", named(lane));
                    let held = quotient(sums.tenant(tenant, lane), capacity);
                    out.labelled(&m::UTILIZATION_TENANT, &label, held)?;
                }
            }
            let Some(tracked) = FRAGMENTED.iter().position(|&fragmented| fragmented == lane) else {
                continue;
            };
            if !self.fragmentation.is_empty() {
                let free = (capacity - allocated) as f64 * self.fragmentation.weight() as f64;
                let stranded = sums.stranded(tracked) as f64;
                out.labelled(&m::FRAGMENTATION, named(lane), stranded / free)?;
            }
            if let Some(hole) = holes[tracked] {
                out.labelled(&m::LARGEST_HOLE, named(lane), hole)?;
            }
        }
        if let Some(entitled) = &mut self.entitled
            && self.tenants.len() > 1
        {
            entitled.advance(at, None, &self.tenants);
            for (lane, mean) in Lane::ALL.into_iter().zip(entitled.means(end, at)) {
                if let Some(mean) = mean {
                    out.labelled(&m::SHARE_DEVIATION, named(lane), mean)?;
                }
            }
        }
        if let Some(quota) = &mut self.quota
            && !self.tenants.are_too_many()
        {
            quota.advance(at, None, &self.tenants);
            quota.report([start, end, at], view, out)?;
        }
        if let Some(gpu) = &self.gpu_fragmentation {
            let capacity = sums.lanes().iter().position(|&lane| lane == Lane::Gpu).map(|n| sums.capacity(n));
            put_idle(gpu, sums.idle(), capacity.unwrap_or(0), out)?;
        }
        Ok(())
    }

    fn report_cost(&self, view: View<'_>, out: &mut Out<'_>) -> Result<(), SinkError> {
        let cost = view.cost_micros() as f64 / 1e6;
        out.put(&m::COST, cost)?;
        if self.completed_in_all > 0 {
            out.put(&m::COST_PER_JOB, cost / self.completed_in_all as f64)?;
        }
        Ok(())
    }
}

impl RunMetrics {
    fn report_promises(&self, out: &mut Out<'_>) -> Result<(), SinkError> {
        let promises = self.jobs.promises;
        let Some(broken) = share(promises.broken, promises.made) else { return Ok(()) };
        let mean = |sum_ns: u128| sum_ns as f64 / NS_PER_SEC / promises.started as f64;
        out.put(&m::PROMISES, promises.made as f64)?;
        out.put(&m::PROMISES_BROKEN_PCT, 100.0 * broken)?;
        out.put(&m::PROMISE_DELAY_MEAN, mean(promises.late_ns))?;
        out.put(&m::PROMISE_EARLY_MEAN, mean(promises.early_ns))
    }
}

/// The idle GPU over time, by category, and what of it is fragmented.
fn put_idle(
    gpu: &GpuFragmentation,
    idle: [u128; 7],
    capacity: u128,
    out: &mut Out<'_>,
) -> Result<(), SinkError> {
    let all: u128 = idle.iter().sum();
    let fragmented = all - idle[Category::Satisfied as usize];
    let weight = u128::from(gpu.typical().weight());
    out.put(&m::GPU_FRAGMENTATION_RATIO, quotient(fragmented, all))?;
    out.put(&m::GPU_FRAGMENTATION_AMOUNT, quotient(fragmented, capacity * weight))?;
    let named = Category::NAMED.iter().zip(idle);
    named.into_iter().try_for_each(|((name, _), part)| out.labelled(&m::GPU_IDLE, name, quotient(part, all)))
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Not a number where nothing is divided by nothing: such a metric is left out.
fn quotient(part: u128, whole: u128) -> f64 {
    part as f64 / whole as f64
}
