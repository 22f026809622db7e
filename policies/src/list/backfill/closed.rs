//! What is set aside from the outset: hard reservations of the engine, maintenance, and reservations in advance.
//!
//! This is the one place where plans learn of capacity that goes and comes at known times. Executions are not among it:
//! their ends are estimates.

use sim_core::{JobId, NodeState, SimDuration, SimTime, View, Window};

use super::profile::{Amounts, Profile};

/// Capacity that nobody may plan with, in `[from, to)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Closed {
    pub(super) from: SimTime,
    pub(super) to: SimTime,
    pub(super) amounts: Amounts,
}

/// All that is set aside from now on, in no order. Nodes that are under maintenance are down and come back: that is
/// something negative, set aside from the end on.
pub(super) fn closed(view: View<'_>) -> impl Iterator<Item = Closed> + use<'_> {
    let ahead = view.windows().iter().filter(move |window| window.is_maintenance() && view.now() < window.to);
    let maintained = ahead.map(move |window| {
        if window.from <= view.now() {
            let amounts = capacity(window, NodeState::Down, view).map(|amount| -amount);
            Closed { from: window.to, to: SimTime::MAX, amounts }
        } else {
            Closed { from: window.from, to: window.to, amounts: capacity(window, NodeState::Up, view) }
        }
    });
    reserved(view).chain(maintained)
}

fn reserved(view: View<'_>) -> impl Iterator<Item = Closed> + use<'_> {
    view.reservations().iter().filter_map(move |reservation| {
        view.find(reservation.job)?;
        let tasks = reservation.place.len() as i64;
        let amounts = view.shape(reservation.job).need().0.map(|need| i64::from(need) * tasks);
        Some(Closed { from: reservation.start, to: reservation.end, amounts })
    })
}

/// What the nodes of a window have that are in this state.
fn capacity(window: &Window, state: NodeState, view: View<'_>) -> Amounts {
    let mut sum = [0; 8];
    for node in window.nodes.iter().filter(|&&node| view.nodes().state(node) == state) {
        let capacity = view.nodes().capacity()[node.index()];
        sum.iter_mut().zip(capacity.0).for_each(|(sum, amount)| *sum += i64::from(amount));
    }
    sum
}

/// The earliest time from `from` on at which there is room for the job, and beside it for all reservations in advance
/// that are not its own and that it would meet.
pub(super) fn earliest(
    profile: &Profile,
    job: JobId,
    from: SimTime,
    span: SimDuration,
    need: &Amounts,
    view: View<'_>,
) -> Option<SimTime> {
    let aside = |start: SimTime| in_the_way(view, job, start, start.saturating_add(span));
    let mut from = from;
    loop {
        let start = profile.earliest(from, span, need)?;
        let Some((over, amounts)) = aside(start) else { return Some(start) };
        let both = std::array::from_fn(|lane| need[lane] + amounts[lane]);
        match profile.earliest(start, span, &both) {
            Some(beside) if aside(beside) == Some((over, amounts)) => return Some(beside),
            beside => from = beside.filter(|&beside| beside > start).map_or(over, |beside| beside.min(over)),
        }
    }
}

/// Reservations in advance that are not the job's and would be in its way from `start` to `end`: when the first of them
/// is over, and what all of them set aside.
fn in_the_way(view: View<'_>, job: JobId, start: SimTime, end: SimTime) -> Option<(SimTime, Amounts)> {
    let tenant = view.job(job).facts().tenant;
    let others = view.windows().iter().filter(|window| !window.is_maintenance() && !window.admits(tenant));
    let (mut over, mut sum) = (None, [0; 8]);
    for window in others.filter(|window| start < window.to && window.from < end) {
        over = Some(over.map_or(window.to, |over: SimTime| over.min(window.to)));
        let aside = capacity(window, NodeState::Up, view);
        sum.iter_mut().zip(aside).for_each(|(sum, amount)| *sum += amount);
    }
    over.map(|over| (over, sum))
}

/// True if the engine will start the job by itself.
pub(super) fn is_reserved(view: View<'_>, job: JobId) -> bool {
    view.reservations().iter().any(|reservation| reservation.job == job)
}

/// True if room for a job is a matter of its length, too: then no job speaks for others of its request, and what did
/// not fit may fit later though no capacity has returned.
pub(super) fn depends_on_length(view: View<'_>) -> bool {
    !view.reservations().is_empty() || !view.windows().is_empty()
}
