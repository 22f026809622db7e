//! Requested wall times: what users say about how long their jobs run.

use sim_core::random::normal;
use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{SimDuration, Stream};

/// The ways to estimate, by name.
pub const ESTIMATES: &[About] = &[
    About { name: "none", doc: "No wall time is requested.", source: "", params: &[] },
    About { name: "exact", doc: "The requested wall time is the service time.", source: "", params: &[] },
    About {
        name: "factor",
        doc: "Service times a factor 1 + X with lognormal X: always too long, never too short.",
        source: "Over-estimation by a factor as in Mu'alem and Feitelson, TPDS 2001.",
        params: &[
            Param::with_default("mean", Kind::Float { min: 1.0, max: 1e6 }, "2.0", "Mean of the factor."),
            Param::with_default(
                "sigma",
                Kind::Float { min: 0.0, max: 10.0 },
                "1.0",
                "Standard deviation of the log of X.",
            ),
        ],
    },
    About {
        name: "uniform-factor",
        doc: "Service times a factor that is uniform between 1 and `max`.",
        source: "The f-model of Feitelson and Mu'alem Weil, IPPS/SPDP 1998.",
        params: &[Param::with_default("max", Kind::Float { min: 1.0, max: 1e6 }, "5.0", "Largest factor.")],
    },
    About {
        name: "noisy",
        doc: "Service times a lognormal factor of median 1: too short as often as too long, and a job is \
              killed at its wall time where the scenario enforces it.",
        source: "Multiplicative error as in algorithms with predictions (Mitzenmacher 2019).",
        params: &[Param::with_default(
            "sigma",
            Kind::Float { min: 0.0, max: 10.0 },
            "0.5",
            "Standard deviation of the log of the factor.",
        )],
    },
    About {
        name: "accuracy",
        doc: "Service over an accuracy that is uniform between `low` and 1: never too short, twice too long in the \
              median, and sometimes very much so.",
        source: "Logs of real machines show run time / request spread evenly from 0 to 1: Mu'alem and Feitelson, TPDS \
                 2001, who find a peak at 1 besides (jobs that reach their limit).",
        params: &[Param::with_default(
            "low",
            Kind::Float { min: 1e-6, max: 1.0 },
            "0.01",
            "Least accuracy: 0.01 bounds the factor by 100.",
        )],
    },
];

/// One of [`ESTIMATES`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Estimate {
    /// No request.
    None,
    /// The service itself.
    Exact,
    /// Factor 1 + exp(mu + sigma N).
    Factor {
        /// Mean of the log of the excess; `-inf` for none.
        mu: f64,
        /// Standard deviation of that log.
        sigma: f64,
    },
    /// Factor uniform in [1, max).
    UniformFactor {
        /// Largest factor.
        max: f64,
    },
    /// Factor exp(sigma N).
    Noisy {
        /// Standard deviation of the log of the factor.
        sigma: f64,
    },
    /// Factor 1 / U with U uniform in [low, 1).
    Accuracy {
        /// Least value of U.
        low: f64,
    },
}

impl Estimate {
    /// The way `name` of [`ESTIMATES`].
    ///
    /// # Panics
    /// If there is none of that name: the checker lets none through.
    pub fn new(name: &str, params: &Params) -> Self {
        match name {
            "none" => Estimate::None,
            "exact" => Estimate::Exact,
            "factor" => {
                let (mean, sigma) = (params.float("mean"), params.float("sigma"));
                // The mean of exp(mu + sigma N) is exp(mu + sigma^2 / 2), here `mean - 1`.
                Estimate::Factor { mu: libm::log(mean - 1.0) - sigma * sigma / 2.0, sigma }
            }
            "uniform-factor" => Estimate::UniformFactor { max: params.float("max") },
            "noisy" => Estimate::Noisy { sigma: params.float("sigma") },
            "accuracy" => Estimate::Accuracy { low: params.float("low") },
            other => panic!("there is no estimate {other}"),
        }
    }

    /// The requested wall time of a job that runs for `service`: rounded up to nanoseconds, at least one.
    #[inline]
    pub fn walltime(&self, service: SimDuration, stream: &mut Stream) -> SimDuration {
        match self {
            Estimate::None => SimDuration::MAX,
            Estimate::Exact => service,
            Estimate::Factor { mu, sigma } => {
                // Rounding of long spans in f64 must not make an over-estimate an under-estimate.
                scaled(service, 1.0 + libm::exp(mu + sigma * normal(stream))).max(service)
            }
            Estimate::UniformFactor { max } => {
                scaled(service, 1.0 + (max - 1.0) * stream.unit()).max(service)
            }
            Estimate::Accuracy { low } => {
                scaled(service, 1.0 / (low + (1.0 - low) * stream.unit())).max(service)
            }
            Estimate::Noisy { sigma } => scaled(service, libm::exp(sigma * normal(stream))),
        }
    }
}

fn scaled(service: SimDuration, factor: f64) -> SimDuration {
    // The cast saturates; one less than the maximum, which would mean that nothing was requested.
    let ns = libm::ceil(service.as_ns() as f64 * factor) as u64;
    SimDuration::from_ns(ns.clamp(1, u64::MAX - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::testing;

    fn factors(name: &str, text: &str) -> Vec<f64> {
        let about = ESTIMATES.iter().find(|about| about.name == name).unwrap();
        let estimate = Estimate::new(name, &testing::params(about, text).unwrap());
        let (mut stream, service) = (Stream::new(1, name), SimDuration::from_secs(1000));
        (0..100_000).map(|_| estimate.walltime(service, &mut stream).as_secs_f64() / 1000.0).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn over_estimates_are_never_under() {
        let found = factors("factor", "mean = 3.0\nsigma = 0.5");
        assert!(found.iter().all(|&factor| factor >= 1.0));
        assert!((mean(&found) - 3.0).abs() < 0.02, "{}", mean(&found));
        let found = factors("uniform-factor", "max = 5.0");
        assert!(found.iter().all(|factor| (1.0..=5.0).contains(factor)));
        assert!((mean(&found) - 3.0).abs() < 0.02, "{}", mean(&found));
        let found = factors("accuracy", "low = 0.25");
        assert!(found.iter().all(|factor| (1.0..=4.0).contains(factor)));
        // The mean of 1 / U over [0.25, 1) is ln 4 / 0.75.
        assert!((mean(&found) - 4f64.ln() / 0.75).abs() < 0.02, "{}", mean(&found));
        assert!(factors("factor", "mean = 1.0").iter().all(|&factor| factor == 1.0));
    }

    #[test]
    fn noise_goes_both_ways() {
        let found = factors("noisy", "sigma = 0.5");
        let under = found.iter().filter(|&&factor| factor < 1.0).count();
        assert!((49_000..51_000).contains(&under), "{under} of 100000 are under-estimates");
        assert!(factors("exact", "").iter().all(|&factor| factor == 1.0));
    }

    #[test]
    fn no_request_is_the_longest_span() {
        let mut stream = Stream::new(1, "x");
        assert_eq!(Estimate::None.walltime(SimDuration::from_secs(1), &mut stream), SimDuration::MAX);
        let long = SimDuration::from_ns(u64::MAX - 5);
        assert!(Estimate::UniformFactor { max: 9.0 }.walltime(long, &mut stream) < SimDuration::MAX);
    }
}
