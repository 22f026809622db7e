//! Durations: how long jobs run, as distributions of seconds.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Dist, SimDuration};

use super::problem;
use super::residual::Survival;
use crate::problem::Problem;

const POSITIVE: Kind = Kind::Float { min: 1e-6, max: 1e6 };

/// The distributions, by name.
pub const DURATIONS: &[About] = &[
    About {
        name: "constant",
        doc: "Always the same.",
        source: "Queueing notation D.",
        params: &[Param::required("value", Kind::Duration, "The duration.")],
    },
    About {
        name: "uniform",
        doc: "Uniform between two bounds.",
        source: "Textbook.",
        params: &[
            Param::required("low", Kind::Duration, "Lower bound."),
            Param::required("high", Kind::Duration, "Upper bound."),
        ],
    },
    About {
        name: "exponential",
        doc: "Memoryless.",
        source: "Queueing notation M.",
        params: &[Param::required("mean", Kind::Duration, "Mean.")],
    },
    About {
        name: "lognormal",
        doc: "Its logarithm is normal. Given by `mean` and `cv`, or by `mu` and `sigma` of the log of \
              seconds.",
        source: "Textbook; mu = ln(mean) - sigma^2/2, sigma^2 = ln(1 + cv^2).",
        params: &[
            Param::optional("mean", Kind::Duration, "Mean."),
            Param::optional("cv", Kind::Float { min: 0.0, max: 1e3 }, "Standard deviation by mean."),
            Param::optional("mu", Kind::Float { min: -50.0, max: 50.0 }, "Mean of the log of seconds."),
            Param::optional("sigma", Kind::Float { min: 0.0, max: 50.0 }, "Standard deviation of that log."),
        ],
    },
    About {
        name: "weibull",
        doc: "Weibull; a shape below 1 has a heavy tail.",
        source: "Textbook.",
        params: &[
            Param::required("shape", POSITIVE, "Shape k."),
            Param::required("scale", Kind::Duration, "Scale lambda."),
        ],
    },
    About {
        name: "pareto",
        doc: "Pareto type I: a power law from `scale` upwards; the mean is infinite for shapes of 1 and \
              below.",
        source: "Textbook.",
        params: &[
            Param::required("shape", POSITIVE, "Tail index alpha."),
            Param::required("scale", Kind::Duration, "Smallest value."),
        ],
    },
    About {
        name: "gamma",
        doc: "Gamma; an integer shape is Erlang's.",
        source: "Textbook.",
        params: &[
            Param::required("shape", POSITIVE, "Shape."),
            Param::required("scale", Kind::Duration, "Scale; the mean is shape * scale."),
        ],
    },
    About {
        name: "bounded",
        doc: "Another distribution, redrawn until it is within bounds.",
        source: "Truncation by rejection.",
        params: &[
            Param::required("of", Kind::Plugin("durations"), "The distribution that is cut."),
            Param::with_default("low", Kind::Duration, "0", "Smallest value."),
            Param::required("high", Kind::Duration, "Largest value."),
        ],
    },
    About {
        name: "empirical",
        doc: "Observed values, drawn independently with equal chance.",
        source: "Bootstrap of the empirical distribution (Efron 1979).",
        params: &[Param::required("values", Kind::List(&Kind::Duration), "The values.")],
    },
];

/// Least share of a distribution that bounds have to hold: below it, redrawing would take most of the time.
const BOUNDED_SHARE_MIN: f64 = 1e-3;

