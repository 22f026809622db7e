//! Parts and policies from the registry, with the defaults that a scenario file would get.

use policies::{Prior, order, placer, registry};
use sim_core::registry::{About, Kind, Params, Value};
use sim_core::{Policy, SimDuration};

/// The plug-in's parameters: those given, and the declared defaults of the others.
///
/// # Panics
/// If a parameter is not declared, or has a default of a kind that no test has met yet.
pub(crate) fn params(about: &About, given: &[(&str, &str)]) -> Params {
    let mut params = Params::default();
    for (name, _) in given {
        assert!(about.params.iter().any(|param| param.name == *name), "{} has no {name}", about.name);
    }
    for param in about.params {
        match given.iter().find(|(name, _)| *name == param.name) {
            Some((_, text)) => params.set(param.name, Value::Text((*text).to_owned())),
            None => {
                if let Some(toml) = param.default {
                    params.set(param.name, value(&param.kind, toml));
                }
            }
        }
    }
    params
}

/// The value that a default stands for.
fn value(kind: &Kind, toml: &str) -> Value {
    let word = toml.strip_prefix('"').and_then(|toml| toml.strip_suffix('"'));
    match (kind, word) {
        (Kind::Duration, Some(word)) => {
            let (number, unit) = word.split_at(word.len() - 1);
            let secs =
                [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)].iter().find(|(name, _)| *name == unit);
            let secs = secs.expect("a unit of time").1 * number.parse::<u64>().expect("a number of them");
            Value::Duration(SimDuration::from_secs(secs))
        }
        (_, Some(word)) => Value::Text(word.to_owned()),
        (Kind::Map(_), None) => Value::Table(Params::default()),
        (Kind::Bool, None) => Value::Bool(toml == "true"),
        (Kind::Float { .. }, None) => Value::Float(toml.parse().expect("a number")),
        _ => Value::Int(toml.parse().unwrap_or_else(|_| panic!("no default of {kind:?} is {toml}"))),
    }
}

fn find(all: &'static [About], name: &str) -> &'static About {
    all.iter().find(|about| about.name == name).expect("the name is registered")
}

/// The parameters of a registered order.
pub(crate) fn order_params(name: &str) -> Params {
    params(find(order::ORDERS, name), &[])
}

/// The parameters of a registered placer.
pub(crate) fn place_params(name: &str, given: &[(&str, &str)]) -> Params {
    params(find(placer::PLACERS, name), given)
}

/// A list policy with parameters for its placer.
pub(crate) fn policy_with(order: &str, place: &str, head: &str, given: &[(&str, &str)]) -> Box<dyn Policy> {
    policy_knowing(&Prior::default(), order, place, head, given)
}

/// A list policy with parameters for its placer, and what is known of the workload.
pub(crate) fn policy_knowing(
    prior: &Prior,
    order: &str,
    place: &str,
    head: &str,
    given: &[(&str, &str)],
) -> Box<dyn Policy> {
    let mut params = Params::default();
    params.set("order", Value::Plugin(order.to_owned(), order_params(order)));
    params.set("place", Value::Plugin(place.to_owned(), place_params(place, given)));
    params.set("head", Value::Text(head.to_owned()));
    registry::build("list", &params, prior)
}

/// A list policy of defaults.
#[allow(dead_code, reason = "not every test binary needs it")]
pub(crate) fn policy(order: &str, place: &str, head: &str) -> Box<dyn Policy> {
    policy_with(order, place, head, &[])
}

/// A list policy with backfilling; `given` are parameters of that.
#[allow(dead_code, reason = "not every test binary needs it")]
pub(crate) fn backfilling(
    order: &str,
    place: &str,
    backfill: &str,
    given: &[(&str, &str)],
) -> Box<dyn Policy> {
    let about = find(policies::list::BACKFILLS, backfill);
    let words: Vec<_> = given.iter().copied().filter(|(name, _)| *name != "candidates").collect();
    let mut own = params(about, &words);
    for (_, name) in given.iter().filter(|(name, _)| *name == "candidates") {
        own.set("candidates", Value::Plugin((*name).to_owned(), order_params(name)));
    }
    let mut params = Params::default();
    params.set("order", Value::Plugin(order.to_owned(), order_params(order)));
    params.set("place", Value::Plugin(place.to_owned(), place_params(place, &[])));
    params.set("head", Value::Text("block".to_owned()));
    params.set("backfill", Value::Plugin(backfill.to_owned(), own));
    registry::build("list", &params, &Prior::default())
}

/// Every kind of backfilling, with its parameters.
#[allow(dead_code, reason = "not every test binary needs it")]
pub(crate) const BACKFILLINGS: [(&str, &[(&str, &str)]); 4] = [
    ("easy", &[]),
    ("easy", &[("candidates", "sjf")]),
    ("conservative", &[("plan", "replan")]),
    ("conservative", &[("plan", "keep")]),
];

/// A registered order of defaults, as the value of a policy's key.
#[allow(dead_code, reason = "not every test binary needs it")]
pub(crate) fn order_value(name: &str) -> Value {
    Value::Plugin(name.to_owned(), order_params(name))
}

/// A registered policy that is no list: the values given, and the declared defaults of the others.
#[allow(dead_code, reason = "not every test binary needs it")]
pub(crate) fn profile(name: &str, given: &[(&str, Value)]) -> Box<dyn Policy> {
    let mut params = Params::default();
    for param in find(registry::POLICIES, name).params {
        let text = param.default.expect("profiles have a default for everything");
        let word = || text.trim_matches('"');
        let value = match param.kind {
            Kind::Plugin("order") => order_value(word()),
            Kind::Plugin(_) => Value::Plugin(word().to_owned(), place_params(word(), &[])),
            Kind::Bool => Value::Bool(text == "true"),
            Kind::Int { .. } => Value::Int(text.parse().expect("a whole number")),
            Kind::Float { .. } => Value::Float(text.parse().expect("a number")),
            Kind::Duration => {
                let secs = word().strip_suffix('s').and_then(|secs| secs.parse().ok());
                Value::Duration(SimDuration::from_secs(secs.expect("whole seconds")))
            }
            _ => Value::Text(word().to_owned()),
        };
        params.set(param.name, value);
    }
    for (key, value) in given {
        assert!(params.get(key).is_some(), "{name} has no {key}");
        params.set(key, value.clone());
    }
    registry::build(name, &params, &Prior::default())
}
