//! A decision: a view, verbs that apply at once, and savepoints.

use crate::action::{Action, Preempt, Refused, Slot};
use crate::engine::{Applied, Core};
use crate::event::Event;
use crate::ids::{GroupId, JobId, NodeId, ReservationId, WakeId};
use crate::random::Stream;
use crate::time::SimTime;
use crate::view::View;

/// Why the engine stopped: what has happened since the last decision.
#[derive(Clone, Copy, Debug)]
pub struct Trigger<'a> {
    /// All events since the last decision, in order. Jobs that have ended have no record any more.
    pub events: &'a [Event],
    /// Nodes on which capacity came back, once per task or repair.
    pub freed: &'a [NodeId],
}

/// What a policy notes about its own choice, for `explain`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// The job could not start: no node has room for (all of) its tasks.
    NoRoom {
        /// The job.
        job: JobId,
        /// Tasks that did find room before one did not.
        placed: u32,
        /// Tasks that had to.
        wanted: u32,
    },
    /// The job was not looked at, because this one stands before it and blocks.
    Behind {
        /// The job at the head of the queue.
        head: JobId,
        /// Jobs behind it.
        waiting: u32,
    },
    /// A node was chosen for a task of the job.
    Chosen {
        /// The job.
        job: JobId,
        /// The node.
        node: NodeId,
        /// What the rule scored it, in the rule's own unit; the lowest wins.
        score: i64,
        /// The next best node and its score.
        next: Option<(NodeId, i64)>,
    },
    /// What one rule of several made of a node for a task of the job: of the chosen one, or of the next best.
    Part {
        /// The job.
        job: JobId,
        /// The node.
        node: NodeId,
        /// The rule.
        rule: &'static str,
        /// Its score, in its own unit.
        raw: i64,
        /// Its score, made comparable with those of the other rules.
        score: i64,
        /// What that was multiplied by before it was added to the others.
        weight: i64,
    },
    /// The job was stopped to make room for another.
    Victim {
        /// The job.
        job: JobId,
        /// The job that gets the room.
        by: JobId,
    },
}

/// A point of a decision that can be come back to, for plans that are no closure.
#[derive(Clone, Copy, Debug)]
pub struct Savepoint(usize);

/// One decision. Dropping it commits nothing: the driver calls [`Engine::commit`](crate::Engine::commit).
pub struct Decision<'e> {
    pub(crate) core: &'e mut Core,
}

