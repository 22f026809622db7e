//! Hard reservations: making them, keeping others out of their way, and honouring them.

use crate::action::{Refused, Slot};
use crate::engine::core::{Applied, Core};
use crate::event::Event;
use crate::ids::{JobId, NodeId, ReservationId};
use crate::job::Gang;
use crate::queue::Ticket;
use crate::resources::Resources;
use crate::tables::{Phase, Reservation};
use crate::time::{SimDuration, SimTime};

/// What a set of tasks would take of one node.
#[derive(Clone, Copy)]
struct Load {
    need: [u64; 8],
    cards: [u32; 32],
}

impl Load {
    const NONE: Load = Load { need: [0; 8], cards: [0; 32] };

    fn add(&mut self, need: &Resources, milli_each: u16, slot: Slot) {
        for (sum, amount) in self.need.iter_mut().zip(need.0) {
            *sum += u64::from(amount);
        }
        slot.cards.iter().for_each(|card| self.cards[card as usize] += u32::from(milli_each));
    }

    fn fits(&self, capacity: &Resources) -> bool {
        let lanes = self.need.iter().zip(capacity.0).all(|(&sum, amount)| sum <= u64::from(amount));
        lanes && self.cards.iter().all(|&milli| milli <= u32::from(crate::shape::CARD_MILLI))
    }
}

impl Core {
    /// When a job that starts at `start` must have ended.
    fn bound_from(&self, job: JobId, start: SimTime) -> SimTime {
        let row = self.state.jobs.row(job);
        if !self.state.rules.kill_at_walltime || row.facts.walltime == SimDuration::MAX {
            return SimTime::MAX;
        }
        start.saturating_add(row.facts.walltime.saturating_sub(row.ran))
    }

    /// Promises capacity to a waiting job.
    pub(crate) fn reserve(
        &mut self,
        job: JobId,
        start: SimTime,
        place: &[Slot],
    ) -> Result<ReservationId, Refused> {
        let row = self.state.jobs.find(job).filter(|row| row.phase == Phase::Waiting);
        let row = row.ok_or(Refused::NotWaiting(job))?;
        let (min, max) = match row.facts.gang {
            Gang::AllOrNothing => (row.facts.tasks, row.facts.tasks),
            Gang::Elastic { min } => (min, row.facts.tasks),
            Gang::Independent => (1, row.unstarted),
        };
        if !(min..=max).contains(&(place.len() as u32)) {
            return Err(Refused::WrongWidth { job, min, max, got: place.len() as u32 });
        }
        if start < self.state.now {
            return Err(Refused::InThePast { at: start, now: self.state.now });
        }
        self.state.keep_residents();
        let end = self.bound_from(job, start);
        for (n, &slot) in place.iter().enumerate() {
            self.check_promise(job, slot, start, end, &place[..n])?;
        }
        let old = self.state.reservations.of_job(job).map(|other| other.id);
        if let Some(old) = old {
            self.unreserve(old)?;
        }
        let id = self.state.reservations.next_id();
        let ticket = Ticket::NONE;
        let reservation = Reservation { id, job, start, end, place: place.to_vec(), ticket };
        self.state.reservations.insert(reservation, self.state.nodes.len());
        self.journal.push(Applied::Reserved { id });
        Ok(id)
    }

    /// Notes the first start that a waiting job was told.
    #[inline]
    pub(crate) fn promise(&mut self, job: JobId, at: SimTime) -> Result<(), Refused> {
        let now = self.state.now;
        if at < now {
            return Err(Refused::InThePast { at, now });
        }
        if self.state.jobs.find(job).is_none_or(|row| row.phase != Phase::Waiting) {
            return Err(Refused::NotWaiting(job));
        }
        let row = self.state.jobs.row_mut(job);
        if row.promised == SimTime::MAX && at != SimTime::MAX {
            row.promised = at;
            self.journal.push(Applied::Promised { job });
        }
        Ok(())
    }

    pub(crate) fn unreserve(&mut self, id: ReservationId) -> Result<(), Refused> {
        let reservation = self.state.reservations.remove(id).ok_or(Refused::NoSuchReservation(id))?;
        self.journal.push(Applied::Unreserved { reservation: Box::new(reservation) });
        Ok(())
    }

    /// The job has started: its promise is kept.
    pub(crate) fn fulfil_reservation(&mut self, job: JobId) {
        if let Some(id) = self.state.reservations.of_job(job).map(|reservation| reservation.id) {
            self.unreserve(id).expect("the reservation was found");
        }
    }

    /// Forgets a reservation outside a decision.
    pub(crate) fn drop_reservation(&mut self, id: ReservationId) {
        if let Some(reservation) = self.state.reservations.remove(id) {
            self.queue.cancel(reservation.ticket);
        }
    }

