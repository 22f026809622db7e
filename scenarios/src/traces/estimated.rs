//! A trace whose missing requested times are drawn from a model of how wrong users are.

use sim_core::{Event, Job, Keyed, SimDuration, SimTime, Truth, Vocabulary, Workload, WorkloadError};

use crate::generate::Estimate;

/// A workload of which jobs without a requested time are given one.
///
/// The error is keyed by the job's number: it is the same whatever else is read of the trace.
pub struct Estimated {
    jobs: Box<dyn Workload>,
    estimate: Estimate,
    draws: Keyed,
}

impl Estimated {
    /// `jobs`, with requested times drawn by `estimate` in the run with this seed.
    pub fn new(jobs: Box<dyn Workload>, estimate: Estimate, seed: u64) -> Self {
        Self { jobs, estimate, draws: Keyed::new(seed, "workload/estimates") }
    }
}

impl Workload for Estimated {
    fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        let Some((mut job, truth)) = self.jobs.next_job(words)? else { return Ok(None) };
        if job.walltime == SimDuration::MAX {
            job.walltime = self.estimate.walltime(truth.service(), &mut self.draws.stream(job.id, 0));
        }
        Ok(Some((job, truth)))
    }

    fn has_dependencies(&self) -> bool {
        self.jobs.has_dependencies()
    }

    fn may_not_fit(&self) -> bool {
        self.jobs.may_not_fit()
    }

    fn observe(&mut self, now: SimTime, event: &Event) {
        self.jobs.observe(now, event);
    }

    fn reacts(&self) -> bool {
        self.jobs.reacts()
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(Self { jobs: self.jobs.fork(), ..*self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::ShapeId;
    use sim_core::registry::{Params, Value};
    use sim_core::testkit::ListedJobs;

    fn drawn(seed: u64, first: u64) -> Vec<SimDuration> {
        let job = |id: u64| {
            let mut job = Job::new(id, SimTime::from_secs(id), ShapeId(0));
            if id == 3 {
                job.walltime = SimDuration::from_secs(7);
            }
            (job, Truth::runs_for(SimDuration::from_secs(100)))
        };
        let mut params = Params::default();
        params.set("max", Value::Float(5.0));
        let estimate = Estimate::new("uniform-factor", &params);
        let mut jobs =
            Estimated::new(Box::new(ListedJobs::new((first..6).map(job).collect())), estimate, seed);
        let mut words = Vocabulary::default();
        let mut found = Vec::new();
        while let Some((job, _)) = jobs.next_job(&mut words).unwrap() {
            found.push(job.walltime);
        }
        found
    }

    #[test]
    fn only_missing_requests_are_drawn_and_by_the_number_of_the_job() {
        let all = drawn(1, 1);
        assert_eq!(all[2], SimDuration::from_secs(7));
        assert!([0, 1, 3, 4].iter().all(|&n| (100.0..500.0).contains(&all[n].as_secs_f64())), "{all:?}");
        assert_ne!(all[0], all[1]);
        assert_eq!(drawn(1, 2), all[1..], "a job that is left out shifts no other");
        assert_ne!(drawn(2, 1), all);
    }
}
