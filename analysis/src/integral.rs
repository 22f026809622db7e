//! Time integrals of levels over a measured window whose end is known only when the run is over.

use sim_core::{SimDuration, SimTime};

/// Checkpoints kept of the time that may still fall behind the end of the window (arbitrary).
const CHECKPOINTS_MAX: usize = 4096;

/// The part of a run that is measured.
///
/// Jobs submitted before `first submission + warmup` or after `last submission - cooldown` are left out of
/// job metrics. Time-weighted metrics cover the time from `first submission + warmup` to `last submission -
/// cooldown`, or to the end of the run if the cooldown is zero and the drain is not cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Window {
    /// Left out after the first submission.
    pub warmup: SimDuration,
    /// Left out before the last submission.
    pub cooldown: SimDuration,
    /// Ends time-weighted metrics at the last submission even without a cooldown: what drains after it is left out.
    pub cut_drain: bool,
}

impl Window {
    /// True if time-weighted metrics end before the run does.
    pub(crate) fn cuts_the_end(&self) -> bool {
        self.cut_drain || self.cooldown > SimDuration::ZERO
    }
}

/// Integrals over time of a number of levels, each constant between changes.
///
/// # Exactness
/// Without cooldown, exact. With one, the integrals at `last submission - cooldown` are read between two
/// checkpoints by linear interpolation. Levels are constant between events, so that is exact while
/// checkpoints lie at every change; they do for the first 4096 changes within a cooldown. With more, only
/// every second, fourth, ... change is kept, and the cut is blurred by at most one step between kept changes,
/// about a 2000th of the changes in the cooldown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Integrals {
    /// Units of level x nanoseconds.
    sums: Vec<u128>,
    since: SimTime,
    from: Option<SimTime>,
    checkpoints: Checkpoints,
}

#[derive(Clone, Debug, Default)]
struct Checkpoints {
    kept: std::collections::VecDeque<(SimTime, Vec<u128>)>,
    /// Changes between two kept ones, minus one; grows when the list is full.
    skip: u32,
    skipped: u32,
}

impl Integrals {
    /// Integrals of `len` levels, all zero until [`Integrals::open`].
    pub(crate) fn new(len: usize) -> Self {
        Self { sums: vec![0; len], ..Self::default() }
    }

    /// The window begins at `from`, now or later.
    pub(crate) fn open(&mut self, from: SimTime) {
        self.from = Some(from);
        self.since = self.since.max(from);
    }

    /// Where the window begins, once it is known.
    pub(crate) fn opened(&self) -> Option<SimTime> {
        self.from
    }

    /// Adds the time up to `now`, in which the levels were `levels`.
    #[inline]
    pub(crate) fn advance(&mut self, now: SimTime, levels: &[u64]) {
        if self.from.is_none() {
            self.since = now;
            return;
        }
        if now <= self.since {
            return;
        }
        let span = u128::from(now.as_ns() - self.since.as_ns());
        self.since = now;
        for (sum, &level) in self.sums.iter_mut().zip(levels) {
            *sum += u128::from(level) * span;
        }
    }

    /// The integrals so far.
    pub(crate) fn sums(&self) -> &[u128] {
        &self.sums
    }

    /// Remembers `sums` as they are at `now`, for a window that may end before. Everything before `keep_from`
    /// but the last checkpoint is forgotten.
    pub(crate) fn checkpoint(&mut self, now: SimTime, keep_from: SimTime, more: impl FnOnce(&mut Vec<u128>)) {
        let list = &mut self.checkpoints;
        while list.kept.get(1).is_some_and(|(at, _)| *at <= keep_from) {
            list.kept.pop_front();
        }
        if list.skipped < list.skip {
            list.skipped += 1;
            return;
        }
        list.skipped = 0;
        let mut sums = self.sums.clone();
        more(&mut sums);
        list.kept.push_back((now, sums));
        if list.kept.len() > CHECKPOINTS_MAX {
            let mut n = 0;
            list.kept.retain(|_| {
                n += 1;
                n % 2 == 1
            });
            list.skip = list.skip * 2 + 1;
        }
    }