impl Decision<'_> {
    /// The state, with everything that was applied so far.
    #[inline]
    pub fn view(&self) -> View<'_> {
        self.core.view()
    }

    /// What has happened since the last decision.
    #[inline]
    pub fn trigger(&self) -> Trigger<'_> {
        Trigger { events: &self.core.trigger, freed: &self.core.freed }
    }

    /// The policy's own random stream.
    #[inline]
    pub fn rng(&mut self) -> &mut Stream {
        &mut self.core.policy_stream
    }

    /// The view and the policy's random stream at once, for choices by chance among what is seen.
    #[inline]
    pub fn view_and_rng(&mut self) -> (View<'_>, &mut Stream) {
        (View { state: &self.core.state }, &mut self.core.policy_stream)
    }

    /// Checks and applies one action at once; later reads of `view()` see it.
    ///
    /// # Errors
    /// A refusal, with its reason; nothing has changed.
    pub fn apply(&mut self, action: &Action) -> Result<(), Refused> {
        match *action {
            Action::Start { job, ref place } => self.start(job, place),
            Action::Preempt { job, how } => self.preempt(job, how),
            Action::Resize { job, ref place } => self.core.relocate(job, place, false),
            Action::Migrate { job, ref place } => self.core.relocate(job, place, true),
            Action::Reserve { job, start, ref place } => self.core.reserve(job, start, place).map(drop),
            Action::Unreserve { id } => self.core.unreserve(id),
            Action::Hold { job, ref place } => self.hold(job, place),
            Action::Release { job } => self.core.release(job),
            Action::Reject { job } => self.core.reject(job),
            Action::Scale { group, target } => self.scale(group, target),
            Action::Wake { id, at } => self.wake(id, at),
        }
    }

    /// Starts a waiting job, or further tasks of an independent one, on one slot per task.
    ///
    /// # Errors
    /// A refusal; nothing has changed.
    pub fn start(&mut self, job: JobId, place: &[Slot]) -> Result<(), Refused> {
        let mark = self.core.journal.len();
        let result = place.iter().try_for_each(|&slot| self.core.stage(job, slot));
        let result = result.and_then(|()| self.core.start_staged(job));
        if result.is_err() {
            self.core.undo_to(mark);
        }
        result
    }

    /// Takes the capacity of one task of the job on a slot, for [`Decision::start_staged`] to start it.
    /// A stage that is not started by the end of the decision is undone.
    ///
    /// # Errors
    /// A refusal; nothing has changed.
    #[inline]
    pub fn stage(&mut self, job: JobId, slot: Slot) -> Result<(), Refused> {
        self.core.stage(job, slot)
    }

    /// Starts the job on the slots staged for it.
    ///
    /// # Errors
    /// A refusal; the slots stay staged.
    #[inline]
    pub fn start_staged(&mut self, job: JobId) -> Result<(), Refused> {
        self.core.start_staged(job)
    }

    /// Takes the capacity of some tasks of a waiting gang and keeps it beyond this decision, until the gang starts (the
    /// held slots are its first ones then), is released, leaves the queue, or loses one of the nodes.
    ///
    /// Nothing runs on held capacity: this is how a scheduler that places the tasks of a gang one by one waits for the
    /// rest of them.
    ///
    /// # Errors
    /// A refusal; nothing has changed.
    pub fn hold(&mut self, job: JobId, place: &[Slot]) -> Result<(), Refused> {
        let mark = self.core.journal.len();
        let result = place.iter().try_for_each(|&slot| self.core.stage(job, slot));
        let result = result.and_then(|()| self.core.hold_staged(job));
        if result.is_err() {
            self.core.undo_to(mark);
        }
        result
    }

    /// Holds the slots staged for the job, as [`Decision::hold`] does.
    ///
    /// # Errors
    /// A refusal; the slots stay staged.
    pub fn hold_staged(&mut self, job: JobId) -> Result<(), Refused> {
        self.core.hold_staged(job)
    }

    /// Gives back all that a waiting gang holds.
    ///
    /// # Errors
    /// If it holds nothing.
    pub fn release(&mut self, job: JobId) -> Result<(), Refused> {
        self.core.release(job)
    }

    /// Stops a running job.
    ///
    /// # Errors
    /// If it does not run.
    pub fn preempt(&mut self, job: JobId, how: Preempt) -> Result<(), Refused> {
        self.core.preempt(job, how)
    }

    /// Promises capacity to a waiting job from `start` on.
    ///
    /// # Errors
    /// If the promise could not be kept; nothing has changed.
    pub fn reserve(&mut self, job: JobId, start: SimTime, place: &[Slot]) -> Result<ReservationId, Refused> {
        self.core.reserve(job, start, place)
    }

    /// Tells a waiting job when it will start. Nothing holds the policy to it: the first promise is kept in the job's
    /// row ([`JobView::promised`](crate::JobView::promised)), so that metrics can say how it was kept.
    ///
    /// # Errors
    /// If the job does not wait, or that instant is past.
    #[inline]
    pub fn promise(&mut self, job: JobId, at: SimTime) -> Result<(), Refused> {
        self.core.promise(job, at)
    }

    /// Sets how many nodes of a group are to be on. The nodes follow when the decision is committed.
    ///
    /// # Errors
    /// Outside the group's limits.
    pub fn scale(&mut self, group: GroupId, target: u32) -> Result<(), Refused> {
        self.core.check_scale(group, target)?;
        let group_now = &mut self.core.state.groups[group.index()];
        let before = std::mem::replace(&mut group_now.target, target);
        self.core.journal.push(Applied::Scaled { group, before });
        Ok(())
    }

    /// Asks for a decision at a later instant.
    ///
    /// # Errors
    /// If that instant is past.
    pub fn wake(&mut self, id: WakeId, at: SimTime) -> Result<(), Refused> {
        let now = self.core.state.now;
        if at < now {
            return Err(Refused::InThePast { at, now });
        }
        self.core.journal.push(Applied::Wake { id, at });
        Ok(())
    }

    /// Runs `plan`; if it yields `None`, undoes every action it applied. Attempts may be nested.
    ///
    /// # Cost
    /// O(actions undone).
    #[inline]
    pub fn attempt<R>(&mut self, plan: impl FnOnce(&mut Self) -> Option<R>) -> Option<R> {
        let mark = self.savepoint();
        let result = plan(self);
        if result.is_none() {
            self.roll_back(mark);
        }
        result
    }

    /// The decision as it is now, for [`Decision::roll_back`].
    #[inline]
    pub fn savepoint(&self) -> Savepoint {
        Savepoint(self.core.journal.len())
    }

    /// Undoes every action applied since the savepoint, which has to be one of this decision; nothing if the decision
    /// was rolled back further already.
    ///
    /// # Cost
    /// O(actions undone).
    #[inline]
    pub fn roll_back(&mut self, to: Savepoint) {
        self.core.undo_to(to.0);
    }

    /// True if notes are recorded: they cost time only then.
    #[inline]
    pub fn is_explained(&self) -> bool {
        self.core.explains
    }

    /// Notes why something was chosen or left.
    pub fn note(&mut self, note: Note) {
        if self.core.explains {
            self.core.notes.push(note);
        }
    }
}
