//! What only some workloads declare: deadlines, failures, retries, checkpoints.

use sim_core::job::Extras;
use sim_core::registry::{Kind, Param, Params, Value};
use sim_core::{Checkpoint, Retry, SimDuration, SimTime, Stream, Truth};

use super::problem;
use crate::problem::Problem;

const SLACK: Kind = Kind::Float { min: 0.0, max: 1e9 };

/// A slack factor, or the bounds of a uniform one.
pub(super) const SLACKS: Kind = Kind::Either(&[
    SLACK,
    Kind::Table(&[
        Param::required("low", SLACK, "Smallest slack."),
        Param::required("high", SLACK, "Largest slack."),
    ]),
]);

/// The keys of `retry`.
pub(super) const RETRY: &[Param] = &[
    Param::required("max", Kind::Int { min: 0, max: 65_535 }, "Further attempts after the first."),
    Param::with_default("first_delay", Kind::Duration, "0", "Delay before the first of them."),
    Param::with_default("factor", Kind::Float { min: 1.0, max: 1000.0 }, "2.0", "Growth of the delay."),
    Param::optional("delay_max", Kind::Duration, "Upper bound of the delay."),
];

/// The keys of `checkpoint`.
pub(crate) const CHECKPOINT: &[Param] = &[
    Param::required("interval", Kind::Duration, "Work between two checkpoints; 0 is continuous."),
    Param::with_default(
        "restart_cost",
        Kind::Duration,
        "0",
        "Time that a restart takes before work goes on.",
    ),
];

/// When jobs should be done: submission plus service times a slack factor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slack {
    low: f64,
    high: f64,
}

impl Slack {
    /// The key `deadline_slack`, if there is one.
    ///
    /// # Errors
    /// If `high` is below `low`.
    pub(super) fn new(params: &Params) -> Result<Option<Self>, Problem> {
        match params.get("deadline_slack") {
            None => Ok(None),
            Some(Value::Float(slack)) => Ok(Some(Self { low: *slack, high: *slack })),
            Some(Value::Table(range)) => {
                let (low, high) = (range.float("low"), range.float("high"));
                if high < low {
                    return Err(problem(
                        "deadline_slack.high",
                        high,
                        format!("must be at least `low`, {low}"),
                    ));
                }
                Ok(Some(Self { low, high }))
            }
            Some(other) => panic!("a slack was declared, and {other:?} was checked"),
        }
    }

    /// The deadline, rounded up to nanoseconds; never, if it is beyond the end of time.
    #[inline]
    pub(super) fn deadline(&self, submit: SimTime, service: SimDuration, stream: &mut Stream) -> SimTime {
        let slack = self.low + (self.high - self.low) * stream.unit();
        // The cast saturates.
        submit.saturating_add(SimDuration::from_ns(libm::ceil(service.as_ns() as f64 * slack) as u64))
    }
}

/// `truth`, which with chance `share` fails after a uniform part of its service. A job of 1 ns cannot fail.
#[inline]
pub(super) fn maybe_failing(truth: Truth, share: f64, stream: &mut Stream) -> Truth {
    // Both numbers are drawn for every job, so that the fate of one shifts no other.
    let (fails, part) = (stream.unit() < share, stream.unit());
    let service = truth.service().as_ns();
    if !fails || service < 2 {
        return truth;
    }
    let work = libm::floor(service as f64 * part) as u64;
    truth.failing_after(SimDuration::from_ns(work.clamp(1, service - 1)))
}

/// Retries and checkpoints of every job, if any are declared.
pub(crate) fn extras(params: &Params) -> Option<Box<Extras>> {
    let (retry, checkpoint) = (params.table("retry"), params.table("checkpoint"));
    if retry.is_none() && checkpoint.is_none() {
        return None;
    }
    let retry = retry.map_or(Retry::NEVER, |retry| Retry {
        max: u16::try_from(retry.int("max")).expect("it was declared to fit"),
        first_delay: retry.duration("first_delay"),
        // Between 1 and 1000: in range.
        factor_ppm: libm::round(retry.float("factor") * 1e6) as u32,
        delay_max: retry.duration_opt("delay_max").unwrap_or(SimDuration::MAX),
    });
    let checkpoint = checkpoint.map_or(Checkpoint::NONE, |saving| Checkpoint {
        interval: saving.duration("interval"),
        restart_cost: saving.duration("restart_cost"),
    });
    Some(Box::new(Extras { after: Vec::new(), retry, checkpoint }))
}
