//! How good the estimates at submission were.

use sim_core::{End, Estimate, JobView, SinkError};

use super::report::Out;
use crate::metrics as m;

/// The estimate of one completed job, and what it came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Prediction {
    estimate: Estimate,
    actual_ns: u64,
}

impl Prediction {
    /// That of a job that ends so; `None` unless it completes.
    #[inline]
    pub(super) fn of(job: JobView<'_>, end: Option<End>) -> Option<Self> {
        let is_complete = end == Some(End::Completed);
        is_complete.then(|| Self { estimate: job.predicted(), actual_ns: job.done().as_ns() })
    }
}

/// Sums over completed jobs, exact, so that their order does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Predictions {
    known: u64,
    unknown: u64,
    /// Median above, below the actual run time.
    over: u64,
    under: u64,
    /// Actual run times within the 90th percentile.
    covered: u64,
    /// How much the medians were above, below the actual run times [ns].
    p50_above_ns: u128,
    p50_below_ns: u128,
    /// The same of the 90th percentiles.
    p90_above_ns: u128,
    p90_below_ns: u128,
    /// The smaller of median and actual / the larger, in billionths.
    likeness: u128,
}

/// One, as likeness is kept.
const ONE: u128 = 1_000_000_000;

impl Predictions {
    #[inline]
    pub(super) fn add(&mut self, prediction: &Prediction) {
        let Prediction { estimate, actual_ns } = *prediction;
        if estimate == Estimate::UNKNOWN {
            self.unknown += 1;
            return;
        }
        let (p50_ns, p90_ns) = (estimate.p50.as_ns(), estimate.p90.as_ns());
        self.known += 1;
        self.over += u64::from(p50_ns > actual_ns);
        self.under += u64::from(p50_ns < actual_ns);
        self.covered += u64::from(actual_ns <= p90_ns);
        self.p50_above_ns += u128::from(p50_ns.saturating_sub(actual_ns));
        self.p50_below_ns += u128::from(actual_ns.saturating_sub(p50_ns));
        self.p90_above_ns += u128::from(p90_ns.saturating_sub(actual_ns));
        self.p90_below_ns += u128::from(actual_ns.saturating_sub(p90_ns));
        let (less, more) = (p50_ns.min(actual_ns), p50_ns.max(actual_ns));
        self.likeness += (u128::from(less) * ONE).checked_div(u128::from(more)).unwrap_or(ONE);
    }

    /// Hands the numbers over. Without a known estimate there is only the count of unknown ones.
    pub(super) fn report(&self, out: &mut Out<'_>) -> Result<(), SinkError> {
        out.put(&m::PREDICTION_UNKNOWN, self.unknown as f64)?;
        if self.known == 0 {
            return Ok(());
        }
        let jobs = self.known as f64;
        let mean_s = |sum_ns: u128| sum_ns as f64 / jobs / 1e9;
        let percent = |count: u64| 100.0 * count as f64 / jobs;
        // The loss of quantile q: q x what it is too short, (1 - q) x what it is too long; here in tenths.
        let loss =
            |tenths: u128, below_ns, above_ns| mean_s(tenths * below_ns + (10 - tenths) * above_ns) / 10.0;
        out.put(&m::PREDICTION_MAE, mean_s(self.p50_above_ns + self.p50_below_ns))?;
        out.put(&m::PREDICTION_ACCURACY, self.likeness as f64 / jobs / ONE as f64)?;
        out.put(&m::PREDICTION_PINBALL_P50, loss(5, self.p50_below_ns, self.p50_above_ns))?;
        out.put(&m::PREDICTION_PINBALL_P90, loss(9, self.p90_below_ns, self.p90_above_ns))?;
        out.put(&m::PREDICTION_OVER_PCT, percent(self.over))?;
        out.put(&m::PREDICTION_UNDER_PCT, percent(self.under))?;
        out.put(&m::PREDICTION_P90_COVERAGE_PCT, percent(self.covered))
    }
}
