//! Who waits for whose end.

use rustc_hash::FxHashMap;

use crate::event::End;
use crate::ids::JobId;
use crate::job::When;

/// What the end of a job means for one that depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Release {
    /// The condition holds.
    Holds,
    /// The condition can no longer hold.
    Fails,
}

/// Outcomes of ended jobs and the jobs that wait for others, by number in the trace.
///
/// # Cost
/// One entry per ended job of a workload with dependencies; nothing for other workloads.
#[derive(Clone, Debug, Default)]
pub(crate) struct DependencyTable {
    // Looked up, never iterated: their order must not show.
    outcomes: FxHashMap<u64, End>,
    waiters: FxHashMap<u64, Vec<(JobId, When)>>,
}

pub(crate) fn release(end: End, when: When) -> Release {
    let holds = match when {
        When::Completed => end == End::Completed,
        When::Failed => end.is_failure(),
        When::Ended => true,
    };
    if holds { Release::Holds } else { Release::Fails }
}

impl DependencyTable {
    /// What is known of a dependency on `job`; `None` if it has not ended, in which case `waiter` is remembered.
    pub(crate) fn ask(&mut self, job: u64, when: When, waiter: JobId) -> Option<Release> {
        if let Some(&end) = self.outcomes.get(&job) {
            return Some(release(end, when));
        }
        self.waiters.entry(job).or_default().push((waiter, when));
        None
    }

    /// Records an end, and yields the jobs that waited for it, in the order in which they asked.
    pub(crate) fn record(&mut self, job: u64, end: End) -> Vec<(JobId, Release)> {
        self.outcomes.insert(job, end);
        let waiters = self.waiters.remove(&job).unwrap_or_default();
        waiters.into_iter().map(|(waiter, when)| (waiter, release(end, when))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_follow_the_ending() {
        assert_eq!(release(End::Timeout, When::Failed), Release::Holds);
        assert_eq!(release(End::Skipped, When::Failed), Release::Fails);
        assert_eq!(release(End::Skipped, When::Ended), Release::Holds);
        assert_eq!(release(End::Failed, When::Completed), Release::Fails);
    }
}
