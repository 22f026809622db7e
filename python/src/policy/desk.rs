//! The decision in progress, lent to Python for as long as `decide` runs.
//!
//! Python objects live as long as somebody holds them, a decision does not. So they hold no reference: they reach
//! the decision through a scoped variable of the thread, which is set while `decide` runs and empty before and after.
//! What is kept beyond that raises an exception instead of reading what is no longer there.

use std::collections::BTreeSet;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use scoped_tls_hkt::{ReborrowMut, scoped_thread_local};
use sim_core::{Decision, JobId, View};

/// A decision, and the queue that the policy keeps beside it.
pub(super) struct Desk<'d, 'e> {
    pub(super) cx: &'d mut Decision<'e>,
    pub(super) waiting: &'d mut BTreeSet<JobId>,
}

impl Desk<'_, '_> {
    pub(super) fn view(&self) -> View<'_> {
        self.cx.view()
    }
}

/// Gives a desk to whoever comes, without saying how long its parts live.
trait Lend {
    fn lend(&mut self, work: &mut dyn FnMut(&mut Desk<'_, '_>));
}

impl Lend for Desk<'_, '_> {
    fn lend(&mut self, work: &mut dyn FnMut(&mut Desk<'_, '_>)) {
        work(&mut Desk { cx: self.cx, waiting: self.waiting });
    }
}

struct Lent<'a>(&'a mut (dyn Lend + 'a));

impl<'a, 'b: 'a> ReborrowMut<'a> for Lent<'b> {
    type Result = Lent<'a>;

    fn reborrow_mut(&'a mut self) -> Lent<'a> {
        Lent(&mut *self.0)
    }
}

scoped_thread_local!(static mut DESK: for<'a> Lent<'a>);

/// What `during` yields, while Python code of this thread may reach the desk.
pub(super) fn lend<R>(desk: &mut Desk<'_, '_>, during: impl FnOnce() -> R) -> R {
    DESK.set(Lent(desk), during)
}

/// What `work` makes of the decision in progress.
///
/// # Errors
/// If there is none: `decide` has returned, or this is another thread than the one that it was called on.
pub(super) fn with<R>(work: impl FnOnce(&mut Desk<'_, '_>) -> R) -> PyResult<R> {
    if !DESK.is_set() {
        let text =
            "there is no decision now: it may be used only while `decide` runs, and on the same thread";
        return Err(PyRuntimeError::new_err(text));
    }
    let (mut work, mut result) = (Some(work), None);
    DESK.with(|lent| {
        lent.0.lend(&mut |desk| {
            let work = work.take().expect("a desk calls once");
            result = Some(work(desk));
        });
    });
    Ok(result.expect("a desk calls once"))
}
