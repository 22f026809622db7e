//! The seeds of a scenario: counted, listed, or as many as it takes.

use analysis::{METRICS, Replication, Width, metric};
use sim_core::registry::{Kind, Param, Params, Value};
use toml::Value as Toml;

use crate::file::{parse_duration, suggestion};
use crate::problem::Problem;

pub(super) const SEED: Kind = Kind::Int { min: 0, max: i64::MAX };
pub(super) const COUNT: Kind = Kind::Int { min: 1, max: 1_000_000 };

const ENOUGH: &[Param] = &[
    Param::required(
        "until",
        Kind::Text,
        "`ci95 < 1%`: half the 95 % interval of each policy's paired difference to the first policy is less than this \
         part of the first one's mean, at every point; or `ci95 < 30s`, in the unit of the metric",
    ),
    Param::required("metric", Kind::Text, "the metric of which that is asked"),
    Param::with_default(
        "min",
        Kind::Int { min: 2, max: 1_000_000 },
        "5",
        "seeds before the first look; few of them make intervals too narrow now and then",
    ),
    Param::with_default("max", Kind::Int { min: 2, max: 1_000_000 }, "200", "most seeds, narrow or not"),
];

/// The key `sweep.seeds`.
pub(super) const PARAM: Param = Param::with_default(
    "seeds",
    Kind::Either(&[COUNT, Kind::List(&SEED), Kind::Table(ENOUGH)]),
    "1",
    "how many seeds, counted from 1, or a list of them, or a table that says when there are enough; every policy runs \
     on the same ones",
);

/// Seeds that are added until intervals are narrow.
#[derive(Clone, PartialEq, Debug)]
pub struct EnoughSeeds {
    /// The metric that is looked at.
    pub metric: String,
    /// The rule, as written.
    pub until: String,
    /// The rule.
    pub rule: Replication,
}

/// The seeds that may be run, in order, and the rule by which they are added, if there is one.
pub(super) fn of(root: &Params, file: &str) -> Result<(Vec<u64>, Option<EnoughSeeds>), Problem> {
    let number = |value: &Value| match value {
        Value::Int(seed) => seed.unsigned_abs(),
        other => panic!("seeds are declared as numbers, not {other:?}"),
    };
    match root.table("sweep").and_then(|sweep| sweep.get("seeds")) {
        Some(Value::List(seeds)) => listed(seeds.iter().map(number).collect(), file),
        Some(Value::Table(params)) => {
            let enough = enough(params, file)?;
            Ok(((1..=enough.rule.max as u64).collect(), Some(enough)))
        }
        Some(count) => Ok(((1..=number(count)).collect(), None)),
        None => Ok((vec![1], None)),
    }
}

fn listed(seeds: Vec<u64>, file: &str) -> Result<(Vec<u64>, Option<EnoughSeeds>), Problem> {
    if seeds.is_empty() {
        return Err(Problem::new(file, "sweep.seeds", "[]", "must have at least one seed"));
    }
    let mut seen = std::collections::BTreeSet::new();
    match seeds.iter().find(|seed| !seen.insert(**seed)) {
        Some(twice) => Err(Problem::new(file, "sweep.seeds", twice, "is listed twice")),
        None => Ok((seeds, None)),
    }
}

fn enough(params: &Params, file: &str) -> Result<EnoughSeeds, Problem> {
    let (until, name) = (params.text("until"), params.text("metric"));
    let bad_metric = |rule: String| Err(Problem::new(file, "sweep.seeds.metric", name, rule));
    let metric = match metric(name) {
        Some(_) if name.ends_with('_') => {
            let rule = "stands for several metrics: name one of them, as `utilization_cpu` of `utilization_`";
            return bad_metric(rule.to_owned());
        }
        Some(metric) => metric,
        None => {
            let known = METRICS.iter().map(|metric| metric.name);
            return bad_metric(format!("unknown metric; {}", suggestion(name, known)));
        }
    };
    let Some(width) = width(until, metric.unit) else {
        let rule = format!(
            "must be `ci95 < 1%`, a part of the baseline's mean, or a number more than 0 in the unit of {name} \
             ({}), as in `ci95 < 0.5 {}`",
            metric.unit, metric.unit
        );
        return Err(Problem::new(file, "sweep.seeds.until", format!("{until:?}"), rule));
    };
    let (min, max) = (params.int("min").unsigned_abs() as usize, params.int("max").unsigned_abs() as usize);
    if max < min {
        let rule = format!("must be at least `min`, which is {min}");
        return Err(Problem::new(file, "sweep.seeds.max", max, rule));
    }
    Ok(EnoughSeeds {
        metric: name.to_owned(),
        until: until.to_owned(),
        rule: Replication { width, min, max },
    })
}

/// `ci95 < AMOUNT`, in per cent or in `unit`.
fn width(until: &str, unit: &str) -> Option<Width> {
    let amount = until.trim().strip_prefix("ci95")?.trim_start().strip_prefix('<')?.trim();
    let positive =
        |text: &str| text.trim().parse::<f64>().ok().filter(|number| *number > 0.0 && number.is_finite());
    if let Some(percent) = amount.strip_suffix('%').filter(|_| unit != "%") {
        return positive(percent).map(|percent| Width::Share(percent / 100.0));
    }
    if unit == "s" {
        let span = parse_duration(&Toml::String(amount.replace(' ', ""))).ok()?;
        return Some(span.as_secs_f64()).filter(|secs| *secs > 0.0).map(Width::Absolute);
    }
    // Ratios have the unit 1, which nobody writes.
    let number = amount.strip_suffix(unit).filter(|_| unit != "1").unwrap_or(amount);
    positive(number).map(Width::Absolute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_parts_of_the_mean_or_amounts_of_the_unit() {
        assert_eq!(width("ci95 < 1%", "s"), Some(Width::Share(0.01)));
        assert_eq!(width("ci95<2.5 %", "jobs"), Some(Width::Share(0.025)));
        assert_eq!(width("ci95 < 5 m", "s"), Some(Width::Absolute(300.0)));
        assert_eq!(width("ci95 < 3 jobs", "jobs"), Some(Width::Absolute(3.0)));
        assert_eq!(width("ci95 < 0.01", "1"), Some(Width::Absolute(0.01)));
        for wrong in ["ci95 < 0%", "ci95 < -1%", "ci95 > 1%", "ci99 < 1%", "ci95 < 5 apples", "ci95 <", "1%"]
        {
            assert_eq!(width(wrong, "jobs"), None, "{wrong}");
        }
        // Of a metric in per cent, `%` would have two meanings: it is its unit.
        assert_eq!(width("ci95 < 1%", "%"), Some(Width::Absolute(1.0)));
    }
}
