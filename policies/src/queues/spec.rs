//! The tree of queues as declared: checked parameters in numbers of the engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::registry::{Params, Value};
use sim_core::{Lane, Preempt, SimDuration};

use super::share::{self, InOrder, ShareRule};
use crate::order::{self, JobOrder};

/// A million: ratios are kept in parts of it.
pub(super) const MILLION: u64 = 1_000_000;

/// The name of the queue above all others.
pub(super) const ROOT_NAME: &str = "root";

/// What happens while the next job does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Head {
    /// Jobs with other requests pass it.
    Skip,
    /// Its queue waits for it.
    Queue,
    /// Everything waits for it.
    Block,
}

/// Amounts per lane, where there is a limit.
pub type Amounts = [Option<u64>; 8];

/// One queue.
#[derive(Clone)]
pub(super) struct QueueSpec {
    pub(super) name: String,
    /// Its number in the list; the root is 0. `None` for the root, and for a parent that is not declared.
    pub(super) parent: Option<usize>,
    pub(super) parent_name: String,
    pub(super) tenants: Vec<String>,
    pub(super) weight_ppm: u64,
    pub(super) priority: i64,
    /// The rule among its children, if one is declared.
    pub(super) share: Option<Arc<dyn ShareRule>>,
    /// Its number in [`Spec::orders`].
    pub(super) order: usize,
    pub(super) is_strict: bool,
    pub(super) guaranteed_ppm: u64,
    pub(super) maximum_ppm: u64,
    pub(super) quota: Amounts,
    pub(super) borrows: bool,
    pub(super) borrow_limit: Amounts,
    pub(super) lend_limit: Amounts,
    /// The rule among its users, where they are told apart.
    pub(super) users: Option<Arc<dyn ShareRule>>,
    pub(super) user_limit_ppm: u64,
    pub(super) user_factor_ppm: Option<u64>,
}

/// All that is declared.
pub(super) struct Spec {
    /// The root first, then the queues as declared.
    pub(super) queues: Vec<QueueSpec>,
    /// The policy's order first, then those of queues that have their own.
    pub(super) orders: Vec<Box<dyn JobOrder>>,
    pub(super) by_user: bool,
    pub(super) head: Head,
    pub(super) patience: Option<SimDuration>,
    pub(super) reclaim: Option<Preempt>,
}

impl Clone for Spec {
    fn clone(&self) -> Self {
        Self {
            queues: self.queues.clone(),
            orders: self.orders.iter().map(|order| order.fork()).collect(),
            ..*self
        }
    }
}

impl Spec {
    pub(super) fn new(params: &Params) -> Self {
        let mut orders = vec![order_of(params).expect("order has a default")];
        let head = match params.text("head") {
            "skip" => Head::Skip,
            "queue" => Head::Queue,
            _ => Head::Block,
        };
        let mut queues = vec![QueueSpec { share: share_of(params), ..plain(ROOT_NAME, head) }];
        for value in params.list("queues") {
            let Value::Table(table) = value else { panic!("a queue is declared as a table, not {value:?}") };
            queues.push(queue(table, head, &mut orders));
        }
        let numbers: BTreeMap<String, usize> =
            queues.iter().enumerate().rev().map(|(n, queue)| (queue.name.clone(), n)).collect();
        for queue in &mut queues[1..] {
            queue.parent = numbers.get(&queue.parent_name).copied();
        }
        let reclaim = match params.text("reclaim") {
            "requeue" => Some(Preempt::Requeue),
            "suspend" => Some(Preempt::Suspend),
            "kill" => Some(Preempt::Kill),
            _ => None,
        };
        let by_user = params.text("by") == "user";
        Self { queues, orders, by_user, head, patience: params.duration_opt("patience"), reclaim }
    }

    /// A leaf under the root for a tenant that no queue names.
    pub(super) fn unlisted(&self, name: &str) -> QueueSpec {
        QueueSpec { parent: Some(0), ..plain(name, self.head) }
    }

    /// True if other queues are part of it.
    pub(super) fn is_parent(&self, queue: usize) -> bool {
        queue == 0 || self.queues.iter().any(|other| other.parent == Some(queue))
    }

    /// The names whose jobs a leaf holds.
    pub(super) fn tenants_of(&self, queue: usize) -> Vec<&str> {
        let spec = &self.queues[queue];
        match spec.tenants.is_empty() {
            _ if self.is_parent(queue) => Vec::new(),
            true => vec![&spec.name],
            false => spec.tenants.iter().map(String::as_str).collect(),
        }
    }

