//! Parts and policies from the registry, with the defaults that a scenario file would get.

use policies::{Prior, order, placer, registry};
use sim_core::Policy;
use sim_core::registry::{About, Params, Value};

/// The plug-in's parameters: those given, and the declared defaults of the others.
///
/// # Panics
/// If a parameter is not declared, or has a default that is neither a word nor a whole number.
pub(crate) fn params(about: &About, given: &[(&str, &str)]) -> Params {
    let mut params = Params::default();
    for (name, _) in given {
        assert!(about.params.iter().any(|param| param.name == *name), "{} has no {name}", about.name);
    }
    for param in about.params {
        let text = given.iter().find(|(name, _)| *name == param.name).map(|(_, text)| *text);
        let default = || param.default.and_then(|toml| toml.strip_prefix('"')?.strip_suffix('"'));
        let number = param.default.and_then(|toml| toml.parse().ok());
        match (text.or_else(default), number) {
            (Some(text), _) => params.set(param.name, Value::Text(text.to_owned())),
            (None, Some(number)) => params.set(param.name, Value::Int(number)),
            (None, None) => assert!(param.default.is_none(), "the default of {} is no word", param.name),
        }
    }
    params
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
