//! Starting one job by a placer: all of a gang, or as many tasks as there is room for.

use sim_core::{Decision, Gang, JobId, Note, Slot, View};

use crate::placer::{Part, Placer};
use crate::preempt::{Made, Preemptor};

/// What came of trying to start a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tried {
    /// It runs, with all its tasks.
    Started,
    /// Some of its independent tasks run; the others wait on.
    Partly,
    /// There was no room.
    NoRoom,
    /// It is not to be tried before it is entered again.
    Away,
    /// There is none yet: others were told to stop for it.
    Awaits,
}

/// True unless the free capacity of the whole cluster shows that `tasks` tasks cannot fit.
fn may_fit(view: View<'_>, job: JobId, tasks: u32) -> bool {
    let (need, free) = (view.shape(job).need(), view.nodes().free_total());
    need.0.iter().zip(free).all(|(&need, &free)| u64::from(need) * u64::from(tasks) <= free)
}

/// Notes why the slot that the placer gave was chosen, and what its rules made of it and of the next best node.
pub(crate) fn explain(placer: &mut dyn Placer, job: JobId, slot: Slot, cx: &mut Decision<'_>) {
    let reason = placer.reason(job, slot, cx.view());
    cx.note(Note::Chosen { job, node: slot.node, score: reason.score, next: reason.next });
    for node in [Some(slot.node), reason.next.map(|(node, _)| node)].into_iter().flatten() {
        for Part { rule, raw, score, weight } in placer.parts(job, node, cx.view()) {
            cx.note(Note::Part { job, node, rule, raw, score, weight });
        }
    }
}

/// Starts the job on slots that the placer picks; if `whole`, all of its independent tasks or none.
#[inline]
pub(crate) fn try_start(placer: &mut dyn Placer, job: JobId, whole: bool, cx: &mut Decision<'_>) -> Tried {
    start_up_to(placer, job, whole, u32::MAX, cx, |_, _| true).0
}

/// Starts at most so many tasks of the job, at least as many as have to start together; also yields how many.
pub(crate) fn try_start_some(
    placer: &mut dyn Placer,
    job: JobId,
    most: u32,
    cx: &mut Decision<'_>,
) -> (Tried, u32) {
    start_up_to(placer, job, false, most, cx, |_, _| true)
}

/// Starts the job on slots that the placer picks and `admits` allows: the first that it does not is the end of the try.
#[inline]
pub(crate) fn try_start_where(
    placer: &mut dyn Placer,
    job: JobId,
    whole: bool,
    cx: &mut Decision<'_>,
    admits: impl FnMut(View<'_>, Slot) -> bool,
) -> Tried {
    start_up_to(placer, job, whole, u32::MAX, cx, admits).0
}

#[inline]
fn start_up_to(
    placer: &mut dyn Placer,
    job: JobId,
    whole: bool,
    most: u32,
    cx: &mut Decision<'_>,
    mut admits: impl FnMut(View<'_>, Slot) -> bool,
) -> (Tried, u32) {
    let view = cx.view();
    let row = view.job(job);
    let (unstarted, gang) = (row.unstarted(), row.facts().gang);
    let wanted = unstarted.min(most);
    let least = if whole && gang == Gang::Independent { wanted } else { row.facts().width_min() };
    let mut placed = 0;
    if !may_fit(view, job, least) {
        cx.note(Note::NoRoom { job, placed: 0, wanted: least });
        return (Tried::NoRoom, 0);
    }
    let started = cx.attempt(|cx| {
        while placed < wanted {
            let (view, stream) = cx.view_and_rng();
            let Some(slot) = placer.place(job, view, stream) else { break };
            if cx.is_explained() {
                explain(placer, job, slot, cx);
            }
            // Only a reservation of another job can refuse a slot that fits.
            if !admits(cx.view(), slot) || cx.stage(job, slot).is_err() {
                break;
            }
            placed += 1;
        }
        let enough = placed == wanted || (placed >= least && gang != Gang::AllOrNothing);
        if enough { cx.start_staged(job).ok() } else { None }
    });
    if started.is_none() {
        cx.note(Note::NoRoom { job, placed, wanted: least });
        return (Tried::NoRoom, 0);
    }
    let tried = if gang == Gang::Independent && placed < unstarted { Tried::Partly } else { Tried::Started };
    (tried, placed)
}

/// `tried`, or what comes of stopping others for the job if that did not start all of it.
pub(crate) fn or_preempt(
    preemptor: &mut Option<Box<dyn Preemptor>>,
    tried: Tried,
    placer: &mut dyn Placer,
    job: JobId,
    cx: &mut Decision<'_>,
) -> Tried {
    let Some(preemptor) = preemptor.as_mut().filter(|_| tried != Tried::Started) else { return tried };
    let mut tried = tried;
    loop {
        match preemptor.make_room(job, placer, cx) {
            Made::Started if !cx.view().is_waiting(job) => return Tried::Started,
            // Independent tasks find their room one by one.
            Made::Started => tried = Tried::Partly,
            Made::Awaited => return Tried::Awaits,
            Made::Nothing => return tried,
        }
    }
}
