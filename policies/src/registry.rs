//! The registered policies, and how they are built from checked parameters.

use sim_core::Policy;
use sim_core::registry::{About, Kind, Param, Params};

use crate::check;
use crate::compat;
use crate::gangs::{self, TaskByTask};
use crate::host;
use crate::list::{Backfill, Head, ListPolicy};
use crate::order::{self, JobOrder};
use crate::placer::{self, Placer};
use crate::preemptive::{self, Preemptive};
use crate::prior::Prior;
use crate::{preempt, queues};

/// Types of policies.
pub const POLICIES: &[About] = &[
    LIST,
    queues::ABOUT,
    gangs::ABOUT,
    preemptive::ABOUT,
    compat::rlscheduler::ABOUT,
    compat::deeprm::ABOUT,
    compat::tiresias::ABOUT,
    host::ABOUT,
];

const LIST: About = About {
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
        Param::with_default(
            "backfill",
            Kind::Plugin("backfill"),
            "\"none\"",
            "who may pass a first job that blocks; goes with `head = \"block\"`",
        ),
    ],
};

/// Two parameters that do not go together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contradiction {
    /// Where: a dotted path below the policy's table.
    pub key: String,
    /// What stands there; empty if the rule says it all.
    pub value: String,
    /// The rule that it breaks.
    pub rule: String,
}

impl Contradiction {
    pub(crate) fn new(
        key: impl Into<String>,
        value: impl std::fmt::Display,
        rule: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), value: value.to_string(), rule: rule.into() }
    }
}

/// All contradictions between checked parameters of the policy of that type: only without any can it be built.
pub fn check(name: &str, params: &Params) -> Vec<Contradiction> {
    let mut found = match name {
        "list" => check_list(params),
        "queues" => queues::check(params),
        "python" => host::check(params),
        _ => Vec::new(),
    };
    found.extend(check::parts(name, params));
    found
}

/// The policy of that type.
///
/// # Panics
/// If there is none: names are checked against [`POLICIES`] before.
pub fn build(name: &str, params: &Params, prior: &Prior) -> Box<dyn Policy> {
    match name {
        "list" => list(params, prior),
        "queues" => queues::build(params, prior),
        "task-by-task" => task_by_task(params, prior),
        "rlscheduler" => compat::rlscheduler::build(params, prior),
        "tiresias" => Box::new(compat::tiresias::Tiresias::new(params, prior)),
        "deeprm" => compat::deeprm::build(params, prior),
        "preemptive" => Box::new(Preemptive::build(params, prior)),
        "python" => host::build(params),
        _ => panic!("no policy is called {name}"),
    }
}

/// The order and the placer of a policy that is made of these.
fn parts(params: &Params, prior: &Prior) -> (Box<dyn JobOrder>, Box<dyn Placer>) {
    let (order, order_params) = params.plugin("order").expect("order has a default");
    let (place, place_params) = params.plugin("place").expect("place has a default");
    (order::build(order, order_params), placer::build(place, place_params, prior))
}

fn task_by_task(params: &Params, prior: &Prior) -> Box<dyn Policy> {
    let (order, placer) = parts(params, prior);
    Box::new(TaskByTask::build(params, order, placer))
}

fn list(params: &Params, prior: &Prior) -> Box<dyn Policy> {
    let (order, placer) = parts(params, prior);
    let head = match params.text("head") {
        "block" => Head::Block,
        "skip" => Head::Skip,
        _ => Head::Reject,
    };
    let backfill = params.plugin("backfill").and_then(|(name, params)| Backfill::build(name, params));
    if let Some(backfill) = backfill {
        return Box::new(ListPolicy::backfilling(order, placer, backfill));
    }
    let preemptor = params.plugin("preempt").and_then(|(name, params)| preempt::build(name, params));
    Box::new(ListPolicy::new(order, placer, head).preempting(preemptor))
}

/// What goes with backfilling, and what does not.
fn check_list(params: &Params) -> Vec<Contradiction> {
    let chosen = |key: &str| params.plugin(key).map_or("none", |(name, _)| name);
    if chosen("backfill") == "none" {
        return Vec::new();
    }
    let mut found = Vec::new();
    if let Some(head) = params.text_opt("head").filter(|&head| head != "block") {
        found.push(Contradiction::new(
            "head",
            format!("{head:?}"),
            "must be `block` where there is a `backfill`",
        ));
    }
    if chosen("preempt") != "none" {
        let rule = "must be `none` where there is a `backfill`: a plan counts on what runs";
        found.push(Contradiction::new("preempt", format!("{:?}", chosen("preempt")), rule));
    }
    found
}
