//! Arrivals that follow the day and the week.

use sim_core::random::exponential;
use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{SimTime, Stream};

use super::{RATE, RATE_DOC};

/// The declaration.
pub(super) const ABOUT: About = About {
    name: "diurnal",
    doc: "A Poisson process whose rate is a cosine over the day, times a factor on weekends; time 0 is a \
          Monday at midnight. The mean is taken over the week.",
    source: "Lewis and Shedler, Simulation of nonhomogeneous Poisson processes by thinning, 1979.",
    params: &[
        Param::optional("rate_per_hour", RATE, RATE_DOC),
        Param::with_default(
            "peak_to_mean",
            Kind::Float { min: 1.0, max: 2.0 },
            "1.5",
            "Rate at the peak hour by the mean rate of the same day; 2 lets the rate fall to 0 in between.",
        ),
        Param::with_default(
            "peak_hour",
            Kind::Float { min: 0.0, max: 24.0 },
            "14.0",
            "Hour of the day with the highest rate.",
        ),
        Param::with_default(
            "weekend_factor",
            Kind::Float { min: 0.0, max: 10.0 },
            "1.0",
            "Rate on Saturday and Sunday by that of a working day.",
        ),
    ],
};

const NS_PER_DAY: u64 = 86_400_000_000_000;
const SECONDS_PER_DAY: f64 = 86_400.0;

#[derive(Clone, Debug)]
pub(super) struct Diurnal {
    mean_rate: f64,
    amplitude: f64,
    peak_hour: f64,
    weekend: f64,
}

impl Diurnal {
    pub(super) fn new(mean_rate: f64, params: &Params) -> Self {
        Self {
            mean_rate,
            amplitude: params.float("peak_to_mean") - 1.0,
            peak_hour: params.float("peak_hour"),
            weekend: params.float("weekend_factor"),
        }
    }

    pub(super) fn mean_rate(&self) -> f64 {
        self.mean_rate
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.mean_rate *= factor;
    }

    /// Candidates come at the highest rate of the week; each stays with the chance of its own rate by that.
    #[inline]
    pub(super) fn gap(&self, now: SimTime, stream: &mut Stream) -> f64 {
        let highest = (1.0 + self.amplitude) * self.weekend.max(1.0);
        let candidates = self.working_day_rate() * highest;
        // Whole days are taken off in integers: seconds of the week are exact to far below a nanosecond.
        let start = (now.as_ns() % (7 * NS_PER_DAY)) as f64 * 1e-9;
        let mut gap = 0.0;
        loop {
            gap += exponential(stream) / candidates;
            if stream.unit() * highest < self.relative_rate(start + gap) {
                return gap;
            }
        }
    }

    fn working_day_rate(&self) -> f64 {
        self.mean_rate / ((5.0 + 2.0 * self.weekend) / 7.0)
    }

    /// The rate by the mean rate of a working day, at `seconds` after a Monday's midnight.
    fn relative_rate(&self, seconds: f64) -> f64 {
        let days = seconds / SECONDS_PER_DAY;
        let day = libm::floor(days);
        let turn = 2.0 * std::f64::consts::PI * ((days - day) - self.peak_hour / 24.0);
        let wave = 1.0 + self.amplitude * libm::cos(turn);
        if libm::fmod(day, 7.0) >= 5.0 { wave * self.weekend } else { wave }
    }
}
