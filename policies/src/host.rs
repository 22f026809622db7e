//! Policies of another language: one type in the registry, built by whoever hosts the program.
//!
//! The Python package installs a [`Host`] when it is imported. Every path to a policy (checking a scenario, naming it,
//! a run, a fork) goes through [`registry`](crate::registry) as before, and knows nothing of it.

use std::any::Any;
use std::sync::OnceLock;

use sim_core::Policy;
use sim_core::registry::{About, Kind, Param, Params};

use crate::registry::Contradiction;

/// Makes policies out of classes of its own language.
pub trait Host: Send + Sync {
    /// A policy of the class that `params` name, in the state of its start.
    ///
    /// # Errors
    /// Why there is none: the class is not found, or cannot be made with these parameters.
    fn build(&self, params: &Params) -> Result<Box<dyn Policy>, String>;
}

const SCALAR: Kind = Kind::Either(&[
    Kind::Int { min: i64::MIN, max: i64::MAX },
    Kind::Float { min: f64::MIN, max: f64::MAX },
    Kind::Bool,
    Kind::Text,
]);

const VALUE: Kind = Kind::Either(&[
    Kind::Int { min: i64::MIN, max: i64::MAX },
    Kind::Float { min: f64::MIN, max: f64::MAX },
    Kind::Bool,
    Kind::Text,
    Kind::List(&SCALAR),
]);

pub(crate) const ABOUT: About = About {
    name: "python",
    doc: "A policy written in Python: a class derived from `windtunnel.Policy`. For runs that are started from Python, \
          with `windtunnel.run` or `windtunnel.sweep`.",
    source: "The class.",
    params: &[
        Param::required("class", Kind::Text, "where the class is: `module:Class`, as Python imports it"),
        Param::with_default(
            "params",
            Kind::Map(&VALUE),
            "{}",
            "what the class is made with: keyword arguments",
        ),
        Param::optional(
            "digest",
            Kind::Text,
            "digest of the source of the class. The package fills it in, so that results of another version of the \
             class are not taken for these",
        ),
    ],
};

/// What a policy of the host unwinds with if it is not to fail but to end everything, as a press of Ctrl-C in its code
/// does: what its language raised.
pub struct Interrupted(pub Box<dyn Any + Send>);

/// True if policies of this type in the registry are of another language: their decisions may take any time.
pub fn is_hosted(kind: &str) -> bool {
    kind == ABOUT.name
}

static HOST: OnceLock<Box<dyn Host>> = OnceLock::new();

/// Sets the host of this process. The first one stays.
pub fn install(host: Box<dyn Host>) {
    // A second import of the package brings the same host again.
    drop(HOST.set(host));
}

/// The policy, or why there is none.
fn try_build(params: &Params) -> Result<Box<dyn Policy>, Contradiction> {
    let Some(host) = HOST.get() else {
        let rule = "runs from Python only: `windtunnel.run` of the package `windtunnel` takes this scenario";
        return Err(Contradiction::new("type", "\"python\"", rule));
    };
    let class = params.text("class");
    host.build(params).map_err(|why| Contradiction::new("class", format!("{class:?}"), why))
}

/// What keeps the class from being made with these parameters.
pub(crate) fn check(params: &Params) -> Vec<Contradiction> {
    try_build(params).err().into_iter().collect()
}

/// A policy whose parameters were checked.
///
/// # Panics
/// If the class cannot be made all the same: what it does then is its own affair. The run fails with that text.
pub(crate) fn build(params: &Params) -> Box<dyn Policy> {
    try_build(params).unwrap_or_else(|why| std::panic::resume_unwind(Box::new(why.rule)))
}

#[cfg(test)]
mod tests {
    use sim_core::registry::Value;

    use super::*;

    #[test]
    fn policies_of_the_host_are_known_by_their_type() {
        assert!(is_hosted("python") && !is_hosted("list"));
    }

    #[test]
    fn without_a_host_the_answer_is_where_to_run_it() {
        let mut params = Params::default();
        params.set("class", Value::Text("mine:Policy".into()));
        let found = crate::registry::check("python", &params);
        assert_eq!((found.len(), found[0].key.as_str()), (1, "type"));
        assert!(found[0].rule.contains("`windtunnel.run`"), "{}", found[0].rule);
    }
}
