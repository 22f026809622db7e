//! Requests of whole jobs, interned: jobs with the same request are alike to every placement rule.

use rustc_hash::FxHashMap;

use crate::ids::{ConstraintsId, RequestId, ShapeId};
use crate::job::Gang;

/// What a job as a whole asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// Each task's request.
    pub shape: ShapeId,
    /// Number of tasks.
    pub tasks: u32,
    /// How they belong together.
    pub gang: Gang,
    /// Where they may stand.
    pub constraints: ConstraintsId,
}

/// All requests seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestTable {
    requests: Vec<Request>,
    // Looked up, never iterated.
    ids: FxHashMap<Request, RequestId>,
    last: Option<(Request, RequestId)>,
}

impl RequestTable {
    /// The id of `request`, and whether it is new.
    #[inline]
    pub(crate) fn intern(&mut self, request: Request) -> (RequestId, bool) {
        if let Some((last, id)) = self.last
            && last == request
        {
            return (id, false);
        }
        let next = RequestId::from_index(self.requests.len());
        let id = *self.ids.entry(request).or_insert(next);
        if id == next {
            self.requests.push(request);
        }
        self.last = Some((request, id));
        (id, id == next)
    }

    #[inline]
    pub(crate) fn get(&self, id: RequestId) -> &Request {
        &self.requests[id.index()]
    }

    pub(crate) fn len(&self) -> usize {
        self.requests.len()
    }
}
