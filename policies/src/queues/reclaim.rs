//! Reclaiming: what queues hold beyond their own is stopped for those that are below theirs.
//!
//! It costs O(queues) per decision in which a job waits, O(kinds of requests that wait in it) for each queue below its
//! guarantee, and O(queues + running jobs of the one concerned) per victim.

use sim_core::{Decision, JobId, Preempt, RequestId, Resources};

use super::Queues;
use super::fraction::Fraction;
use super::limits::Room;
use super::line::Line;
use super::share::dominant;
use super::spec::{Head, MILLION};
use super::tree::{NIL, Tree};
use crate::list::{Tried, try_start_some};

/// Plans that are tried for one job before it is left waiting, and victims up to which it is asked of each whether
/// the job would fit without it, too (both arbitrary).
const PLANS_MAX: u32 = 32;

/// Requests of one queue for which no room is found before the queue is left for this round (arbitrary).
const FAILS_MAX: usize = 32;

/// A job that its queue is entitled to start.
#[derive(Clone, Copy)]
struct Claim {
    /// The queue that is below its guarantee.
    node: u32,
    leaf: u32,
    line: u32,
    job: JobId,
    need: Resources,
    least: u32,
    most: u32,
}

/// What came of a plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    Fails,
    /// So many tasks of the job start, at once.
    Starts(u32),
    /// Enough is being stopped, but lets go later only.
    Stops,
}

impl Queues {
    /// Remembers a start, the latest last.
    pub(super) fn list_started(&mut self, leaf: u32, start: u64, job: JobId) {
        let bottom = self.tree.bottom(leaf);
        let list = &mut self.tree.nodes[bottom as usize].started;
        if list.len() == list.capacity() {
            let jobs = &self.jobs;
            list.retain(|&(start, job)| jobs.holds_since(job, start));
            list.reserve(list.len() + 16);
        }
        list.push((start, job));
    }

    /// One round: each queue below its guarantee, the one furthest below first, gets its next jobs started as long as
    /// stopping others makes room. Where heads are not strict, jobs pass one that exceeds the guarantee or for which no
    /// room can be made. While executions are still letting go, there is no other round.
    pub(super) fn reclaim(&mut self, how: Preempt, cx: &mut Decision<'_>) {
        if !self.stopping.is_empty() || cx.view().waiting_len() == 0 {
            return;
        }
        let mut tried: Vec<u32> = Vec::new();
        let mut failed: Vec<(u32, RequestId)> = Vec::new();
        while self.stopping.is_empty() {
            let claims = (1..self.tree.nodes.len() as u32).filter(|node| !tried.contains(node));
            let claims = claims.filter_map(|node| Some((self.tree.fullness(node)?, node)));
            let claims = claims.filter(|(fullness, node)| {
                *fullness < Fraction::new(1, 1) && !self.tree.nodes[*node as usize].lines.is_empty()
            });
            let Some((_, node)) = claims.min() else { return };
            let Some(claim) = self.claim(node, &failed, cx) else {
                tried.push(node);
                continue;
            };
            if !self.enforce(&claim, how, cx) {
                failed.push((node, cx.view().job(claim.job).request()));
                let fails = failed.iter().filter(|(other, _)| *other == node).count();
                if self.is_strict(node) || fails == FAILS_MAX {
                    tried.push(node);
                }
            }
        }
    }

    /// True if no job of the queue passes its next one.
    fn is_strict(&self, node: u32) -> bool {
        self.tree.spec.head == Head::Block || self.tree.nodes[node as usize].is_strict
    }

    /// The queue's next job, if it is entitled to start it; where heads are not strict, the next that it is entitled
    /// to start, of those that have not failed.
    fn claim(&mut self, node: u32, failed: &[(u32, RequestId)], cx: &Decision<'_>) -> Option<Claim> {
        let (is_strict, view) = (self.is_strict(node), cx.view());
        let (line, job) = loop {
            let line = self.tree.first_claim(node, |line| {
                let is_entitled = || self.tree.entitled_tasks(node, &line.demand) >= line.tasks;
                is_strict || (!failed.contains(&(node, line.request)) && is_entitled())
            })?;
            let job = self.tree.lines[line as usize].next?.job;
            if view.is_waiting(job) {
                break (line, job);
            }
            self.tree.clean(line, view);
        };
        let leaf = self.tree.lines[line as usize].node;
        let (row, need) = (view.job(job), *view.shape(job).need());
        let (least, most) = (row.facts().width_min(), row.unstarted());
        let most = most.min(self.tree.entitled_tasks(node, &need));
        (most >= least).then_some(Claim { node, leaf, line, job, need, least, most })
    }