/// The distribution `name` of [`DURATIONS`], in seconds. `at` is its key, for problems.
///
/// # Errors
/// The first rule between its parameters that is broken.
/// # Panics
/// If there is no distribution of that name: the checker lets none through.
pub fn dist_from(name: &str, params: &Params, at: &str) -> Result<Dist, Problem> {
    let seconds = |key| params.duration(key).as_secs_f64();
    let dist = match name {
        "constant" => Dist::Constant(seconds("value")),
        "uniform" => Dist::Uniform { low: seconds("low"), high: seconds("high") },
        "exponential" => Dist::Exponential { mean: seconds("mean") },
        "lognormal" => lognormal(params, at)?,
        "weibull" => Dist::Weibull { shape: params.float("shape"), scale: seconds("scale") },
        "pareto" => Dist::Pareto { shape: params.float("shape"), scale: seconds("scale") },
        "gamma" => Dist::Gamma { shape: params.float("shape"), scale: seconds("scale") },
        "bounded" => {
            let (inner, inside) = params.plugin("of").expect("`of` is required");
            let of = dist_from(inner, inside, &format!("{at}.of"))?;
            return bounded(of, seconds("low"), seconds("high"), at);
        }
        "empirical" => Dist::Empirical(params.list("values").iter().map(super::seconds).collect()),
        other => panic!("there is no distribution {other}"),
    };
    dist.check().map_err(|error| problem(format!("{at}.{}", error.parameter), error.value, error.rule))?;
    Ok(dist)
}

fn lognormal(params: &Params, at: &str) -> Result<Dist, Problem> {
    let mean = params.duration_opt("mean").map(SimDuration::as_secs_f64);
    match (mean, params.float_opt("cv"), params.float_opt("mu"), params.float_opt("sigma")) {
        (Some(mean), Some(cv), None, None) => {
            if mean == 0.0 {
                return Err(problem(format!("{at}.mean"), 0, "must be above 0"));
            }
            let variance = libm::log1p(cv * cv);
            Ok(Dist::LogNormal { mu: libm::log(mean) - variance / 2.0, sigma: libm::sqrt(variance) })
        }
        (None, None, Some(mu), Some(sigma)) => Ok(Dist::LogNormal { mu, sigma }),
        _ => Err(problem(at, "", "must have either `mean` and `cv`, or `mu` and `sigma`")),
    }
}

/// `of` within bounds. Atoms and nested bounds are resolved, so that what is left bounded has a smooth
/// inside.
fn bounded(of: Dist, low: f64, high: f64, at: &str) -> Result<Dist, Problem> {
    if high <= low {
        return Err(problem(format!("{at}.high"), high, format!("must be above `low`, which is {low} s")));
    }
    let holds_nothing = || problem(at, "", format!("{low} s to {high} s hold (almost) nothing of `of`"));
    match of {
        Dist::Constant(value) if (low..=high).contains(&value) => Ok(Dist::Constant(value)),
        Dist::Constant(_) => Err(holds_nothing()),
        Dist::Empirical(mut values) => {
            values.retain(|value| (low..=high).contains(value));
            if values.is_empty() { Err(holds_nothing()) } else { Ok(Dist::Empirical(values)) }
        }
        Dist::Bounded { of, low: inner_low, high: inner_high } => {
            bounded(*of, low.max(inner_low), high.min(inner_high), at)
        }
        of if Survival::share(&of, low, high) < BOUNDED_SHARE_MIN => Err(holds_nothing()),
        of => Ok(Dist::Bounded { of: Box::new(of), low, high }),
    }
}

/// The mean of a distribution \[s\], or `None` if it is infinite. Bounded ones are integrated numerically, to
/// about six digits.
pub fn dist_mean(dist: &Dist) -> Option<f64> {
    match dist {
        Dist::Bounded { of, low, high } => Some(Survival::of(of, *low, *high).mean()),
        other => other.mean(),
    }
}

#[cfg(test)]
mod tests {
    use sim_core::Stream;

    use super::*;
    use crate::generate::testing;

    /// `durations = ..` as a distribution.
    fn parse(text: &str) -> Result<Dist, String> {
        const HOLDER: About = About {
            name: "holder",
            doc: "",
            source: "",
            params: &[Param::required("durations", Kind::Plugin("durations"), "")],
        };
        let params = testing::params(&HOLDER, &format!("durations = {text}")).map_err(|p| p.to_string())?;
        let (name, inside) = params.plugin("durations").unwrap();
        dist_from(name, inside, "durations").map_err(|problem| problem.to_string())
    }

