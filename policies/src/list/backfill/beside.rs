//! Starting a job beside one that is blocked, without delaying it.

use sim_core::{Decision, JobId, SimDuration, SimTime, View};

use super::super::start::{Tried, try_start, try_start_where};
use super::ends::Ends;
use super::shadow::Shadow;
use crate::placer::Placer;

/// What came of trying a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// All its tasks run.
    Started,
    /// There is no room for it, or for the tasks that are left of it.
    NoRoom,
    /// It, or the tasks that are left of it, would delay the blocked job.
    InTheWay,
}

impl From<Tried> for Outcome {
    fn from(tried: Tried) -> Self {
        if tried == Tried::Started { Outcome::Started } else { Outcome::NoRoom }
    }
}

/// Time until the planned start of the blocked job; no job of unknown length fits in.
pub(super) fn window(shadow: &Shadow, now: SimTime) -> SimDuration {
    let until = shadow.at().map_or(SimDuration::MAX, |at| at.max(now).since(now));
    until.min(SimDuration::from_ns(u64::MAX - 1))
}

/// Starts the job, which should take `span`, if it ends before the planned start of the blocked one or leaves room for
/// it then.
///
/// The placer does not know what is promised: where the slots that it picks are in the way, no others are tried.
pub(super) fn start_beside(
    shadow: &mut Shadow,
    ends: &Ends,
    job: JobId,
    span: SimDuration,
    placer: &mut dyn Placer,
    cx: &mut Decision<'_>,
) -> Outcome {
    let now = cx.view().now();
    let Some(at) = shadow.at() else { return try_start(placer, job, false, cx).into() };
    if span <= window(shadow, now) {
        let mut tried = Tried::NoRoom;
        let in_time = cx.attempt(|cx| {
            tried = try_start(placer, job, false, cx);
            // Slow nodes and restarts take longer than the estimate says.
            new_runs_end_by(at.max(now), job, ends, cx.view()).then_some(())
        });
        if in_time.is_some() {
            return tried.into();
        }
    }
    let row = cx.view().job(job);
    if shadow.rules_out(cx.view().shape(job), row.facts().width_min()) {
        return Outcome::InTheWay;
    }
    let shape = *cx.view().shape(job);
    let mut refused = false;
    let tried = try_start_where(placer, job, false, cx, |view, slot| {
        refused = !shadow.take(slot, &shape, view);
        !refused
    });
    if tried == Tried::NoRoom {
        shadow.undo(cx.view());
    } else {
        shadow.commit();
    }
    if refused && tried != Tried::Started { Outcome::InTheWay } else { tried.into() }
}

/// True if all executions of the job that `ends` does not know of should end by then.
fn new_runs_end_by(until: SimTime, job: JobId, ends: &Ends, view: View<'_>) -> bool {
    let mut new = view.runs_of(job).take_while(|&run| ends.get(run).is_none());
    new.all(|run| view.expected_end(run) <= until)
}
