//! The registered policies, and how they are built from checked parameters.

use sim_core::Policy;
use sim_core::registry::{About, Kind, Param, Params};

use crate::list::{Head, ListPolicy};
use crate::prior::Prior;
use crate::{order, placer, preempt};

/// Types of policies.
pub const POLICIES: &[About] = &[About {
    name: "list",
    doc: "A list scheduler: jobs in an order, each placed by a rule.",
    source: "Graham, Bounds for certain multiprocessing anomalies, BSTJ 1966.",
    params: &[
        Param::with_default("order", Kind::Plugin("order"), "\"fcfs\"", "which job goes first"),
        Param::with_default("place", Kind::Plugin("place"), "\"first-fit\"", "which node a task gets"),
        Param::with_default(
            "head",
            Kind::Choice(&["block", "skip", "reject"]),
            "\"block\"",
            "what happens if the first job does not fit: it `block`s all others, they `skip` it, or the policy \
             `reject`s it for good, so that nothing waits but tasks that come back for another attempt",
        ),
        Param::with_default(
            "preempt",
            Kind::Plugin("preempt"),
            "\"none\"",
            "who is stopped for a job that finds no room: the first job, or where the head is skipped the first of \
             each request",
        ),
    ],
}];

/// The policy of that type.
///
/// # Panics
/// If there is none: names are checked against [`POLICIES`] before.
pub fn build(name: &str, params: &Params, prior: &Prior) -> Box<dyn Policy> {
    assert_eq!(name, "list", "no policy is called {name}");
    let (order, order_params) = params.plugin("order").expect("order has a default");
    let (place, place_params) = params.plugin("place").expect("place has a default");
    let head = match params.text("head") {
        "block" => Head::Block,
        "skip" => Head::Skip,
        _ => Head::Reject,
    };
    let placer = placer::build(place, place_params, prior);
    let preemptor = params.plugin("preempt").and_then(|(name, params)| preempt::build(name, params));
    Box::new(ListPolicy::new(order::build(order, order_params), placer, head).preempting(preemptor))
}
