//! The space of a search: keys of one policy with their choices or ranges, and draws from it.

use sim_core::random::Stream;
use sim_core::registry::{Params, Value};
use sim_core::{Better, SimDuration};
use toml::{Table, Value as Toml};

use crate::file::check_table;
use crate::metric::single;
use crate::problem::{Problem, Problems};
use crate::registries::registries;
use crate::scenario::{TUNE, overlap, swept};

/// Draws for one further candidate before the space counts as exhausted (arbitrary).
const DRAWS_MAX: usize = 1000;

/// A `[tune]` section as meant.
#[derive(Clone, PartialEq, Debug)]
pub struct Spec {
    /// What is to become better.
    pub metric: String,
    /// Which of its values are better.
    pub better: Better,
    /// True for successive halving, false for random search.
    pub halving: bool,
    /// Candidates to draw.
    pub budget: usize,
    /// Training seeds.
    pub train: Vec<u64>,
    /// Held-out seeds.
    pub validate: Vec<u64>,
    /// Which policy of the scenario is searched.
    pub policy: usize,
    keys: Vec<Key>,
}

/// A searched key, with its path within the policy.
#[derive(Clone, PartialEq, Debug)]
struct Key {
    name: String,
    path: String,
    from: From,
}

#[derive(Clone, PartialEq, Debug)]
enum From {
    Choices(Vec<String>),
    Range { low: f64, high: f64, log: bool, integer: bool, unit: String },
}

impl Spec {
    /// The section of a scenario's table, which has been checked as a whole.
    ///
    /// # Errors
    /// If there is none, or what it says contradicts itself.
    pub(super) fn of(table: &Table, file: &str) -> Result<Self, Problems> {
        let Some(Toml::Table(section)) = table.get("tune") else {
            return Err(Problem::new(file, "tune", "", "is required: what to search for, and where").into());
        };
        let mut problems = Problems::default();
        let params = check_table(section, TUNE, "tune", file, registries(), &mut problems);
        let params = problems.or_ok(params)?;
        let mut problems = Problems::default();
        let mut tell = |at: &str, value: &str, rule: &str| {
            problems.push(Problem::new(file, format!("tune.{at}"), value, rule));
        };
        let train = seeds(&params, "train", 0);
        let validate = seeds(&params, "validate", train.iter().copied().max().unwrap_or(0));
        for (at, seeds) in [("train", &train), ("validate", &validate)] {
            if (1..seeds.len()).any(|n| seeds[..n].contains(&seeds[n])) || seeds.is_empty() {
                tell(at, &listed(seeds), "must be at least one seed, and none twice");
            }
        }
        let both: Vec<u64> = validate.iter().copied().filter(|seed| train.contains(seed)).collect();
        if !both.is_empty() {
            tell("validate", &listed(&both), "are training seeds too: what they say of the best is too good");
        }
        let policies = table.get("policy").and_then(Toml::as_array).map_or(0, Vec::len);
        let mut policy = None;
        let mut keys = Vec::new();
        for (name, of) in params.table("space").expect("the space is required").iter() {
            let Some((n, path)) = split(name).filter(|(n, _)| *n < policies) else {
                let rule = format!("must be `policy[N].KEY` with N from 0 to {}", policies.saturating_sub(1));
                tell("space", name, &rule);
                continue;
            };
            if *policy.get_or_insert(n) != n {
                tell("space", name, "must be of the same policy as the other keys");
            }
            match from(of) {
                Ok(from) => keys.push(Key { name: name.to_owned(), path: path.to_owned(), from }),
                Err(rule) => tell(&format!("space.{name:?}"), "", rule),
            }
        }
        if keys.is_empty() {
            tell("space", "", "must have at least one key");
        }
        let metric = params.text("metric");
        let better = better(metric).unwrap_or_else(|rule| {
            tell("metric", metric, &rule);
            Better::Neither
        });
        for (at, key) in swept(table).into_iter().filter(|(_, key)| overlap(key, "policy")) {
            let rule = "is swept: a search changes policies, and nothing else may do so";
            problems.push(Problem::new(file, at, key, rule));
        }
        let spec = Self {
            metric: metric.to_owned(),
            better,
            halving: params.text("method") == "halving",
            budget: params.int("budget").unsigned_abs() as usize,
            train,
            validate,
            policy: policy.unwrap_or(0),
            keys,
        };
        problems.or_ok(spec)
    }

    /// The place of the key of the space that covers a key of the policy, if there is one.
    pub(super) fn place(&self, path: &str) -> Option<String> {
        let covers = self.keys.iter().filter(|key| overlap(&key.path, path));
        covers.max_by_key(|key| key.path.len()).map(|key| format!("tune.space.{:?}", key.name))
    }

