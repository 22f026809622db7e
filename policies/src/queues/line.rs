//! Lines: the waiting jobs of one queue that ask for the same, and heaps of the lines of its children.
//!
//! What does not fit is a request, whoever asks for it, and what is refused by a limit is a request of a queue. So
//! each queue keeps a line per request that waits in or below it, and each line of an inner queue a heap of its
//! children's lines: a request that does not fit is passed over on every level without looking at who wants it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::{JobId, RequestId, Resources, View};

use super::fraction::Fraction;
use super::share::{Child, Key, Next};
use super::tree::{NIL, ROOT, Tree};
use crate::order::OrderKey;

/// The jobs with one request in one queue.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) node: u32,
    pub(super) request: RequestId,
    /// The same request in the parent queue.
    parent: u32,
    /// A limit refuses it for now: it is not in the parent's heap.
    is_closed: bool,
    /// The job that would be next.
    pub(super) next: Option<Next>,
    key: Key,
    /// Place in the parent's heap, or `NIL`.
    place: u32,
    /// Place in the list of its queue's lines, or `NIL`.
    listed: u32,
    /// Lines of the children, the first by key on top.
    heap: Vec<u32>,
    /// Jobs of a leaf. Those that have left otherwise are dropped when they come up.
    jobs: BinaryHeap<Reverse<(OrderKey, JobId)>>,
    /// Each task's request, and how many have to start together.
    pub(super) demand: Resources,
    pub(super) tasks: u32,
}

impl Tree {
    /// A job enters its leaf.
    pub(super) fn push(&mut self, leaf: u32, key: OrderKey, job: JobId, view: View<'_>) {
        let request = view.job(job).request();
        if !self.nodes[leaf as usize].is_strict {
            let line = self.line(leaf, request, view);
            self.lines[line as usize].jobs.push(Reverse((key, job)));
            self.clean(line, view);
            return;
        }
        let shown = self.nodes[leaf as usize].shown;
        self.nodes[leaf as usize].jobs.push(Reverse((key, job, request)));
        if shown != NIL {
            let first = self.lines[shown as usize].jobs.peek();
            if first.is_some_and(|&Reverse(first)| first <= (key, job)) {
                return;
            }
            if let Some(Reverse((key, job))) = self.lines[shown as usize].jobs.pop() {
                let request = self.lines[shown as usize].request;
                self.nodes[leaf as usize].jobs.push(Reverse((key, job, request)));
            }
            self.nodes[leaf as usize].shown = NIL;
            self.set_next(shown, None);
        }
        self.show(leaf, view);
    }

    /// Shows the first job of a strict leaf.
    fn show(&mut self, leaf: u32, view: View<'_>) {
        while let Some(Reverse((key, job, request))) = self.nodes[leaf as usize].jobs.pop() {
            if view.is_waiting(job) {
                let line = self.line(leaf, request, view);
                self.nodes[leaf as usize].shown = line;
                self.lines[line as usize].jobs.push(Reverse((key, job)));
                self.set_next(line, Some(self.next_of(line, key, job, view)));
                return;
            }
        }
    }

    /// Drops jobs that do not wait any more from the front of a leaf's line, and puts the line where it belongs.
    pub(super) fn clean(&mut self, line: u32, view: View<'_>) {
        let own = &mut self.lines[line as usize];
        while own.jobs.peek().is_some_and(|&Reverse((_, job))| !view.is_waiting(job)) {
            own.jobs.pop();
        }
        let first = own.jobs.peek().map(|&Reverse(first)| first);
        let leaf = own.node;
        let next = first.map(|(key, job)| self.next_of(line, key, job, view));
        self.set_next(line, next);
        if next.is_none() && self.nodes[leaf as usize].shown == line {
            self.nodes[leaf as usize].shown = NIL;
            self.show(leaf, view);
        }
    }

    fn next_of(&self, line: u32, key: OrderKey, job: JobId, view: View<'_>) -> Next {
        let (facts, node) = (view.job(job).facts(), self.lines[line as usize].node);
        let priority = i64::from(facts.priority) + self.nodes[node as usize].priority;
        Next { job, submit_ns: facts.submit.as_ns(), priority, key }
    }

    /// The line of a request in a queue, new if there is none, with those above it.
    fn line(&mut self, node: u32, request: RequestId, view: View<'_>) -> u32 {
        if let Some(&line) = self.line_ids.get(&(node, request)) {
            return line;
        }
        let parent = match self.nodes[node as usize].parent {
            NIL => NIL,
            parent => self.line(parent, request, view),
        };
        let asked = view.request(request);
        let tasks = match asked.gang {
            sim_core::Gang::AllOrNothing => asked.tasks,
            sim_core::Gang::Elastic { min } => min,
            sim_core::Gang::Independent => 1,
        };
        let line = self.lines.len() as u32;
        self.lines.push(Line {
            node,
            request,
            parent,
            is_closed: false,
            next: None,
            key: Key::share(Fraction::ZERO),
            place: NIL,
            listed: NIL,
            heap: Vec::new(),
            jobs: BinaryHeap::new(),
            demand: *view.words().shape_of(asked.shape).need(),
            tasks,
        });
        self.line_ids.insert((node, request), line);
        line
    }