    #[test]
    fn every_distribution_can_be_written_down() {
        for (text, mean) in [
            ("{ type = 'constant', value = '5m' }", 300.0),
            ("{ type = 'uniform', low = 10, high = '30s' }", 20.0),
            ("{ type = 'exponential', mean = '1h' }", 3600.0),
            ("{ type = 'lognormal', mean = '10m', cv = 2.0 }", 600.0),
            ("{ type = 'lognormal', mu = 0, sigma = 0 }", 1.0),
            ("{ type = 'weibull', shape = 1, scale = '10s' }", 10.0),
            ("{ type = 'pareto', shape = 2, scale = '10s' }", 20.0),
            ("{ type = 'gamma', shape = 4, scale = '10s' }", 40.0),
            ("{ type = 'empirical', values = [1, '2s', '2500ms'] }", 5.5 / 3.0),
        ] {
            let found = dist_mean(&parse(text).unwrap()).unwrap();
            assert!((found - mean).abs() < 1e-9 * mean, "{text}: {found}");
        }
    }

    #[test]
    fn bounded_means_are_those_of_the_samples() {
        for of in [
            "{ type = 'exponential', mean = 100 }",
            "{ type = 'lognormal', mean = 100, cv = 3.0 }",
            "{ type = 'weibull', shape = 0.6, scale = 100 }",
            "{ type = 'pareto', shape = 0.8, scale = 8 }",
            "{ type = 'gamma', shape = 0.7, scale = 100 }",
            "{ type = 'uniform', low = 0, high = 1000 }",
        ] {
            let dist = parse(&format!("{{ type = 'bounded', of = {of}, low = 10, high = 400 }}")).unwrap();
            let (mut stream, n) = (Stream::new(3, of), 100_000);
            let draws: Vec<f64> = (0..n).map(|_| dist.sample(&mut stream)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n);
            let (found, error) = (dist_mean(&dist).unwrap(), (variance / f64::from(n)).sqrt());
            assert!((found - mean).abs() < 4.0 * error, "{of}: {found} is not {mean} +- {error}");
        }
    }

    #[test]
    fn nested_bounds_and_atoms_are_resolved() {
        let text = "{ type = 'bounded', of = { type = 'bounded', of = { type = 'exponential', mean = 9 }, \
                    high = 50 }, low = 2, high = 90 }";
        let Dist::Bounded { of, low, high } = parse(text).unwrap() else { panic!("it is bounded") };
        assert_eq!((*of, low, high), (Dist::Exponential { mean: 9.0 }, 2.0, 50.0));
        let text = "{ type = 'bounded', of = { type = 'empirical', values = [1, 5, 9] }, low = 2, high = 9 }";
        assert_eq!(parse(text).unwrap(), Dist::Empirical(vec![5.0, 9.0]));
    }

    #[test]
    fn impossible_distributions_are_refused() {
        for (text, rule) in [
            ("{ type = 'lognormal', mean = 3 }", "must have either `mean` and `cv`"),
            ("{ type = 'exponential', mean = 0 }", "durations.mean = 0: must be > 0"),
            ("{ type = 'uniform', low = 3, high = 2 }", "durations.high = 2: must be at least `low`"),
            ("{ type = 'bounded', of = { type = 'exponential', mean = 1 }, low = 50, high = 60 }", "nothing"),
            ("{ type = 'bounded', of = { type = 'constant', value = 1 }, low = 5, high = 6 }", "nothing"),
            ("{ type = 'bounded', of = { type = 'constant', value = 1 }, low = 6, high = 5 }", "above `low`"),
            ("{ type = 'empirical', values = [] }", "must not be empty"),
        ] {
            let text_of = parse(text).unwrap_err();
            assert!(text_of.contains(rule), "{text}: {text_of}");
        }
        assert_eq!(dist_mean(&parse("{ type = 'pareto', shape = 1, scale = 1 }").unwrap()), None);
    }
}