    /// The first `most` candidates in the order in which they are drawn, no two alike; fewer if the budget or the space
    /// has no more.
    pub(super) fn candidates(&self, most: usize) -> Vec<Vec<(String, String)>> {
        let mut stream = Stream::new(0, "tune/candidates");
        let mut drawn: Vec<Vec<(String, String)>> = Vec::new();
        while drawn.len() < self.budget.min(most) {
            let mut one =
                || self.keys.iter().map(|key| (key.name.clone(), key.from.draw(&mut stream))).collect();
            let next = (0..DRAWS_MAX).map(|_| one()).find(|next| !drawn.contains(next));
            match next {
                Some(next) => drawn.push(next),
                None => break,
            }
        }
        drawn
    }

    /// Training seeds that have been run after each round.
    ///
    /// Successive halving begins with as few as leave, halved round by round, one candidate for the last, but at least
    /// one seed.
    ///
    /// # Source
    /// Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016.
    pub(super) fn rungs(&self) -> Vec<usize> {
        let all = self.train.len();
        let mut rungs = vec![all];
        let mut halvings = if self.halving { self.budget.ilog2() } else { 0 };
        while halvings > 0 && rungs[0] > 1 {
            rungs.insert(0, rungs[0].div_ceil(2));
            halvings -= 1;
        }
        rungs
    }
}

/// Which values of the metric are better, or the rule that its name breaks.
fn better(metric: &str) -> Result<Better, String> {
    match single(metric)?.better {
        Better::Neither => Err("neither more nor less of it is better: there is no best".to_owned()),
        better => Ok(better),
    }
}

/// `policy[N].path` or `policy.N.path`.
pub(super) fn split(key: &str) -> Option<(usize, &str)> {
    let rest = key.strip_prefix("policy")?;
    let (number, path) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once("].")?,
        None => rest.strip_prefix('.')?.split_once('.')?,
    };
    Some((number.parse().ok()?, path)).filter(|(_, path)| !path.is_empty())
}

fn from(value: &Value) -> Result<From, &'static str> {
    match value {
        Value::List(choices) if choices.is_empty() => Err("must have at least one choice"),
        Value::List(choices) => Ok(From::Choices(choices.iter().map(toml_of).collect())),
        Value::Table(range) => {
            let (low, high, log) = (range.float("low"), range.float("high"), range.bool("log"));
            let integer = range.bool("integer");
            if low > high {
                return Err("`low` must not be above `high`");
            }
            if log && low <= 0.0 {
                return Err("`low` must be above 0 if logarithms are drawn");
            }
            if integer && (libm::ceil(low) > libm::floor(high)) {
                return Err("must hold a whole number");
            }
            let unit = range.text_opt("unit").unwrap_or_default().to_owned();
            Ok(From::Range { low, high, log, integer, unit })
        }
        other => unreachable!("the space is declared as lists and tables, not {other:?}"),
    }
}

fn toml_of(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => Toml::Float(*number).to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Text(text) => Toml::String(text.clone()).to_string(),
        Value::Duration(span) => Toml::String(SimDuration::to_string(span)).to_string(),
        other => unreachable!("choices are declared as numbers, truth values and text, not {other:?}"),
    }
}

impl From {
    /// A value as TOML; numbers of four significant digits, so that they can be read and typed.
    fn draw(&self, stream: &mut Stream) -> String {
        let (low, high, log, integer, unit) = match self {
            Self::Choices(choices) => return choices[stream.below(choices.len() as u64) as usize].clone(),
            Self::Range { low, high, log, integer, unit } => (*low, *high, *log, *integer, unit),
        };
        let part = stream.unit();
        let between = |low: f64, high: f64| low + part * (high - low);
        let value = match (log, integer) {
            // Every whole number has the same chance.
            (false, true) => libm::floor(between(libm::ceil(low), libm::floor(high) + 1.0)),
            (false, false) => rounded(between(low, high)),
            (true, _) => libm::exp(between(libm::log(low), libm::log(high))),
        };
        let value = if integer { libm::round(value) } else { rounded(value) };
        let value = value.clamp(low, high);
        match (unit.as_str(), integer) {
            ("", true) => format!("{value:.0}"),
            ("", false) => Toml::Float(value).to_string(),
            (unit, _) => format!("\"{value}{unit}\""),
        }
    }
}

/// Four significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().expect("a number that was printed can be read")
}

/// A count of seeds, beginning after `after`, or a list.
fn seeds(params: &Params, key: &str, after: u64) -> Vec<u64> {
    let number = |value: &Value| match value {
        Value::Int(seed) => seed.unsigned_abs(),
        other => unreachable!("seeds are declared as numbers, not {other:?}"),
    };
    match params.get(key) {
        Some(Value::List(seeds)) => seeds.iter().map(number).collect(),
        Some(count) => (after + 1..=after + number(count)).collect(),
        None => Vec::new(),
    }
}

fn listed(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
