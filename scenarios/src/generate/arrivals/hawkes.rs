//! Self-exciting arrivals: each job makes more jobs likely for a while.

use sim_core::Stream;
use sim_core::random::exponential;
use sim_core::registry::{About, Kind, Param, Params};

use super::super::problem;
use super::RATE;
use crate::problem::Problem;

/// The declaration.
pub(super) const ABOUT: About = About {
    name: "hawkes",
    doc: "A Hawkes process with an exponential kernel: each arrival has `branching` followers on average, at \
          an exponential delay. The mean rate is base / (1 - branching); it starts at its mean intensity.",
    source: "Hawkes 1971; simulated by thinning as in Ogata, On Lewis' simulation method for point \
             processes, 1981.",
    params: &[
        Param::optional(
            "base_per_hour",
            RATE,
            "Rate without followers [jobs per hour]; left out with `load`.",
        ),
        Param::with_default(
            "branching",
            Kind::Float { min: 0.0, max: 0.999 },
            "0.5",
            "Mean number of direct followers of one arrival.",
        ),
        Param::with_default("decay", Kind::Duration, "\"60s\"", "Mean delay of a follower."),
    ],
};

#[derive(Clone, Debug)]
pub(super) struct Hawkes {
    base: f64,
    branching: f64,
    /// Rate at which the excitement decays [1/s].
    decay: f64,
    /// Intensity above `base`, just after the last arrival [1/s]. One number holds the whole past.
    excess: f64,
}

impl Hawkes {
    pub(super) fn new(base: f64, params: &Params) -> Result<Self, Problem> {
        let delay = params.duration("decay").as_secs_f64();
        if delay == 0.0 {
            return Err(problem("arrivals.decay", 0, "must be above 0"));
        }
        let mut hawkes = Self { base, branching: params.float("branching"), decay: 1.0 / delay, excess: 0.0 };
        hawkes.excess = hawkes.mean_rate() - base;
        Ok(hawkes)
    }

    pub(super) fn mean_rate(&self) -> f64 {
        self.base / (1.0 - self.branching)
    }

    pub(super) fn scale(&mut self, factor: f64) {
        self.base *= factor;
        self.excess *= factor;
    }

    /// The intensity only falls between two arrivals, so that its present value bounds it until the next.
    #[inline]
    pub(super) fn gap(&mut self, stream: &mut Stream) -> f64 {
        let mut gap = 0.0;
        loop {
            let bound = self.base + self.excess;
            let step = exponential(stream) / bound;
            gap += step;
            self.excess *= libm::exp(-self.decay * step);
            if stream.unit() * bound < self.base + self.excess {
                self.excess += self.branching * self.decay;
                return gap;
            }
        }
    }
}
