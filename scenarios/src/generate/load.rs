//! Offered load: the arrival rate that keeps a given part of a cluster busy.

use sim_core::Lane;

use super::problem;
use crate::problem::Problem;

/// Jobs per second that ask for `load` times the capacity of the lane that is asked for most.
///
/// `work` is the mean of (amount x service) of one job by lane, in the units of `capacity` times seconds.
///
/// # Errors
/// If jobs ask for something that the cluster does not have, or for nothing at all.
pub(super) fn rate_for(load: f64, capacity: &[u64; 8], work: &[f64; 8]) -> Result<f64, Problem> {
    let mut rate = f64::INFINITY;
    for lane in Lane::ALL {
        let (capacity, work) = (capacity[lane.index()], work[lane.index()]);
        if work > 0.0 && capacity == 0 {
            let rule = format!("cannot be met: jobs ask for {}, and the cluster has none", lane.name());
            return Err(problem("load", load, rule));
        }
        if work > 0.0 {
            rate = rate.min(load * capacity as f64 / work);
        }
    }
    if rate.is_infinite() {
        return Err(problem("load", load, "cannot be met: jobs ask for nothing"));
    }
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lane_asked_for_most_decides() {
        let (mut capacity, mut work) = ([0; 8], [0.0; 8]);
        (capacity[0], capacity[2]) = (64_000, 8_000);
        (work[0], work[2]) = (4_000.0 * 100.0, 1_000.0 * 100.0);
        // 16 such jobs fill the cores, 8 the cards: at half load 4 run, each for 100 s.
        assert_eq!(rate_for(0.5, &capacity, &work).unwrap(), 0.04);
        work[3] = 1.0;
        let problem = rate_for(0.5, &capacity, &work).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "workload: load = 0.5: cannot be met: jobs ask for disk, and the cluster has none"
        );
    }
}
