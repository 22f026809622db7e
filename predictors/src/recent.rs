//! The latest values of a series, in order of size: what quantiles of late are.

/// A window over a series of amounts.
///
/// # Cost
/// A new value costs a shift of at most `window` words, a quantile O(1); memory for twice the window.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recent {
    window: usize,
    /// In the order in which they came, from `oldest` around.
    ring: Vec<u64>,
    oldest: usize,
    sorted: Vec<u64>,
}

impl Recent {
    /// An empty window of at most so many values.
    ///
    /// # Panics
    /// If there is no room for a single one.
    pub fn new(window: usize) -> Self {
        assert!(window > 0, "a window of {window} values");
        Self { window, ring: Vec::new(), oldest: 0, sorted: Vec::new() }
    }

    /// Adds a value; the oldest one goes if the window is full.
    pub fn add(&mut self, value: u64) {
        if self.ring.len() < self.window {
            self.ring.push(value);
        } else {
            let old = std::mem::replace(&mut self.ring[self.oldest], value);
            self.oldest = (self.oldest + 1) % self.window;
            let at = self.sorted.binary_search(&old).expect("what is in the ring was sorted in");
            self.sorted.remove(at);
        }
        let at = self.sorted.partition_point(|&known| known <= value);
        self.sorted.insert(at, value);
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The smallest value that at least `percent` of 100 values do not exceed; `None` without values.
    ///
    /// For exchangeable values it is the `ceil((n + 1) * percent / 100)`-th smallest of n, so that the next one
    /// exceeds it with a chance of at most `100 - percent` of 100; the largest where n is too small for that.
    ///
    /// # Source
    /// The quantile of split conformal prediction: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random
    /// World, 2005; Lei et al., JASA 2018, section 2.
    pub fn quantile(&self, percent: usize) -> Option<u64> {
        let n = self.sorted.len();
        let rank = ((n + 1) * percent).div_ceil(100).clamp(1, n.max(1));
        self.sorted.get(rank - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_value_leaves_a_full_window() {
        let mut recent = Recent::new(3);
        assert_eq!(recent.quantile(50), None);
        // 5, 1, 9, then 7 for 5, then 1 for the other 1.
        [5, 1, 9, 7, 1].into_iter().for_each(|value| recent.add(value));
        assert_eq!(recent.sorted, [1, 7, 9]);
        assert_eq!((recent.len(), recent.is_empty()), (3, false));
    }

    #[test]
    fn quantiles_are_ranks_of_n_plus_one() {
        let mut recent = Recent::new(100);
        (1..=9).for_each(|value| recent.add(value * 10));
        // (9 + 1) * 0.5 = 5th, (9 + 1) * 0.9 = 9th of nine.
        assert_eq!((recent.quantile(50), recent.quantile(90)), (Some(50), Some(90)));
        (10..=19).for_each(|value| recent.add(value * 10));
        // (19 + 1) * 0.9 = 18th of nineteen; the 100th percentile is the largest.
        assert_eq!((recent.quantile(90), recent.quantile(100)), (Some(180), Some(190)));
    }
}
