//! The fit index: nodes by free capacity, so that first, best and worst fit look at a handful of them.
//!
//! Nodes are bits. A *level* is a range of free amounts of one lane (or, for first fit, the only level there is); in
//! a level the nodes stand by rank, 64 to a word and 64 words to a block. Words, blocks and levels carry the maximum
//! free amount of every other lane among their nodes, so that nodes with processors but no memory left are passed
//! over by the block and not one by one.

use crate::resources::{Lane, Resources};

/// Levels of an index at most. A power of two near the square root of the largest cluster we aim at.
const LEVELS_MAX: u32 = 512;
const WORD_BITS: usize = 64;
const BLOCK_WORDS: usize = 64;

/// What an index orders nodes by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IndexBy {
    /// By rank alone: first fit.
    Rank,
    /// By the free amount of a lane, then by rank: best and worst fit.
    Free(Lane),
}

/// Nodes that accept tasks, by level and rank.
#[derive(Clone, Debug)]
pub(crate) struct FitIndex {
    by: IndexBy,
    /// Free amounts per level.
    unit: u32,
    levels: usize,
    words: usize,
    blocks: usize,
    /// Lanes whose maxima are kept, by column.
    lanes: Vec<usize>,
    bits: Vec<u64>,
    nonempty_words: Vec<u64>,
    nonempty_levels: Vec<u64>,
    word_max: Vec<u32>,
    block_max: Vec<u32>,
    level_max: Vec<u32>,
    level_state: Vec<LevelState>,
}

/// Whether the nodes of a level differ in their free amount.
#[derive(Clone, Copy, Debug, Default)]
struct LevelState {
    count: u32,
    amount: u32,
    mixed: bool,
}

/// The smallest round unit that needs no more than [`LEVELS_MAX`] levels.
fn level_unit(capacity_max: u32, thousands: bool) -> u32 {
    const ROUND: [u32; 16] = [1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 125, 200, 250, 500, 1000];
    let least = capacity_max.div_ceil(LEVELS_MAX).max(1);
    if !thousands {
        return least.next_power_of_two();
    }
    // Divisors of 1000 keep whole cores and whole cards on level boundaries, each in a level of their own.
    ROUND.into_iter().find(|&unit| unit >= least).unwrap_or(least.next_multiple_of(1000))
}

impl FitIndex {
    /// An empty index for nodes of these capacities.
    pub(super) fn new(by: IndexBy, capacity: &[Resources]) -> Self {
        let largest = |lane: usize| capacity.iter().map(|node| node.0[lane]).max().unwrap_or(0);
        let own = match by {
            IndexBy::Rank => None,
            IndexBy::Free(lane) => Some(lane.index()),
        };
        let (unit, levels) = match own {
            None => (1, 1),
            Some(lane) => {
                let thousands = capacity.iter().all(|node| node.0[lane] % 1000 == 0);
                let unit = level_unit(largest(lane), thousands);
                (unit, (largest(lane) / unit + 1) as usize)
            }
        };
        let words = capacity.len().div_ceil(WORD_BITS).max(1);
        let blocks = words.div_ceil(BLOCK_WORDS);
        let lanes: Vec<usize> = (0..8).filter(|&lane| Some(lane) != own && largest(lane) > 0).collect();
        Self {
            by,
            unit,
            levels,
            words,
            blocks,
            bits: vec![0; levels * words],
            nonempty_words: vec![0; levels * blocks],
            nonempty_levels: vec![0; levels.div_ceil(WORD_BITS)],
            word_max: vec![0; levels * words * lanes.len()],
            block_max: vec![0; levels * blocks * lanes.len()],
            level_max: vec![0; levels * lanes.len()],
            level_state: vec![LevelState::default(); levels],
            lanes,
        }
    }

    /// What it orders by.
    pub(super) fn by(&self) -> IndexBy {
        self.by
    }

    /// The free amount that decides the level; 0 for an index by rank.
    #[inline]
    fn amount(&self, free: &Resources) -> u32 {
        match self.by {
            IndexBy::Rank => 0,
            IndexBy::Free(lane) => free.get(lane),
        }
    }

    /// The level of nodes with that much free.
    #[inline]
    pub(super) fn level_of(&self, free: &Resources) -> usize {
        (self.amount(free) / self.unit) as usize
    }

    /// Levels there are.
    pub(super) fn levels(&self) -> usize {
        self.levels
    }

