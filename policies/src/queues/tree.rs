//! The queues of a run: a tree that grows leaves as tenants and users appear.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use sim_core::{JobId, RequestId, SimTime, View};

use super::blocked::Blocked;
use super::line::Line;
use super::share::{Decay, ShareRule};
use super::spec::{Amounts, QueueSpec, Spec};
use crate::order::OrderKey;

/// No queue, no line.
pub(super) const NIL: u32 = u32::MAX;
/// The number of the root.
pub(super) const ROOT: u32 = 0;

/// A queue, or one user's part of a queue.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) parent: u32,
    pub(super) children: Vec<u32>,
    /// The rule among its children; `None` for leaves.
    pub(super) rule: Option<Arc<dyn ShareRule>>,
    pub(super) weight_ppm: u64,
    pub(super) priority: i64,
    pub(super) guaranteed_ppm: u64,
    pub(super) maximum_ppm: u64,
    pub(super) quota: Amounts,
    pub(super) borrows: bool,
    pub(super) borrow_limit: Amounts,
    pub(super) lend_limit: Amounts,
    pub(super) user_limit_ppm: u64,
    pub(super) user_factor_ppm: Option<u64>,
    /// True for one user's part of a queue: limits of users hold for it.
    pub(super) is_user: bool,
    /// Which of the orders its jobs go in.
    pub(super) order: usize,
    /// Its jobs wait for the first of them.
    pub(super) is_strict: bool,
    /// What its executions hold, per lane.
    pub(super) held: [u64; 8],
    /// The pool of its children's quotas, if some of them borrow.
    pub(super) cohort: Option<Cohort>,
    pub(super) usage: Usage,
    /// What it shows its parent instead of what it holds, if its rule rescales.
    pub(super) rescaled: Option<[u64; 8]>,
    /// Lines with a job.
    pub(super) lines: Vec<u32>,
    /// Lines that limits closed until what this queue holds has changed.
    pub(super) closed: Vec<u32>,
    /// Users that have a job waiting.
    pub(super) active_users: u32,
    /// Waiting jobs of a strict leaf, but for the first.
    pub(super) jobs: BinaryHeap<Reverse<(OrderKey, JobId, RequestId)>>,
    /// The line that shows the first job of a strict leaf.
    pub(super) shown: u32,
    /// Running jobs in order of start, for reclaim. Those that have ended are dropped when they come up.
    pub(super) started: Vec<(u64, JobId)>,
}

/// What the children of a queue may borrow from each other, per lane.
#[derive(Clone, Copy, Default)]
pub(super) struct Cohort {
    /// Parts of quotas that are lent.
    pub(super) pool: [u64; 8],
    /// What is held of it.
    pub(super) used: [u64; 8],
}

/// Decayed usage, integrated exactly between changes.
#[derive(Clone, Copy, Default)]
pub(super) struct Usage {
    pub(super) decay: Option<Decay>,
    /// Up to `at` [lane units x s].
    pub(super) amount: f64,
    pub(super) at: SimTime,
    /// As it was read last, and when.
    pub(super) shown: f64,
    pub(super) read: SimTime,
}

/// All queues, and the lines of waiting jobs in them.
#[derive(Clone)]
pub(super) struct Tree {
    pub(super) spec: Spec,
    pub(super) nodes: Vec<Node>,
    pub(super) lines: Vec<Line>,
    /// Looked up, never iterated.
    pub(super) line_ids: FxHashMap<(u32, RequestId), u32>,
    pub(super) total: [u64; 8],
    /// Requests that do not fit now.
    pub(super) blocked: Blocked,
    /// Queues whose closed lines are to be opened.
    pub(super) reopening: Vec<u32>,
    /// Queues whose usage decays, and when the next of them is read.
    pub(super) decaying: Vec<u32>,
    pub(super) next_reading: SimTime,
    /// Queues that rescale their children, the deepest first.
    pub(super) rescaling: Vec<u32>,
    /// By name of the tenant or user.
    leaves: BTreeMap<String, u32>,
    /// By number of the tenant or user; `NIL`: not looked up yet.
    leaf_of: Vec<u32>,
    /// Looked up, never iterated: one user's part of a queue.
    user_ids: FxHashMap<(u32, u32), u32>,
}

