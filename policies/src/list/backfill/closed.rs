//! What is set aside from the outset: hard reservations of the engine, and whatever else the view says of the future.
//!
//! This is the one place where plans learn of capacity that goes and comes at known times. Executions are not among it:
//! their ends are estimates.

use sim_core::{JobId, SimTime, View};

use super::profile::Amounts;

/// Capacity that nobody may plan with, in `[from, to)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Closed {
    pub(super) from: SimTime,
    pub(super) to: SimTime,
    pub(super) amounts: Amounts,
}

/// All that is set aside from now on, in no order.
pub(super) fn closed(view: View<'_>) -> impl Iterator<Item = Closed> + use<'_> {
    view.reservations().iter().filter_map(move |reservation| {
        view.find(reservation.job)?;
        let tasks = reservation.place.len() as i64;
        let amounts = view.shape(reservation.job).need().0.map(|need| i64::from(need) * tasks);
        Some(Closed { from: reservation.start, to: reservation.end, amounts })
    })
}

/// True if the engine will start the job by itself.
pub(super) fn is_reserved(view: View<'_>, job: JobId) -> bool {
    view.reservations().iter().any(|reservation| reservation.job == job)
}

/// True if room for a job is a matter of its length, too: then no job speaks for others of its request, and what did
/// not fit may fit later though no capacity has returned.
pub(super) fn depends_on_length(view: View<'_>) -> bool {
    !view.reservations().is_empty()
}