    /// True if nodes of the level differ in their free amount, so that rank alone does not order them.
    #[inline]
    pub(super) fn is_mixed(&self, level: usize) -> bool {
        self.level_state[level].mixed
    }

    /// Adds the node at `rank`.
    pub(super) fn insert(&mut self, rank: usize, free: &Resources) {
        let (level, word) = (self.level_of(free), rank / WORD_BITS);
        let amount = self.amount(free);
        let at = level * self.words + word;
        let bit = 1u64 << (rank % WORD_BITS);
        assert!(self.bits[at] & bit == 0, "rank {rank} is in the index already");
        self.bits[at] |= bit;
        self.nonempty_words[level * self.blocks + word / BLOCK_WORDS] |= 1 << (word % BLOCK_WORDS);
        let state = &mut self.level_state[level];
        if state.count == 0 {
            *state = LevelState { count: 0, amount, mixed: false };
            self.nonempty_levels[level / WORD_BITS] |= 1 << (level % WORD_BITS);
        }
        state.count += 1;
        state.mixed |= state.amount != amount;
        self.raise(level, word, free);
    }

    /// Takes the node at `rank` out; `free` is what it was inserted with, `free_of` what every rank has free now.
    pub(super) fn remove<'a>(
        &mut self,
        rank: usize,
        free: &Resources,
        free_of: impl Fn(usize) -> &'a Resources,
    ) {
        let (level, word) = (self.level_of(free), rank / WORD_BITS);
        let at = level * self.words + word;
        let bit = 1u64 << (rank % WORD_BITS);
        assert!(self.bits[at] & bit != 0, "rank {rank} is not in the index");
        self.bits[at] &= !bit;
        if self.bits[at] == 0 {
            self.nonempty_words[level * self.blocks + word / BLOCK_WORDS] &= !(1 << (word % BLOCK_WORDS));
        }
        let state = &mut self.level_state[level];
        state.count -= 1;
        if state.count == 0 {
            self.nonempty_levels[level / WORD_BITS] &= !(1 << (level % WORD_BITS));
        }
        self.lower(level, word, free, free_of);
    }

    /// Follows a change of what the node at `rank` has free. `free_of` yields the new amounts.
    #[inline]
    pub(super) fn change<'a>(
        &mut self,
        rank: usize,
        old: &Resources,
        new: &Resources,
        free_of: impl Fn(usize) -> &'a Resources,
    ) {
        if self.level_of(old) != self.level_of(new) {
            self.remove(rank, old, free_of);
            self.insert(rank, new);
            return;
        }
        let (level, word) = (self.level_of(new), rank / WORD_BITS);
        let amount = self.amount(new);
        let state = &mut self.level_state[level];
        if state.count == 1 {
            (state.amount, state.mixed) = (amount, false);
        }
        state.mixed |= state.amount != amount;
        self.raise(level, word, new);
        self.lower(level, word, old, free_of);
    }

    #[inline]
    fn raise(&mut self, level: usize, word: usize, free: &Resources) {
        let lanes = self.lanes.len();
        let word_at = (level * self.words + word) * lanes;
        let block_at = (level * self.blocks + word / BLOCK_WORDS) * lanes;
        let level_at = level * lanes;
        for (k, &lane) in self.lanes.iter().enumerate() {
            let amount = free.0[lane];
            if amount > self.word_max[word_at + k] {
                self.word_max[word_at + k] = amount;
                if amount > self.block_max[block_at + k] {
                    self.block_max[block_at + k] = amount;
                    let top = &mut self.level_max[level_at + k];
                    *top = amount.max(*top);
                }
            }
        }
    }

    /// Recomputes the maxima that a node with `old` may have held up.
    #[inline]
    fn lower<'a>(
        &mut self,
        level: usize,
        word: usize,
        old: &Resources,
        free_of: impl Fn(usize) -> &'a Resources,
    ) {
        let lanes = self.lanes.len();
        let word_at = (level * self.words + word) * lanes;
        for k in 0..lanes {
            let lane = self.lanes[k];
            let amount = old.0[lane];
            if amount == 0 || amount < self.word_max[word_at + k] {
                continue;
            }
            let mut bits = self.bits[level * self.words + word];
            let mut most = 0;
            // From the top, as the lowest ranks are taken first; until another node is found that has as much.
            while bits != 0 && most < amount {
                let bit = WORD_BITS - 1 - bits.leading_zeros() as usize;
                most = most.max(free_of(word * WORD_BITS + bit).0[lane]);
                bits ^= 1 << bit;
            }
            self.word_max[word_at + k] = most;
            if most < amount {
                self.lower_block(level, word / BLOCK_WORDS, k, amount);
            }
        }
    }

    fn lower_block(&mut self, level: usize, block: usize, k: usize, amount: u32) {
        let lanes = self.lanes.len();
        let block_at = (level * self.blocks + block) * lanes + k;
        if amount < self.block_max[block_at] {
            return;
        }
        let first = block * BLOCK_WORDS;
        let words = first..(first + BLOCK_WORDS).min(self.words);
        let base = level * self.words;
        let most = words.map(|word| self.word_max[(base + word) * lanes + k]).max().unwrap_or(0);
        self.block_max[block_at] = most;
        if most < amount && amount == self.level_max[level * lanes + k] {
            let base = level * self.blocks;
            let blocks = 0..self.blocks;
            let most = blocks.map(|block| self.block_max[(base + block) * lanes + k]).max().unwrap_or(0);
            self.level_max[level * lanes + k] = most;
        }
    }

    #[inline]
    fn may_hold(&self, maxima: &[u32], at: usize, need: &Resources) -> bool {
        let lanes = self.lanes.len();
        let maxima = &maxima[at * lanes..(at + 1) * lanes];
        maxima.iter().zip(&self.lanes).all(|(&most, &lane)| need.0[lane] <= most)
    }

    /// The first level at or after `from` that may hold a node with `need` free.
    #[inline]
    pub(super) fn level_from(&self, from: usize, need: &Resources) -> Option<usize> {
        let mut word = from / WORD_BITS;
        let mut bits = self.nonempty_levels.get(word)? & !0u64 << (from % WORD_BITS);
        loop {
            while bits != 0 {
                let level = word * WORD_BITS + bits.trailing_zeros() as usize;
                if self.may_hold(&self.level_max, level, need) {
                    return Some(level);
                }
                bits &= bits - 1;
            }
            word += 1;
            bits = *self.nonempty_levels.get(word)?;
        }
    }

    /// The last level at or before `from` that may hold a node with `need` free.
    pub(super) fn level_back(&self, from: usize, need: &Resources) -> Option<usize> {
        let least = self.level_of(need);
        (least..=from).rev().find(|&level| {
            self.nonempty_levels[level / WORD_BITS] >> (level % WORD_BITS) & 1 == 1
                && self.may_hold(&self.level_max, level, need)
        })
    }

    /// The first rank at or after `from` in the level that may hold `need`: every kept maximum of its word allows it.
    #[inline]
    pub(super) fn rank_from<'a>(
        &self,
        level: usize,
        from: usize,
        need: &Resources,
        free_of: impl Fn(usize) -> &'a Resources,
    ) -> Option<usize> {
        let (mut word, mut mask) = (from / WORD_BITS, !0u64 << (from % WORD_BITS));
        let mut block = word / BLOCK_WORDS;
        while block < self.blocks {
            if self.may_hold(&self.block_max, level * self.blocks + block, need) {
                let first = block * BLOCK_WORDS;
                let skipped = word.max(first) - first;
                let mut words = self.nonempty_words[level * self.blocks + block] & !0u64 << skipped;
                while words != 0 {
                    let candidate = first + words.trailing_zeros() as usize;
                    words &= words - 1;
                    let at = level * self.words + candidate;
                    if !self.may_hold(&self.word_max, at, need) {
                        continue;
                    }
                    let mut bits = self.bits[at] & if candidate == word { mask } else { !0 };
                    while bits != 0 {
                        let rank = candidate * WORD_BITS + bits.trailing_zeros() as usize;
                        if need.fits_in(free_of(rank)) {
                            return Some(rank);
                        }
                        bits &= bits - 1;
                    }
                }
            }
            block += 1;
            (word, mask) = (block * BLOCK_WORDS, !0);
        }
        None
    }

    /// The largest free amount of `lane` on any node, if the index keeps that maximum.
    pub(super) fn most_free(&self, lane: Lane) -> Option<u32> {
        let k = self.lanes.iter().position(|&kept| kept == lane.index())?;
        (0..self.levels).map(|level| self.level_max[level * self.lanes.len() + k]).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_units_keep_whole_cores_apart() {
        assert_eq!(level_unit(64_000, true), 125);
        assert_eq!(level_unit(1_000, true), 2);
        assert_eq!(level_unit(2_000_000, true), 4000);
        assert_eq!(level_unit(262_144, false), 512);
        assert_eq!(level_unit(0, false), 1);
    }
}
