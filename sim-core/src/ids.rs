//! Identifiers: small integers with a type of their own.

macro_rules! id_type {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub u32);

        impl $name {
            /// The identifier as an index into a dense table.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The identifier of row `index` of a dense table.
            ///
            /// # Panics
            /// If `index` does not fit 32 bits.
            #[inline]
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).expect("a table has at most 2^32 rows"))
            }
        }
    )*};
}

id_type! {
    /// A node of the cluster: its row in the node table.
    NodeId,
    /// A group of like nodes that is scaled as one.
    GroupId,
    /// An interned request of one task.
    ShapeId,
    /// An interned request of one job: shape, number of tasks, gang rule and constraints.
    RequestId,
    /// An interned set of placement constraints.
    ConstraintsId,
    /// Who submitted the job.
    UserId,
    /// On whose account the job runs: a queue, a virtual cluster, a namespace.
    TenantId,
    /// A hard reservation.
    ReservationId,
    /// A name that a policy gave to one of its wake-ups.
    WakeId,
    /// One execution of a job, or of one task of an independent job. Recycled after its end.
    RunId,
}

/// A job in the engine. Unique within a run, ordered by submission, and never reused.
///
/// The upper 36 bits count submissions; the lower 28 bits name the slot of the job table, so that looking a job up
/// costs one index and a stale identifier is noticed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JobId(u64);

impl JobId {
    /// Jobs that may wait or run at the same time.
    pub const LIVE_MAX: u64 = 1 << 28;
    /// Jobs that may be submitted in one run.
    pub const TOTAL_MAX: u64 = 1 << 36;

    pub(crate) fn new(sequence: u64, slot: u32) -> Self {
        assert!(sequence < Self::TOTAL_MAX, "job {sequence} exceeds the limit of {} jobs", Self::TOTAL_MAX);
        assert!(u64::from(slot) < Self::LIVE_MAX, "slot {slot} exceeds {} live jobs", Self::LIVE_MAX);
        Self(sequence << 28 | u64::from(slot))
    }

    /// How many jobs were submitted before this one.
    #[inline]
    pub const fn sequence(self) -> u64 {
        self.0 >> 28
    }

    /// The id as one integer, to be carried by an event.
    #[inline]
    pub(crate) const fn payload(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) const fn from_payload(payload: u64) -> Self {
        Self(payload)
    }

    /// The row of a dense table that is the job's alone while it has not ended: rows of ended jobs are used again.
    #[inline]
    pub const fn slot(self) -> u32 {
        (self.0 & (Self::LIVE_MAX - 1)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_ids_are_ordered_by_submission_whatever_their_slot() {
        let (early, late) = (JobId::new(1, 9), JobId::new(2, 0));
        assert!(early < late);
        assert_eq!((early.sequence(), early.slot()), (1, 9));
    }
}
