//! Submit times of a workload: counted from its origin, and brought closer together to reach a load.

use sim_core::{Job, Lane, SimTime};

use super::Audit;
use crate::traces::options::Target;

/// Loads are compared as whole numbers of this fraction, so that scaling is exact integer arithmetic.
const SCALE: u128 = 1_000_000_000_000;

/// From submit times of the file to those of a workload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Timing {
    first: SimTime,
    origin: SimTime,
    /// Gaps are multiplied by this ratio.
    natural: u128,
    target: u128,
}

impl Timing {
    /// Gaps as they are. Absolute times begin at the first job, others where they are.
    pub(super) fn natural(first: SimTime, absolute: bool) -> Self {
        let origin = if absolute { first } else { SimTime::ZERO };
        Self { first, origin, natural: 1, target: 1 }
    }

    /// The same for jobs of which the first is submitted at `first`.
    pub(crate) fn from(self, first: SimTime, absolute: bool) -> Self {
        Self { natural: self.natural, target: self.target, ..Self::natural(first, absolute) }
    }

    /// The factor of the gaps, if it is not 1.
    pub(super) fn stretch(&self) -> Option<f64> {
        (self.natural != self.target).then(|| self.natural as f64 / self.target as f64)
    }

    /// True for times that no audited job has: they cannot be scaled.
    pub(crate) fn is_before_first(&self, submit: SimTime) -> bool {
        submit < self.first
    }

    /// When a job that the file submits at `submit` is submitted. Keeps the order.
    ///
    /// `None` if that is beyond 584 years.
    pub(crate) fn submit(&self, submit: SimTime) -> Option<SimTime> {
        let gap = u128::from(submit.since(self.first).as_ns());
        let scaled =
            if self.natural == self.target { gap } else { gap.checked_mul(self.natural)? / self.target };
        let from = u128::from(self.first.since(self.origin).as_ns());
        let ns = u64::try_from(from + scaled).ok().filter(|&ns| ns < u64::MAX)?;
        Some(SimTime::from_ns(ns))
    }

    /// Moves a job to its time; its deadline stays as far from the submission as it was. `None` as for
    /// [`Timing::submit`].
    pub(crate) fn apply(&self, job: &mut Job) -> Option<()> {
        let submit = self.submit(job.submit)?;
        if job.deadline != SimTime::MAX {
            let deadline = i128::from(job.deadline.as_ns()) - i128::from(job.submit.as_ns())
                + i128::from(submit.as_ns());
            job.deadline = SimTime::from_ns(deadline.clamp(0, i128::from(u64::MAX - 1)) as u64);
        }
        job.submit = submit;
        Some(())
    }
}

impl Audit {
    /// The timing that brings the offered load to `target`.
    ///
    /// # Errors
    /// The rule that is broken.
    pub(super) fn scaled(&self, target: Target, has_cluster: bool) -> Result<Timing, String> {
        if !has_cluster {
            return Err("needs a cluster: load is demand over capacity".to_owned());
        }
        if self.span().as_ns() == 0 {
            return Err("needs two jobs that are submitted at different times".to_owned());
        }
        let lane = target.lane.or_else(|| self.dominant()).unwrap_or(Lane::Cpu);
        let load = self.lanes[lane.index()];
        let capacity = load.capacity.filter(|&capacity| capacity > 0);
        let capacity = capacity.ok_or_else(|| format!("the cluster has no {}", lane.name()))?;
        if load.demand == 0 {
            return Err(format!("the trace asks for no {}", lane.name()));
        }
        let natural = ratio(load.demand, u128::from(capacity) * u128::from(self.span().as_ns()));
        // Loads are between 1e-6 and 1e6, so that the product is a whole number that f64 holds exactly
        // enough.
        let target = libm::round(target.load * SCALE as f64) as u128;
        let timing = Timing { natural, target, ..self.timing };
        if natural == 0 {
            return Err(format!("cannot be reached: {} is hardly used at all", lane.name()));
        }
        timing.submit(self.last_submit).map(|_| timing).ok_or("puts jobs beyond 584 years".to_owned())
    }
}

/// `numerator / denominator` in units of 1 / [`SCALE`], rounded down.
fn ratio(mut numerator: u128, mut denominator: u128) -> u128 {
    // Where the product does not fit, the lowest bits of both do not count either.
    while numerator > u128::MAX / SCALE {
        (numerator, denominator) = (numerator >> 1, (denominator >> 1).max(1));
    }
    numerator * SCALE / denominator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_scaled_and_order_is_kept() {
        let first = SimTime::from_secs(100);
        let timing = Timing { natural: SCALE / 3, target: SCALE, ..Timing::natural(first, true) };
        assert_eq!(timing.submit(first), Some(SimTime::ZERO));
        assert_eq!(timing.submit(SimTime::from_secs(103)).unwrap().as_ns(), 999_999_999);
        let kept = Timing::natural(first, false);
        assert_eq!(kept.submit(SimTime::from_secs(103)), Some(SimTime::from_secs(103)));
        assert_eq!(kept.stretch(), None);
    }

    #[test]
    fn ratios_hold_for_huge_demands() {
        assert_eq!(ratio(3, 2), SCALE * 3 / 2);
        assert_eq!(ratio(u128::MAX / 2, u128::MAX / 4) / (SCALE / 10), 20);
    }

    #[test]
    fn deadlines_move_with_their_jobs() {
        let timing = Timing::natural(SimTime::from_secs(100), true);
        let mut job = Job::new(1, SimTime::from_secs(110), sim_core::ShapeId(0));
        job.deadline = SimTime::from_secs(150);
        timing.apply(&mut job).unwrap();
        assert_eq!((job.submit, job.deadline), (SimTime::from_secs(10), SimTime::from_secs(50)));
    }
}
