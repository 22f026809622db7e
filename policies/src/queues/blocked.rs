//! Requests that do not fit, remembered until capacity returns.

use sim_core::{Decision, Event, RequestId};

use crate::list::{FREED_MAX, may_fit_now, spreads};

/// Which requests failed when they were last tried.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocked {
    is_blocked: Vec<bool>,
    list: Vec<RequestId>,
}

impl Blocked {
    /// True if the request did not fit, and nothing has changed that.
    #[inline]
    pub(super) fn is(&self, request: RequestId) -> bool {
        self.is_blocked.get(request.index()).copied().unwrap_or(false)
    }

    /// The requests that do not fit.
    pub(super) fn list(&self) -> &[RequestId] {
        &self.list
    }

    /// The request does not fit.
    pub(super) fn insert(&mut self, request: RequestId) {
        let n = request.index();
        if n >= self.is_blocked.len() {
            self.is_blocked.resize(n + 1, false);
        }
        if !std::mem::replace(&mut self.is_blocked[n], true) {
            self.list.push(request);
        }
    }

    /// All may fit again.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.is_blocked.clear();
    }

    /// Forgets the requests that returning capacity may have made possible, and those that spread out, for which the
    /// start of another task may make room: nothing else can have become possible.
    pub(super) fn unblock(&mut self, cx: &Decision<'_>) {
        let (view, trigger) = (cx.view(), cx.trigger());
        let reserved = |event: &Event| {
            matches!(event, Event::ReservationDue(_) | Event::ReservationBroken(_) | Event::Ended { .. })
        };
        let any = trigger.freed.len() > FREED_MAX
            || (!view.reservations().is_empty() && trigger.events.iter().any(reserved));
        let is_blocked = &mut self.is_blocked;
        self.list.retain(|&request| {
            // A window that kept one job of the request off may be far enough for a shorter one.
            let opens = any
                || !view.windows().is_empty()
                || spreads(view, request)
                || (!trigger.freed.is_empty() && may_fit_now(view, request, trigger.freed));
            is_blocked[request.index()] = !opens;
            !opens
        });
    }
}
