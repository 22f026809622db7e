//! The order in which the runs of a sweep begin: long ones first, so that no thread is left alone with one at the end.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::scenario::RunSpec;

/// Runs that wait to be done. First one of each point and policy, to learn how long they take; then the others, those
/// that take longest first. The order decides when a run is done, never what comes out of it.
pub(super) struct Queue {
    state: Mutex<State>,
}

struct State {
    first: std::vec::IntoIter<RunSpec>,
    rest: Vec<RunSpec>,
    /// Wall times by point and policy \[s\]; `None` once the rest is sorted.
    secs: Option<BTreeMap<(usize, usize), f64>>,
}

impl Queue {
    pub(super) fn new(runs: Vec<RunSpec>) -> Self {
        let mut seen = std::collections::BTreeSet::new();
        let (first, mut rest): (Vec<RunSpec>, Vec<RunSpec>) =
            runs.into_iter().partition(|run| seen.insert((run.point, run.policy)));
        // The next one is taken from the end.
        rest.reverse();
        let state = State { first: first.into_iter(), rest, secs: Some(BTreeMap::new()) };
        Self { state: Mutex::new(state) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // No step of a change can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run to be done next.
    pub(super) fn next(&self) -> Option<RunSpec> {
        let mut state = self.state();
        if let Some(run) = state.first.next() {
            return Some(run);
        }
        if let Some(secs) = state.secs.take() {
            // What is still under way has taken longer than all the others have.
            let cost = |run: &RunSpec| secs.get(&(run.point, run.policy)).copied().unwrap_or(f64::INFINITY);
            state.rest.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
        }
        state.rest.pop()
    }

    /// Says how long a run took \[s\].
    pub(super) fn took(&self, run: RunSpec, secs: f64) {
        if let Some(known) = &mut self.state().secs {
            known.insert((run.point, run.policy), secs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_one_run_of_each_kind_the_longest_come_first() {
        let run = |policy, seed| RunSpec { point: 0, policy, seed };
        let runs: Vec<RunSpec> =
            (0..3).flat_map(|policy| [run(policy, 1), run(policy, 2), run(policy, 3)]).collect();
        let queue = Queue::new(runs);
        for (policy, secs) in [(0, 1.0), (1, 3.0), (2, 2.0)] {
            assert_eq!(queue.next(), Some(run(policy, 1)));
            queue.took(run(policy, 1), secs);
        }
        let left: Vec<RunSpec> = std::iter::from_fn(|| queue.next()).collect();
        assert_eq!(left, [run(1, 2), run(1, 3), run(2, 2), run(2, 3), run(0, 2), run(0, 3)]);
    }
}
