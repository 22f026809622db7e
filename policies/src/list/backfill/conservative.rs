//! Conservative backfilling: every waiting job has a planned start, and nobody may delay it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::{Decision, Event, JobId, NodeState, Note, SimDuration, SimTime, Slot, View, WakeId};

use super::super::start::try_start;
use super::beside::{Outcome, start_beside};
use super::candidates::Place;
use super::closed::{closed, earliest, is_reserved};
use super::ends::{Change, Ends};
use super::extent::{all_up, amounts, extent};
use super::profile::Profile;
use super::shadow::Shadow;
use crate::placer::Placer;

/// What was planned for a waiting job.
#[derive(Clone, Copy, Debug)]
struct Planned {
    place: Place,
    /// When it is to start; [`SimTime::MAX`] if nobody knows.
    start: SimTime,
    span: SimDuration,
    tasks: u32,
}

/// The plan of conservative backfilling.
///
/// # Cost
/// O(profile) for an arrival at the end of the queue and for a start on time; O(waiting) such steps whenever something
/// came otherwise than planned: an end before its time, a node that fails, a job that enters in front of others.
#[derive(Clone, Debug, Default)]
pub(in crate::list) struct Conservative {
    /// Promises are kept; otherwise all jobs are planned anew when anything changes.
    keeps: bool,
    /// Of all nodes, up or not.
    capacity: [u64; 8],
    ends: Ends,
    profile: Profile,
    /// Waiting jobs in order. Those that have left are among them until the next pass over all.
    queue: Vec<Place>,
    /// By slot of the job.
    planned: Vec<Option<Planned>>,
    /// Planned starts. Those that were changed since are among them.
    due: BinaryHeap<Reverse<(SimTime, Place)>>,
    /// Jobs that came since the last decision.
    fresh: Vec<Place>,
    /// The plan does not hold any more.
    stale: bool,
    /// Capacity came back before its time.
    early: bool,
    /// For a job that is due and does not fit: nobody may pass it but as in EASY.
    shadow: Shadow,
    blocked: Option<JobId>,
    woken_at: SimTime,
    order: Vec<(SimTime, Place)>,
}

impl Conservative {
    pub(super) fn new(keeps: bool) -> Self {
        Self { keeps, ..Self::default() }
    }

