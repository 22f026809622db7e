//! The time that jobs spend executing, over all their executions.

use rustc_hash::FxHashMap;
use sim_core::{JobId, Run, SimTime};

/// What the executions of one job came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Spent {
    /// Time in which at least one execution held its nodes [ns].
    pub(super) service_ns: u64,
    /// Run time of executions whose work was not kept [ns].
    pub(super) lost_ns: u64,
    /// Executions that run now; counted for jobs whose tasks run independently.
    active: u32,
    since: SimTime,
}

/// The executions of jobs that have not ended.
///
/// Most jobs run once and end with that: for them nothing is stored but the last execution.
#[derive(Clone, Debug, Default)]
pub(super) struct Service {
    last: Option<(JobId, Spent)>,
    // Looked up, never iterated: its order must not show.
    more: FxHashMap<JobId, Spent>,
}

impl Service {
    /// An execution starts.
    #[inline]
    pub(super) fn started(&mut self, at: SimTime, job: JobId, run: &Run) {
        if run.task().is_none() {
            return;
        }
        let spent = self.more.entry(job).or_default();
        if spent.active == 0 {
            spent.since = at;
        }
        spent.active += 1;
    }

    /// An execution lets go of its nodes.
    #[inline]
    pub(super) fn stopped(&mut self, at: SimTime, job: JobId, run: &Run, is_lost: bool) {
        let ran_ns = at.since(run.start()).as_ns();
        let lost_ns = if is_lost { ran_ns } else { 0 };
        if run.task().is_some() {
            let spent = self.more.get_mut(&job).expect("the start of the task was seen");
            spent.lost_ns += lost_ns;
            spent.active -= 1;
            if spent.active == 0 {
                spent.service_ns += at.since(spent.since).as_ns();
            }
            return;
        }
        let spent = Spent { service_ns: ran_ns, lost_ns, ..Spent::default() };
        if let Some((earlier, spent)) = self.last.replace((job, spent)) {
            self.keep(earlier, spent);
        }
    }

    /// What the job has spent so far; forgets it.
    #[inline]
    pub(super) fn take(&mut self, job: JobId) -> Spent {
        let mut spent = match self.last {
            Some((last, spent)) if last == job => {
                self.last = None;
                spent
            }
            _ => Spent::default(),
        };
        if !self.more.is_empty()
            && let Some(more) = self.more.remove(&job)
        {
            spent.service_ns += more.service_ns;
            spent.lost_ns += more.lost_ns;
        }
        spent
    }

    #[inline]
    fn keep(&mut self, job: JobId, spent: Spent) {
        let kept = self.more.entry(job).or_default();
        kept.service_ns += spent.service_ns;
        kept.lost_ns += spent.lost_ns;
    }
}
