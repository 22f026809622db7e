//! One queue per request, so that a request that does not fit is passed over as a whole.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::{Decision, Event, JobId, NodeId, RequestId, View};

use super::start::Tried;
use crate::order::OrderKey;

/// Freed nodes that are looked at one by one; beyond, every request is tried again (arbitrary).
pub(crate) const FREED_MAX: usize = 256;

/// Waiting jobs by request and key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Skipping {
    queues: Vec<BinaryHeap<Reverse<(OrderKey, JobId)>>>,
    state: Vec<State>,
    /// Requests that did not fit when they were last tried.
    blocked: Vec<RequestId>,
    /// The same, of requests that spread out or need company: the start of another task may make room for theirs, as it
    /// raises the number that they must not exceed by too much. They are tried at every decision.
    spreading: Vec<RequestId>,
    /// Requests to be tried at the next decision.
    open: Vec<RequestId>,
    heads: BinaryHeap<Reverse<(OrderKey, JobId, RequestId)>>,
    /// Jobs that a window may have kept off, during a decision: others of their request may be out before it.
    aside: Vec<(OrderKey, JobId, RequestId)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Empty,
    Open,
    Blocked,
}

impl Skipping {
    /// Forgets all jobs, and keeps the room for them: orders that move do this at every decision.
    pub(crate) fn clear(&mut self) {
        self.queues.iter_mut().for_each(BinaryHeap::clear);
        self.state.fill(State::Empty);
        self.blocked.clear();
        self.spreading.clear();
        self.open.clear();
        self.heads.clear();
        self.aside.clear();
    }

    pub(crate) fn insert(&mut self, key: OrderKey, job: JobId, request: RequestId) {
        let n = request.index();
        if n >= self.queues.len() {
            self.queues.resize_with(n + 1, BinaryHeap::new);
            self.state.resize(n + 1, State::Empty);
        }
        self.queues[n].push(Reverse((key, job)));
        if self.state[n] == State::Empty {
            self.state[n] = State::Open;
            self.open.push(request);
        }
    }

    /// Tries the jobs that may start, in order, by `attempt`; if it `preempts`, more may start than what fits.
    pub(crate) fn decide(
        &mut self,
        preempts: bool,
        cx: &mut Decision<'_>,
        mut attempt: impl FnMut(JobId, &mut Decision<'_>) -> Tried,
    ) {
        self.unblock(preempts, cx);
        self.heads.clear();
        for n in 0..self.open.len() {
            self.push_head(self.open[n], cx.view());
        }
        self.open.clear();
        while let Some(Reverse((key, job, request))) = self.heads.pop() {
            match attempt(job, cx) {
                Tried::Started | Tried::Away => {
                    self.queues[request.index()].pop();
                    self.push_head(request, cx.view());
                }
                Tried::Partly | Tried::NoRoom | Tried::Awaits if meets_window(cx.view(), job) => {
                    self.queues[request.index()].pop();
                    self.aside.push((key, job, request));
                    self.push_head(request, cx.view());
                }
                Tried::Partly | Tried::NoRoom | Tried::Awaits => {
                    self.state[request.index()] = State::Blocked;
                    let blocked =
                        if spreads(cx.view(), request) { &mut self.spreading } else { &mut self.blocked };
                    blocked.push(request);
                }
            }
        }
        let mut aside = std::mem::take(&mut self.aside);
        aside.drain(..).for_each(|(key, job, request)| self.insert(key, job, request));
        self.aside = aside;
    }

    /// Enters the first job of a request that still waits.
    fn push_head(&mut self, request: RequestId, view: View<'_>) {
        let queue = &mut self.queues[request.index()];
        while let Some(&Reverse((key, job))) = queue.peek() {
            if view.is_waiting(job) {
                self.heads.push(Reverse((key, job, request)));
                return;
            }
            queue.pop();
        }
        self.state[request.index()] = State::Empty;
    }

    /// Opens the requests that returning capacity may have made possible, and those that spread out: nothing else
    /// can have become possible. Room that can be made by preemption only grows when capacity returns, but may do so on
    /// nodes that have none for a task.
    fn unblock(&mut self, preempts: bool, cx: &Decision<'_>) {
        for request in self.spreading.drain(..) {
            self.state[request.index()] = State::Open;
            self.open.push(request);
        }
        let (view, trigger) = (cx.view(), cx.trigger());
        let reserved = |event: &Event| {
            matches!(event, Event::ReservationDue(_) | Event::ReservationBroken(_) | Event::Ended { .. })
        };
        let any = trigger.freed.len() > FREED_MAX
            || (preempts && !trigger.freed.is_empty())
            || (!view.reservations().is_empty() && trigger.events.iter().any(reserved));
        if trigger.freed.is_empty() && !any {
            return;
        }
        let (state, open) = (&mut self.state, &mut self.open);
        self.blocked.retain(|&request| {
            let opens = any || may_fit_now(view, request, trigger.freed);
            if opens {
                state[request.index()] = State::Open;
                open.push(request);
            }
            !opens
        });
    }
}

/// True if the job, started now, would stand in a window that is closed to it if it were on one of its nodes.
fn meets_window(view: View<'_>, job: JobId) -> bool {
    let (now, facts) = (view.now(), view.job(job).facts());
    let end = facts.requested().map_or(now, |span| now.saturating_add(span));
    let meets = |window: &sim_core::Window| now < window.to && (window.from <= now || window.from < end);
    view.windows().iter().any(|window| meets(window) && !window.admits(facts.tenant))
}

pub(crate) fn spreads(view: View<'_>, request: RequestId) -> bool {
    let words = view.words();
    let rule = words.constraints_of(view.request(request).constraints);
    rule.spread.is_some() || words.preferences_of(rule.preferences).needs_company()
}

/// True if one of the freed nodes can hold a task of the request. Constraints count where tasks stand elsewhere, so
/// any return of capacity may satisfy them.
pub(crate) fn may_fit_now(view: View<'_>, request: RequestId, freed: &[NodeId]) -> bool {
    let request = view.request(request);
    let shape = view.words().shape_of(request.shape);
    request.constraints.0 != 0 || freed.iter().any(|&node| view.nodes().fits(node, shape))
}