    /// The rule among the children of an inner queue: its own, or that of the nearest ancestor that has one.
    pub(super) fn rule_of(&self, mut queue: usize) -> Arc<dyn ShareRule> {
        loop {
            match (&self.queues[queue].share, self.queues[queue].parent) {
                (Some(rule), _) => return Arc::clone(rule),
                (None, Some(parent)) => queue = parent,
                (None, None) => panic!("the rule of the root has a default"),
            }
        }
    }
}

/// A queue that declares nothing.
fn plain(name: &str, head: Head) -> QueueSpec {
    QueueSpec {
        name: name.to_owned(),
        parent: None,
        parent_name: ROOT_NAME.to_owned(),
        tenants: Vec::new(),
        weight_ppm: MILLION,
        priority: 0,
        share: None,
        order: 0,
        is_strict: head == Head::Queue,
        guaranteed_ppm: 0,
        maximum_ppm: MILLION,
        quota: [None; 8],
        borrows: false,
        borrow_limit: [None; 8],
        lend_limit: [None; 8],
        users: None,
        user_limit_ppm: MILLION,
        user_factor_ppm: None,
    }
}

fn queue(params: &Params, head: Head, orders: &mut Vec<Box<dyn JobOrder>>) -> QueueSpec {
    let mut order = 0;
    if let Some(own) = order_of(params) {
        order = orders.len();
        orders.push(own);
    }
    let named = params.list("tenants").iter().map(|value| match value {
        Value::Text(name) => name.clone(),
        other => panic!("tenants are declared as text, not {other:?}"),
    });
    let user_limit_ppm = ppm(params.float("user_limit"));
    let user_factor_ppm = params.float_opt("user_limit_factor").map(ppm);
    let users = match params.text("users") {
        "order" => Some(Arc::new(InOrder) as Arc<dyn ShareRule>),
        "fair" => Some(share::build("fair", &fair_params())),
        "drf" => Some(share::build("drf", &Params::default())),
        _ if user_limit_ppm < MILLION || user_factor_ppm.is_some() => {
            Some(Arc::new(InOrder) as Arc<dyn ShareRule>)
        }
        _ => None,
    };
    QueueSpec {
        parent_name: params.text("parent").to_owned(),
        tenants: named.collect(),
        weight_ppm: ppm(params.float("weight")),
        priority: params.int("priority"),
        share: share_of(params),
        order,
        is_strict: params.text_opt("head").map_or(head == Head::Queue, |own| own == "queue"),
        guaranteed_ppm: ppm(params.float("guaranteed")),
        maximum_ppm: ppm(params.float("maximum")),
        quota: amounts(params, "quota"),
        borrows: params.bool("borrow"),
        borrow_limit: amounts(params, "borrow_limit"),
        lend_limit: amounts(params, "lend_limit"),
        users,
        user_limit_ppm,
        user_factor_ppm,
        ..plain(params.text("name"), head)
    }
}

fn fair_params() -> Params {
    let mut params = Params::default();
    params.set("lane", Value::Text("cpu".into()));
    params.set("calc_period", Value::Duration(SimDuration::from_secs(300)));
    params
}

fn order_of(params: &Params) -> Option<Box<dyn JobOrder>> {
    params.plugin("order").map(|(name, params)| order::build(name, params))
}

fn share_of(params: &Params) -> Option<Arc<dyn ShareRule>> {
    params.plugin("share").map(|(name, params)| share::build(name, params))
}

/// A ratio in parts per million, rounded to the nearest; bounds are declared.
fn ppm(ratio: f64) -> u64 {
    libm::round(ratio * MILLION as f64) as u64
}

/// The amounts of a table of [`AMOUNTS`](super::AMOUNTS) in the engine's units: milli-cores, MiB, milli-cards, GiB,
/// Mbit/s, units. None where the key is absent.
///
/// # Panics
/// If the key is no such table.
pub fn amounts(params: &Params, key: &str) -> Amounts {
    let Some(table) = params.table(key) else { return [None; 8] };
    Lane::ALL.map(|lane| match table.get(lane.name())? {
        Value::Amount(amount) => Some(u64::from(*amount)),
        Value::Float(cards) => Some(libm::round(cards * 1000.0) as u64),
        Value::Int(units) => Some(units.unsigned_abs()),
        other => panic!("amounts are declared as numbers, not {other:?}"),
    })
}
