//! How far a metric may move: absolute or relative, by name.

use analysis::metric;

use crate::problem::{Problem, Problems};

/// Tolerances of metrics; without any, nothing may move.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tolerances {
    of: Vec<(Option<String>, Tolerance)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Tolerance {
    Absolute(f64),
    Relative(f64),
}

impl Tolerances {
    /// Reads `METRIC=1%`, `METRIC=0.5`, or the same without a metric for all that have no own one. A metric may be a
    /// family, which ends in `_`.
    ///
    /// # Errors
    /// All texts that are none of these.
    pub fn parse(texts: &[String]) -> Result<Self, Problems> {
        let (mut of, mut problems) = (Vec::new(), Problems::default());
        for text in texts {
            let (name, amount) = match text.split_once('=') {
                Some((name, amount)) => (Some(name.trim()), amount.trim()),
                None => (None, text.trim()),
            };
            let (number, relative) = match amount.strip_suffix('%') {
                Some(number) => (number.trim(), true),
                None => (amount, false),
            };
            let tolerance = match number.parse::<f64>() {
                Ok(size) if size >= 0.0 && size.is_finite() => match relative {
                    true => Tolerance::Relative(size / 100.0),
                    false => Tolerance::Absolute(size),
                },
                _ => {
                    let rule =
                        "must be `METRIC=1%` or `METRIC=0.5`, or without METRIC for all, and at least 0";
                    problems.push(Problem::new("--tolerance", "", text, rule));
                    continue;
                }
            };
            of.push((name.map(str::to_owned), tolerance));
        }
        problems.or_ok(Self { of })
    }

    /// True if nothing may move.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Names that no row of `metrics` answers to.
    pub fn unknown<'a>(&'a self, metrics: &[&str]) -> Vec<&'a str> {
        let names = self.of.iter().filter_map(|(name, _)| name.as_deref());
        names.filter(|name| !metrics.iter().any(|metric| covers(name, metric))).collect()
    }

    /// How far a value of that metric may move from `before`.
    pub fn allowed(&self, name: &str, before: f64) -> f64 {
        let own = self.of.iter().rev().find(|(of, _)| of.as_deref().is_some_and(|of| covers(of, name)));
        let found = own.or_else(|| self.of.iter().rev().find(|(of, _)| of.is_none()));
        match found {
            Some((_, Tolerance::Absolute(size))) => *size,
            Some((_, Tolerance::Relative(share))) => share * before.abs(),
            None => 0.0,
        }
    }
}

/// True if the metric is the named one, or of the named family.
fn covers(named: &str, name: &str) -> bool {
    named == name || metric(name).is_some_and(|metric| metric.name == named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(texts: &[&str]) -> Result<Tolerances, Problems> {
        Tolerances::parse(&texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_metrics_own_tolerance_goes_before_its_familys_neighbours_and_that_of_all() {
        let tolerances = parse(&["2%", "wait_mean=0.5", "utilization_=1%"]).unwrap();
        assert_eq!(tolerances.allowed("wait_mean", 100.0), 0.5);
        assert_eq!(tolerances.allowed("utilization_cpu", -0.5), 0.005);
        assert_eq!(tolerances.allowed("makespan", 100.0), 2.0);
        assert_eq!(Tolerances::default().allowed("makespan", 100.0), 0.0);
        assert_eq!(tolerances.unknown(&["wait_mean"]), ["utilization_"]);
    }

    #[test]
    fn every_bad_tolerance_is_told() {
        let problems = parse(&["wait_mean=x", "-1", "jct_mean=nan%", "1%"]).unwrap_err();
        assert_eq!(problems.0.len(), 3, "{problems}");
    }
}
