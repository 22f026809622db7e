//! Waiting jobs by request, with the question: which is the first in order that is short enough?

use sim_core::{JobId, RequestId, SimDuration};

use crate::order::OrderKey;

const NIL: u32 = u32::MAX;

/// A job's place among the candidates.
pub(super) type Place = (OrderKey, JobId);

#[derive(Clone, Debug)]
struct Node {
    place: Place,
    span: SimDuration,
    /// The shortest span below and here.
    least: SimDuration,
    request: RequestId,
    left: u32,
    right: u32,
}

/// One treap per request, ordered by place, with the least span of each subtree.
///
/// # Cost
/// O(log waiting) per change and question, expected; heap priorities are a hash of the job's number.
/// # Source
/// Seidel and Aragon, "Randomized search trees", Algorithmica 1996.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    nodes: Vec<Node>,
    free: Vec<u32>,
    roots: Vec<u32>,
    /// The node of each job, by the job's slot.
    node_of: Vec<u32>,
}

impl Candidates {
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.free.clear();
        self.roots.clear();
        self.node_of.clear();
    }

    /// Requests that have had a candidate: their ids are below this.
    pub(super) fn requests(&self) -> usize {
        self.roots.len()
    }

    /// True if no job of the request is a candidate.
    #[inline]
    pub(super) fn is_empty(&self, request: RequestId) -> bool {
        self.roots.get(request.index()).is_none_or(|&root| root == NIL)
    }

    /// Enters a job, in place of an earlier entry of it.
    pub(super) fn insert(&mut self, place: Place, request: RequestId, span: SimDuration) {
        self.remove(place.1);
        if request.index() >= self.roots.len() {
            self.roots.resize(request.index() + 1, NIL);
        }
        let node = Node { place, span, least: span, request, left: NIL, right: NIL };
        let new = match self.free.pop() {
            Some(at) => {
                self.nodes[at as usize] = node;
                at
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() as u32 - 1
            }
        };
        let slot = place.1.slot() as usize;
        if slot >= self.node_of.len() {
            self.node_of.resize(slot + 1, NIL);
        }
        self.node_of[slot] = new;
        let root = self.roots[request.index()];
        self.roots[request.index()] = self.insert_below(root, new);
    }

    /// Takes a job out, if it is in.
    pub(super) fn remove(&mut self, job: JobId) {
        let Some(&at) = self.node_of.get(job.slot() as usize) else { return };
        if at == NIL || self.nodes[at as usize].place.1 != job {
            return;
        }
        self.node_of[job.slot() as usize] = NIL;
        let (place, request) = (self.nodes[at as usize].place, self.nodes[at as usize].request);
        let root = self.roots[request.index()];
        self.roots[request.index()] = self.remove_below(root, place);
        self.free.push(at);
    }

    /// The first job of the request after `after` whose span is at most `span`.
    pub(super) fn first(
        &self,
        request: RequestId,
        after: Option<Place>,
        span: SimDuration,
    ) -> Option<(Place, SimDuration)> {
        let root = *self.roots.get(request.index())?;
        let found = self.first_below(root, after, span)?;
        let node = &self.nodes[found as usize];
        Some((node.place, node.span))
    }

    fn first_below(&self, mut at: u32, after: Option<Place>, span: SimDuration) -> Option<u32> {
        while at != NIL {
            let node = &self.nodes[at as usize];
            if node.least > span {
                return None;
            }
            if after.is_some_and(|after| node.place <= after) {
                at = node.right;
                continue;
            }
            if let Some(found) = self.first_below(node.left, after, span) {
                return Some(found);
            }
            if node.span <= span {
                return Some(at);
            }
            // All that follows is after `after`, so that each step down finds what it looks for.
            return self.first_below(node.right, None, span);
        }
        None
    }

    fn priority(&self, at: u32) -> u64 {
        // The finaliser of MurmurHash3 (Appleby, 2011): numbers in sequence become a random heap.
        let mut bits = self.nodes[at as usize].place.1.sequence().wrapping_add(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ bits >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
        bits = (bits ^ bits >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        bits ^ bits >> 33
    }

    fn least(&self, at: u32) -> SimDuration {
        if at == NIL { SimDuration::MAX } else { self.nodes[at as usize].least }
    }

    fn refresh(&mut self, at: u32) {
        let node = &self.nodes[at as usize];
        let least = node.span.min(self.least(node.left)).min(self.least(node.right));
        self.nodes[at as usize].least = least;
    }

    fn insert_below(&mut self, at: u32, new: u32) -> u32 {
        if at == NIL {
            return new;
        }
        let place = self.nodes[new as usize].place;
        if self.priority(new) > self.priority(at) {
            let (left, right) = self.split(at, place);
            (self.nodes[new as usize].left, self.nodes[new as usize].right) = (left, right);
            self.refresh(new);
            return new;
        }
        if place < self.nodes[at as usize].place {
            let below = self.insert_below(self.nodes[at as usize].left, new);
            self.nodes[at as usize].left = below;
        } else {
            let below = self.insert_below(self.nodes[at as usize].right, new);
            self.nodes[at as usize].right = below;
        }
        self.refresh(at);
        at
    }

    /// Those before `place`, and the others.
    fn split(&mut self, at: u32, place: Place) -> (u32, u32) {
        if at == NIL {
            return (NIL, NIL);
        }
        if self.nodes[at as usize].place < place {
            let (left, right) = self.split(self.nodes[at as usize].right, place);
            self.nodes[at as usize].right = left;
            self.refresh(at);
            (at, right)
        } else {
            let (left, right) = self.split(self.nodes[at as usize].left, place);
            self.nodes[at as usize].left = right;
            self.refresh(at);
            (left, at)
        }
    }

    fn remove_below(&mut self, at: u32, place: Place) -> u32 {
        assert_ne!(at, NIL, "{place:?} is not in its tree");
        let here = self.nodes[at as usize].place;
        if here == place {
            return self.join(self.nodes[at as usize].left, self.nodes[at as usize].right);
        }
        if place < here {
            let below = self.remove_below(self.nodes[at as usize].left, place);
            self.nodes[at as usize].left = below;
        } else {
            let below = self.remove_below(self.nodes[at as usize].right, place);
            self.nodes[at as usize].right = below;
        }
        self.refresh(at);
        at
    }

    fn join(&mut self, left: u32, right: u32) -> u32 {
        if left == NIL || right == NIL {
            return if left == NIL { right } else { left };
        }
        if self.priority(left) > self.priority(right) {
            let below = self.join(self.nodes[left as usize].right, right);
            self.nodes[left as usize].right = below;
            self.refresh(left);
            left
        } else {
            let below = self.join(left, self.nodes[right as usize].left);
            self.nodes[right as usize].left = below;
            self.refresh(right);
            right
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::Stream;
    use sim_core::testkit::{Case, cpu};

    /// Ids of jobs, which only an engine deals out.
    fn ids(count: u64) -> Vec<JobId> {
        let mut case = Case::new().nodes(1, cpu(1));
        for _ in 0..count {
            case.job(0, 1).add();
        }
        let mut ids: Vec<JobId> = case.decision_at(0).view().waiting().collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn the_first_short_job_is_that_of_a_plain_search() {
        let (mut stream, mut tree) = (Stream::new(1, "test/candidates"), Candidates::default());
        let ids = ids(300);
        let mut model: Vec<Option<(Place, RequestId, SimDuration)>> = vec![None; ids.len()];
        for _ in 0..20_000 {
            let (n, request) = (stream.below(300) as usize, RequestId(stream.below(3) as u32));
            if stream.below(3) == 0 {
                tree.remove(ids[n]);
                model[n] = None;
            } else {
                let place = (OrderKey::ascending(stream.below(40)), ids[n]);
                let span = SimDuration::from_secs(stream.below(100));
                tree.insert(place, request, span);
                model[n] = Some((place, request, span));
            }
            let limit = SimDuration::from_secs(stream.below(60));
            let after = (stream.below(2) == 0)
                .then(|| (OrderKey::ascending(stream.below(40)), ids[stream.below(300) as usize]));
            let fits = |job: &&(Place, RequestId, SimDuration)| {
                job.1 == request && job.2 <= limit && after.is_none_or(|after| job.0 > after)
            };
            let expected = model.iter().flatten().filter(fits).min().map(|job| (job.0, job.2));
            assert_eq!(tree.first(request, after, limit), expected);
            assert_eq!(tree.is_empty(request), !model.iter().flatten().any(|job| job.1 == request));
        }
    }
}
