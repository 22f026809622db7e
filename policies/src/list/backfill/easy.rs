//! EASY backfilling: whatever does not delay the first blocked job may pass it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::{Decision, Event, Gang, JobId, Note, Request, RequestId, SimDuration, SimTime, View};

use super::super::start::{Tried, try_start};
use super::beside::{Outcome, start_beside, window};
use super::candidates::{Candidates, Place};
use super::closed::depends_on_length;
use super::ends::{Change, Ends};
use super::shadow::Shadow;
use crate::order::OrderKey;
use crate::placer::Placer;

/// The queue of EASY backfilling.
///
/// # Cost
/// A plan per blocked head, and one more whenever an execution ends before its time; then O(log waiting) per start and
/// O(1) per distinct request that waits.
#[derive(Clone, Debug, Default)]
pub(in crate::list) struct Easy {
    queue: BinaryHeap<Reverse<Place>>,
    candidates: Candidates,
    ends: Ends,
    shadow: Shadow,
    /// The head that the shadow was planned for.
    planned: Option<JobId>,
    /// The plan does not hold any more.
    stale: bool,
    /// Counts plans.
    plans: u64,
    /// The head that did not fit, and how often capacity had returned by then.
    blocked: Option<(JobId, u64)>,
    requests: Vec<Known>,
    /// Requests with a job that was not looked at yet.
    fresh: Vec<RequestId>,
    /// Requests with constraints: the start of another task may make room for theirs.
    constrained: Vec<RequestId>,
    /// How often capacity had returned, and the number of the plan, when all requests were looked at.
    looked: (u64, u64),
    firsts: BinaryHeap<Reverse<(Place, RequestId, SimDuration)>>,
}

/// What is known of a request.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    seen: bool,
    constrained: bool,
    /// How often capacity had returned when there was no room for it.
    no_room: Option<u64>,
    /// The same, with the number of the plan, when a long job of it would have delayed the head.
    in_the_way: Option<(u64, u64)>,
}

impl Easy {
    pub(super) fn clear(&mut self, view: View<'_>) {
        self.queue.clear();
        self.candidates.clear();
        self.ends.read(view);
        self.planned = None;
        self.blocked = None;
        self.requests.clear();
        self.constrained.clear();
        self.fresh.clear();
        self.looked = (u64::MAX, 0);
    }

    /// Forgets the order of the queue, which is entered anew.
    pub(super) fn clear_queue(&mut self) {
        self.queue.clear();
        self.candidates.clear();
        self.looked = (u64::MAX, 0);
        self.blocked = None;
    }

    /// Enters a job by its key in the queue and its key among the candidates.
    pub(super) fn insert(&mut self, key: OrderKey, candidate: OrderKey, job: JobId, view: View<'_>) {
        let (row, n) = (view.job(job), view.job(job).request().index());
        self.queue.push(Reverse((key, job)));
        self.candidates.insert((candidate, job), row.request(), row.estimate().p90);
        if n >= self.requests.len() {
            self.requests.resize(n + 1, Known::default());
        }
        let known = &mut self.requests[n];
        if !known.seen {
            known.seen = true;
            known.constrained = row.facts().constraints.0 != 0;
            if known.constrained {
                self.constrained.push(row.request());
            }
        }
        self.fresh.push(row.request());
    }

