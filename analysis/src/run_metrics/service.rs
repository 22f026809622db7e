//! The time that jobs spend executing, over all their executions.

use rustc_hash::FxHashMap;
use sim_core::{JobId, Preempt, Run, SimDuration, SimTime};

/// What the executions of one job came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Spent {
    /// Time in which at least one execution held its nodes [ns].
    pub(crate) service_ns: u64,
    /// Run time of executions whose work was not kept [ns].
    pub(crate) lost_ns: u64,
    /// Restarts, and work that preemptions undid [ns].
    pub(crate) overhead_ns: u64,
    /// Work that the present execution of a gang set out with, if it is not the first [ns].
    kept_ns: u64,
    /// Executions that run now; counted for jobs whose tasks run independently.
    active: u32,
    since: SimTime,
}

/// The executions of jobs that have not ended.
///
/// Most jobs run once and end with that: for them nothing is stored but the last execution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    last: Option<(JobId, Spent)>,
    // Looked up, never iterated: its order must not show.
    more: FxHashMap<JobId, Spent>,
}

impl Service {
    /// An execution starts; its job has kept that much work from earlier ones.
    #[inline]
    pub(crate) fn started(&mut self, at: SimTime, job: JobId, run: &Run, kept: SimDuration) {
        if run.task().is_none() {
            if kept > SimDuration::ZERO {
                self.more.entry(job).or_default().kept_ns = kept.as_ns();
            }
            return;
        }
        let spent = self.more.entry(job).or_default();
        if spent.active == 0 {
            spent.since = at;
        }
        spent.active += 1;
    }

    /// A preempted execution lets go of its nodes; its job has kept that much work from it and earlier ones.
    pub(crate) fn preempted(&mut self, at: SimTime, job: JobId, run: &Run, how: Preempt, kept: SimDuration) {
        let is_lost = how != Preempt::Suspend;
        self.stopped(at, job, run, is_lost);
        let undone_ns = match run.task() {
            Some(_) => at.since(run.start()).saturating_sub(run.overhead()).as_ns(),
            None => {
                let had_ns = self.more.get(&job).map_or(0, |spent| spent.kept_ns);
                (had_ns + run.progress(at).as_ns()).saturating_sub(kept.as_ns())
            }
        };
        if is_lost && undone_ns > 0 {
            self.more.entry(job).or_default().overhead_ns += undone_ns;
        }
    }

    /// An execution lets go of its nodes.
    #[inline]
    pub(crate) fn stopped(&mut self, at: SimTime, job: JobId, run: &Run, is_lost: bool) {
        let ran_ns = at.since(run.start()).as_ns();
        let lost_ns = if is_lost { ran_ns } else { 0 };
        let overhead_ns = run.overhead().as_ns().min(ran_ns);
        if run.task().is_some() {
            let spent = self.more.get_mut(&job).expect("the start of the task was seen");
            spent.lost_ns += lost_ns;
            spent.overhead_ns += overhead_ns;
            spent.active -= 1;
            if spent.active == 0 {
                spent.service_ns += at.since(spent.since).as_ns();
            }
            return;
        }
        let spent = Spent { service_ns: ran_ns, lost_ns, overhead_ns, ..Spent::default() };
        if let Some((earlier, spent)) = self.last.replace((job, spent)) {
            self.keep(earlier, spent);
        }
    }

    /// What the job has spent so far; forgets it.
    #[inline]
    pub(crate) fn take(&mut self, job: JobId) -> Spent {
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
            spent.overhead_ns += more.overhead_ns;
        }
        spent
    }

    #[inline]
    fn keep(&mut self, job: JobId, spent: Spent) {
        let kept = self.more.entry(job).or_default();
        kept.service_ns += spent.service_ns;
        kept.lost_ns += spent.lost_ns;
        kept.overhead_ns += spent.overhead_ns;
    }
}
