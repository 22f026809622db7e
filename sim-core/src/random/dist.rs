//! Distributions of positive amounts, sampled with `libm` so that every machine draws the same bits.

use thiserror::Error;

use super::stream::Stream;

/// A distribution of non-negative numbers. Scenario files give it as a table with a `type`.
///
/// # Source
/// Inverse distribution functions where they exist; gamma by Marsaglia and Tsang, "A simple method for generating
/// gamma variables", TOMS 2000; normal by the inverse of Acklam's rational approximation refined once.
#[derive(Clone, PartialEq, Debug)]
pub enum Dist {
    /// Always this value.
    Constant(f64),
    /// Uniform between two bounds.
    Uniform {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// Exponential with this mean.
    Exponential {
        /// The mean.
        mean: f64,
    },
    /// Lognormal: its logarithm is normal.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Weibull.
    Weibull {
        /// Shape k; below 1 the hazard falls with age.
        shape: f64,
        /// Scale lambda.
        scale: f64,
    },
    /// Pareto (type I).
    Pareto {
        /// Tail index alpha; the mean is infinite at 1 and below.
        shape: f64,
        /// Smallest value.
        scale: f64,
    },
    /// Gamma.
    Gamma {
        /// Shape.
        shape: f64,
        /// Scale.
        scale: f64,
    },
    /// Another distribution, redrawn until the value lies within bounds.
    Bounded {
        /// The distribution that is cut.
        of: Box<Dist>,
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Observed values, drawn with equal chance.
    Empirical(Vec<f64>),
}

/// A parameter that no such distribution has.
#[derive(Clone, PartialEq, Debug, Error)]
#[error("{parameter} = {value}: {rule}")]
pub struct DistError {
    /// Name of the parameter.
    pub parameter: &'static str,
    /// Its value.
    pub value: f64,
    /// What it must satisfy.
    pub rule: &'static str,
}

/// Redraws of a bounded distribution before it gives its nearer bound: a guard, not a model.
const REDRAWS_MAX: u32 = 10_000;

impl Dist {
    /// Checks every parameter.
    ///
    /// # Errors
    /// The first parameter that is out of its range.
    pub fn check(&self) -> Result<(), DistError> {
        let positive = |parameter, value: f64| check(parameter, value, value > 0.0, "must be > 0");
        let natural = |parameter, value: f64| check(parameter, value, value >= 0.0, "must be >= 0");
        match self {
            Dist::Constant(value) => natural("value", *value),
            Dist::Uniform { low, high } => {
                natural("low", *low)?;
                check("high", *high, high >= low, "must be at least `low`")
            }
            Dist::Exponential { mean } => positive("mean", *mean),
            Dist::LogNormal { mu, sigma } => {
                check("mu", *mu, true, "must be finite")?;
                natural("sigma", *sigma)
            }
            Dist::Weibull { shape, scale } | Dist::Pareto { shape, scale } | Dist::Gamma { shape, scale } => {
                positive("shape", *shape)?;
                positive("scale", *scale)
            }
            Dist::Bounded { of, low, high } => {
                natural("low", *low)?;
                check("high", *high, high > low, "must be above `low`")?;
                of.check()
            }
            Dist::Empirical(values) => {
                check("values", values.len() as f64, !values.is_empty(), "must not be empty")?;
                values.iter().try_for_each(|&value| natural("values", value))
            }
        }
    }

    /// One value.
    #[inline]
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match self {
            Dist::Constant(value) => *value,
            Dist::Uniform { low, high } => low + (high - low) * stream.unit(),
            Dist::Exponential { mean } => exponential(stream) * mean,
            Dist::LogNormal { mu, sigma } => libm::exp(mu + sigma * normal(stream)),
            Dist::Weibull { shape, scale } => scale * libm::pow(exponential(stream), 1.0 / shape),
            Dist::Pareto { shape, scale } => scale * libm::exp(exponential(stream) / shape),
            Dist::Gamma { shape, scale } => scale * gamma(stream, *shape),
            Dist::Bounded { of, low, high } => sample_bounded(of, *low, *high, stream),
            Dist::Empirical(values) => values[stream.below(values.len() as u64) as usize],
        }
    }

    /// The mean, where a closed form is at hand: not for bounded distributions, nor for a Pareto without one.
    pub fn mean(&self) -> Option<f64> {
        match self {
            Dist::Constant(value) => Some(*value),
            Dist::Uniform { low, high } => Some((low + high) / 2.0),
            Dist::Exponential { mean } => Some(*mean),
            Dist::LogNormal { mu, sigma } => Some(libm::exp(mu + sigma * sigma / 2.0)),
            Dist::Weibull { shape, scale } => Some(scale * libm::tgamma(1.0 + 1.0 / shape)),
            Dist::Pareto { shape, scale } => (*shape > 1.0).then(|| scale * shape / (shape - 1.0)),
            Dist::Gamma { shape, scale } => Some(shape * scale),
            Dist::Bounded { .. } => None,
            Dist::Empirical(values) => Some(values.iter().sum::<f64>() / values.len() as f64),
        }
    }
}

fn check(parameter: &'static str, value: f64, holds: bool, rule: &'static str) -> Result<(), DistError> {
    if holds && value.is_finite() { Ok(()) } else { Err(DistError { parameter, value, rule }) }
}

fn sample_bounded(of: &Dist, low: f64, high: f64, stream: &mut Stream) -> f64 {
    let mut value = low;
    for _ in 0..REDRAWS_MAX {
        value = of.sample(stream);
        if (low..=high).contains(&value) {
            return value;
        }
    }
    value.clamp(low, high)
}

/// An exponential variate of mean 1.
#[inline]
pub fn exponential(stream: &mut Stream) -> f64 {
    -libm::log(stream.open_unit())
}

/// A standard normal variate, by inversion: one draw each, so that streams stay in step.
#[inline]
pub fn normal(stream: &mut Stream) -> f64 {
    std_normal_quantile(stream.open_unit())
}

/// A gamma variate of that shape and scale 1.
///
/// # Source
/// Marsaglia and Tsang 2000; for shape < 1 with their boost `U^(1/shape)`.
pub fn gamma(stream: &mut Stream, shape: f64) -> f64 {
    if shape < 1.0 {
        let boost = libm::pow(stream.open_unit(), 1.0 / shape);
        return boost * gamma(stream, shape + 1.0);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = normal(stream);
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let v = v * v * v;
        let u = stream.open_unit();
        if libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}

/// The quantile of the standard normal distribution, for `0 < p < 1`.
///
/// # Source
/// P. J. Acklam's rational approximation (2003; relative error 1.15e-9), then one step of Halley's method on `erfc`,
/// which brings it to the precision of `f64`.
pub fn std_normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e+01,
        2.209460984245205e+02,
        -2.759285104469687e+02,
        1.38357751867269e+02,
        -3.066479806614716e+01,
        2.506628277459239e+00,
    ];
    const B: [f64; 5] = [
        -5.447609879822406e+01,
        1.615858368580409e+02,
        -1.556989798598866e+02,
        6.680131188771972e+01,
        -1.328068155288572e+01,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-03,
        -3.223964580411365e-01,
        -2.400758277161838e+00,
        -2.549732539343734e+00,
        4.374664141464968e+00,
        2.938163982698783e+00,
    ];
    const D: [f64; 4] =
        [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00];
    const P_LOW: f64 = 0.02425;
    let tail = |q: f64| {
        (((((C[0] * q + C[1]) * q + C[2]) * q + C[3]) * q + C[4]) * q + C[5])
            / ((((D[0] * q + D[1]) * q + D[2]) * q + D[3]) * q + 1.0)
    };
    let x = if p < P_LOW {
        tail(libm::sqrt(-2.0 * libm::log(p)))
    } else if p > 1.0 - P_LOW {
        -tail(libm::sqrt(-2.0 * libm::log(1.0 - p)))
    } else {
        let q = p - 0.5;
        let r = q * q;
        (((((A[0] * r + A[1]) * r + A[2]) * r + A[3]) * r + A[4]) * r + A[5]) * q
            / (((((B[0] * r + B[1]) * r + B[2]) * r + B[3]) * r + B[4]) * r + 1.0)
    };
    let error = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2) - p;
    let step = error * libm::sqrt(2.0 * std::f64::consts::PI) * libm::exp(x * x / 2.0);
    x - step / (1.0 + x * step / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(&'static str, Dist)> {
        vec![
            ("uniform", Dist::Uniform { low: 1.0, high: 3.0 }),
            ("exponential", Dist::Exponential { mean: 2.0 }),
            ("lognormal", Dist::LogNormal { mu: 0.5, sigma: 0.8 }),
            ("weibull", Dist::Weibull { shape: 0.7, scale: 2.0 }),
            ("pareto", Dist::Pareto { shape: 4.5, scale: 1.0 }),
            ("gamma", Dist::Gamma { shape: 4.2, scale: 0.94 }),
            ("gamma below one", Dist::Gamma { shape: 0.5, scale: 2.0 }),
            ("empirical", Dist::Empirical(vec![1.0, 2.0, 6.0])),
        ]
    }

    #[test]
    fn sample_means_meet_the_formulas() {
        for (name, dist) in all() {
            let (mut stream, n) = (Stream::new(11, name), 200_000);
            let draws: Vec<f64> = (0..n).map(|_| dist.sample(&mut stream)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n - 1);
            let limit = 5.0 * (variance / f64::from(n)).sqrt();
            let expected = dist.mean().unwrap();
            assert!((mean - expected).abs() < limit, "{name}: {mean} is not {expected} +- {limit}");
        }
    }

    #[test]
    fn draws_are_pinned_for_ever() {
        // One hash over every sampler, so that no build mode or library can change a published workload.
        let mut hash = 0u64;
        for (name, dist) in all() {
            let mut stream = Stream::new(5, name);
            for _ in 0..1000 {
                hash = hash.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    ^ dist.sample(&mut stream).to_bits();
            }
        }
        assert_eq!(hash, PINNED, "{hash:#x}");
    }

    #[test]
    fn normal_quantiles_are_right() {
        // Values from the tables of the standard normal distribution.
        for (p, x) in [(0.5, 0.0), (0.975, 1.959963984540054), (0.001, -3.090232306167813)] {
            assert!((std_normal_quantile(p) - x).abs() < 1e-12, "{p}");
        }
    }

    #[test]
    fn bounds_hold_even_where_they_are_improbable() {
        let of = Box::new(Dist::Exponential { mean: 1.0 });
        let dist = Dist::Bounded { of, low: 500.0, high: 501.0 };
        assert_eq!(dist.sample(&mut Stream::new(1, "b")), 500.0);
    }

    #[test]
    fn bad_parameters_are_named() {
        let error = Dist::Weibull { shape: -1.0, scale: 1.0 }.check().unwrap_err();
        assert_eq!(error.to_string(), "shape = -1: must be > 0");
        assert!(Dist::Empirical(vec![]).check().is_err());
        assert!(Dist::Exponential { mean: f64::NAN }.check().is_err());
    }

    const PINNED: u64 = 0xc09d_cf1b_1424_88cd;
}