    /// Follows what has happened since the last decision.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) {
        if let Event::Ended { job, .. } = *event {
            self.candidates.remove(job);
        }
        let now = view.now();
        let planned = self.shadow.at().unwrap_or(SimTime::ZERO);
        match self.ends.follow(event, view) {
            // In the plan it is gone by now.
            Change::Ended(held) if held.end == now && held.end <= planned => {}
            Change::None => {
                self.stale |= matches!(
                    event,
                    Event::NodeUp(_) | Event::NodeDown(_) | Event::Scaled { .. } | Event::Window { .. }
                )
            }
            Change::Began(_) | Change::Ended(_) | Change::Moved(..) => self.stale = true,
        }
        if let Event::EstimateExpired(job) = *event {
            for run in view.runs_of(job) {
                self.stale |= self.ends.take_in(run, view) != Change::None;
            }
        }
    }

    pub(super) fn decide(&mut self, placer: &mut dyn Placer, cx: &mut Decision<'_>) {
        let Some(head) = self.start_heads(placer, cx) else {
            self.fresh.clear();
            return;
        };
        // An execution outlived its estimate: others may have since.
        let outlived = self.shadow.at().is_some_and(|at| at < cx.view().now());
        if self.stale || outlived || self.planned != Some(head) {
            self.plan(head, cx);
        }
        if cx.is_explained() {
            let waiting = cx.view().waiting_len() as u32 - 1;
            cx.note(Note::Behind { head, waiting });
        }
        let look = (cx.view().nodes().freed(), self.plans);
        let all = self.looked != look;
        self.looked = look;
        self.fill(head, all, placer, cx);
    }

    /// Starts jobs from the front of the queue; yields the first that does not fit.
    fn start_heads(&mut self, placer: &mut dyn Placer, cx: &mut Decision<'_>) -> Option<JobId> {
        while let Some(&Reverse((_, job))) = self.queue.peek() {
            if !cx.view().is_waiting(job) {
                self.queue.pop();
                continue;
            }
            let freed = cx.view().nodes().freed();
            let known = &mut self.requests[cx.view().job(job).request().index()];
            let changes = known.constrained || depends_on_length(cx.view());
            if self.blocked == Some((job, freed)) && !changes {
                return Some(job);
            }
            if try_start(placer, job, false, cx) == Tried::Started {
                self.queue.pop();
                self.started(job, cx.view());
                continue;
            }
            if !changes {
                known.no_room = Some(freed);
            }
            self.took_part(job, cx.view());
            self.blocked = Some((job, freed));
            return Some(job);
        }
        None
    }

    /// A job of which all tasks have started is no candidate any more.
    fn started(&mut self, job: JobId, view: View<'_>) {
        self.candidates.remove(job);
        self.took_part(job, view);
    }

    /// Takes in the executions that a job has begun in this decision.
    fn took_part(&mut self, job: JobId, view: View<'_>) {
        for run in view.runs_of(job) {
            if matches!(self.ends.take_in(run, view), Change::None) {
                break;
            }
            // What ends after the planned start of a head stands in the plan already, or the plan is made anew.
            self.stale |= self.planned == Some(job);
        }
    }

    fn plan(&mut self, head: JobId, cx: &mut Decision<'_>) {
        let view = cx.view();
        let row = view.job(head);
        let wanted = if row.facts().gang == Gang::Independent { 1 } else { row.facts().width_min() };
        self.shadow.plan(head, wanted, view, &mut self.ends);
        (self.planned, self.stale) = (Some(head), false);
        self.plans += 1;
        if let Some(at) = self.shadow.at() {
            let at = at.max(view.now());
            cx.promise(head, at).expect("the head waits, and the time is not past");
        }
    }

    /// Starts candidates in their order.
    fn fill(&mut self, head: JobId, all: bool, placer: &mut dyn Placer, cx: &mut Decision<'_>) {
        self.firsts.clear();
        if all {
            for n in 0..self.candidates.requests() {
                self.enter(RequestId::from_index(n), None, cx.view());
            }
        } else {
            self.fresh.extend_from_slice(&self.constrained);
            self.fresh.sort_unstable();
            self.fresh.dedup();
            for n in 0..self.fresh.len() {
                self.enter(self.fresh[n], None, cx.view());
            }
        }
        self.fresh.clear();
        while let Some(Reverse((place, request, span))) = self.firsts.pop() {
            let job = place.1;
            if !cx.view().is_waiting(job) {
                self.candidates.remove(job);
                self.enter(request, Some(place), cx.view());
                continue;
            }
            if job == head {
                self.enter(request, Some(place), cx.view());
                continue;
            }
            let freed = cx.view().nodes().freed();
            match start_beside(&mut self.shadow, &self.ends, job, span, placer, cx) {
                Outcome::Started => {
                    self.started(job, cx.view());
                    self.enter(request, Some(place), cx.view());
                }
                Outcome::NoRoom => {
                    self.took_part(job, cx.view());
                    if depends_on_length(cx.view()) {
                        let shorter = span
                            .min(window(&self.shadow, cx.view().now()))
                            .saturating_sub(SimDuration::from_ns(1));
                        self.enter_shorter(request, place, shorter);
                    } else {
                        self.requests[request.index()].no_room = Some(freed);
                    }
                }
                Outcome::InTheWay => {
                    self.took_part(job, cx.view());
                    self.requests[request.index()].in_the_way = Some((freed, self.plans));
                    self.enter(request, Some(place), cx.view());
                }
            }
        }
    }

    /// Enters the first job of the request, behind `after`, that could be a candidate.
    fn enter(&mut self, request: RequestId, after: Option<Place>, view: View<'_>) {
        if self.candidates.is_empty(request) {
            return;
        }
        let (known, freed) = (&self.requests[request.index()], view.nodes().freed());
        if (known.no_room == Some(freed) && !known.constrained) || !may_hold(request, view) {
            return;
        }
        let long = self.may_be_long(request, view) && known.in_the_way != Some((freed, self.plans));
        let span = if long { SimDuration::MAX } else { window(&self.shadow, view.now()) };
        if let Some((place, span)) = self.candidates.first(request, after, span) {
            self.firsts.push(Reverse((place, request, span)));
        }
    }

    /// Enters the first job of the request behind `after` that is no longer than `span`.
    fn enter_shorter(&mut self, request: RequestId, after: Place, span: SimDuration) {
        let next = self.candidates.first(request, Some(after), span);
        self.firsts.extend(next.map(|(place, span)| Reverse((place, request, span))));
    }

    /// False if a job of the request that runs beyond the start of the head would certainly delay it.
    fn may_be_long(&self, request: RequestId, view: View<'_>) -> bool {
        let request = view.request(request);
        let shape = view.words().shape_of(request.shape);
        self.shadow.at().is_none() || !self.shadow.rules_out(shape, width_min(request))
    }
}

/// Tasks of the request that must start together.
fn width_min(request: &Request) -> u32 {
    match request.gang {
        Gang::AllOrNothing => request.tasks,
        Gang::Elastic { min } => min,
        Gang::Independent => 1,
    }
}

/// False if the free capacity of the whole cluster shows that there is no room for the request.
fn may_hold(request: RequestId, view: View<'_>) -> bool {
    let request = view.request(request);
    let (tasks, need) = (width_min(request), view.words().shape_of(request.shape).need());
    let lanes = need.0.iter().zip(view.nodes().free_total());
    lanes.fold(true, |fits, (&need, &free)| fits & (u64::from(need) * u64::from(tasks) <= free))
}
