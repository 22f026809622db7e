//! What becomes of a guess that a job has outlived.

use sim_core::{Estimate, SimDuration};

/// What is added to the first guess that fails, to the second, and so on [min].
///
/// # Source
/// Tsafrir, Etsion and Feitelson, "Backfilling using system-generated predictions rather than user runtime
/// estimates", IEEE TPDS 18(6), 2007: growing increments that begin with a minute.
const INCREMENTS_MIN: [u64; 11] = [1, 5, 15, 30, 60, 120, 300, 600, 1200, 3000, 6000];

/// Doublings after the last of them: 374 years, which is within what a span can be.
const DOUBLINGS_MAX: usize = 15;

/// The guess for a job that has run for `ran_for` and outlived `last`, after `earlier` corrections.
///
/// It is `last.p90`, or what the job has run if that is more, plus the increment, which doubles when the list is
/// over. The requested wall time bounds it as long as the job has not outlived that as well, as it may where wall
/// times are not enforced.
pub fn corrected(
    last: Estimate,
    ran_for: SimDuration,
    requested: Option<SimDuration>,
    earlier: u32,
) -> Estimate {
    let n = earlier as usize;
    let beyond = (n + 1).saturating_sub(INCREMENTS_MIN.len()).min(DOUBLINGS_MAX);
    let minutes = INCREMENTS_MIN[n.min(INCREMENTS_MIN.len() - 1)] << beyond;
    let outlived = last.p90.max(ran_for);
    let longer = outlived.saturating_add(SimDuration::from_secs(minutes * 60));
    let bound = requested.filter(|&requested| requested > outlived);
    Estimate::exactly(bound.map_or(longer, |requested| longer.min(requested)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mins(minutes: u64) -> SimDuration {
        SimDuration::from_secs(minutes * 60)
    }

    #[test]
    fn increments_grow_from_correction_to_correction() {
        let mut estimate = Estimate { p50: mins(5), p90: mins(10) };
        let mut found = Vec::new();
        for n in 0..13 {
            let next = corrected(estimate, estimate.p90, None, n);
            found.push((next.p90.as_ns() - estimate.p90.as_ns()) / 60_000_000_000);
            estimate = next;
        }
        assert_eq!(found, [1, 5, 15, 30, 60, 120, 300, 600, 1200, 3000, 6000, 12_000, 24_000]);
        assert_eq!(estimate.p50, estimate.p90);
        // 6000 minutes x 2^15.
        assert_eq!(corrected(Estimate::exactly(mins(0)), mins(0), None, u32::MAX).p90, mins(196_608_000));
    }

    #[test]
    fn the_request_bounds_corrections_until_it_is_outlived() {
        let last = Estimate::exactly(mins(10));
        // 10 + 15 minutes, of which 12 may be had; and past the 12 there is no bound.
        assert_eq!(corrected(last, mins(10), Some(mins(12)), 2).p90, mins(12));
        assert_eq!(corrected(Estimate::exactly(mins(12)), mins(12), Some(mins(12)), 3).p90, mins(12 + 30));
        // A job that was started again may have run for longer than its last guess.
        assert_eq!(corrected(last, mins(40), None, 0).p90, mins(41));
    }
}
