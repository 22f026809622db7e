//! What is left to run of the jobs that a stationary system holds.
//!
//! A job that is found running at a random instant is more likely a long one, and the rest of it has the
//! density (1 - F(x)) / mean, which is that of a uniform share of a length-biased duration.

use sim_core::random::gamma;
use sim_core::{Dist, Stream};

use super::incomplete_gamma::gamma_cdf;
use super::weighted::Weighted;

/// Sampler of residual durations [s].
#[derive(Clone, Debug)]
pub(super) enum Residual {
    /// A uniform share of this: the length-biased distribution is of a known kind.
    Share(Dist),
    /// Exponential durations have no memory: the rest is distributed as the whole.
    Memoryless(Dist),
    /// Length-biased uniform, by its inverse distribution function.
    Uniform { low: f64, high: f64 },
    /// Length-biased Weibull is a power of a gamma variate.
    Weibull { shape: f64, scale: f64 },
    /// Values with a chance in proportion to their length.
    Empirical { values: Vec<f64>, chances: Weighted },
    /// Inverse of the integrated survival function, by table.
    Table(Survival),
}

impl Residual {
    /// The residual of `dist`, or `None` if its mean is infinite or zero: there is no stationary population
    /// then.
    pub(super) fn of(dist: &Dist) -> Option<Self> {
        let mean = super::dist_mean(dist)?;
        if mean <= 0.0 || !mean.is_finite() {
            return None;
        }
        Some(match dist {
            Dist::Constant(value) => Residual::Share(Dist::Constant(*value)),
            Dist::Uniform { low, high } => Residual::Uniform { low: *low, high: *high },
            Dist::Exponential { .. } => Residual::Memoryless(dist.clone()),
            Dist::LogNormal { mu, sigma } => {
                Residual::Share(Dist::LogNormal { mu: mu + sigma * sigma, sigma: *sigma })
            }
            Dist::Weibull { shape, scale } => Residual::Weibull { shape: *shape, scale: *scale },
            Dist::Pareto { shape, scale } => {
                Residual::Share(Dist::Pareto { shape: shape - 1.0, scale: *scale })
            }
            Dist::Gamma { shape, scale } => {
                Residual::Share(Dist::Gamma { shape: shape + 1.0, scale: *scale })
            }
            Dist::Empirical(values) => {
                Residual::Empirical { values: values.clone(), chances: Weighted::new(values) }
            }
            Dist::Bounded { of, low, high } => Residual::Table(Survival::of(of, *low, *high)),
        })
    }

    /// One residual [s].
    pub(super) fn sample(&self, stream: &mut Stream) -> f64 {
        let share = stream.open_unit();
        match self {
            Residual::Share(dist) => share * dist.sample(stream),
            Residual::Memoryless(dist) => dist.sample(stream),
            Residual::Uniform { low, high } => {
                let u = stream.unit();
                share * libm::sqrt(low * low + u * (high * high - low * low))
            }
            Residual::Weibull { shape, scale } => {
                share * scale * libm::pow(gamma(stream, 1.0 + 1.0 / shape), 1.0 / shape)
            }
            Residual::Empirical { values, chances } => share * values[chances.pick(stream)],
            Residual::Table(survival) => survival.invert(share),
        }
    }
}

/// Cells of the quadrature. Their ends are the fourth powers of equal steps: fine where bodies are, coarse in
/// tails.
const CELLS: u32 = 4096;

/// The integral of the survival function 1 - F of a distribution within bounds.
#[derive(Clone, Debug)]
pub(super) struct Survival {
    /// Ends of the cells [s], from 0.
    ends: Vec<f64>,
    /// Integral of the survival function from 0 to each end [s].
    integral: Vec<f64>,
}

impl Survival {
    /// P(low <= X <= high) for an unbounded, smooth `dist`.
    pub(super) fn share(dist: &Dist, low: f64, high: f64) -> f64 {
        cdf(dist, high) - cdf(dist, low)
    }

    /// For `dist` within bounds. Simpson's rule in each cell.
    pub(super) fn of(dist: &Dist, low: f64, high: f64) -> Self {
        let (below, share) = (cdf(dist, low), Self::share(dist, low, high));
        let survival = |x: f64| (1.0 - (cdf(dist, x) - below) / share).clamp(0.0, 1.0);
        let end = |n: u32| {
            let step = f64::from(n) / f64::from(CELLS);
            low + (high - low) * step * step * step * step
        };
        // Nothing ends before `low`, so that survival is 1 up to there.
        let (mut ends, mut integral) = (vec![0.0, low], vec![0.0, low]);
        let (mut left, mut sum) = (low, low);
        for n in 1..=CELLS {
            let right = end(n);
            let middle = survival((left + right) / 2.0);
            sum += (right - left) / 6.0 * (survival(left) + 4.0 * middle + survival(right));
            ends.push(right);
            integral.push(sum);
            left = right;
        }
        Self { ends, integral }
    }

