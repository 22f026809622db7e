//! A grid of instants at which something is computed anew.

use sim_core::{SimDuration, SimTime};

/// How far a run has come on a grid of multiples of a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Grid {
    /// Periods that have begun, as far as was asked.
    begun: u64,
}

impl Grid {
    /// True if another period has begun since this was asked last. Without a period, never.
    pub(crate) fn is_due(&mut self, period: Option<SimDuration>, now: SimTime) -> bool {
        let Some(period) = period else { return false };
        let begun = now.as_ns() / period.as_ns().max(1);
        std::mem::replace(&mut self.begun, begun) != begun
    }

    /// When the next period begins.
    pub(crate) fn next(&self, period: Option<SimDuration>, now: SimTime) -> Option<SimTime> {
        let period = period?.as_ns().max(1);
        Some(SimTime::from_ns((now.as_ns() / period + 1).saturating_mul(period)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_due_once() {
        let (mut grid, period) = (Grid::default(), Some(SimDuration::from_secs(300)));
        let due: Vec<bool> =
            [0, 299, 300, 301, 900].map(|s| grid.is_due(period, SimTime::from_secs(s))).to_vec();
        assert_eq!(due, [false, false, true, false, true]);
        assert_eq!(grid.next(period, SimTime::from_secs(901)), Some(SimTime::from_secs(1200)));
        assert!(!grid.is_due(None, SimTime::from_secs(5000)));
    }
}
