//! The rule of an agent's choices: a job that fits starts, one that does not blocks all others until it has started.

use sim_core::{Decision, FitOrder, JobId, Policy, Setup, View};

use super::features::{CLUSTER_FEATURES, JOB_FEATURES, capacity_of, length, write_cluster};
use super::line::Line;
use super::room::Room;
use crate::list::Blocking;
use crate::order::OrderKey;
use crate::placer::{Placer, keep_order};

/// What came of a choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// The job runs; time stands still.
    Started(JobId),
    /// The job is the head now: time goes on until it has started.
    Blocked(JobId),
    /// Nothing was chosen: time goes on to the next decision.
    Waits,
}

/// Slots with the oldest waiting jobs, and what becomes of a choice among them.
///
/// A driver calls [`Picker::follow`] at each decision, and [`Picker::pick`] as often as [`Picker::is_asked`].
/// As a policy by itself it picks slot 0: first come, first served, but that a job which comes back (after a failure,
/// or released by another) does not pass the head.
///
/// # Cost
/// O(slots) per observation and the walks for what fits; O(log waiting) and a shift of at most so many rows per choice.
pub struct Picker {
    name: String,
    placer: Box<dyn Placer>,
    slots: usize,
    line: Line,
    /// The job that was chosen and waits for room, if there is one.
    head: Blocking,
    room: Room,
}

impl Picker {
    /// A picker among so many slots, whose jobs are placed by `placer`.
    ///
    /// # Panics
    /// Without any slot.
    pub fn new(placer: Box<dyn Placer>, slots: usize) -> Self {
        assert!(slots > 0, "an agent needs at least one slot to choose from");
        Self {
            name: format!("pick/{}", placer.name()),
            placer,
            slots,
            line: Line::default(),
            head: Blocking::new(false),
            room: Room::default(),
        }
    }

    /// The job in a slot.
    pub fn job(&self, slot: usize) -> Option<JobId> {
        (slot < self.slots).then(|| self.line.get(slot)).flatten().map(|row| row.job)
    }

    /// True if a choice is due: jobs wait, and none is the head.
    pub fn is_asked(&self) -> bool {
        self.line.len() > 0 && self.head.first().is_none()
    }

    /// True if waiting is allowed: something runs, whose end will be a next decision.
    pub fn may_wait(view: View<'_>) -> bool {
        view.running_len() > 0
    }

    /// Takes in what has happened since the last decision, and tries the head.
    pub fn follow(&mut self, cx: &mut Decision<'_>) {
        for n in 0..cx.trigger().events.len() {
            let event = cx.trigger().events[n];
            self.line.follow(&event, cx.view());
        }
        self.line.settle(cx.view());
        if let Some(job) = self.head.first() {
            self.try_head(job, cx);
        }
    }

    /// Picks the job of that slot; waits if there is none and that is allowed, else picks the oldest.
    ///
    /// # Panics
    /// Unless a choice is due.
    pub fn pick(&mut self, slot: usize, cx: &mut Decision<'_>) -> Done {
        assert!(self.is_asked(), "no choice is due");
        let job = match self.job(slot) {
            None if Self::may_wait(cx.view()) => return Done::Waits,
            // Waiting for nothing would end the run with jobs in the queue.
            None => self.job(0).expect("a choice is due, so that a job waits"),
            Some(job) => job,
        };
        // One job at a time: its key decides nothing.
        self.head.insert(OrderKey(0), job);
        self.try_head(job, cx);
        if self.head.first().is_none() { Done::Started(job) } else { Done::Blocked(job) }
    }

    fn try_head(&mut self, job: JobId, cx: &mut Decision<'_>) {
        self.head.decide(&mut *self.placer, &mut None, cx);
        if cx.view().find(job).is_some() {
            self.line.refresh(job, cx.view());
        }
    }

    /// Writes what the agent sees ([`length`] numbers) and which actions are legal: one per slot, then waiting.
    ///
    /// # Panics
    /// If the buffers have other lengths.
    pub fn observe(&mut self, cx: &mut Decision<'_>, seen: &mut [f32], legal: &mut [bool]) {
        assert_eq!(
            (seen.len(), legal.len()),
            (length(self.slots), self.slots + 1),
            "buffers of other lengths"
        );
        let Self { line, room, slots, .. } = self;
        let (cluster, jobs) = seen.split_at_mut(CLUSTER_FEATURES.len());
        room.renew();
        let now = cx.view().now();
        let mut places = jobs.chunks_exact_mut(JOB_FEATURES.len());
        for (row, place) in line.first(*slots).zip(&mut places) {
            row.write(now, room.fits(row, cx), place);
        }
        places.for_each(|place| place.fill(0.0));
        let shown = line.len().min(*slots);
        legal.iter_mut().enumerate().for_each(|(slot, legal)| *legal = slot < shown);
        legal[*slots] = shown == 0 || Self::may_wait(cx.view());
        let oldest = line.get(0).map(|row| row.waited(now)).unwrap_or_default();
        write_cluster(cx.view(), line.capacity(), line.len() - shown, oldest, cluster);
    }
}

impl Policy for Picker {
    fn name(&self) -> &str {
        &self.name
    }

    fn setup(&self) -> Setup {
        let mut setup = Setup::default();
        self.placer.setup(&mut setup);
        keep_order(&mut setup, FitOrder::Rank);
        setup
    }

    fn attach(&mut self, view: View<'_>) {
        self.placer.attach(view);
        self.head.clear();
        self.line.fill(view, capacity_of(view.nodes().capacity()));
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        self.follow(cx);
        while self.is_asked() {
            self.pick(0, cx);
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self {
            name: self.name.clone(),
            placer: self.placer.fork(),
            slots: self.slots,
            line: self.line.clone(),
            head: self.head.clone(),
            room: self.room.clone(),
        })
    }
}
