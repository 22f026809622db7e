//! The waiting jobs: those taken in, by key and by submission, and those of this instant that were not.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use sim_core::{JobId, View};

use crate::order::{JobOrder, OrderKey};

/// Jobs that have left the queue are dropped when they come up.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// Not taken in.
    arriving: VecDeque<JobId>,
    /// By key, if keys are fixed.
    heap: BinaryHeap<Reverse<(OrderKey, JobId)>>,
    /// By submission, if somebody asks for all of them.
    line: Vec<JobId>,
    moves: bool,
    walked: bool,
    /// The line holds, or has held, jobs of one instant side by side.
    ties: bool,
}

/// A walk along the line that closes the gaps it finds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    next: usize,
    kept: usize,
}

impl Queue {
    /// A queue for an order whose keys move or do not, which is walked along or not.
    pub(super) fn new(moves: bool, walked: bool) -> Self {
        Self {
            arriving: VecDeque::new(),
            heap: BinaryHeap::new(),
            line: Vec::new(),
            moves,
            walked,
            ties: false,
        }
    }

    pub(super) fn clear(&mut self) {
        self.arriving.clear();
        self.heap.clear();
        self.line.clear();
        self.ties = false;
    }

    /// The job is there, but was not taken in.
    pub(super) fn arrive(&mut self, job: JobId) {
        self.arriving.push_back(job);
    }

    /// Takes in the next arrival; false if there is none.
    pub(super) fn admit_one(&mut self, order: &dyn JobOrder, view: View<'_>) -> bool {
        // A job may have been queued and ended again since.
        while let Some(job) = self.arriving.pop_front() {
            if !view.is_waiting(job) {
                continue;
            }
            if !self.moves {
                self.heap.push(Reverse((order.key(job, view), job)));
            }
            if self.moves || self.walked {
                let submit = |job| view.find(job).map(|row| row.facts().submit);
                self.ties |= self.line.last().is_some_and(|&last| submit(last) == submit(job));
                self.line.push(job);
            }
            return true;
        }
        false
    }

    /// The first job of the order, if any was taken in.
    pub(super) fn first(&mut self, order: &dyn JobOrder, view: View<'_>) -> Option<JobId> {
        if self.ties && self.walked {
            self.sort_ties(order, view);
        }
        let first = if self.moves { self.least(order, view) } else { self.top(view) };
        if first.is_none() {
            self.line.clear();
            self.ties = false;
        }
        first
    }

    /// Puts jobs that were submitted at one instant in the order of their keys. The original sorts one and the same
    /// list by key for each choice and by submission for each walk, so that equals in one keep the order of the other.
    fn sort_ties(&mut self, order: &dyn JobOrder, view: View<'_>) {
        self.line.retain(|&job| view.is_waiting(job));
        let submit = |job: JobId| view.job(job).facts().submit;
        for tied in self.line.chunk_by_mut(|&a, &b| submit(a) == submit(b)).filter(|tied| tied.len() > 1) {
            tied.sort_by_key(|&job| order.key(job, view));
        }
    }

    fn top(&mut self, view: View<'_>) -> Option<JobId> {
        while let Some(&Reverse((_, job))) = self.heap.peek() {
            if view.is_waiting(job) {
                return Some(job);
            }
            self.heap.pop();
        }
        None
    }

    fn least(&mut self, order: &dyn JobOrder, view: View<'_>) -> Option<JobId> {
        self.line.retain(|&job| view.is_waiting(job));
        self.line.iter().map(|&job| (order.key(job, view), job)).min().map(|(_, job)| job)
    }

    /// A walk from the earliest submission.
    pub(super) fn scan(&self) -> Scan {
        Scan { next: 0, kept: 0 }
    }

    /// The next job that waits; `None` at the end of the line, after which the walk must not be used again.
    pub(super) fn next(&mut self, scan: &mut Scan, view: View<'_>) -> Option<JobId> {
        while let Some(&job) = self.line.get(scan.next) {
            scan.next += 1;
            if view.is_waiting(job) {
                self.line[scan.kept] = job;
                scan.kept += 1;
                return Some(job);
            }
        }
        self.line.truncate(scan.kept);
        None
    }

    /// Drops the job that the walk has just come to.
    pub(super) fn drop_last(&mut self, scan: &mut Scan) {
        scan.kept -= 1;
    }
}
