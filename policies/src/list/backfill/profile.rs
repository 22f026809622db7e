//! What should be free when: a step function of time with one amount per lane.

use std::collections::VecDeque;

use sim_core::{SimDuration, SimTime};

/// Steps per block at most. Between 32 and 128 it makes little difference.
const BLOCK: usize = 64;

/// Amounts in all lanes: negative where more was promised than there is.
pub(super) type Amounts = [i64; 8];

/// Consecutive steps.
#[derive(Clone, Debug, Default)]
struct Block {
    times: Vec<SimTime>,
    /// Amounts of each step in the kept lanes, less `raise`.
    free: Vec<i64>,
    low: Amounts,
    high: Amounts,
    /// What is to be added to every step.
    raise: Amounts,
}

/// The capacity of the whole cluster that should be free, from now on.
///
/// Steps stand in blocks with the least and the most of each lane, so that a search leaves out blocks in which every
/// step or none has enough, and a change that covers a block touches only its summary.
///
/// # Cost
/// With n steps: O(n / 64) for a search that passes over everything, O(64 + covered blocks) for a change.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    /// Lanes that the cluster has, by column.
    lanes: Vec<usize>,
    blocks: VecDeque<Block>,
    spare: Vec<Block>,
}

impl Profile {
    /// All of `free` is free from `now` on; lanes of which the cluster has nothing, up or not, are not looked at.
    pub(super) fn reset(&mut self, now: SimTime, free: &[u64; 8], capacity: &[u64; 8]) {
        self.spare.extend(self.blocks.drain(..));
        self.lanes.clear();
        self.lanes.extend((0..8).filter(|&lane| capacity[lane] > 0));
        let mut block = self.fresh();
        block.times.push(now);
        let amount = |&lane: &usize| i64::try_from(free[lane]).expect("a sum of 32-bit amounts fits");
        block.free.extend(self.lanes.iter().map(amount));
        self.refresh(&mut block);
        self.blocks.push_back(block);
    }

    /// Steps that are kept.
    #[cfg(test)]
    fn steps(&self) -> usize {
        self.blocks.iter().map(|block| block.times.len()).sum()
    }

    /// Forgets what is past.
    pub(super) fn forget(&mut self, now: SimTime) {
        while self.blocks.get(1).is_some_and(|next| next.times[0] <= now) {
            let gone = self.blocks.pop_front().expect("there are two blocks");
            self.spare.push(gone);
        }
    }

    /// Adds `amounts` to what is free in `[from, to)`; not before the first step.
    pub(super) fn add(&mut self, from: SimTime, to: SimTime, amounts: &Amounts) {
        let Some(first) = self.blocks.front() else { return };
        let from = from.max(first.times[0]);
        if from >= to {
            return;
        }
        self.step_at(from);
        if to != SimTime::MAX {
            self.step_at(to);
        }
        let (mut b, mut n) = self.find(from);
        while let Some(block) = self.blocks.get_mut(b) {
            if block.times[0] >= to {
                break;
            }
            let last = block.times[block.times.len() - 1];
            if n == 0 && last < to {
                for &lane in &self.lanes {
                    block.raise[lane] += amounts[lane];
                }
            } else {
                let end = block.times.partition_point(|&time| time < to);
                let width = self.lanes.len();
                for step in block.free[n * width..end * width].chunks_exact_mut(width.max(1)) {
                    for (amount, &lane) in step.iter_mut().zip(&self.lanes) {
                        *amount += amounts[lane];
                    }
                }
                let mut changed = std::mem::take(block);
                self.refresh(&mut changed);
                self.blocks[b] = changed;
            }
            (b, n) = (b + 1, 0);
        }
    }

    /// The earliest time from `after` on at which `need` is free for `span`.
    pub(super) fn earliest(&self, after: SimTime, span: SimDuration, need: &Amounts) -> Option<SimTime> {
        // What no node has is never free.
        if (0..8).any(|lane| need[lane] > 0 && !self.lanes.contains(&lane)) {
            return None;
        }
        let mut at = self.find(after.max(self.blocks.front()?.times[0]));
        loop {
            at = self.next(at, need, true)?;
            let start = self.blocks[at.0].times[at.1].max(after);
            let end = start.saturating_add(span);
            match self.next(at, need, false) {
                Some(short) if self.blocks[short.0].times[short.1] < end => at = short,
                _ => return Some(start),
            }
        }
    }

    /// The first time from `after` on at which `need` is free, for however long.
    pub(super) fn room_from(&self, after: SimTime, need: &Amounts) -> Option<SimTime> {
        let from = self.find(after.max(self.blocks.front()?.times[0]));
        let (b, n) = self.next(from, need, true)?;
        Some(self.blocks[b].times[n].max(after))
    }

    /// The first step at or after `at` that has enough of everything, or has not.
    fn next(&self, at: (usize, usize), need: &Amounts, enough: bool) -> Option<(usize, usize)> {
        let (mut b, mut n) = at;
        while let Some(block) = self.blocks.get(b) {
            let may_be = if enough {
                self.lanes.iter().all(|&lane| block.high[lane] + block.raise[lane] >= need[lane])
            } else {
                self.lanes.iter().any(|&lane| block.low[lane] + block.raise[lane] < need[lane])
            };
            if may_be && let Some(found) = self.next_in(block, n, need, enough) {
                return Some((b, found));
            }
            (b, n) = (b + 1, 0);
        }
        None
    }