    /// The integrals as they were at `end`, given `last`, what they are at `now`.
    pub(crate) fn at(&self, end: SimTime, now: SimTime, last: &[u128]) -> Vec<u128> {
        if end >= now {
            return last.to_vec();
        }
        let list = &self.checkpoints.kept;
        let after = list.partition_point(|(at, _)| *at <= end);
        let nothing = Vec::new();
        // Before the first checkpoint nothing has been integrated.
        let from = self.from.unwrap_or(end);
        let (low_at, low) = after.checked_sub(1).map_or((from, &nothing), |n| (list[n].0, &list[n].1));
        let (high_at, high) = list.get(after).map_or((now, last), |(at, sums)| (*at, sums.as_slice()));
        if end <= low_at || high_at <= low_at {
            let mut low = low.clone();
            low.resize(last.len(), 0);
            return low;
        }
        let (part, whole) =
            (u128::from(end.since(low_at).as_ns()), u128::from(high_at.since(low_at).as_ns()));
        let between = |n: usize| {
            let low = low.get(n).copied().unwrap_or(0);
            low + scaled(high.get(n).copied().unwrap_or(low) - low, part, whole)
        };
        (0..last.len()).map(between).collect()
    }
}

/// `amount * part / whole` without overflow, rounded down; `part <= whole`, both below 2^64.
fn scaled(amount: u128, part: u128, whole: u128) -> u128 {
    // amount = whole * q + r, and r * part < 2^128.
    amount / whole * part + amount % whole * part / whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SimTime {
        SimTime::from_secs(secs)
    }

    const S: u128 = 1_000_000_000;

    #[test]
    fn the_window_begins_after_the_warmup() {
        let mut sums = Integrals::new(1);
        sums.advance(at(5), &[100]);
        sums.open(at(8));
        sums.advance(at(7), &[100]);
        sums.advance(at(10), &[3]);
        // Only 8..10 counts: 3 * 2 s.
        assert_eq!(sums.sums(), [3 * 2 * S]);
    }

    #[test]
    fn a_cut_between_checkpoints_is_exact() {
        let mut sums = Integrals::new(1);
        sums.open(at(0));
        for (now, level) in [(10, 1), (20, 5), (30, 2)] {
            sums.advance(at(now), &[level]);
            sums.checkpoint(at(now), at(0), |_| {});
        }
        let last = sums.sums().to_vec();
        // 10 * 1 + 4 * 5.
        assert_eq!(sums.at(at(14), at(30), &last), [30 * S]);
        assert_eq!(sums.at(at(30), at(30), &last), [(10 + 50 + 20) * S]);
        assert_eq!(sums.at(at(4), at(30), &last), [4 * S]);
    }

    #[test]
    fn crowded_checkpoints_are_thinned_and_blur_the_cut_a_little() {
        let mut sums = Integrals::new(1);
        sums.open(at(0));
        for now in 1..=20_000u64 {
            sums.advance(at(now), &[now % 2 * 2]);
            sums.checkpoint(at(now), at(0), |_| {});
        }
        assert!(sums.checkpoints.kept.len() <= CHECKPOINTS_MAX);
        let last = sums.sums().to_vec();
        // Level 2 in every second second: 10,000 s up to 10,000, within the blur of 20000 / 2048 s.
        let cut = sums.at(at(10_000), at(20_000), &last)[0];
        assert!(cut.abs_diff(10_000 * S) <= 10 * S, "{cut}");
    }

    #[test]
    fn old_checkpoints_are_forgotten_but_for_the_last_before_the_cut() {
        let mut sums = Integrals::new(1);
        sums.open(at(0));
        for now in 1..100 {
            sums.advance(at(now), &[1]);
            sums.checkpoint(at(now), at(now.saturating_sub(5)), |_| {});
        }
        assert!(sums.checkpoints.kept.len() <= 7);
        let last = sums.sums().to_vec();
        assert_eq!(sums.at(at(95), at(99), &last), [95 * S]);
    }
}