impl Tree {
    /// The declared queues, empty.
    pub(super) fn new(spec: Spec) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            lines: Vec::new(),
            line_ids: FxHashMap::default(),
            total: [0; 8],
            blocked: Blocked::default(),
            reopening: Vec::new(),
            decaying: Vec::new(),
            next_reading: SimTime::MAX,
            rescaling: Vec::new(),
            leaves: BTreeMap::new(),
            leaf_of: Vec::new(),
            user_ids: FxHashMap::default(),
            spec,
        };
        // Numbers of nodes are those of the declaration: parents may be declared after their children.
        for n in 0..tree.spec.queues.len() {
            let queue = tree.spec.queues[n].clone();
            let rule = match tree.spec.is_parent(n) {
                true => Some(tree.spec.rule_of(n)),
                false => queue.users.clone(),
            };
            tree.nodes.push(node(&queue, rule));
            for tenant in tree.spec.tenants_of(n) {
                tree.leaves.insert(tenant.to_owned(), n as u32);
            }
        }
        for n in 1..tree.nodes.len() as u32 {
            tree.join(n);
        }
        let depth = |tree: &Self, n: u32| tree.path(n).count();
        let rescales = |n: &u32| tree.nodes[*n as usize].rescaled.is_some();
        let mut rescaling: Vec<u32> = (1..tree.nodes.len() as u32).filter(rescales).collect();
        rescaling.sort_by_key(|&n| Reverse(depth(&tree, n)));
        tree.rescaling = rescaling;
        tree
    }

    /// Enters a queue among the children of its parent.
    fn join(&mut self, n: u32) {
        let parent = self.nodes[n as usize].parent;
        self.nodes[parent as usize].children.push(n);
        let decay = self.nodes[parent as usize].rule.as_ref().and_then(|rule| rule.decay());
        if let Some(decay) = decay {
            self.nodes[n as usize].usage.decay = Some(decay);
            self.decaying.push(n);
            self.next_reading = SimTime::ZERO;
        }
        if self.nodes[n as usize].borrows {
            self.nodes[parent as usize].cohort.get_or_insert_default();
        }
        // Siblings that were entered before the first that borrows are lenders, too.
        if self.nodes[parent as usize].cohort.is_some() {
            let mut pool = [0; 8];
            for &child in &self.nodes[parent as usize].children {
                let child = &self.nodes[child as usize];
                for (lane, sum) in pool.iter_mut().enumerate() {
                    *sum += child.lent(lane).unwrap_or(0);
                }
            }
            self.nodes[parent as usize].cohort.get_or_insert_default().pool = pool;
        }
    }

    /// The leaf of a job.
    pub(super) fn leaf(&mut self, job: JobId, view: View<'_>) -> u32 {
        let facts = view.job(job).facts();
        let number = if self.spec.by_user { facts.user.0 } else { facts.tenant.0 };
        let n = number as usize;
        if n >= self.leaf_of.len() {
            self.leaf_of.resize(n + 1, NIL);
        }
        if self.leaf_of[n] == NIL {
            let words = view.words();
            let names = if self.spec.by_user { words.users() } else { words.tenants() };
            let name = names.name(number).map_or_else(|| number.to_string(), str::to_owned);
            self.leaf_of[n] = self.leaf_named(&name);
        }
        let queue = self.leaf_of[n];
        if self.nodes[queue as usize].rule.is_none() {
            return queue;
        }
        if let Some(&part) = self.user_ids.get(&(queue, facts.user.0)) {
            return part;
        }
        self.add_user(queue, facts.user.0)
    }

    fn leaf_named(&mut self, name: &str) -> u32 {
        if let Some(&leaf) = self.leaves.get(name) {
            return leaf;
        }
        let leaf = self.nodes.len() as u32;
        self.nodes.push(node(&self.spec.unlisted(name), None));
        self.leaves.insert(name.to_owned(), leaf);
        self.join(leaf);
        leaf
    }

    fn add_user(&mut self, queue: u32, user: u32) -> u32 {
        let of = &self.nodes[queue as usize];
        let (order, is_strict) = (of.order, of.is_strict);
        let plain = self.spec.unlisted("");
        let part = self.nodes.len() as u32;
        self.nodes.push(Node { parent: queue, is_user: true, order, is_strict, ..node(&plain, None) });
        self.user_ids.insert((queue, user), part);
        self.join(part);
        part
    }

    /// The queue, its parent, and so on up to the root.
    pub(super) fn path(&self, from: u32) -> impl Iterator<Item = u32> + use<'_> {
        let mut at = from;
        std::iter::from_fn(move || {
            let here = (at != NIL).then_some(at)?;
            at = self.nodes[here as usize].parent;
            Some(here)
        })
    }
}

impl Node {
    /// The part of its quota that its siblings may borrow.
    #[inline]
    pub(super) fn lent(&self, lane: usize) -> Option<u64> {
        let quota = self.quota[lane]?;
        Some(self.lend_limit[lane].map_or(quota, |limit| limit.min(quota)))
    }

    /// What it holds of the cohort's pool when it holds `held` in the lane.
    #[inline]
    pub(super) fn of_pool(&self, lane: usize, held: u64) -> u64 {
        match (self.quota[lane], self.lent(lane)) {
            (Some(quota), Some(lent)) => held.saturating_sub(quota - lent),
            _ => 0,
        }
    }
}

fn node(queue: &QueueSpec, rule: Option<Arc<dyn ShareRule>>) -> Node {
    let rescales = rule.as_ref().is_some_and(|rule| rule.rescales());
    Node {
        parent: queue.parent.map_or(NIL, |parent| parent as u32),
        children: Vec::new(),
        rule,
        weight_ppm: queue.weight_ppm,
        priority: queue.priority,
        guaranteed_ppm: queue.guaranteed_ppm,
        maximum_ppm: queue.maximum_ppm,
        quota: queue.quota,
        borrows: queue.borrows,
        borrow_limit: queue.borrow_limit,
        lend_limit: queue.lend_limit,
        user_limit_ppm: queue.user_limit_ppm,
        user_factor_ppm: queue.user_factor_ppm,
        is_user: false,
        order: queue.order,
        is_strict: queue.is_strict,
        held: [0; 8],
        cohort: None,
        usage: Usage::default(),
        rescaled: rescales.then_some([0; 8]),
        lines: Vec::new(),
        closed: Vec::new(),
        active_users: 0,
        jobs: BinaryHeap::new(),
        shown: NIL,
        started: Vec::new(),
    }
}