    /// The line, of a leaf below `from`, that holds the job to try next. If `all`, requests that do not fit are not
    /// passed over.
    pub(super) fn pick(&self, from: u32, all: bool) -> Option<u32> {
        self.pick_of(from, |line| all || !self.blocked.is(line.request))
    }

    /// The line, of a leaf below `from`, that holds the job to try next among those whose requests are `wanted`.
    pub(super) fn pick_of(&self, from: u32, wanted: impl Fn(&Line) -> bool) -> Option<u32> {
        let mut node = from;
        while self.nodes[node as usize].rule.is_some() {
            let mut best: Option<(u32, (Key, JobId))> = None;
            for &line in &self.nodes[node as usize].lines {
                let own = &self.lines[line as usize];
                if let Some(&top) = own.heap.first()
                    && self.is_open_below(line, from)
                    && wanted(own)
                {
                    let rank = self.rank(top);
                    if best.is_none_or(|(_, least)| rank < least) {
                        best = Some((top, rank));
                    }
                }
            }
            let (line, _) = best?;
            node = self.lines[line as usize].node;
        }
        let lines = self.nodes[node as usize].lines.iter().copied();
        let open = lines.filter(|&n| self.is_open_below(n, from) && wanted(&self.lines[n as usize]));
        open.min_by_key(|&line| self.lines[line as usize].next.map(|next| (next.key, next.job)))
    }

    /// True if no limit keeps the request out, from this queue up to `from`.
    fn is_open_below(&self, line: u32, from: u32) -> bool {
        let mut own = &self.lines[line as usize];
        while !own.is_closed {
            if own.node == from || own.parent == NIL {
                return true;
            }
            own = &self.lines[own.parent as usize];
        }
        false
    }

    /// True if a job of the queue could be tried now, as far as is known.
    pub(super) fn is_open(&self, node: u32) -> bool {
        let is_open = |&line: &u32| {
            self.is_open_below(line, ROOT) && !self.blocked.is(self.lines[line as usize].request)
        };
        self.nodes[node as usize].lines.iter().any(is_open)
    }

    /// A queue refuses the request, until what queue `until` holds has changed.
    pub(super) fn refuse(&mut self, node: u32, request: RequestId, until: u32) {
        // A job that is tried out of turn may be refused again, or stand behind another in a strict leaf.
        if let Some(&line) = self.line_ids.get(&(node, request))
            && !self.lines[line as usize].is_closed
        {
            self.close(line, until);
        }
    }

    /// Puts the line of a leaf in order after one of its jobs started out of turn.
    pub(super) fn refresh(&mut self, leaf: u32, request: RequestId, view: View<'_>) {
        if let Some(&line) = self.line_ids.get(&(leaf, request)) {
            self.clean(line, view);
        }
    }

    /// Forgets all waiting jobs.
    pub(super) fn clear_lines(&mut self) {
        self.lines.clear();
        self.line_ids.clear();
        self.reopening.clear();
        for node in &mut self.nodes {
            node.lines.clear();
            node.closed.clear();
            node.jobs.clear();
            (node.shown, node.active_users) = (NIL, 0);
        }
    }

    /// Keeps a line out until what queue `until` holds has changed.
    pub(super) fn close(&mut self, line: u32, until: u32) {
        assert!(!self.lines[line as usize].is_closed, "line {line} was refused twice");
        self.lines[line as usize].is_closed = true;
        self.nodes[until as usize].closed.push(line);
        self.settle(line);
    }

    /// Opens what waits for a change of this queue.
    pub(super) fn reopen(&mut self, node: u32) {
        while let Some(line) = self.nodes[node as usize].closed.pop() {
            self.lines[line as usize].is_closed = false;
            self.settle(line);
        }
    }

    /// Opens what waits for queues that have changed.
    pub(super) fn reopen_changed(&mut self) {
        while let Some(node) = self.reopening.pop() {
            self.reopen(node);
        }
    }

    /// The share of a queue has changed: its lines move among those of its siblings.
    pub(super) fn rekey(&mut self, node: u32) {
        for n in 0..self.nodes[node as usize].lines.len() {
            self.settle(self.nodes[node as usize].lines[n]);
        }
    }

    fn set_next(&mut self, line: u32, next: Option<Next>) {
        if self.lines[line as usize].next != next {
            self.enter_next(line, next);
            self.settle(line);
        }
    }

