//! The list of running jobs, in the order in which their ends are taken in.

use sim_core::{RunId, SimTime};

/// A running job.
#[derive(Clone, Copy, Debug)]
struct Entry {
    run: RunId,
    /// Nodes that it holds.
    nodes: u64,
    expected_end: SimTime,
    /// Its place before the list was sorted: equals keep theirs.
    place: usize,
    /// True if it has ended, but that has not been taken in.
    ended: bool,
}

/// Jobs that run, or whose end has not been taken in.
///
/// The original also sorts its list by true ends, which are equal where it matters: among the ends of one instant.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    entries: Vec<Entry>,
    /// Nodes of all entries.
    held: u64,
    /// Entries that have ended.
    ended: usize,
}

impl Running {
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        (self.held, self.ended) = (0, 0);
    }

    /// Nodes that are held, by what was taken in.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Appends a job that has just started.
    pub(super) fn add(&mut self, run: RunId, nodes: u64, expected_end: SimTime) {
        self.held += nodes;
        self.entries.push(Entry { run, nodes, expected_end, place: 0, ended: false });
    }

    /// The execution has ended; that is to be taken in.
    pub(super) fn end(&mut self, run: RunId) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.run == run && !entry.ended) {
            entry.ended = true;
            self.ended += 1;
        }
    }

    /// Takes in the next end; false if there is none.
    pub(super) fn release_one(&mut self) -> bool {
        if self.ended == 0 {
            return false;
        }
        let first = self.entries.iter().position(|entry| entry.ended).expect("some were counted");
        self.held -= self.entries.remove(first).nodes;
        self.ended -= 1;
        true
    }

    /// The expected end at which `free` nodes have grown to `need`, or the last one; `None` if nothing runs. Leaves
    /// the list sorted by expected ends.
    pub(super) fn shadow(&mut self, mut free: u64, need: u64) -> Option<SimTime> {
        for (place, entry) in self.entries.iter_mut().enumerate() {
            entry.place = place;
        }
        self.entries.sort_unstable_by_key(|entry| (entry.expected_end, entry.place));
        let mut last = None;
        for entry in &self.entries {
            (free, last) = (free + entry.nodes, Some(entry.expected_end));
            if free >= need {
                break;
            }
        }
        last
    }
}