    /// The mean: survival integrated over everything.
    pub(super) fn mean(&self) -> f64 {
        *self.integral.last().expect("there is at least one cell")
    }

    /// Where the integral reaches `share` of the mean, linear within cells.
    fn invert(&self, share: f64) -> f64 {
        let target = share * self.mean();
        let right = self.integral.partition_point(|&sum| sum < target).clamp(1, self.ends.len() - 1);
        let (from, to) = (self.integral[right - 1], self.integral[right]);
        let part = if to > from { (target - from) / (to - from) } else { 0.0 };
        self.ends[right - 1] + part * (self.ends[right] - self.ends[right - 1])
    }
}

/// P(X <= x) of a smooth distribution.
///
/// # Panics
/// For those with atoms or bounds: `durations::bounded` resolves them.
fn cdf(dist: &Dist, x: f64) -> f64 {
    match dist {
        Dist::Uniform { low, high } if high > low => ((x - low) / (high - low)).clamp(0.0, 1.0),
        Dist::Uniform { low, .. } => f64::from(u8::from(x >= *low)),
        Dist::Exponential { mean } => -libm::expm1(-x.max(0.0) / mean),
        Dist::LogNormal { .. } if x <= 0.0 => 0.0,
        Dist::LogNormal { mu, sigma } if *sigma == 0.0 => f64::from(u8::from(libm::log(x) >= *mu)),
        Dist::LogNormal { mu, sigma } => {
            libm::erfc((mu - libm::log(x)) / sigma * std::f64::consts::FRAC_1_SQRT_2) / 2.0
        }
        Dist::Weibull { shape, scale } => -libm::expm1(-libm::pow(x.max(0.0) / scale, *shape)),
        Dist::Pareto { shape, scale } if x > *scale => 1.0 - libm::pow(scale / x, *shape),
        Dist::Pareto { .. } => 0.0,
        Dist::Gamma { shape, scale } => gamma_cdf(x, *shape, *scale),
        Dist::Constant(_) | Dist::Empirical(_) | Dist::Bounded { .. } => {
            panic!("{dist:?} within bounds was not resolved")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(draws: &[f64]) -> (f64, f64) {
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        (mean, (draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n / n).sqrt())
    }

    #[test]
    fn mean_residuals_are_half_the_second_moment_by_the_mean() {
        let cut = |of: Dist| Dist::Bounded { of: Box::new(of), low: 1.0, high: 9.0 };
        for (name, dist) in [
            ("constant", Dist::Constant(4.0)),
            ("uniform", Dist::Uniform { low: 1.0, high: 5.0 }),
            ("exponential", Dist::Exponential { mean: 2.0 }),
            ("lognormal", Dist::LogNormal { mu: 0.5, sigma: 0.6 }),
            ("weibull", Dist::Weibull { shape: 0.8, scale: 2.0 }),
            ("pareto", Dist::Pareto { shape: 6.0, scale: 1.0 }),
            ("gamma", Dist::Gamma { shape: 0.7, scale: 2.0 }),
            ("empirical", Dist::Empirical(vec![1.0, 2.0, 9.0])),
            ("bounded exponential", cut(Dist::Exponential { mean: 4.0 })),
            ("bounded pareto", cut(Dist::Pareto { shape: 0.5, scale: 0.5 })),
        ] {
            let (mut stream, n) = (Stream::new(1, name), 300_000);
            let squares: Vec<f64> = (0..n).map(|_| dist.sample(&mut stream)).map(|x| x * x).collect();
            let mean = super::super::dist_mean(&dist).unwrap();
            let (expected, error) = moments(&squares);
            let (expected, error) = (expected / mean / 2.0, error / mean / 2.0);
            let residual = Residual::of(&dist).unwrap();
            let draws: Vec<f64> = (0..n).map(|_| residual.sample(&mut stream)).collect();
            let (found, own_error) = moments(&draws);
            let limit = 5.0 * (error + own_error) + 1e-6;
            assert!((found - expected).abs() < limit, "{name}: {found} is not {expected} +- {limit}");
        }
    }

    #[test]
    fn without_a_mean_there_is_no_residual() {
        assert!(Residual::of(&Dist::Pareto { shape: 0.9, scale: 1.0 }).is_none());
        assert!(Residual::of(&Dist::Constant(0.0)).is_none());
    }
}