    /// Sets the next job, and lists the line with its queue while there is one.
    fn enter_next(&mut self, line: u32, next: Option<Next>) {
        let own = &mut self.lines[line as usize];
        own.next = next;
        let node = &mut self.nodes[own.node as usize];
        let had = node.lines.len();
        if next.is_some() && own.listed == NIL {
            own.listed = had as u32;
            node.lines.push(line);
        } else if next.is_none() && own.listed != NIL {
            let at = std::mem::replace(&mut own.listed, NIL);
            node.lines.swap_remove(at as usize);
            if let Some(&moved) = node.lines.get(at as usize) {
                self.lines[moved as usize].listed = at;
            }
        }
        let (has, parent, is_user) = (node.lines.len(), node.parent, node.is_user);
        if is_user && (had == 0) != (has == 0) {
            let queue = &mut self.nodes[parent as usize];
            queue.active_users = if has > 0 { queue.active_users + 1 } else { queue.active_users - 1 };
            self.reopening.push(parent);
        }
    }

    /// Puts a line where it belongs among its siblings, and then those above it whose next job has changed by that.
    fn settle(&mut self, mut line: u32) {
        loop {
            let (parent, place) = (self.lines[line as usize].parent, self.lines[line as usize].place);
            if parent == NIL {
                return;
            }
            let wanted = self.lines[line as usize].next.is_some() && !self.lines[line as usize].is_closed;
            match (place == NIL, wanted) {
                (true, false) => return,
                (true, true) => {
                    self.lines[line as usize].key = self.key_of(line);
                    let at = self.lines[parent as usize].heap.len();
                    self.lines[parent as usize].heap.push(line);
                    self.sift_up(parent, at);
                }
                (false, false) => self.take_out(parent, place as usize),
                (false, true) => {
                    self.lines[line as usize].key = self.key_of(line);
                    self.sift_up(parent, place as usize);
                    self.sift_down(parent, self.lines[line as usize].place as usize);
                }
            }
            let more = self.nodes[self.lines[parent as usize].node as usize].priority;
            let top = self.lines[parent as usize].heap.first();
            let next = top.and_then(|&top| self.lines[top as usize].next);
            let next = next.map(|next| Next { priority: next.priority + more, ..next });
            if self.lines[parent as usize].next == next {
                return;
            }
            self.enter_next(parent, next);
            line = parent;
        }
    }

    fn key_of(&self, line: u32) -> Key {
        let own = &self.lines[line as usize];
        let node = &self.nodes[own.node as usize];
        let rule = self.nodes[node.parent as usize].rule.as_ref().expect("a parent has a rule");
        rule.key(&Child {
            held: &node.held,
            rescaled: node.rescaled.as_ref(),
            total: &self.total,
            weight_ppm: node.weight_ppm,
            guaranteed_ppm: node.guaranteed_ppm,
            quota: &node.quota,
            usage: node.usage.shown,
            demand: &own.demand,
            tasks: own.tasks,
            next: own.next.as_ref().expect("a line in a heap has a job"),
        })
    }

    #[inline]
    fn rank(&self, line: u32) -> (Key, JobId) {
        let own = &self.lines[line as usize];
        (own.key, own.next.expect("a line in a heap has a job").job)
    }

    fn take_out(&mut self, parent: u32, at: usize) {
        let gone = self.lines[parent as usize].heap.swap_remove(at);
        self.lines[gone as usize].place = NIL;
        if at < self.lines[parent as usize].heap.len() {
            let moved = self.lines[parent as usize].heap[at];
            self.sift_up(parent, at);
            self.sift_down(parent, self.lines[moved as usize].place as usize);
        }
    }

    fn sift_up(&mut self, parent: u32, mut at: usize) {
        let line = self.lines[parent as usize].heap[at];
        let rank = self.rank(line);
        while at > 0 {
            let above = self.lines[parent as usize].heap[(at - 1) / 2];
            if self.rank(above) <= rank {
                break;
            }
            self.put(parent, at, above);
            at = (at - 1) / 2;
        }
        self.put(parent, at, line);
    }

    fn sift_down(&mut self, parent: u32, mut at: usize) {
        let line = self.lines[parent as usize].heap[at];
        let (rank, len) = (self.rank(line), self.lines[parent as usize].heap.len());
        while 2 * at + 1 < len {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let of = |n: usize| self.rank(self.lines[parent as usize].heap[n]);
            let below = if right < len && of(right) < of(left) { right } else { left };
            if rank <= of(below) {
                break;
            }
            self.put(parent, at, self.lines[parent as usize].heap[below]);
            at = below;
        }
        self.put(parent, at, line);
    }

    #[inline]
    fn put(&mut self, parent: u32, at: usize, line: u32) {
        self.lines[parent as usize].heap[at] = line;
        self.lines[line as usize].place = at as u32;
    }
}
