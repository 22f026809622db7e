//! Contradictions between the queues of one declaration.

use sim_core::Lane;
use sim_core::registry::{Params, Value};

use super::spec::{MILLION, QueueSpec, ROOT_NAME, Spec};
use crate::registry::Contradiction;

/// All that contradicts. Keys of `queues` that break a rule by themselves have been told before.
pub(crate) fn check(params: &Params) -> Vec<Contradiction> {
    let (spec, mut found) = (Spec::new(params), Vec::new());
    let tables: Vec<&Params> = params.list("queues").iter().filter_map(table).collect();
    for n in 1..spec.queues.len() {
        let mut check = Check { spec: &spec, n, given: tables[n - 1], found: &mut found };
        check.names();
        check.kind();
        check.bounds();
        check.quotas();
    }
    guarantees(&spec, &mut found);
    let has_claims = spec.queues.iter().any(|queue| queue.guaranteed_ppm > 0 || queue.borrows);
    if spec.reclaim.is_some() && !has_claims {
        let rule = "has nothing to reclaim: give a queue `guaranteed`, or a `quota` with `borrow`";
        found.push(Contradiction::new("reclaim", params.text("reclaim"), rule));
    }
    found
}

fn table(value: &Value) -> Option<&Params> {
    match value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

/// The checks of one queue.
struct Check<'a> {
    spec: &'a Spec,
    n: usize,
    given: &'a Params,
    found: &'a mut Vec<Contradiction>,
}

impl Check<'_> {
    fn own(&self) -> &QueueSpec {
        &self.spec.queues[self.n]
    }

    fn say(&mut self, key: &str, value: impl std::fmt::Display, rule: impl Into<String>) {
        let at = format!("queues[{}].{key}", self.n - 1);
        self.found.push(Contradiction::new(at, value, rule));
    }

    fn names(&mut self) {
        let (spec, name, parent) = (self.spec, self.own().name.clone(), self.own().parent_name.clone());
        if name == ROOT_NAME || name.is_empty() {
            self.say(
                "name",
                format!("{name:?}"),
                "must be a name other than `root`, which is above all queues",
            );
        } else if spec.queues[1..self.n].iter().any(|other| other.name == name) {
            self.say("name", format!("{name:?}"), "is the name of another queue");
        }
        match self.own().parent {
            None => self.say("parent", format!("{parent:?}"), "is not the name of a queue"),
            Some(_) if self.is_in_circle() => {
                self.say(
                    "parent",
                    format!("{parent:?}"),
                    "leads in a circle: every queue must come from `root`",
                );
            }
            Some(_) => {}
        }
        for tenant in spec.tenants_of(self.n) {
            let first = (1..spec.queues.len()).find(|&other| spec.tenants_of(other).contains(&tenant));
            let twice = spec.tenants_of(self.n).iter().filter(|other| **other == tenant).count() > 1;
            if first != Some(self.n) || twice {
                let holder = first.map_or("", |first| &spec.queues[first].name);
                let key = if self.own().tenants.is_empty() { "name" } else { "tenants" };
                self.say(key, format!("{tenant:?}"), format!("is already a tenant of the queue `{holder}`"));
            }
        }
    }

    fn is_in_circle(&self) -> bool {
        let mut at = self.n;
        for _ in 0..self.spec.queues.len() {
            match self.spec.queues[at].parent {
                Some(parent) => at = parent,
                None => return false,
            }
        }
        true
    }

    /// What belongs to parents or to leaves only.
    fn kind(&mut self) {
        let is_parent = self.spec.is_parent(self.n);
        let given = self.given;
        if is_parent {
            for key in ["tenants", "order", "head", "user_limit_factor"] {
                if given.get(key).is_some() {
                    self.say(key, "", "is for queues that hold jobs; this one is the parent of others");
                }
            }
            if given.text("users") != "together" || given.float("user_limit") < 1.0 {
                let key = if given.text("users") == "together" { "user_limit" } else { "users" };
                self.say(key, "", "is for queues that hold jobs; this one is the parent of others");
            }
        } else if given.get("share").is_some() {
            self.say("share", "", "is for queues that are the parent of others");
        }
        if self.own().user_factor_ppm.is_some() && self.own().guaranteed_ppm == 0 {
            self.say(
                "user_limit_factor",
                "",
                "is a multiple of `guaranteed`, which this queue does not have",
            );
        }
    }

    fn bounds(&mut self) {
        let (guaranteed, maximum) = (self.own().guaranteed_ppm, self.own().maximum_ppm);
        if maximum < guaranteed {
            let rule = format!("must be at least `guaranteed` = {}", part(guaranteed));
            self.say("maximum", part(maximum), rule);
        }
        let declared = self.spec.queues[self.n].maximum_ppm < MILLION;
        if let Some(parent) = self.own().parent.map(|parent| &self.spec.queues[parent])
            && declared
            && maximum > parent.maximum_ppm
        {
            let rule =
                format!("must be at most the `maximum` of `{}`, {}", parent.name, part(parent.maximum_ppm));
            self.say("maximum", part(maximum), rule);
        }
    }

    fn quotas(&mut self) {
        let own = self.own().clone();
        if own.borrows && own.quota == [None; 8] {
            self.say("borrow", "true", "needs a `quota` to exceed");
        }
        if !own.borrows && own.borrow_limit != [None; 8] {
            self.say("borrow_limit", "", "is for queues with `borrow = true`");
        }
        for lane in Lane::ALL {
            let n = lane.index();
            for (key, limit) in [("borrow_limit", own.borrow_limit[n]), ("lend_limit", own.lend_limit[n])] {
                if limit.is_some() && own.quota[n].is_none() {
                    self.say(&format!("{key}.{}", lane.name()), "", "has no `quota` in this lane to go with");
                }
            }
            if let (Some(lent), Some(quota)) = (own.lend_limit[n], own.quota[n])
                && lent > quota
            {
                let rule = format!("must be at most the quota, {quota} {}", lane.unit());
                self.say(&format!("lend_limit.{}", lane.name()), lent, rule);
            }
        }
    }
}

/// Children are not guaranteed more than their parent, nor all together more than the cluster.
fn guarantees(spec: &Spec, found: &mut Vec<Contradiction>) {
    for (n, queue) in spec.queues.iter().enumerate() {
        let children = || spec.queues.iter().filter(|child| child.parent == Some(n));
        let sum: u64 = children().map(|child| child.guaranteed_ppm).sum();
        let (own, whose) = match n {
            0 => (MILLION, "the cluster".to_owned()),
            _ => (queue.guaranteed_ppm, format!("`{}`", queue.name)),
        };
        // The rounding of each child to a millionth may add up.
        let slack = children().count() as u64 / 2;
        if sum > own + slack {
            let at = if n == 0 { "queues".to_owned() } else { format!("queues[{}].guaranteed", n - 1) };
            let rule = format!("{whose} has less than its children are guaranteed together, {}", part(sum));
            found.push(Contradiction::new(at, part(own), rule));
        }
    }
}

fn part(ppm: u64) -> f64 {
    ppm as f64 / MILLION as f64
}