    /// Stops what has to be stopped and starts the job, or changes nothing.
    fn enforce(&mut self, claim: &Claim, how: Preempt, cx: &mut Decision<'_>) -> bool {
        let mut victims: Vec<JobId> = Vec::new();
        let mut freed = *cx.view().nodes().free_total();
        let (mut wanted, mut found) = (1, false);
        for _ in 0..PLANS_MAX {
            let lacks = |freed: &[u64; 8]| {
                let need = claim.need.0.iter().zip(freed);
                need.into_iter().any(|(&need, &free)| u64::from(need) * u64::from(claim.least) > free)
            };
            while victims.len() < wanted || lacks(&freed) {
                let Some(victim) = self.victim(claim, &victims) else { break };
                let entry = self.jobs.find(victim).expect("a victim holds something");
                for (free, need) in freed.iter_mut().zip(entry.need.0) {
                    *free += u64::from(need) * u64::from(entry.held);
                }
                victims.push(victim);
            }
            if victims.is_empty() || lacks(&freed) {
                return false;
            }
            if self.attempt(claim, &victims, how, cx, false) != Plan::Fails {
                found = true;
                break;
            }
            if victims.len() < wanted {
                return false;
            }
            wanted = victims.len() * 2;
        }
        if !found {
            return false;
        }
        if victims.len() <= PLANS_MAX as usize {
            for n in (0..victims.len()).rev() {
                let spared = victims.remove(n);
                if victims.is_empty() || self.attempt(claim, &victims, how, cx, false) == Plan::Fails {
                    victims.insert(n, spared);
                }
            }
        }
        match self.attempt(claim, &victims, how, cx, true) {
            Plan::Fails => false,
            Plan::Stops => {
                self.owed = Some(claim.job);
                true
            }
            Plan::Starts(tasks) => {
                self.charge(claim.leaf, claim.job, tasks, cx.view().now());
                self.tree.clean(claim.line, cx.view());
                true
            }
        }
    }

    /// Tries the plan; if `keep`, and it does not fail, lets it stand.
    fn attempt(
        &mut self,
        claim: &Claim,
        victims: &[JobId],
        how: Preempt,
        cx: &mut Decision<'_>,
        keep: bool,
    ) -> Plan {
        let now = cx.view().now();
        let mut plan = Plan::Fails;
        // Limits are asked as if the victims held nothing any more.
        self.charge_victims(victims, -1, now);
        cx.attempt(|cx| {
            let mut is_delayed = false;
            for &victim in victims {
                cx.preempt(victim, how).ok()?;
                is_delayed |= cx.view().runs_of(victim).next().is_some();
            }
            let Room::For(tasks) = self.tree.room(claim.leaf, &claim.need, claim.least, claim.most) else {
                return None;
            };
            if is_delayed {
                plan = Plan::Stops;
            } else {
                let (tried, placed) = try_start_some(&mut *self.placer, claim.job, tasks, cx);
                plan = if tried == Tried::NoRoom { Plan::Fails } else { Plan::Starts(placed) };
            }
            (keep && plan != Plan::Fails).then_some(())
        });
        self.charge_victims(victims, 1, now);
        if keep && plan != Plan::Fails {
            self.stop(victims, plan, cx);
        }
        plan
    }

    fn charge_victims(&mut self, victims: &[JobId], sign: i64, now: sim_core::SimTime) {
        for &victim in victims {
            let entry = *self.jobs.find(victim).expect("a victim holds something");
            self.tree.charge(entry.leaf, &entry.need, sign * i64::from(entry.held), now);
        }
    }

    /// Takes note that the victims are stopped.
    fn stop(&mut self, victims: &[JobId], plan: Plan, cx: &Decision<'_>) {
        for &victim in victims {
            let entry = *self.jobs.find(victim).expect("a victim holds something");
            if plan == Plan::Stops {
                self.stopping.push((entry.start, victim));
                continue;
            }
            let runs = if entry.is_independent() { entry.held } else { 1 };
            let before = self.jobs.stopped(victim, runs).expect("it was found");
            let now = cx.view().now();
            self.tree.charge(before.leaf, &before.need, -i64::from(before.held), now);
        }
        if plan != Plan::Stops {
            // What has become free may be too little for those that failed before, but not for all.
            self.tree.blocked.clear();
        }
    }

