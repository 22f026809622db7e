//! What runs, by the time at which it should end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::{Event, JobId, RunId, ShapeId, SimTime, View};

const NIL: u32 = u32::MAX;

/// An execution that holds capacity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Held {
    /// When it should end.
    pub(super) end: SimTime,
    /// Its job.
    pub(super) job: JobId,
    /// Its tasks.
    pub(super) tasks: u32,
    /// What each of them holds.
    pub(super) shape: ShapeId,
}

/// What an event of the engine changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    /// Nothing that matters to a plan.
    None,
    /// An execution that was not known of holds capacity.
    Began(Held),
    /// An execution let go of its capacity.
    Ended(Held),
    /// An execution should end at another time now, or is of another width: as it was, and as it is.
    Moved(Held, Held),
}

/// All executions in a heap by their expected ends.
///
/// # Cost
/// O(log running) per change; visiting the first `k` in order takes O(k log k), and leaves the heap as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    heap: Vec<(SimTime, RunId)>,
    /// By execution: its place in the heap, and what it holds.
    place: Vec<u32>,
    held: Vec<Option<Held>>,
    frontier: BinaryHeap<Reverse<(SimTime, RunId, u32)>>,
}

impl Ends {
    /// Forgets all, and takes in what runs now.
    pub(super) fn read(&mut self, view: View<'_>) {
        self.heap.clear();
        self.place.clear();
        self.held.clear();
        for (run, _) in view.running() {
            self.take_in(run, view);
        }
    }

    /// Follows an event that may have come some time before `view`.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) -> Change {
        match *event {
            // The record of an execution that has ended since may be that of another one: the events to come tell.
            Event::Started { job, run } | Event::Resized { job, run } if view.find(job).is_some() => {
                self.take_in(run, view)
            }
            Event::RunEnded { run, .. } | Event::Preempted { run, .. } => {
                self.remove(run).map_or(Change::None, Change::Ended)
            }
            _ => Change::None,
        }
    }

    /// Takes in an execution, or the change of one.
    pub(super) fn take_in(&mut self, run: RunId, view: View<'_>) -> Change {
        let record = view.run(run);
        let Some(job) = view.find(record.job()) else { return Change::None };
        let now = Held {
            end: view.expected_end(run),
            job: record.job(),
            tasks: record.slots().len() as u32,
            shape: job.facts().shape,
        };
        let before = self.get(run);
        if before == Some(now) {
            return Change::None;
        }
        if before.is_some() {
            self.remove(run);
        }
        self.insert(run, now);
        before.map_or(Change::Began(now), |before| Change::Moved(before, now))
    }

    /// What the execution holds, if it does.
    pub(super) fn get(&self, run: RunId) -> Option<Held> {
        self.held.get(run.index()).copied().flatten()
    }

    /// All executions, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RunId, Held)> + use<'_> {
        self.heap.iter().map(|&(_, run)| (run, self.held[run.index()].expect("what is in the heap is held")))
    }

    /// Visits executions by their ends, ties by number, until `visit` yields false.
    pub(super) fn visit(&mut self, mut visit: impl FnMut(SimTime, RunId) -> bool) {
        self.frontier.clear();
        self.frontier.extend(self.heap.first().map(|&(end, run)| Reverse((end, run, 0))));
        while let Some(Reverse((end, run, at))) = self.frontier.pop() {
            if !visit(end, run) {
                return;
            }
            for child in [2 * at + 1, 2 * at + 2] {
                let below = self.heap.get(child as usize);
                self.frontier.extend(below.map(|&(end, run)| Reverse((end, run, child))));
            }
        }
    }

    fn insert(&mut self, run: RunId, held: Held) {
        let n = run.index();
        if n >= self.place.len() {
            self.place.resize(n + 1, NIL);
            self.held.resize(n + 1, None);
        }
        self.held[n] = Some(held);
        self.heap.push((held.end, run));
        self.rise(self.heap.len() - 1);
    }

    fn remove(&mut self, run: RunId) -> Option<Held> {
        let held = self.held.get_mut(run.index())?.take()?;
        let at = std::mem::replace(&mut self.place[run.index()], NIL) as usize;
        let last = self.heap.pop().expect("the execution is in the heap");
        if at < self.heap.len() {
            self.heap[at] = last;
            self.sink(at);
            self.rise(at);
        }
        Some(held)
    }

    fn rise(&mut self, mut at: usize) {
        let entry = self.heap[at];
        while at > 0 && entry < self.heap[(at - 1) / 2] {
            self.put(at, self.heap[(at - 1) / 2]);
            at = (at - 1) / 2;
        }
        self.put(at, entry);
    }

    fn sink(&mut self, mut at: usize) {
        let entry = self.heap[at];
        loop {
            let left = 2 * at + 1;
            let right = left + 1;
            let Some(&first) = self.heap.get(left) else { break };
            let second = self.heap.get(right).copied();
            let (child, below) = match second {
                Some(second) if second < first => (right, second),
                _ => (left, first),
            };
            if entry <= below {
                break;
            }
            self.put(at, below);
            at = child;
        }
        self.put(at, entry);
    }

    fn put(&mut self, at: usize, entry: (SimTime, RunId)) {
        self.heap[at] = entry;
        self.place[entry.1.index()] = at as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::Stream;
    use std::collections::BTreeSet;

    fn held(end: u64) -> Held {
        let mut case = sim_core::testkit::Case::new().nodes(1, sim_core::testkit::cpu(1));
        case.job(0, 1).add();
        let job = case.decision_at(0).view().waiting().next().unwrap();
        Held { end: SimTime::from_secs(end), job, tasks: 1, shape: ShapeId(0) }
    }

    #[test]
    fn executions_come_in_order_of_their_ends_whatever_came_and_went() {
        let (mut stream, mut ends) = (Stream::new(1, "test/ends"), Ends::default());
        let (mut model, sample) = (BTreeSet::new(), held(0));
        let mut at = vec![None; 200];
        for _ in 0..5000 {
            let run = RunId(stream.below(200) as u32);
            if let Some(end) = at[run.index()].take() {
                model.remove(&(end, run));
                assert_eq!(ends.remove(run).map(|held| held.end), Some(end));
            } else {
                let end = SimTime::from_secs(stream.below(50));
                at[run.index()] = Some(end);
                model.insert((end, run));
                ends.insert(run, Held { end, ..sample });
            }
            let wanted = stream.below(20) as usize;
            let mut seen = Vec::new();
            ends.visit(|end, run| {
                seen.push((end, run));
                seen.len() < wanted
            });
            let first: Vec<_> = model.iter().copied().take(wanted.max(1)).collect();
            assert_eq!(seen, first);
        }
    }
}