    fn next_in(&self, block: &Block, from: usize, need: &Amounts, enough: bool) -> Option<usize> {
        if let [lane] = self.lanes[..] {
            let least = need[lane] - block.raise[lane];
            let found = block.free[from..].iter().position(|&free| (free >= least) == enough);
            return found.map(|n| from + n);
        }
        let width = self.lanes.len();
        (from..block.times.len()).find(|&n| {
            let step = &block.free[n * width..(n + 1) * width];
            let has =
                step.iter().zip(&self.lanes).all(|(&free, &lane)| free + block.raise[lane] >= need[lane]);
            has == enough
        })
    }

    /// The step that `time` is in.
    fn find(&self, time: SimTime) -> (usize, usize) {
        let b = self.blocks.partition_point(|block| block.times[0] <= time) - 1;
        (b, self.blocks[b].times.partition_point(|&step| step <= time) - 1)
    }

    /// Makes a step begin at `time`.
    fn step_at(&mut self, time: SimTime) {
        let (b, n) = self.find(time);
        let width = self.lanes.len();
        let block = &mut self.blocks[b];
        if block.times[n] == time {
            return;
        }
        // Least and most stay what they are: the amounts are those of the step that is cut.
        block.times.insert(n + 1, time);
        let end = block.free.len();
        block.free.extend_from_within(end - width..);
        block.free.copy_within(n * width..end - width, (n + 1) * width);
        if block.times.len() > BLOCK {
            self.halve(b);
        }
    }

    fn halve(&mut self, b: usize) {
        let (mut later, width) = (self.fresh(), self.lanes.len());
        let mut block = std::mem::take(&mut self.blocks[b]);
        later.times.extend(block.times.drain(BLOCK / 2..));
        later.free.extend(block.free.drain(BLOCK / 2 * width..));
        later.raise = block.raise;
        self.refresh(&mut block);
        self.refresh(&mut later);
        self.blocks[b] = block;
        self.blocks.insert(b + 1, later);
    }

    fn fresh(&mut self) -> Block {
        let mut block = self.spare.pop().unwrap_or_default();
        block.times.clear();
        block.free.clear();
        block.raise = [0; 8];
        block
    }

    fn refresh(&self, block: &mut Block) {
        let width = self.lanes.len();
        for (k, &lane) in self.lanes.iter().enumerate() {
            let amounts = block.free.iter().skip(k).step_by(width);
            let (low, high) = amounts.fold((i64::MAX, i64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
            (block.low[lane], block.high[lane]) = (low, high);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::Stream;

    fn secs(secs: u64) -> SimTime {
        SimTime::from_secs(secs)
    }

    #[test]
    fn a_hole_that_is_long_enough_is_found() {
        let mut profile = Profile::default();
        profile.reset(secs(0), &[10, 0, 0, 0, 0, 0, 0, 0], &[10, 0, 0, 0, 0, 0, 0, 0]);
        let need = |n: i64| [n, 0, 0, 0, 0, 0, 0, 0];
        profile.add(secs(0), secs(10), &need(-8));
        profile.add(secs(20), secs(30), &need(-5));
        let earliest = |after, span, n| profile.earliest(secs(after), SimDuration::from_secs(span), &need(n));
        assert_eq!(earliest(0, 100, 2), Some(secs(0)));
        assert_eq!(earliest(0, 10, 6), Some(secs(10)));
        assert_eq!(earliest(0, 11, 6), Some(secs(30)));
        assert_eq!(earliest(12, 9, 6), Some(secs(30)));
        assert_eq!(earliest(12, 8, 6), Some(secs(12)));
        assert_eq!(earliest(0, 1, 11), None);
        let memory = [1, 1, 0, 0, 0, 0, 0, 0];
        assert_eq!(profile.earliest(secs(0), SimDuration::from_secs(1), &memory), None, "no node has any");
    }

    #[test]
    fn many_steps_give_what_a_plain_table_gives() {
        const END: usize = 400;
        let mut stream = Stream::new(1, "test/profile");
        for lanes in [1usize, 3] {
            let mut capacity = [0; 8];
            capacity[..lanes].fill(100);
            let (mut profile, mut table) = (Profile::default(), vec![[100i64; 3]; END + 1]);
            profile.reset(secs(0), &capacity, &capacity);
            let mut now = 0;
            for round in 0..4000 {
                if round % 40 == 39 {
                    now = (now + stream.below(4) as usize).min(END - 1);
                    profile.forget(secs(now as u64));
                }
                let mut amounts = [0; 8];
                amounts[..lanes].iter_mut().for_each(|amount| *amount = stream.below(60) as i64);
                let from = now + stream.below((END - now) as u64) as usize;
                let to = from + stream.below((END - from) as u64 + 1) as usize;
                let sign = if stream.below(2) == 0 { 1 } else { -1 };
                let changes = amounts.map(|amount| amount * sign);
                profile.add(secs(from as u64), secs(to as u64), &changes);
                for step in &mut table[from..to] {
                    (0..lanes).for_each(|lane| step[lane] += changes[lane]);
                }
                let span = stream.below(30) as usize + 1;
                let fits = |t: usize| (0..lanes).all(|lane| table[t.min(END)][lane] >= amounts[lane]);
                let expected = (now..=END).find(|&t| (t..t + span).all(fits));
                let found = profile.earliest(secs(now as u64), SimDuration::from_secs(span as u64), &amounts);
                assert_eq!(found, expected.map(|t| secs(t as u64)), "round {round}");
            }
            assert!(profile.steps() > 64, "{} steps are one block", profile.steps());
        }
    }
}