    /// The latest started job, not among `taken`, of the queue that exceeds its own the most, such that no queue is
    /// left below its guarantee without it.
    fn victim(&mut self, claim: &Claim, taken: &[JobId]) -> Option<JobId> {
        let now_held = self.held_without(taken);
        let mut queues: Vec<(bool, Fraction, u32)> = Vec::new();
        for node in 1..self.tree.nodes.len() as u32 {
            let held = &now_held[node as usize];
            if self.tree.nodes[node as usize].started.is_empty()
                || self.tree.path(node).any(|n| n == claim.node)
            {
                continue;
            }
            match self.tree.fullness_of(node, held) {
                Some(fullness) if fullness > Fraction::new(1, 1) => queues.push((false, fullness, node)),
                Some(_) => {}
                None => queues.push((true, dominant(held, &self.tree.total), node)),
            }
        }
        queues.sort_unstable();
        for &(_, _, node) in queues.iter().rev() {
            let list = &self.tree.nodes[node as usize].started;
            for &(start, job) in list.iter().rev() {
                let entry = self.jobs.find(job).filter(|row| row.held > 0 && row.start == start);
                let Some(entry) = entry else { continue };
                let helps = entry.need.0.iter().zip(claim.need.0).any(|(&has, need)| has > 0 && need > 0);
                if helps
                    && !taken.contains(&job)
                    && self.spares_guarantees(claim, node, entry.held, &entry.need, &now_held)
                {
                    return Some(job);
                }
            }
        }
        None
    }

    /// What each queue would hold without these jobs.
    fn held_without(&self, taken: &[JobId]) -> Vec<[u64; 8]> {
        let mut held: Vec<[u64; 8]> = self.tree.nodes.iter().map(|node| node.held).collect();
        for &job in taken {
            let entry = self.jobs.find(job).expect("a victim holds something");
            for node in self.tree.path(entry.leaf) {
                take(&mut held[node as usize], &entry.need, entry.held);
            }
        }
        held
    }

    /// True if every queue from `node` up to the one that it has in common with the claim keeps its guarantee without
    /// so many tasks of `need`.
    fn spares_guarantees(
        &self,
        claim: &Claim,
        node: u32,
        tasks: u32,
        need: &Resources,
        held: &[[u64; 8]],
    ) -> bool {
        let above: Vec<u32> = self.tree.path(claim.node).collect();
        self.tree.path(node).take_while(|n| !above.contains(n)).all(|n| {
            let mut left = held[n as usize];
            take(&mut left, need, tasks);
            self.tree.fullness_of(n, &left).is_none_or(|fullness| fullness >= Fraction::new(1, 1))
        })
    }
}

fn take(held: &mut [u64; 8], need: &Resources, tasks: u32) {
    for (held, &amount) in held.iter_mut().zip(&need.0) {
        *held -= u64::from(amount) * u64::from(tasks);
    }
}

impl Tree {
    /// The queue whose starts are listed together: users' parts are not told apart.
    fn bottom(&self, leaf: u32) -> u32 {
        let node = &self.nodes[leaf as usize];
        if node.is_user { node.parent } else { leaf }
    }

    /// What the queue holds / what it is entitled to; `None` if it is entitled to nothing in particular.
    fn fullness(&self, node: u32) -> Option<Fraction> {
        self.fullness_of(node, &self.nodes[node as usize].held)
    }

    fn fullness_of(&self, node: u32, held: &[u64; 8]) -> Option<Fraction> {
        let own = &self.nodes[node as usize];
        if own.guaranteed_ppm > 0 {
            // dominant / (guaranteed / million).
            return Some(dominant(held, &self.total).times(MILLION).over(own.guaranteed_ppm));
        }
        let in_cohort = own.parent != NIL && self.nodes[own.parent as usize].cohort.is_some();
        let quotas = own.quota.iter().zip(held).filter_map(|(quota, &held)| Some(((*quota)?, held)));
        let parts = quotas.filter(|_| in_cohort).map(|(quota, held)| match quota {
            0 => Fraction::new(if held > 0 { u128::from(u64::MAX) } else { 0 }, 1),
            _ => Fraction::new(u128::from(held), u128::from(quota)),
        });
        parts.max()
    }

    /// How many more tasks of `need` the queue may hold before it has what it is entitled to.
    fn entitled_tasks(&self, node: u32, need: &Resources) -> u32 {
        let own = &self.nodes[node as usize];
        let mut tasks = u64::from(u32::MAX);
        for (lane, &amount) in need.0.iter().enumerate().filter(|(_, amount)| **amount > 0) {
            let most = if own.guaranteed_ppm > 0 {
                let part =
                    u128::from(self.total[lane]) * u128::from(own.guaranteed_ppm) / u128::from(MILLION);
                Some(part as u64)
            } else {
                own.quota[lane]
            };
            if let Some(most) = most {
                tasks = tasks.min(most.saturating_sub(own.held[lane]) / u64::from(amount));
            }
        }
        tasks as u32
    }

    /// The line of the queue's next job among those `wanted`, though a limit or a lack of room refused it.
    fn first_claim(&self, node: u32, wanted: impl Fn(&Line) -> bool) -> Option<u32> {
        if self.nodes[node as usize].rule.is_some() {
            return self.pick_of(node, wanted);
        }
        let lines = self.nodes[node as usize].lines.iter().copied();
        let lines = lines.filter(|&line| wanted(&self.lines[line as usize]));
        lines.min_by_key(|&line| self.lines[line as usize].next.map(|next| (next.key, next.job)))
    }
}
