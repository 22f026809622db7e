//! Sums over the jobs of a run that can be read while it goes on: what rewards are made of.

use std::sync::{Arc, Mutex, MutexGuard};

use sim_core::{Event, EventMask, JobId, Observer, ResultSink, SimDuration, SimTime, SinkError, View};

use crate::run_metrics::Service;

/// The sums as they stand. Of the whole run, whatever window its metrics have.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Jobs submitted.
    pub submitted: u64,
    /// Jobs that have ended, in whatever way.
    pub ended: u64,
    /// Jobs submitted that have neither started nor ended.
    pub unstarted: u64,
    /// Jobs that were started and have ended.
    pub ran: u64,
    /// Time integral of the jobs in the system: the sum of what they have spent there, from submission on [job ns].
    pub in_system_ns: u128,
    /// Time integral of `unstarted`: the sum of waits so far [job ns].
    pub waiting_ns: u128,
    /// Sum over the jobs of `ran` of their bounded slowdown, `max(1, jct / max(service, tau))`.
    pub bounded_slowdown: f64,
    at: SimTime,
}

impl Totals {
    /// Lets time pass.
    pub fn advance(&mut self, now: SimTime) {
        let passed = u128::from(now.since(self.at).as_ns());
        self.in_system_ns += passed * u128::from(self.submitted - self.ended);
        self.waiting_ns += passed * u128::from(self.unstarted);
        self.at = now;
    }
}

/// Reads the sums of a run from outside it.
#[derive(Clone, Debug, Default)]
pub struct TotalsHandle(Arc<Mutex<Totals>>);

impl TotalsHandle {
    /// The sums, for as long as the guard lives; the run must not go on meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, Totals> {
        self.0.lock().expect("adding up does not panic")
    }
}

/// The observer that keeps the sums of one run.
///
/// # Cost
/// O(1) per event.
pub struct LiveTotals {
    totals: TotalsHandle,
    tau: SimDuration,
    service: Service,
    /// By slot of the job table, the submission number + 1 of the job that was last seen to start there.
    started: Vec<u64>,
}

impl LiveTotals {
    /// An observer with that threshold of bounded slowdown, and the handle to its sums.
    ///
    /// # Panics
    /// If `tau` is zero.
    pub fn new(tau: SimDuration) -> (Self, TotalsHandle) {
        assert!(tau > SimDuration::ZERO, "tau is zero: bounded slowdown would not be bounded");
        let totals = TotalsHandle::default();
        let handle = totals.clone();
        (Self { totals, tau, service: Service::default(), started: Vec::new() }, handle)
    }

    fn has_started(&self, job: JobId) -> bool {
        self.started.get(job.slot() as usize) == Some(&(job.sequence() + 1))
    }

    /// Notes the first start of a job; false if it had started before.
    fn note_start(&mut self, job: JobId) -> bool {
        if self.has_started(job) {
            return false;
        }
        let slot = job.slot() as usize;
        if self.started.len() <= slot {
            self.started.resize(slot + 1, 0);
        }
        self.started[slot] = job.sequence() + 1;
        true
    }
}

impl Observer for LiveTotals {
    fn mask(&self) -> EventMask {
        let runs = EventMask::STARTED.or(EventMask::RUN_ENDED).or(EventMask::PREEMPTED);
        runs.or(EventMask::SUBMITTED).or(EventMask::ENDED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        match *event {
            Event::Submitted(_) => {
                let mut totals = self.totals.lock();
                totals.advance(at);
                totals.submitted += 1;
                totals.unstarted += 1;
            }
            Event::Started { job, run } => {
                self.service.started(at, job, view.run(run), view.job(job).done());
                if self.note_start(job) {
                    let mut totals = self.totals.lock();
                    totals.advance(at);
                    totals.unstarted -= 1;
                }
            }
            Event::RunEnded { job, run, end } => {
                self.service.stopped(at, job, view.run(run), end != sim_core::End::Completed);
            }
            Event::Preempted { job, run, how } => {
                self.service.preempted(at, job, view.run(run), how, view.job(job).done());
            }
            Event::Ended { job, .. } => {
                let (ran, service) = (self.has_started(job), self.service.take(job).service_ns);
                let jct = at.since(view.job(job).facts().submit);
                let mut totals = self.totals.lock();
                totals.advance(at);
                totals.ended += 1;
                if ran {
                    totals.ran += 1;
                    totals.bounded_slowdown += bounded_slowdown(jct, SimDuration::from_ns(service), self.tau);
                } else {
                    totals.unstarted -= 1;
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    /// A forked run would add to the sums of this one.
    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

/// `max(1, jct / max(service, tau))`.
///
/// # Source
/// Feitelson et al., "Theory and practice in parallel job scheduling", JSSPP 1997.
pub fn bounded_slowdown(jct: SimDuration, service: SimDuration, tau: SimDuration) -> f64 {
    (jct.as_ns() as f64 / service.max(tau).as_ns() as f64).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    #[test]
    fn sums_over_time_are_sums_over_jobs() {
        // One core: jobs of 100 s and 5 s at 0, and one of 20 s at 50 s, first come, first served.
        let (observer, totals) = LiveTotals::new(SimDuration::from_secs(10));
        let mut case = Case::new(1, 1);
        for (submit, service) in [(0, 100), (0, 5), (50, 20)] {
            case.job(submit, 1, service);
        }
        case.run(vec![Box::new(observer)]);
        let totals = totals.lock();
        assert_eq!((totals.submitted, totals.ended, totals.unstarted, totals.ran), (3, 3, 0, 3));
        // They end at 100, 105 and 125 s: jcts of 100, 105 and 75 s, waits of 0, 100 and 55 s.
        assert_eq!(totals.in_system_ns, 280 * 1_000_000_000);
        assert_eq!(totals.waiting_ns, 155 * 1_000_000_000);
        // 100 / 100, 105 / 10 because 5 s < tau, 75 / 20.
        assert!((totals.bounded_slowdown - (1.0 + 10.5 + 3.75)).abs() < 1e-12);
    }
}
