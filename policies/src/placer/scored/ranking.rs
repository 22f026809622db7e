//! The scores of all nodes for one kind of task, with the best of them at hand.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

/// The score of a node that cannot hold the task.
pub(crate) const MISFIT: i64 = i64::MIN;

/// Entries per block, at each level.
const BLOCK: usize = 64;

/// The highest score of a block of nodes, and how many of them have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Peak {
    score: i64,
    count: u32,
}

impl Peak {
    const NONE: Self = Self { score: MISFIT, count: 0 };

    fn merge(self, other: Self) -> Self {
        match self.score.cmp(&other.score) {
            Ordering::Less => other,
            Ordering::Equal => Self { count: self.count + other.count, ..self },
            Ordering::Greater => self,
        }
    }
}

/// Scores by rank, the highest wins, with the peak of each block of ranks and of each block of blocks.
///
/// # Cost
/// Reading the best, or one of its equals, is O(nodes / 4096 + 128); so is a change, at worst.
#[derive(Clone, Debug)]
pub(crate) struct Ranking {
    scores: Vec<i64>,
    blocks: Vec<Peak>,
    tops: Vec<Peak>,
}

impl Ranking {
    /// So many nodes, none of which can hold the task.
    pub(crate) fn new(nodes: usize) -> Self {
        let blocks = nodes.div_ceil(BLOCK);
        Self {
            scores: vec![MISFIT; nodes],
            blocks: vec![Peak::NONE; blocks],
            tops: vec![Peak::NONE; blocks.div_ceil(BLOCK)],
        }
    }

    #[inline]
    pub(crate) fn set(&mut self, rank: usize, score: i64) {
        let old = std::mem::replace(&mut self.scores[rank], score);
        if old == score {
            return;
        }
        let (block, top) = (rank / BLOCK, rank / BLOCK / BLOCK);
        let before = self.blocks[block];
        let scores = &self.scores;
        follow(&mut self.blocks[block], leaf(old), leaf(score), || {
            range(block, scores.len()).map(|at| leaf(scores[at]))
        });
        let (blocks, after) = (&self.blocks, self.blocks[block]);
        if after != before {
            follow(&mut self.tops[top], before, after, || range(top, blocks.len()).map(|at| blocks[at]));
        }
    }

    /// The highest score and how many nodes have it, unless no node can hold the task.
    #[inline]
    pub(crate) fn best(&self) -> Option<(i64, u32)> {
        let best = self.tops.iter().copied().fold(Peak::NONE, Peak::merge);
        (best.count > 0).then_some((best.score, best.count))
    }

    /// The `n`-th rank, from 0, of those with the highest score `best`.
    ///
    /// # Panics
    /// If there are not so many.
    #[inline]
    pub(crate) fn nth_of_best(&self, best: i64, mut n: u32) -> usize {
        let mut holder = |peaks: &[Peak], within: Range<usize>| {
            let mut has = within.filter(|&at| peaks[at].score == best);
            let found = has.find(|&at| {
                let skipped = n >= peaks[at].count;
                n -= if skipped { peaks[at].count } else { 0 };
                !skipped
            });
            found.expect("there are as many equals as were counted")
        };
        let top = holder(&self.tops, 0..self.tops.len());
        let block = holder(&self.blocks, range(top, self.blocks.len()));
        let mut ranks = range(block, self.scores.len()).filter(|&rank| self.scores[rank] == best);
        ranks.nth(n as usize).expect("there are as many equals as were counted")
    }
}

/// What is still to be opened on the way down: a rank, a block of ranks, or a block of blocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Level {
    Top,
    Block,
    Rank,
}

/// Ranks from the highest score down, equals by rank.
///
/// # Cost
/// O(nodes / 4096) at first, then O(64 log) per block that is opened: the best few come cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Descent {
    /// By score, then by the first rank below; a block goes before the ranks that it may hide.
    open: BinaryHeap<(i64, Reverse<(usize, Level)>)>,
}

impl Descent {
    /// Starts anew.
    pub(crate) fn begin(&mut self, ranking: &Ranking) {
        self.open.clear();
        for (top, peak) in ranking.tops.iter().enumerate() {
            self.push(peak.score, top * BLOCK * BLOCK, Level::Top);
        }
    }

    fn push(&mut self, score: i64, first: usize, level: Level) {
        if score != MISFIT {
            self.open.push((score, Reverse((first, level))));
        }
    }

    /// The next rank and its score, unless no further node can hold the task.
    pub(crate) fn next(&mut self, ranking: &Ranking) -> Option<(i64, usize)> {
        loop {
            let (score, Reverse((first, level))) = self.open.pop()?;
            match level {
                Level::Rank => return Some((score, first)),
                Level::Top => {
                    for block in range(first / BLOCK / BLOCK, ranking.blocks.len()) {
                        self.push(ranking.blocks[block].score, block * BLOCK, Level::Block);
                    }
                }
                Level::Block => {
                    for rank in range(first / BLOCK, ranking.scores.len()) {
                        self.push(ranking.scores[rank], rank, Level::Rank);
                    }
                }
            }
        }
    }
}

fn leaf(score: i64) -> Peak {
    if score == MISFIT { Peak::NONE } else { Peak { score, count: 1 } }
}

fn range(block: usize, len: usize) -> Range<usize> {
    block * BLOCK..len.min((block + 1) * BLOCK)
}

/// Keeps the peak of a block of which one entry went from `old` to `new`; `entries` has the new one already.
#[inline]
fn follow<I: Iterator<Item = Peak>>(peak: &mut Peak, old: Peak, new: Peak, entries: impl FnOnce() -> I) {
    if new.score >= peak.score {
        let lost = if old.score == peak.score { old.count } else { 0 };
        let before = Peak { count: peak.count - lost, ..*peak };
        *peak = if new.score > peak.score { new } else { before.merge(new) };
    } else if old.score == peak.score {
        peak.count -= old.count;
        if peak.count == 0 {
            *peak = entries().fold(Peak::NONE, Peak::merge);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::Stream;

    #[test]
    fn the_best_are_those_of_a_scan() {
        let mut stream = Stream::new(7, "ranking");
        for nodes in [1, 63, 64, 65, 5000] {
            let mut ranking = Ranking::new(nodes);
            assert_eq!(ranking.best(), None);
            for step in 0..2000 {
                let score = if stream.below(3) == 0 { MISFIT } else { stream.below(5) as i64 };
                ranking.set(stream.below(nodes as u64) as usize, score);
                if step % 10 > 0 {
                    continue;
                }
                let best = ranking.scores.iter().copied().max().filter(|&best| best != MISFIT);
                assert_eq!(ranking.best().map(|(best, _)| best), best);
                if let Some((best, count)) = ranking.best() {
                    let scan: Vec<_> = (0..nodes).filter(|&rank| ranking.scores[rank] == best).collect();
                    let equals: Vec<_> = (0..count).map(|n| ranking.nth_of_best(best, n)).collect();
                    assert_eq!(equals, scan);
                }
                let mut descent = Descent::default();
                descent.begin(&ranking);
                let down: Vec<_> = std::iter::from_fn(|| descent.next(&ranking)).collect();
                let fitting = (0..nodes).map(|rank| (ranking.scores[rank], rank));
                let mut sorted: Vec<_> = fitting.filter(|&(score, _)| score != MISFIT).collect();
                sorted.sort_by_key(|&(score, rank)| (Reverse(score), rank));
                assert_eq!(down, sorted);
            }
        }
    }
}