    /// The ending of the policy's name.
    pub(super) fn name(&self) -> &'static str {
        if self.keeps { "/conservative-keep" } else { "/conservative" }
    }

    pub(super) fn clear(&mut self, view: View<'_>) {
        self.capacity = [0; 8];
        for node in view.nodes().capacity() {
            self.capacity.iter_mut().zip(node.0).for_each(|(sum, amount)| *sum += u64::from(amount));
        }
        self.planned.clear();
        self.due.clear();
        self.ends.read(view);
        self.clear_queue();
        self.woken_at = SimTime::ZERO;
    }

    /// Forgets the order of the queue, which is entered anew. Promises are not forgotten.
    pub(super) fn clear_queue(&mut self) {
        self.queue.clear();
        self.fresh.clear();
        self.stale = true;
    }

    /// Enters a job by its key.
    pub(super) fn insert(&mut self, place: Place) {
        let slot = place.1.slot() as usize;
        if slot >= self.planned.len() {
            self.planned.resize(slot + 1, None);
        }
        if let Some(before) = self.planned[slot].filter(|before| before.place.1 == place.1) {
            // It comes back, or another task of it does.
            self.stale = true;
            if let Ok(at) = self.queue.binary_search(&before.place) {
                self.queue.remove(at);
            }
        }
        self.fresh.push(place);
    }

    /// Follows what has happened since the last decision.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) {
        let now = view.now();
        match *event {
            Event::Ended { job, .. } => self.stale |= self.forget(job).is_some(),
            Event::EstimateExpired(job) => {
                for run in view.runs_of(job) {
                    self.stale |= self.ends.take_in(run, view) != Change::None;
                }
            }
            Event::NodeUp(_)
            | Event::NodeDown(_)
            | Event::Scaled { .. }
            | Event::Window { .. }
            | Event::ReservationDue(_)
            | Event::ReservationBroken(_) => self.stale = true,
            _ => {}
        }
        match self.ends.follow(event, view) {
            Change::None => {}
            Change::Ended(held) if held.end == now => {}
            Change::Ended(held) if self.keeps && held.end > now => {
                // If the plan is made anew for another reason, this is counted again from the start.
                self.early = true;
                self.stale |= !all_up(view);
                self.profile.add(now, held.end, &amounts(view, held.shape, held.tasks, 1));
            }
            Change::Began(_) | Change::Ended(_) | Change::Moved(..) => self.stale = true,
        }
    }

    /// Forgets what was planned for a job.
    fn forget(&mut self, job: JobId) -> Option<Planned> {
        let planned = self.planned.get_mut(job.slot() as usize)?;
        if planned.is_some_and(|planned| planned.place.1 == job) { planned.take() } else { None }
    }

    pub(super) fn decide(&mut self, placer: &mut dyn Placer, cx: &mut Decision<'_>) {
        self.blocked = None;
        self.enter_fresh(cx.view());
        let now = cx.view().now();
        // What should have started by now, and did not, claims other times from now on.
        self.stale |= self.next_due().is_some_and(|start| start < now);
        let (stale, early) = (std::mem::take(&mut self.stale), std::mem::take(&mut self.early));
        match (stale, self.keeps) {
            (true, true) => self.restore(cx.view()),
            (true, false) => self.begin(cx.view()),
            (false, _) => self.profile.forget(now),
        }
        if stale || early {
            self.pass(placer, cx);
        } else {
            self.start_due(placer, cx);
            for n in 0..self.fresh.len() {
                self.plan(self.fresh[n], placer, cx);
            }
        }
        self.fresh.clear();
        if self.keeps {
            self.wake(cx);
        }
        if cx.is_explained() && self.blocked.is_none() {
            let view = cx.view();
            let head = self.queue.iter().map(|place| place.1).find(|&job| view.is_waiting(job));
            note_behind(head, cx);
        }
    }

    /// Sorts the jobs that came into the queue.
    fn enter_fresh(&mut self, view: View<'_>) {
        if self.queue.len() > 2 * view.waiting_len() + 64 {
            self.queue.retain(|place| view.is_waiting(place.1));
        }
        self.fresh.sort_unstable();
        self.fresh.dedup();
        for &place in &self.fresh {
            if self.queue.last().is_none_or(|&last| last < place) {
                self.queue.push(place);
            } else if let Err(at) = self.queue.binary_search(&place) {
                self.queue.insert(at, place);
                // Those behind it stand back.
                self.stale |= !self.keeps;
            }
        }
    }

    /// A plan with nothing in it but what runs and what is reserved.
    fn begin(&mut self, view: View<'_>) {
        let now = view.now();
        self.profile.reset(now, view.nodes().capacity_up(), &self.capacity);
        let all_up = all_up(view);
        for (run, held) in self.ends.iter() {
            let is_up = |slot: &&Slot| view.nodes().state(slot.node) == NodeState::Up;
            let tasks =
                if all_up { held.tasks } else { view.run(run).slots().iter().filter(is_up).count() as u32 };
            self.profile.add(now, held.end, &amounts(view, held.shape, tasks, -1));
        }
        for closed in closed(view) {
            self.profile.add(closed.from, closed.to, &closed.amounts.map(|amount| -amount));
        }
    }

    /// The plan as it was promised: in the order of planned starts, each as early as it is still possible.
    fn restore(&mut self, view: View<'_>) {
        self.begin(view);
        self.order.clear();
        for &place in &self.queue {
            if let Some(planned) = self.planned[place.1.slot() as usize]
                && planned.place.1 == place.1
                && view.is_waiting(place.1)
            {
                self.order.push((planned.start, place));
            }
        }
        self.order.sort_unstable();
        for n in 0..self.order.len() {
            let (start, place) = self.order[n];
            self.claim(place, start.max(view.now()), view);
        }
    }

    /// Plans the job for the earliest time from `from` on.
    fn claim(&mut self, place: Place, from: SimTime, view: View<'_>) -> SimTime {
        let job = place.1;
        let (tasks, span) = extent(view, job);
        let shape = view.job(job).facts().shape;
        let start = if is_reserved(view, job) {
            // The engine starts it.
            None
        } else {
            earliest(&self.profile, job, from, span, &amounts(view, shape, tasks, 1), view)
        };
        let start = start.unwrap_or(SimTime::MAX);
        self.profile.add(start, start.saturating_add(span), &amounts(view, shape, tasks, -1));
        self.planned[job.slot() as usize] = Some(Planned { place, start, span, tasks });
        start
    }

    /// Gives back the time and capacity that was planned for a job.
    fn give_back(&mut self, job: JobId, view: View<'_>) -> Option<Planned> {
        let planned = self.forget(job)?;
        let Some(row) = view.find(job) else { return Some(planned) };
        let amounts = amounts(view, row.facts().shape, planned.tasks, 1);
        self.profile.add(planned.start, planned.start.saturating_add(planned.span), &amounts);
        Some(planned)
    }

    /// Plans every waiting job in order, those that have a planned start not for a later one.
    fn pass(&mut self, placer: &mut dyn Placer, cx: &mut Decision<'_>) {
        self.due.clear();
        let mut kept = 0;
        for n in 0..self.queue.len() {
            let place = self.queue[n];
            if !self.keeps {
                self.forget(place.1);
            }
            if cx.view().is_waiting(place.1) {
                self.queue[kept] = place;
                kept += 1;
                if !self.stands(place, cx.view()) {
                    self.plan(place, placer, cx);
                }
            } else {
                self.give_back(place.1, cx.view());
            }
        }
        self.queue.truncate(kept);
    }

    /// True if the job has a planned start before which there is no room for it at any time.
    fn stands(&mut self, place: Place, view: View<'_>) -> bool {
        let (job, now) = (place.1, view.now());
        let planned = self.planned[job.slot() as usize].filter(|planned| planned.place == place);
        let Some(planned) = planned.filter(|planned| planned.start > now) else { return false };
        let need = amounts(view, view.job(job).facts().shape, planned.tasks, 1);
        let stands = self.profile.room_from(now, &need).is_none_or(|room| room >= planned.start);
        if stands && planned.start != SimTime::MAX {
            self.due.push(Reverse((planned.start, place)));
        }
        stands
    }

    /// Plans a job, for no later than was planned before, and starts it if its time is now.
    fn plan(&mut self, place: Place, placer: &mut dyn Placer, cx: &mut Decision<'_>) {
        let (job, now) = (place.1, cx.view().now());
        if !cx.view().is_waiting(job) {
            return;
        }
        self.give_back(job, cx.view());
        let start = self.claim(place, now, cx.view());
        if start == SimTime::MAX {
            return;
        }
        cx.promise(job, start).expect("the job waits, and its start is not past");
        if start == now {
            self.start(job, placer, cx);
        } else {
            self.due.push(Reverse((start, place)));
        }
    }

    /// The next planned start.
    fn next_due(&mut self) -> Option<SimTime> {
        while let Some(&Reverse((start, place))) = self.due.peek() {
            let planned = self.planned[place.1.slot() as usize];
            if planned.is_some_and(|planned| planned.place == place && planned.start == start) {
                return Some(start);
            }
            self.due.pop();
        }
        None
    }

    /// Starts the jobs whose time has come.
    fn start_due(&mut self, placer: &mut dyn Placer, cx: &mut Decision<'_>) {
        while self.next_due().is_some_and(|start| start <= cx.view().now()) {
            let Reverse((_, (_, job))) = self.due.pop().expect("one is due");
            if cx.view().is_waiting(job) {
                self.start(job, placer, cx);
            } else {
                self.give_back(job, cx.view());
                self.stale = true;
            }
        }
    }

    /// Starts a job whose planned time is now, if nodes have room for it and no other job that is due waits for them.
    fn start(&mut self, job: JobId, placer: &mut dyn Placer, cx: &mut Decision<'_>) {
        let planned = self.planned[job.slot() as usize].expect("a job that is due was planned");
        let outcome = if self.blocked.is_none() {
            try_start(placer, job, false, cx).into()
        } else {
            start_beside(&mut self.shadow, &self.ends, job, planned.span, placer, cx)
        };
        self.take_in(job, &planned, cx.view());
        if outcome == Outcome::Started {
            return;
        }
        // An execution outlived its estimate, or the free capacity lies in pieces.
        self.stale = true;
        if self.blocked.is_none() {
            self.blocked = Some(job);
            let wanted = cx.view().job(job).facts().width_min();
            self.shadow.plan(job, wanted, cx.view(), &mut self.ends);
            if cx.is_explained() {
                note_behind(Some(job), cx);
            }
        }
    }

    /// Puts the executions that a job has begun in the place of what was planned for it.
    fn take_in(&mut self, job: JobId, planned: &Planned, view: View<'_>) {
        let until = planned.start.saturating_add(planned.span);
        let mut is_new = false;
        for run in view.runs_of(job) {
            let Change::Began(held) = self.ends.take_in(run, view) else { break };
            if !is_new && held.end == until && held.tasks == planned.tasks {
                self.forget(job);
                return;
            }
            if !is_new {
                self.give_back(job, view);
            }
            is_new = true;
            // What takes longer than planned stands in the way of others.
            self.stale |= held.end > until;
            self.profile.add(view.now(), held.end, &amounts(view, held.shape, held.tasks, -1));
        }
        // What is left of it has to be planned again.
        self.stale |= is_new && view.is_waiting(job);
    }

    /// Asks to be woken at the next planned start: a job that was promised a time may wait for nothing else.
    fn wake(&mut self, cx: &mut Decision<'_>) {
        if let Some(start) = self.next_due()
            && start > cx.view().now()
            && start != self.woken_at
        {
            self.woken_at = start;
            cx.wake(WakeId(0), start).expect("the start is to come");
        }
    }
}

fn note_behind(head: Option<JobId>, cx: &mut Decision<'_>) {
    let waiting = cx.view().waiting_len() as u32;
    if let Some(head) = head {
        cx.note(Note::Behind { head, waiting: waiting - 1 });
    }
}
