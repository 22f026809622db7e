//! Where the executions of jobs that have not ended were.

use rustc_hash::FxHashMap;
use sim_core::{JobId, Run};

/// The nodes of the last executions, one entry per task.
///
/// Most jobs run once and end with that: for them nothing is stored but the last execution.
#[derive(Debug, Default)]
pub(super) struct Placed {
    last: Option<JobId>,
    nodes: Vec<u32>,
    // Looked up, never iterated: its order must not show.
    more: FxHashMap<JobId, Vec<u32>>,
}

impl Placed {
    /// An execution lets go of its nodes; `is_over` is false if it was preempted.
    #[inline]
    pub(super) fn stopped(&mut self, job: JobId, run: &Run, is_over: bool) {
        let nodes = run.slots().iter().map(|slot| slot.node.0);
        if run.task().is_some() {
            if is_over {
                self.more.entry(job).or_default().extend(nodes);
            }
            return;
        }
        if let Some(earlier) = self.last.replace(job) {
            self.more.insert(earlier, std::mem::take(&mut self.nodes));
        }
        self.nodes.clear();
        self.nodes.extend(nodes);
    }

    /// The nodes of the job; forgets them.
    #[inline]
    pub(super) fn take(&mut self, job: JobId) -> Vec<u32> {
        let earlier = if self.more.is_empty() { None } else { self.more.remove(&job) };
        if self.last == Some(job) {
            self.last = None;
            return std::mem::take(&mut self.nodes);
        }
        earlier.unwrap_or_default()
    }

    /// Takes back a list from [`Placed::take`], so that its memory is used again.
    #[inline]
    pub(super) fn reuse(&mut self, nodes: Vec<u32>) {
        if self.last.is_none() && nodes.capacity() > self.nodes.capacity() {
            self.nodes = nodes;
        }
    }
}
