//! The policy `queues` from its declaration: what a test gives, and the declared defaults of the rest.

use policies::queues::{ABOUT, SHARES};
use policies::{Prior, order, placer, registry};
use sim_core::registry::{About, Kind, Param, Params, Value};
use sim_core::{Policy, SimDuration};

/// A table under construction.
#[derive(Clone)]
pub(crate) struct Table {
    declared: &'static [Param],
    params: Params,
}

impl Table {
    /// The defaults of what is declared.
    fn new(declared: &'static [Param]) -> Self {
        let mut params = Params::default();
        for param in declared {
            if let Some(default) = param.default {
                params.set(param.name, value_of(&param.kind, default));
            }
        }
        Self { declared, params }
    }

    /// This, with a key.
    ///
    /// # Panics
    /// If it is not declared.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Given>) -> Self {
        let param = self.declared.iter().find(|param| param.name == key);
        let param = param.unwrap_or_else(|| panic!("{key} is not declared"));
        self.params.set(
            key,
            match value.into() {
                Given::Value(value) => value,
                Given::Word(word) => value_of(&param.kind, &format!("\"{word}\"")),
                Given::Seconds(secs) => Value::Duration(SimDuration::from_secs(secs)),
                Given::Keys(keys) => {
                    let Kind::Table(declared) = param.kind else { panic!("{key} is no table") };
                    let with = |table: Table, (key, value): &(&str, Value)| table.with(key, value.clone());
                    Value::Table(keys.iter().fold(Table::new(declared), with).params)
                }
            },
        );
        self
    }
}

/// A value as tests write it.
pub(crate) enum Given {
    Value(Value),
    /// A word, or the name of a plug-in without parameters.
    Word(&'static str),
    Seconds(u64),
    Keys(Vec<(&'static str, Value)>),
}

impl From<&'static str> for Given {
    fn from(word: &'static str) -> Self {
        Given::Word(word)
    }
}

impl From<f64> for Given {
    fn from(number: f64) -> Self {
        Given::Value(Value::Float(number))
    }
}

impl From<i64> for Given {
    fn from(number: i64) -> Self {
        Given::Value(Value::Int(number))
    }
}

impl From<bool> for Given {
    fn from(truth: bool) -> Self {
        Given::Value(Value::Bool(truth))
    }
}

impl From<Value> for Given {
    fn from(value: Value) -> Self {
        Given::Value(value)
    }
}

/// So many cores, as an amount of a quota.
pub(crate) fn cores(cores: u32) -> Given {
    Given::Keys(vec![("cpu", Value::Amount(cores * 1000))])
}

fn plugin(all: &'static [About], name: &str) -> Value {
    let about = all.iter().find(|about| about.name == name).expect("the name is registered");
    Value::Plugin(name.to_owned(), Table::new(about.params).params)
}

/// A rule of sharing with parameters.
pub(crate) fn share(name: &str, given: &[(&str, Given)]) -> Value {
    let about = SHARES.iter().find(|about| about.name == name).expect("the rule is registered");
    let mut table = Table::new(about.params);
    for (key, value) in given {
        let value = match value {
            Given::Seconds(secs) => Given::Seconds(*secs),
            Given::Value(value) => Given::Value(value.clone()),
            Given::Word(word) => Given::Word(word),
            Given::Keys(_) => panic!("rules have no tables"),
        };
        table = table.with(key, value);
    }
    Value::Plugin(name.to_owned(), table.params)
}

/// The value that a default stands for.
fn value_of(kind: &Kind, toml: &str) -> Value {
    let word = toml.strip_prefix('"').and_then(|toml| toml.strip_suffix('"'));
    match (kind, word) {
        (Kind::Plugin("order"), Some(word)) => plugin(order::ORDERS, word),
        (Kind::Plugin("place"), Some(word)) => plugin(placer::PLACERS, word),
        (Kind::Plugin("share"), Some(word)) => plugin(SHARES, word),
        (Kind::Duration, Some(word)) => {
            let (number, unit) = word.split_at(word.len() - 1);
            let unit =
                [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)].iter().find(|(name, _)| *name == unit);
            let secs = number.parse::<u64>().expect("a number of them") * unit.expect("a unit of time").1;
            Value::Duration(SimDuration::from_secs(secs))
        }
        (_, Some(word)) => Value::Text(word.to_owned()),
        (Kind::List(_), None) => Value::List(Vec::new()),
        (Kind::Bool, None) => Value::Bool(toml == "true"),
        (Kind::Int { .. }, None) => Value::Int(toml.parse().expect("a whole number")),
        (Kind::Float { .. }, None) => Value::Float(toml.parse().expect("a number")),
        _ => panic!("no default of {kind:?} is {toml}"),
    }
}

/// A queue of that name.
pub(crate) fn queue(name: &'static str) -> Table {
    let param = ABOUT.params.iter().find(|param| param.name == "queues").expect("queues are declared");
    let Kind::List(Kind::Table(declared)) = param.kind else { panic!("queues are tables") };
    Table::new(declared).with("name", name)
}

/// Queues that have to be told apart from all else only by their names and weights.
pub(crate) fn weighted(queues: &[(&'static str, f64)]) -> Vec<Table> {
    queues.iter().map(|&(name, weight)| queue(name).with("weight", weight)).collect()
}

/// The keys of a policy with such a rule at the root and such queues.
pub(crate) fn queues(rule: impl Into<Given>, queues: &[Table]) -> Table {
    let list = queues.iter().map(|queue| Value::Table(queue.params.clone())).collect();
    Table::new(ABOUT.params).with("share", rule).with("queues", Value::List(list))
}

impl Table {
    /// The policy.
    ///
    /// # Panics
    /// If its parameters contradict each other.
    pub(crate) fn policy(&self) -> Box<dyn Policy> {
        assert_eq!(self.contradictions(), Vec::<String>::new());
        registry::build(ABOUT.name, &self.params, &Prior::default())
    }

    /// What contradicts, as `key = value: rule`.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let found = registry::check(ABOUT.name, &self.params);
        found.iter().map(|c| format!("{} = {}: {}", c.key, c.value, c.rule)).collect()
    }
}
