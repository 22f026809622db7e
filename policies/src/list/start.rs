//! Starting one job by a placer: all of a gang, or as many tasks as there is room for.

use sim_core::{Decision, Gang, JobId, Note, Slot, View};

use crate::placer::Placer;

/// What came of trying to start a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tried {
    /// It runs, with all its tasks.
    Started,
    /// Some of its independent tasks run; the others wait on.
    Partly,
    /// There was no room.
    NoRoom,
}

/// True unless the free capacity of the whole cluster shows that `tasks` tasks cannot fit.
fn may_fit(view: View<'_>, job: JobId, tasks: u32) -> bool {
    let (need, free) = (view.shape(job).need(), view.nodes().free_total());
    need.0.iter().zip(free).all(|(&need, &free)| u64::from(need) * u64::from(tasks) <= free)
}

/// Starts the job on slots that the placer picks; if `whole`, all of its independent tasks or none.
#[inline]
pub(crate) fn try_start(placer: &mut dyn Placer, job: JobId, whole: bool, cx: &mut Decision<'_>) -> Tried {
    try_start_where(placer, job, whole, cx, |_, _| true)
}

/// Starts the job on slots that the placer picks and `admits` allows: the first that it does not is the end of the try.
#[inline]
pub(crate) fn try_start_where(
    placer: &mut dyn Placer,
    job: JobId,
    whole: bool,
    cx: &mut Decision<'_>,
    mut admits: impl FnMut(View<'_>, Slot) -> bool,
) -> Tried {
    let view = cx.view();
    let row = view.job(job);
    let (wanted, gang) = (row.unstarted(), row.facts().gang);
    let least = if whole && gang == Gang::Independent { wanted } else { row.facts().width_min() };
    let mut placed = 0;
    if !may_fit(view, job, least) {
        cx.note(Note::NoRoom { job, placed: 0, wanted: least });
        return Tried::NoRoom;
    }
    let started = cx.attempt(|cx| {
        while placed < wanted {
            let (view, stream) = cx.view_and_rng();
            let Some(slot) = placer.place(job, view, stream) else { break };
            if cx.is_explained() {
                let reason = placer.reason(job, slot, cx.view());
                cx.note(Note::Chosen { job, node: slot.node, score: reason.score, next: reason.next });
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
        return Tried::NoRoom;
    }
    if gang == Gang::Independent && placed < wanted { Tried::Partly } else { Tried::Started }
}
