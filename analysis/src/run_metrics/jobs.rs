//! What became of the jobs inside the measured window.

use std::collections::VecDeque;

use sim_core::{End, JobView, SimDuration, SimTime};

use super::predictions::{Prediction, Predictions};
use super::service::Spent;
use super::waits::Waits;
use crate::fairness::Means;
use crate::integral::Window;
use crate::quantile::Samples;

/// Ratios are kept as whole billionths: an error of 5e-10, and sums that do not depend on the order of jobs.
pub(super) const RATIO_ONE: f64 = 1e9;

/// One job that has ended, or that never will.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct JobRecord {
    submit: SimTime,
    /// Jobs submitted before it.
    sequence: u64,
    wait_ns: Option<u64>,
    jct_ns: u64,
    spent: Spent,
    end: Option<End>,
    retries: u16,
    preemptions: u16,
    user: u32,
    tenant: u32,
    /// True if a deadline was missed; `None` without one, or while it is open.
    missed: Option<bool>,
    /// What was predicted of a job that completed.
    prediction: Option<Prediction>,
    /// The first start less the promised one; of jobs that have not started as if they started at the end.
    promised_ns: Option<i128>,
}

impl JobRecord {
    /// The job as it stands at `now`.
    pub(super) fn of(job: JobView<'_>, end: Option<End>, now: SimTime, spent: Spent) -> Self {
        let facts = job.facts();
        let has_deadline = facts.deadline != SimTime::MAX;
        let missed = match end {
            Some(end) => Some(end != End::Completed || now > facts.deadline),
            None => (now >= facts.deadline).then_some(true),
        };
        Self {
            submit: facts.submit,
            sequence: job.id().sequence(),
            wait_ns: job.first_start().map(|start| start.as_ns() - facts.submit.as_ns()),
            jct_ns: now.as_ns() - facts.submit.as_ns(),
            spent,
            end,
            retries: job.retries(),
            preemptions: job.preemptions(),
            user: facts.user.0,
            tenant: facts.tenant.0,
            missed: missed.filter(|_| has_deadline),
            prediction: Prediction::of(job, end),
            promised_ns: job.promised().map(|promised| {
                i128::from(job.first_start().unwrap_or(now).as_ns()) - i128::from(promised.as_ns())
            }),
        }
    }
}

/// Counts, sums and samples over the measured jobs.
#[derive(Clone)]
pub(super) struct JobTally {
    window: Window,
    tau: SimDuration,
    from: SimTime,
    /// Jobs that a cooldown may still cut off, in order of submission, with their records if they have ended.
    pending: VecDeque<(SimTime, Option<JobRecord>)>,
    /// Jobs submitted before the first of them: no cooldown will cut those off.
    settled: u64,
    /// By [`End`], then unfinished.
    pub(super) endings: [u64; 8],
    pub(super) retries: u64,
    pub(super) retried: u64,
    pub(super) retried_completed: u64,
    pub(super) preemptions: u64,
    pub(super) lost_ns: u128,
    pub(super) overhead_ns: u128,
    pub(super) deadlines: u64,
    pub(super) misses: u64,
    pub(super) promises: Promises,
    pub(super) wait: Samples,
    pub(super) jct: Samples,
    pub(super) slowdown: Samples,
    pub(super) bounded: Samples,
    pub(super) users: Means,
    pub(super) tenants: Means,
    pub(super) waits: Waits,
    pub(super) predictions: Predictions,
}

/// How promised starts were kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Promises {
    pub(super) made: u64,
    pub(super) broken: u64,
    /// Of jobs that have started.
    pub(super) started: u64,
    pub(super) late_ns: u128,
    pub(super) early_ns: u128,
}

impl Promises {
    fn count(&mut self, late_ns: i128, started: bool) {
        self.made += 1;
        self.broken += u64::from(late_ns > 0);
        if started {
            self.started += 1;
            self.late_ns += late_ns.max(0).unsigned_abs();
            self.early_ns += late_ns.min(0).unsigned_abs();
        }
    }
}

const UNFINISHED: usize = 7;

