//! Arrival processes: when jobs are submitted.
//!
//! Each process knows its mean rate in closed form, so that an offered load can set it.

use sim_core::random::exponential;
use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{SimDuration, SimTime, Stream};

use super::{problem, seconds};
use crate::problem::Problem;

mod diurnal;
mod hawkes;
mod mmpp;

use diurnal::Diurnal;
use hawkes::Hawkes;
use mmpp::Mmpp;

const SECONDS_PER_HOUR: f64 = 3600.0;

/// A number of jobs per hour, above zero.
const RATE: Kind = Kind::Float { min: 1e-6, max: 1e15 };
const RATE_DOC: &str = "Mean rate [jobs per hour]; left out where `load` sets it.";

/// The arrival processes, by name.
pub const ARRIVALS: &[About] = &[
    About {
        name: "poisson",
        doc: "Independent arrivals at a constant rate.",
        source: "Kingman, Poisson Processes, 1993.",
        params: &[Param::optional("rate_per_hour", RATE, RATE_DOC)],
    },
    mmpp::ABOUT,
    diurnal::ABOUT,
    hawkes::ABOUT,
    About {
        name: "uniform",
        doc: "One arrival after another with the same gap; the first after one gap.",
        source: "Queueing notation D.",
        params: &[Param::optional("gap", Kind::Duration, "Time between two arrivals; left out with `load`.")],
    },
    About {
        name: "gaps",
        doc: "Observed gaps, drawn independently with equal chance.",
        source: "Bootstrap of the empirical distribution (Efron 1979).",
        params: &[Param::required(
            "gaps",
            Kind::List(&Kind::Duration),
            "Times between two arrivals; only their relations count with `load`.",
        )],
    },
];

/// An arrival process with its random stream. Rates are per second.
#[derive(Clone, Debug)]
pub struct Arrivals {
    process: Process,
    stream: Stream,
}

#[derive(Clone, Debug)]
enum Process {
    Poisson { rate: f64 },
    Mmpp(Mmpp),
    Diurnal(Diurnal),
    Hawkes(Hawkes),
    Uniform { gap: f64 },
    Gaps { gaps: Vec<f64>, scale: f64 },
}

impl Arrivals {
    /// The process `name` of [`ARRIVALS`]. `rate_is_set` says that [`Arrivals::set_mean_rate`] will follow.
    ///
    /// # Errors
    /// The first rule between its parameters that is broken.
    /// # Panics
    /// If there is no process of that name: the checker lets none through.
    pub fn new(name: &str, params: &Params, rate_is_set: bool, stream: Stream) -> Result<Self, Problem> {
        let rate =
            |key| own_rate(params.float_opt(key).map(|rate| rate / SECONDS_PER_HOUR), key, rate_is_set);
        let process = match name {
            "poisson" => Process::Poisson { rate: rate("rate_per_hour")? },
            "mmpp" => Process::Mmpp(Mmpp::new(params)?),
            "diurnal" => Process::Diurnal(Diurnal::new(rate("rate_per_hour")?, params)),
            "hawkes" => Process::Hawkes(Hawkes::new(rate("base_per_hour")?, params)?),
            "uniform" => {
                let gap = params.duration_opt("gap").map(SimDuration::as_secs_f64);
                if gap == Some(0.0) {
                    return Err(problem("arrivals.gap", 0, "must be above 0"));
                }
                Process::Uniform { gap: own_rate(gap, "gap", rate_is_set)? }
            }
            "gaps" => {
                let gaps: Vec<f64> = params.list("gaps").iter().map(seconds).collect();
                if gaps.iter().all(|&gap| gap == 0.0) {
                    return Err(problem("arrivals.gaps", "", "must hold a gap above 0"));
                }
                Process::Gaps { gaps, scale: 1.0 }
            }
            other => panic!("there is no arrival process {other}"),
        };
        Ok(Self { process, stream })
    }

    /// The long-run mean rate [jobs per second].
    pub fn mean_rate(&self) -> f64 {
        match &self.process {
            Process::Poisson { rate } => *rate,
            Process::Mmpp(mmpp) => mmpp.mean_rate(),
            Process::Diurnal(diurnal) => diurnal.mean_rate(),
            Process::Hawkes(hawkes) => hawkes.mean_rate(),
            Process::Uniform { gap } => 1.0 / gap,
            Process::Gaps { gaps, scale } => gaps.len() as f64 / (gaps.iter().sum::<f64>() * scale),
        }
    }

    /// Speeds the process up or slows it down to that mean rate [jobs per second]. Its time constants
    /// (sojourns, the day, the decay of bursts) stay, its intensities change in proportion.
    pub fn set_mean_rate(&mut self, rate: f64) {
        let factor = rate / self.mean_rate();
        match &mut self.process {
            Process::Poisson { rate } => *rate *= factor,
            Process::Mmpp(mmpp) => mmpp.scale(factor),
            Process::Diurnal(diurnal) => diurnal.scale(factor),
            Process::Hawkes(hawkes) => hawkes.scale(factor),
            Process::Uniform { gap } => *gap /= factor,
            Process::Gaps { scale, .. } => *scale /= factor,
        }
    }

    /// The first arrival after the one at `now`, or `None` beyond the end of time.
    ///
    /// Times are rounded to nanoseconds arrival by arrival, so that rounding does not add up.
    #[inline]
    pub fn next(&mut self, now: SimTime) -> Option<SimTime> {
        let stream = &mut self.stream;
        let gap = match &mut self.process {
            Process::Poisson { rate } => exponential(stream) / *rate,
            Process::Mmpp(mmpp) => mmpp.gap(stream),
            Process::Diurnal(diurnal) => diurnal.gap(now, stream),
            Process::Hawkes(hawkes) => hawkes.gap(stream),
            Process::Uniform { gap } => *gap,
            Process::Gaps { gaps, scale } => gaps[stream.below(gaps.len() as u64) as usize] * *scale,
        };
        let gap = SimDuration::try_from_secs_f64(gap)?;
        now.as_ns().checked_add(gap.as_ns()).map(SimTime::from_ns)
    }
}

/// The rate that the process declares itself, or 1 where it will be set.
fn own_rate(given: Option<f64>, key: &str, rate_is_set: bool) -> Result<f64, Problem> {
    match (given, rate_is_set) {
        (Some(value), false) => Ok(value),
        (None, true) => Ok(1.0),
        (None, false) => Err(problem(format!("arrivals.{key}"), "", "is required where `load` is not given")),
        (Some(_), true) => {
            Err(problem(format!("arrivals.{key}"), "", "must not be given together with `load`"))
        }
    }
}

#[cfg(test)]
mod tests;
