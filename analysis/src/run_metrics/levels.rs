//! Levels of the cluster as a whole, integrated over time, and holes, sampled.

use std::collections::VecDeque;

use sim_core::{Idle, Lane, SimDuration, SimTime, View};

use crate::fragmentation::FRAGMENTED;
use crate::integral::Integrals;

/// Levels besides those per lane: jobs waiting, nodes up, stranded capacity of two lanes, idle GPU in FGD's seven
/// categories.
const OTHERS: usize = 11;

/// Allocation, capacity, queue and stranded capacity over time.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// Lanes in which some node has capacity.
    lanes: Vec<Lane>,
    /// Allocated per lane, capacity per lane, then the others, since `last`.
    now: Vec<u64>,
    last: SimTime,
    integrals: Integrals,
    queue_max: u64,
    holes: Holes,
}

/// The state at the end of the window: integrals [level x ns].
pub(super) struct LevelSums<'a> {
    lanes: &'a [Lane],
    sums: Vec<u128>,
}

#[derive(Clone, Debug, Default)]
struct Holes {
    every: Option<SimDuration>,
    next: SimTime,
    /// Samples that a cooldown may still cut off.
    pending: VecDeque<(SimTime, [Option<f64>; 2])>,
    sums: [(f64, u64); 2],
}

impl Levels {
    pub(super) fn new(hole_every: Option<SimDuration>) -> Self {
        Self {
            lanes: Vec::new(),
            now: Vec::new(),
            last: SimTime::ZERO,
            integrals: Integrals::default(),
            queue_max: 0,
            holes: Holes { every: hole_every, ..Holes::default() },
        }
    }

    /// The window begins at `from`.
    pub(super) fn open(&mut self, from: SimTime) {
        self.integrals.open(from);
    }

    /// True if time has gone on since the last event.
    #[inline]
    pub(super) fn is_behind(&self, at: SimTime) -> bool {
        at > self.last
    }

    /// When the levels were last read.
    pub(super) fn last_read(&self) -> SimTime {
        self.last
    }

    /// Lets time pass up to `at`, with the levels as they were last read.
    #[inline]
    pub(super) fn advance(&mut self, at: SimTime) {
        self.integrals.advance(at, &self.now);
        self.last = at;
        if let Some(&queue) = self.now.get(2 * self.lanes.len()) {
            self.queue_max = self.queue_max.max(queue);
        }
    }

    /// Remembers the integrals for a window that may end before now.
    pub(super) fn checkpoint(&mut self, at: SimTime, until: SimTime, more: impl FnOnce(&mut Vec<u128>)) {
        self.integrals.checkpoint(at, until, more);
        self.holes.settle(until);
    }

    /// Reads the levels after an event.
    #[inline]
    pub(super) fn read(&mut self, at: SimTime, view: View<'_>, stranded: [u64; 2], idle: Option<&Idle>) {
        if self.now.is_empty() {
            self.begin(at, view);
        }
        let nodes = view.nodes();
        let (free, capacity) = (nodes.free_total(), nodes.capacity_up());
        let width = self.lanes.len();
        for (n, lane) in self.lanes.iter().enumerate() {
            let lane = lane.index();
            self.now[n] = capacity[lane] - free[lane];
            self.now[width + n] = capacity[lane];
        }
        let others = &mut self.now[2 * width..];
        others[0] = view.waiting_len() as u64;
        others[1] = u64::from(nodes.up());
        others[2..4].copy_from_slice(&stranded);
        if let Some(idle) = idle {
            others[4..].copy_from_slice(&idle.by_category);
        }
        if self.holes.every.is_some() && at >= self.holes.next {
            self.holes.sample(at, view, self.integrals.opened());
        }
    }

    #[cold]
    fn begin(&mut self, at: SimTime, view: View<'_>) {
        let has = |lane: &Lane| view.nodes().capacity().iter().any(|capacity| capacity.get(*lane) > 0);
        self.lanes = Lane::ALL.into_iter().filter(has).collect();
        self.now = vec![0; 2 * self.lanes.len() + OTHERS];
        let opened = self.integrals.opened();
        self.integrals = Integrals::new(self.now.len());
        if let Some(from) = opened {
            self.integrals.open(from);
        }
        self.integrals.advance(at, &self.now);
        self.last = at;
    }

