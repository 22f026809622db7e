//! The scores of all nodes for one kind of task, with the best of them at hand.

/// The score of a node that cannot hold the task.
pub(crate) const MISFIT: i64 = i64::MIN;

/// Entries per block, at each level.
const BLOCK: usize = 64;

/// Scores by rank, the highest wins, with the maximum of each block of ranks and of each block of blocks.
///
/// # Cost
/// Reading the best is O(nodes / 4096 + 128); so is a change, at worst.
#[derive(Clone, Debug)]
pub(crate) struct Ranking {
    scores: Vec<i64>,
    blocks: Vec<i64>,
    tops: Vec<i64>,
}

impl Ranking {
    /// So many nodes, none of which can hold the task.
    pub(crate) fn new(nodes: usize) -> Self {
        let blocks = nodes.div_ceil(BLOCK);
        Self {
            scores: vec![MISFIT; nodes],
            blocks: vec![MISFIT; blocks],
            tops: vec![MISFIT; blocks.div_ceil(BLOCK)],
        }
    }

    #[inline]
    pub(crate) fn set(&mut self, rank: usize, score: i64) {
        let old = std::mem::replace(&mut self.scores[rank], score);
        if old == score {
            return;
        }
        let (block, top) = (rank / BLOCK, rank / BLOCK / BLOCK);
        let Some(changed) = raise(&self.scores, &mut self.blocks[block], block, old, score) else { return };
        let (old, new) = (changed, self.blocks[block]);
        raise(&self.blocks, &mut self.tops[top], top, old, new);
    }

    #[inline]
    pub(crate) fn score(&self, rank: usize) -> i64 {
        self.scores[rank]
    }

    /// The highest score, unless no node can hold the task.
    #[inline]
    pub(crate) fn best(&self) -> Option<i64> {
        self.tops.iter().copied().max().filter(|&best| best != MISFIT)
    }

    /// The ranks with this score, ascending. It must be the highest: others are not found at once.
    pub(crate) fn ranks_of(&self, best: i64) -> impl Iterator<Item = usize> + use<'_> {
        let holds = move |level: &'_ [i64], at: usize| level[at] == best;
        let tops = (0..self.tops.len()).filter(move |&top| holds(&self.tops, top));
        let blocks = tops.flat_map(|top| range(top, self.blocks.len()));
        let blocks = blocks.filter(move |&block| holds(&self.blocks, block));
        let ranks = blocks.flat_map(|block| range(block, self.scores.len()));
        ranks.filter(move |&rank| holds(&self.scores, rank))
    }
}

fn range(block: usize, len: usize) -> std::ops::Range<usize> {
    block * BLOCK..len.min((block + 1) * BLOCK)
}

/// Keeps the maximum of a block of which one entry went from `old` to `new`; yields the former maximum if it changed.
#[inline]
fn raise(entries: &[i64], max: &mut i64, block: usize, old: i64, new: i64) -> Option<i64> {
    let before = *max;
    if new >= before {
        *max = new;
    } else if old == before {
        *max = entries[range(block, entries.len())].iter().copied().max().expect("a block has entries");
    }
    (*max != before).then_some(before)
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
                assert_eq!(ranking.best(), best);
                if let Some(best) = best {
                    let scan: Vec<_> = (0..nodes).filter(|&rank| ranking.score(rank) == best).collect();
                    assert_eq!(ranking.ranks_of(best).collect::<Vec<_>>(), scan);
                }
            }
        }
    }
}