    /// Refuses a start that would leave a reservation of another job without its capacity.
    pub(crate) fn check_reservations(&self, job: JobId, slot: Slot) -> Result<(), Refused> {
        let now = self.state.now;
        let end = self.bound_from(job, now);
        self.check_overlap(job, slot, now, end, &[])
    }

    /// Refuses a promise that could not be kept on this slot.
    fn check_promise(
        &self,
        job: JobId,
        slot: Slot,
        start: SimTime,
        end: SimTime,
        own: &[Slot],
    ) -> Result<(), Refused> {
        let state = &self.state;
        let shape = state.words.shape_of(state.jobs.row(job).facts.shape);
        if slot.node.index() >= state.nodes.len() {
            return Err(Refused::NoSuchNode(slot.node));
        }
        let cards = slot.cards.iter().all(|card| (card as usize) < state.nodes.cards(slot.node).len());
        if slot.cards.len() != u32::from(shape.gpu().cards)
            || !cards
            || !state.nodes.could_fit(slot.node, shape)
        {
            return Err(Refused::WrongCards { job, node: slot.node });
        }
        if !state
            .words
            .constraints_of(state.jobs.row(job).facts.constraints)
            .admits_labels(state.nodes.labels(slot.node))
        {
            return Err(Refused::Forbidden { job, node: slot.node });
        }
        self.check_overlap(job, slot, start, end, own)
    }

    /// Looks at the start, and at the start of every reservation on the node until the end: at each, what runs and
    /// what is promised must fit together. Between these instants the load only falls.
    fn check_overlap(
        &self,
        job: JobId,
        slot: Slot,
        start: SimTime,
        end: SimTime,
        own: &[Slot],
    ) -> Result<(), Refused> {
        let others = || self.state.reservations.all().iter().filter(|other| other.job != job);
        let on_node = |other: &&Reservation| other.place.iter().any(|place| place.node == slot.node);
        let later = others().filter(on_node).filter(|other| other.start > start && other.start < end);
        for at in std::iter::once(start).chain(later.map(|other| other.start)) {
            let mut load = self.load_at(slot.node, at, job);
            let shape = self.state.words.shape_of(self.state.jobs.row(job).facts.shape);
            for &task in own.iter().filter(|task| task.node == slot.node).chain(std::iter::once(&slot)) {
                load.add(shape.need(), shape.gpu().milli_each, task);
            }
            if !load.fits(&self.state.nodes.capacity()[slot.node.index()]) {
                let blocking =
                    others().filter(on_node).find(|other| other.start >= start || other.end > start);
                return Err(match blocking {
                    Some(other) => Refused::Reserved { job, node: slot.node, reservation: other.id },
                    None => Refused::DoesNotFit {
                        job,
                        node: slot.node,
                        need: *shape.need(),
                        free: self.state.nodes.free()[slot.node.index()],
                    },
                });
            }
        }
        Ok(())
    }

    /// What runs on the node beyond `at`, and what is promised to others at `at`; staged tasks included.
    fn load_at(&self, node: NodeId, at: SimTime, except: JobId) -> Load {
        let state = &self.state;
        let mut load = Load::NONE;
        let lists = state.residents.as_ref().expect("residents are kept where there are reservations");
        let mut counted = Vec::new();
        for &run in &lists[node.index()] {
            if counted.contains(&run) || (state.bound(run) <= at && at > state.now) {
                continue;
            }
            counted.push(run);
            let shape = state.words.shape_of(state.jobs.row(state.runs.get(run).job).facts.shape);
            for &slot in state.runs.get(run).slots.iter().filter(|slot| slot.node == node) {
                load.add(shape.need(), shape.gpu().milli_each, slot);
            }
        }
        for &(job, slot) in self.staged.iter().filter(|(_, slot)| slot.node == node) {
            let shape = state.words.shape_of(state.jobs.row(job).facts.shape);
            load.add(shape.need(), shape.gpu().milli_each, slot);
        }
        for other in state.reservations.all() {
            if other.job == except || other.start > at || other.end <= at {
                continue;
            }
            let shape = state.words.shape_of(state.jobs.row(other.job).facts.shape);
            for &slot in other.place.iter().filter(|slot| slot.node == node) {
                load.add(shape.need(), shape.gpu().milli_each, slot);
            }
        }
        load
    }

    /// The start of a reservation has come: its job starts on it, before any policy is asked.
    pub(crate) fn reservation_due(&mut self, id: ReservationId) {
        let Some(reservation) = self.state.reservations.remove(id) else { return };
        self.emit(Event::ReservationDue(id));
        let job = reservation.job;
        let mark = self.journal.len();
        let staged = reservation.place.iter().try_for_each(|&slot| self.stage(job, slot));
        if staged.and_then(|()| self.start_staged(job)).is_err() {
            // A node is not up, or a constraint changed under the promise: the job waits on.
            self.undo_to(mark);
            self.emit(Event::ReservationBroken(id));
            return;
        }
        self.settle_journal();
    }
}
