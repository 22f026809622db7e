//! One queue whose head blocks all behind it, or is rejected.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::{Action, Decision, JobId, Note};

use super::start::{Tried, or_preempt, try_start};
use crate::order::OrderKey;
use crate::placer::Placer;
use crate::preempt::Preemptor;

/// Waiting jobs by key. Jobs that have left the queue otherwise are dropped when they come up.
#[derive(Clone, Debug)]
pub(crate) struct Blocking {
    heap: BinaryHeap<Reverse<(OrderKey, JobId)>>,
    /// The head that did not fit, and how often capacity had returned by then.
    blocked: Option<(JobId, u64)>,
    /// A head that does not fit is rejected and blocks nothing.
    rejects: bool,
    /// Jobs of which a task has come back for another attempt while others run, and those for which others are told to
    /// stop: they cannot be rejected, and are tried again when capacity has returned.
    returned: Vec<(OrderKey, JobId)>,
    /// How often capacity had returned when they were last tried.
    tried: u64,
}

impl Blocking {
    pub(crate) fn new(rejects: bool) -> Self {
        Self { heap: BinaryHeap::new(), blocked: None, rejects, returned: Vec::new(), tried: 0 }
    }

    /// Forgets all jobs, and keeps the room for them: orders that move do this at every decision.
    pub(crate) fn clear(&mut self) {
        self.heap.clear();
        self.returned.clear();
        (self.blocked, self.tried) = (None, 0);
    }

    pub(crate) fn insert(&mut self, key: OrderKey, job: JobId) {
        self.heap.push(Reverse((key, job)));
    }

    /// The job that goes first, unless it has left the queue unnoticed.
    pub(crate) fn first(&self) -> Option<JobId> {
        self.heap.peek().map(|Reverse((_, job))| *job)
    }

    pub(crate) fn decide(
        &mut self,
        placer: &mut dyn Placer,
        preemptor: &mut Option<Box<dyn Preemptor>>,
        cx: &mut Decision<'_>,
    ) {
        let freed = cx.view().nodes().freed();
        if std::mem::replace(&mut self.tried, freed) != freed {
            self.heap.extend(self.returned.drain(..).map(Reverse));
        }
        while let Some(&Reverse((key, job))) = self.heap.peek() {
            if !cx.view().is_waiting(job) {
                self.heap.pop();
                continue;
            }
            let freed = cx.view().nodes().freed();
            // Constraints count where tasks stand. A start elsewhere, or an end on a draining node, may satisfy them
            // though no capacity has returned. Windows open and shut with time.
            let constrained =
                cx.view().job(job).facts().constraints.0 != 0 || !cx.view().windows().is_empty();
            if self.blocked == Some((job, freed)) && !constrained {
                return;
            }
            let tried = try_start(placer, job, self.rejects, cx);
            let tried = or_preempt(preemptor, tried, placer, job, cx);
            if tried == Tried::Started {
                self.heap.pop();
                continue;
            }
            if self.rejects {
                self.heap.pop();
                if tried == Tried::Awaits || cx.apply(&Action::Reject { job }).is_err() {
                    self.returned.push((key, job));
                }
                continue;
            }
            self.blocked = Some((job, cx.view().nodes().freed()));
            if cx.is_explained() {
                let waiting = cx.view().waiting_len() as u32 - 1;
                cx.note(Note::Behind { head: job, waiting });
            }
            return;
        }
    }
}
