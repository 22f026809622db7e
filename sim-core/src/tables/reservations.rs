//! Hard reservations: capacity that is promised to a job from a later instant on.

use crate::action::Placement;
use crate::ids::{JobId, NodeId, ReservationId};
use crate::queue::Ticket;
use crate::time::SimTime;

/// A promise that the job starts at `start` on `place`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// Its number.
    pub id: ReservationId,
    /// The job.
    pub job: JobId,
    /// When the job will start.
    pub start: SimTime,
    /// When its requested wall time will be over; [`SimTime::MAX`] if that is not bounded.
    pub end: SimTime,
    /// One slot per task.
    pub place: Placement,
    pub(crate) ticket: Ticket,
}

/// All reservations that stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReservationTable {
    all: Vec<Reservation>,
    next: u32,
    /// Reserved slots per node; empty until the first reservation.
    per_node: Vec<u32>,
}

impl ReservationTable {
    pub(crate) fn next_id(&mut self) -> ReservationId {
        self.next += 1;
        ReservationId(self.next - 1)
    }

    pub(crate) fn insert(&mut self, reservation: Reservation, nodes: usize) {
        self.per_node.resize(nodes, 0);
        reservation.place.iter().for_each(|slot| self.per_node[slot.node.index()] += 1);
        let at = self.all.partition_point(|other| other.id < reservation.id);
        self.all.insert(at, reservation);
    }

    pub(crate) fn remove(&mut self, id: ReservationId) -> Option<Reservation> {
        let at = self.all.iter().position(|reservation| reservation.id == id)?;
        let reservation = self.all.remove(at);
        reservation.place.iter().for_each(|slot| self.per_node[slot.node.index()] -= 1);
        Some(reservation)
    }

    pub(crate) fn get(&self, id: ReservationId) -> Option<&Reservation> {
        self.all.iter().find(|reservation| reservation.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: ReservationId) -> Option<&mut Reservation> {
        self.all.iter_mut().find(|reservation| reservation.id == id)
    }

    pub(crate) fn of_job(&self, job: JobId) -> Option<&Reservation> {
        self.all.iter().find(|reservation| reservation.job == job)
    }

    /// The reservations with a slot on the node.
    pub(crate) fn on_node(&self, node: NodeId) -> Vec<ReservationId> {
        let touching = self.all.iter().filter(|other| other.place.iter().any(|slot| slot.node == node));
        touching.map(|reservation| reservation.id).collect()
    }

    #[inline]
    pub(crate) fn touches(&self, node: NodeId) -> bool {
        self.per_node.get(node.index()).is_some_and(|&slots| slots > 0)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn all(&self) -> &[Reservation] {
        &self.all
    }
}
