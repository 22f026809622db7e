//! The waiting queue: one linked list per request, in order of entry.

use crate::ids::{JobId, RequestId};
use crate::tables::jobs::JobTable;

const NIL: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct List {
    head: u32,
    tail: u32,
    len: u32,
}

/// The neighbours of a job in its list, by slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Links {
    prev: u32,
    next: u32,
}

/// Jobs that wait for a start. The links live in the job rows, so that entering and leaving cost O(1).
#[derive(Clone, Debug, Default)]
pub(crate) struct WaitQueue {
    lists: Vec<List>,
    len: usize,
}

impl WaitQueue {
    /// Makes room for a new request.
    pub(crate) fn add_request(&mut self) {
        self.lists.push(List { head: NIL, tail: NIL, len: 0 });
    }

    /// Appends the job to its request's list.
    pub(crate) fn push(&mut self, jobs: &mut JobTable, job: JobId) {
        let slot = job.slot();
        let list = &mut self.lists[jobs.row(job).request.index()];
        let tail = list.tail;
        let row = jobs.row_mut(job);
        (row.prev, row.next) = (tail, NIL);
        if tail == NIL {
            list.head = slot;
        } else {
            jobs.at_mut(tail).next = slot;
        }
        list.tail = slot;
        list.len += 1;
        self.len += 1;
    }

    /// Takes the job out of its list, and yields where it stood, for [`WaitQueue::relink`].
    pub(crate) fn unlink(&mut self, jobs: &mut JobTable, job: JobId) -> Links {
        let row = jobs.row(job);
        let (prev, next, request) = (row.prev, row.next, row.request);
        let list = &mut self.lists[request.index()];
        if prev == NIL {
            list.head = next;
        } else {
            jobs.at_mut(prev).next = next;
        }
        if next == NIL {
            list.tail = prev;
        } else {
            jobs.at_mut(next).prev = prev;
        }
        list.len -= 1;
        self.len -= 1;
        Links { prev, next }
    }

    /// Undoes the latest `unlink` that was not undone: the job stands where it stood.
    pub(crate) fn relink(&mut self, jobs: &mut JobTable, job: JobId, links: Links) {
        let Links { prev, next } = links;
        let row = jobs.row_mut(job);
        (row.prev, row.next) = (prev, next);
        let request = row.request;
        let list = &mut self.lists[request.index()];
        if prev == NIL {
            list.head = job.slot();
        } else {
            jobs.at_mut(prev).next = job.slot();
        }
        if next == NIL {
            list.tail = job.slot();
        } else {
            jobs.at_mut(next).prev = job.slot();
        }
        list.len += 1;
        self.len += 1;
    }

    /// Jobs that wait.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Jobs with this request that wait.
    pub(crate) fn len_of(&self, request: RequestId) -> u32 {
        self.lists.get(request.index()).map_or(0, |list| list.len)
    }

    /// Waiting jobs of one request, in order of entry.
    pub(crate) fn of<'a>(
        &'a self,
        jobs: &'a JobTable,
        request: RequestId,
    ) -> impl Iterator<Item = JobId> + use<'a> {
        let mut at = self.lists.get(request.index()).map_or(NIL, |list| list.head);
        std::iter::from_fn(move || {
            if at == NIL {
                return None;
            }
            let row = jobs.at(at);
            at = row.next;
            Some(row.id)
        })
    }
}
