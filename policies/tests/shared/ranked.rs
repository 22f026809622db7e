//! Preemptive policies from the registry, with the defaults that a scenario file would get.

use policies::{Prior, preemptive::rank::RANKS, registry};
use sim_core::registry::{Kind, Params, Value};
use sim_core::{Policy, SimDuration};

use crate::registered::place_params;

/// Spans of whole seconds.
pub(crate) fn spans(secs: &[u64]) -> Value {
    Value::List(secs.iter().map(|&secs| Value::Duration(SimDuration::from_secs(secs))).collect())
}

/// A preemptive policy that places by first fit.
///
/// # Panics
/// If a parameter of the rank is not declared.
pub(crate) fn preemptive(rank: &str, given: &[(&str, Value)], how: &str, head: &str) -> Box<dyn Policy> {
    let about = RANKS.iter().find(|about| about.name == rank).expect("the name is registered");
    let mut rank_params = Params::default();
    for param in about.params {
        match (param.kind, param.default) {
            (Kind::List(_), Some(_)) => rank_params.set(param.name, spans(&[3250, 7200])),
            (Kind::Duration, Some(_)) => {
                rank_params.set(param.name, Value::Duration(SimDuration::from_secs(600)));
            }
            (_, Some(text)) => rank_params.set(param.name, Value::Text(text.trim_matches('"').into())),
            (_, None) => {}
        }
    }
    for (name, value) in given {
        // `samples` is what scenarios make of `path`.
        assert!(*name == "samples" || about.params.iter().any(|param| param.name == *name), "no {name}");
        rank_params.set(name, value.clone());
    }
    let mut params = Params::default();
    params.set("rank", Value::Plugin(rank.into(), rank_params));
    params.set("place", Value::Plugin("first-fit".into(), place_params("first-fit", &[])));
    params.set("how", Value::Text(how.into()));
    params.set("head", Value::Text(head.into()));
    registry::build("preemptive", &params, &Prior::default())
}

/// One of Tiresias' schedulers.
#[allow(dead_code, reason = "not every test binary needs it")]
pub(crate) fn tiresias(rule: &str, limits: &[u64], promote: Option<i64>) -> Box<dyn Policy> {
    let mut params = Params::default();
    params.set("rule", Value::Text(rule.into()));
    params.set("limits", spans(limits));
    if let Some(times) = promote {
        params.set("promote", Value::Int(times));
    }
    params.set("place", Value::Plugin("first-fit".into(), place_params("first-fit", &[])));
    registry::build("tiresias", &params, &Prior::default())
}
