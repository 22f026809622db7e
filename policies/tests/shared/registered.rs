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