impl JobTally {
    pub(super) fn new(window: Window, tau: SimDuration, starvation: SimDuration) -> Self {
        Self {
            window,
            tau,
            from: SimTime::MAX,
            pending: VecDeque::new(),
            settled: 0,
            endings: [0; 8],
            retries: 0,
            retried: 0,
            retried_completed: 0,
            preemptions: 0,
            lost_ns: 0,
            overhead_ns: 0,
            deadlines: 0,
            misses: 0,
            promises: Promises::default(),
            wait: Samples::default(),
            jct: Samples::default(),
            slowdown: Samples::default(),
            bounded: Samples::default(),
            users: Means::default(),
            tenants: Means::default(),
            predictions: Predictions::default(),
            waits: Waits::new(starvation),
        }
    }

    /// Jobs submitted from here on count.
    pub(super) fn open(&mut self, from: SimTime) {
        self.from = from;
    }

    /// A job was submitted: those that came a cooldown earlier are inside the window.
    #[inline]
    pub(super) fn submitted(&mut self, submit: SimTime) {
        if self.window.cooldown > SimDuration::ZERO {
            self.pending.push_back((submit, None));
            self.settle(SimTime::from_ns(submit.as_ns().saturating_sub(self.window.cooldown.as_ns())));
        }
    }

    /// Counts the pending jobs that were submitted at `until` or before.
    pub(super) fn settle(&mut self, until: SimTime) {
        while self.pending.front().is_some_and(|(submit, _)| *submit <= until) {
            let (_, job) = self.pending.pop_front().expect("the front was seen");
            self.settled += 1;
            if let Some(job) = job {
                self.count(&job);
            }
        }
    }

    /// Takes a job in that has ended, or never will.
    #[inline]
    pub(super) fn add(&mut self, job: JobRecord) {
        if job.submit < self.from {
            return;
        }
        if self.window.cooldown == SimDuration::ZERO || job.sequence < self.settled {
            self.count(&job);
        } else {
            let (_, place) = &mut self.pending[(job.sequence - self.settled) as usize];
            *place = Some(job);
        }
    }

    fn count(&mut self, job: &JobRecord) {
        self.endings[job.end.map_or(UNFINISHED, |end| end as usize)] += 1;
        self.preemptions += u64::from(job.preemptions);
        self.lost_ns += u128::from(job.spent.lost_ns);
        self.overhead_ns += u128::from(job.spent.overhead_ns);
        if job.retries > 0 {
            self.retries += u64::from(job.retries);
            self.retried += u64::from(job.end.is_some());
            self.retried_completed += u64::from(job.end == Some(End::Completed));
        }
        if let Some(missed) = job.missed {
            self.deadlines += 1;
            self.misses += u64::from(missed);
        }
        if let Some(prediction) = &job.prediction {
            self.predictions.add(prediction);
        }
        if let Some(late_ns) = job.promised_ns {
            self.promises.count(late_ns, job.wait_ns.is_some());
        }
        let waits_still = job.end.is_none().then_some(job.jct_ns);
        if let Some(waited) = job.wait_ns.or(waits_still) {
            self.waits.add(job.tenant, waited, job.wait_ns.is_some());
        }
        let Some(wait_ns) = job.wait_ns else { return };
        self.wait.add(wait_ns);
        if job.end.is_none() {
            return;
        }
        self.jct.add(job.jct_ns);
        let (jct, service_ns) = (job.jct_ns as f64, job.spent.service_ns);
        if service_ns > 0 {
            self.slowdown.add(ratio(jct, service_ns));
        }
        let bounded = ratio(jct, service_ns.max(self.tau.as_ns())).max(RATIO_ONE as u64);
        self.bounded.add(bounded);
        self.users.add(job.user, bounded);
        self.tenants.add(job.tenant, bounded);
    }

    /// Measured jobs.
    pub(super) fn jobs(&self) -> u64 {
        self.endings.iter().sum()
    }

    /// Measured jobs that ended so.
    pub(super) fn ended(&self, end: End) -> u64 {
        self.endings[end as usize]
    }

    /// Measured jobs that had not ended.
    pub(super) fn unfinished(&self) -> u64 {
        self.endings[UNFINISHED]
    }
}

/// `jct / service` in billionths, rounded; beyond 1.8e10 it saturates.
#[inline]
fn ratio(jct_ns: f64, service_ns: u64) -> u64 {
    (jct_ns / service_ns as f64 * RATIO_ONE).round() as u64
}
