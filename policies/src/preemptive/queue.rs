//! Waiting jobs by request: what does not fit is passed over as a whole, until that may have changed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::{JobId, NodeId, RequestId, View};

use super::ledger::Ledger;
use crate::order::OrderKey;

/// Freed nodes that are looked at one by one; beyond, every request is tried again (arbitrary).
const FREED_MAX: usize = 256;

/// One heap per request, or one for all where the first job blocks the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    is_single: bool,
    heaps: Vec<BinaryHeap<Reverse<(OrderKey, JobId)>>>,
    /// The decision in which the first job of a heap last found no room.
    blocked: Vec<u64>,
    /// Heaps of requests with constraints.
    constrained: Vec<usize>,
    /// Decisions so far.
    decision: u64,
    /// All heaps are looked at in this decision.
    is_open: bool,
    /// The first jobs of the heaps that are looked at in this decision.
    heads: BinaryHeap<Reverse<(OrderKey, JobId, usize)>>,
    /// Heaps to be looked at, with repetitions.
    open: Vec<usize>,
}

impl Queue {
    pub(crate) fn new(is_single: bool) -> Self {
        Self { is_single, ..Self::default() }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.is_single);
    }

    /// Enters a job. Its heap is looked at again if the job stands first in it.
    pub(crate) fn insert(&mut self, key: OrderKey, job: JobId, view: View<'_>) {
        let n = if self.is_single { 0 } else { view.job(job).request().index() };
        while n >= self.heaps.len() {
            if !self.is_single && is_constrained(RequestId::from_index(self.heaps.len()), view) {
                self.constrained.push(self.heaps.len());
            }
            self.heaps.push(BinaryHeap::new());
            self.blocked.push(0);
        }
        self.heaps[n].push(Reverse((key, job)));
        if self.heaps[n].peek().is_some_and(|first| first.0.1 == job) {
            self.open.push(n);
        }
    }

    /// Jobs were stopped in this decision, for one that goes before them, and may have held more than it takes: whoever
    /// comes after it is looked at. Whatever was looked at and failed before could have had their place too.
    pub(crate) fn open_rest(&mut self, ledger: &mut Ledger, view: View<'_>) {
        if std::mem::replace(&mut self.is_open, true) {
            // The stopped ones themselves have been entered since.
            while let Some(n) = self.open.pop() {
                self.push_head(n, ledger, view);
            }
            return;
        }
        self.open.clear();
        for n in 0..self.heaps.len() {
            self.push_head(n, ledger, view);
        }
    }

    /// Looks at every heap again.
    pub(crate) fn open_all(&mut self) {
        self.open.clear();
        self.open.extend(0..self.heaps.len());
    }

    /// Capacity came back on these nodes: looks at the heaps again whose first job might fit there, or might take the
    /// place of running jobs beside. `last` is a key that no running job ranks after.
    pub(crate) fn open_freed(&mut self, freed: &[NodeId], last: Option<OrderKey>, view: View<'_>) {
        if freed.len() > FREED_MAX {
            self.open_all();
            return;
        }
        let heaps = if freed.is_empty() { 0 } else { self.heaps.len() };
        for n in 0..heaps {
            let Some(&Reverse((key, job))) = self.heaps[n].peek() else { continue };
            // An entry that does not stand any more hides the first job.
            let hidden = view.find(job).is_none_or(|_| !view.is_waiting(job));
            let fits = |&node: &NodeId| view.nodes().fits(node, view.shape(job));
            if hidden || last.is_some_and(|last| key < last) || freed.iter().any(fits) {
                self.open.push(n);
            }
        }
    }

    /// Looks at the heaps of requests with constraints again: whether these are met depends on where other tasks stand.
    pub(crate) fn open_constrained(&mut self, view: View<'_>) {
        if self.is_single {
            let first = self.heaps.first().and_then(|heap| heap.peek()).map(|first| first.0.1);
            let row = first.and_then(|job| view.find(job));
            if row.is_some_and(|row| is_constrained(row.request(), view)) {
                self.open.push(0);
            }
        }
        self.open.extend_from_slice(&self.constrained);
    }

    /// Begins a decision: the first jobs of the open heaps stand ready.
    pub(crate) fn begin(&mut self, ledger: &mut Ledger, view: View<'_>) {
        self.heads.clear();
        self.decision += 1;
        self.is_open = false;
        let mut open = std::mem::take(&mut self.open);
        open.sort_unstable();
        open.dedup();
        for &n in &open {
            self.push_head(n, ledger, view);
        }
        open.clear();
        self.open = open;
    }

    /// The first of all ready jobs, with the number of its heap.
    pub(crate) fn next(&mut self, ledger: &mut Ledger, view: View<'_>) -> Option<(OrderKey, JobId, usize)> {
        while let Some(Reverse((key, job, n))) = self.heads.pop() {
            if self.blocked[n] == self.decision {
                continue;
            }
            if self.heaps[n].peek() == Some(&Reverse((key, job))) && stands(key, job, ledger, view) {
                return Some((key, job, n));
            }
            // Another job has come before it, or it has gone.
            self.push_head(n, ledger, view);
        }
        None
    }

    /// The job that was given last has started: the next one of its heap is ready.
    pub(crate) fn started(&mut self, n: usize, ledger: &mut Ledger, view: View<'_>) {
        self.push_head(n, ledger, view);
    }

    /// The job that was given last is the next one again.
    pub(crate) fn again(&mut self, key: OrderKey, job: JobId, n: usize) {
        self.heads.push(Reverse((key, job, n)));
    }

    /// The job that was given last does not fit, and so no other of its heap does.
    pub(crate) fn block(&mut self, n: usize) {
        self.blocked[n] = self.decision;
    }

    /// Ends a decision before all jobs were looked at: the rest stays ready for the next one.
    pub(crate) fn leave(&mut self) {
        while let Some(Reverse((_, _, n))) = self.heads.pop() {
            self.open.push(n);
        }
    }

    /// Readies the first job of a heap that still waits there; others are dropped.
    fn push_head(&mut self, n: usize, ledger: &mut Ledger, view: View<'_>) {
        while let Some(&Reverse((key, job))) = self.heaps[n].peek() {
            if stands(key, job, ledger, view) {
                self.heads.push(Reverse((key, job, n)));
                return;
            }
            self.heaps[n].pop();
        }
    }
}

fn is_constrained(request: RequestId, view: View<'_>) -> bool {
    view.request(request).constraints.0 != 0
}

/// True if the entry is the job's present one.
fn stands(key: OrderKey, job: JobId, ledger: &mut Ledger, view: View<'_>) -> bool {
    view.is_waiting(job) && ledger.find(job).is_some_and(|account| account.key == Some(key))
}
