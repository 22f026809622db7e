//! Windows of a trace: any number of consecutive jobs, cut out of the whole trace in memory.

use std::sync::Arc;

use sim_core::{Job, SimTime};

use super::audit::Audit;
use super::workload::{Feed, Plan, Sorted, TraceWorkload};
use crate::problem::Problems;

/// A trace in memory, as the parameters of its reader have cut it.
pub struct Windows {
    plan: Plan,
    sorted: Arc<Sorted>,
    absolute_times: bool,
}

impl Windows {
    /// Reads the jobs of an audited trace.
    ///
    /// # Errors
    /// Those of a file that has changed since the audit.
    /// # Cost
    /// Reads the file once, and holds all of its jobs.
    pub fn read(trace: &TraceWorkload, audit: &Audit) -> Result<Self, Problems> {
        let mut plan = trace.plan().clone();
        let sorted = plan.sorted((plan.reader.open)(&plan.params)?)?;
        // Which records were left out is of no interest any more.
        plan.oversized.clear();
        Ok(Self { plan, sorted: Arc::new(sorted), absolute_times: audit.absolute_times })
    }

    /// Jobs that there are.
    pub fn jobs(&self) -> u64 {
        self.sorted.jobs.len() as u64
    }

    /// When job `start` is submitted in a window that begins with it.
    pub fn first_submit(&self, start: u64) -> SimTime {
        self.timing(start).submit(self.job(start).submit).expect("the audit has seen that times fit")
    }

    /// The `jobs` jobs from `start` on: the workload of the trace with `skip` and `jobs` set so. Three things differ,
    /// where the trace has them: gaps that `load` scales keep the factor of the whole trace, typical tasks are those
    /// of the whole, and a job that waits for one outside of the window does not.
    ///
    /// # Panics
    /// If there are not so many.
    /// # Cost
    /// That of a few small copies; with dependencies, a sort of the window's numbers.
    pub fn cut(&self, start: u64, jobs: u64) -> TraceWorkload {
        let (first, end) = (at(start), at(start.saturating_add(jobs)));
        let window = self.sorted.jobs.get(first..end);
        let window = window.unwrap_or_else(|| panic!("{jobs} jobs from {start} on, of {}", self.jobs()));
        let (sorted, next) = if self.plan.has_dependencies {
            let words = Arc::clone(&self.sorted.words);
            (Arc::new(Sorted { jobs: without_outsiders(window.to_vec()), words }), 0)
        } else {
            (Arc::clone(&self.sorted), first)
        };
        let mut plan = self.plan.clone();
        plan.timing = self.timing(start);
        plan.options.jobs = jobs;
        TraceWorkload::fed_by(plan, Feed::Memory { sorted, next })
    }

    fn job(&self, start: u64) -> &Job {
        &self.sorted.jobs[at(start)].0
    }

    fn timing(&self, start: u64) -> super::audit::Timing {
        self.plan.timing.from(self.job(start).submit, self.absolute_times)
    }
}

fn at(jobs: u64) -> usize {
    usize::try_from(jobs).unwrap_or(usize::MAX)
}

/// The jobs, none of which waits for one that is not among them.
fn without_outsiders<T>(mut jobs: Vec<(Job, T)>) -> Vec<(Job, T)> {
    let mut ids: Vec<u64> = jobs.iter().map(|(job, _)| job.id).collect();
    ids.sort_unstable();
    for extras in jobs.iter_mut().filter_map(|(job, _)| job.extras.as_mut()) {
        extras.after.retain(|after| ids.binary_search(&after.job).is_ok());
    }
    jobs
}

#[cfg(test)]
mod tests;