    /// The integrals at `end`; `tenants` appends what it has at `now`. The rest behind the levels is the
    /// tenants'.
    pub(super) fn sums_at(
        &self,
        end: SimTime,
        now: SimTime,
        tenants: impl FnOnce(&mut Vec<u128>),
    ) -> LevelSums<'_> {
        let mut last = self.integrals.sums().to_vec();
        tenants(&mut last);
        LevelSums { lanes: &self.lanes, sums: self.integrals.at(end, now, &last) }
    }

    /// Most jobs that waited between two instants.
    pub(super) fn queue_max(&self) -> u64 {
        self.queue_max.max(self.now.get(2 * self.lanes.len()).copied().unwrap_or(0))
    }

    /// Mean of `1 - largest hole / free` for each of [`FRAGMENTED`], over the samples up to `end`.
    pub(super) fn holes(&mut self, end: SimTime) -> [Option<f64>; 2] {
        self.holes.settle(end);
        self.holes.sums.map(|(sum, count)| (count > 0).then(|| sum / count as f64))
    }
}

impl Holes {
    fn sample(&mut self, at: SimTime, view: View<'_>, opened: Option<SimTime>) {
        let Some(every) = self.every else { return };
        self.next = SimTime::from_ns((at.as_ns() / every.as_ns() + 1).saturating_mul(every.as_ns()));
        if opened.is_none_or(|from| at < from) {
            return;
        }
        let nodes = view.nodes();
        let hole = |lane: Lane| {
            let free = nodes.free_total()[lane.index()];
            (free > 0).then(|| 1.0 - f64::from(nodes.most_free(lane)) / free as f64)
        };
        self.pending.push_back((at, FRAGMENTED.map(hole)));
    }

    /// Counts the samples up to `until`.
    fn settle(&mut self, until: SimTime) {
        while self.pending.front().is_some_and(|(at, _)| *at <= until) {
            let (_, holes) = self.pending.pop_front().expect("the front was seen");
            for ((sum, count), hole) in self.sums.iter_mut().zip(holes) {
                *sum += hole.unwrap_or(0.0);
                *count += u64::from(hole.is_some());
            }
        }
    }
}

impl LevelSums<'_> {
    /// Lanes in which some node has capacity.
    pub(super) fn lanes(&self) -> &[Lane] {
        self.lanes
    }

    /// Allocated in the lane number `n` of [`LevelSums::lanes`].
    pub(super) fn allocated(&self, n: usize) -> u128 {
        self.sums[n]
    }

    /// Capacity in the lane number `n` of [`LevelSums::lanes`].
    pub(super) fn capacity(&self, n: usize) -> u128 {
        self.sums[self.lanes.len() + n]
    }

    fn other(&self, n: usize) -> u128 {
        self.sums.get(2 * self.lanes.len() + n).copied().unwrap_or(0)
    }

    /// Jobs waiting.
    pub(super) fn queue(&self) -> u128 {
        self.other(0)
    }

    /// Nodes up.
    pub(super) fn nodes_up(&self) -> u128 {
        self.other(1)
    }

    /// Stranded in number `n` of [`FRAGMENTED`].
    pub(super) fn stranded(&self, n: usize) -> u128 {
        self.other(2 + n)
    }

    /// Idle GPU in FGD's categories.
    pub(super) fn idle(&self) -> [u128; 7] {
        std::array::from_fn(|n| self.other(4 + n))
    }

    /// Held by tenant number `tenant` in `lane`.
    pub(super) fn tenant(&self, tenant: usize, lane: Lane) -> u128 {
        let first = 2 * self.lanes.len() + OTHERS;
        self.sums.get(first + tenant * 8 + lane.index()).copied().unwrap_or(0)
    }
}
