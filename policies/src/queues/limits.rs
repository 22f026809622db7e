//! Limits: how many tasks of a job the queues from its leaf to the root let start.

use sim_core::Resources;

use super::fraction::Fraction;
use super::share::dominant;
use super::spec::MILLION;
use super::tree::{NIL, Node, ROOT, Tree};

/// What the limits say of the first job of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Room {
    /// So many of its tasks may start.
    For(u32),
    /// Too few. Queue `refused_by` refuses the request, until what queue `until` holds has changed.
    None { refused_by: u32, until: u32 },
}

impl Tree {
    /// How many tasks of a job in `leaf` may start, if at least `least` of `most` may. All queues from the leaf to the
    /// root are asked; the lowest that refuses is named.
    pub(super) fn room(&self, leaf: u32, need: &Resources, least: u32, most: u32) -> Room {
        let (mut tasks, mut node) = (most, leaf);
        while node != NIL {
            let mut until = node;
            let mut here = self.within_own(node, need);
            let parent = self.nodes[node as usize].parent;
            if parent != NIL {
                let in_pool = self.within_pool(node, parent, need);
                let as_user = self.within_user_limit(node, parent, need, least, tasks);
                if in_pool.min(as_user) < here {
                    (here, until) = (in_pool.min(as_user), parent);
                }
            }
            if here < u64::from(least) {
                return Room::None { refused_by: node, until };
            }
            tasks = tasks.min(u32::try_from(here).unwrap_or(u32::MAX));
            node = parent;
        }
        Room::For(tasks)
    }

    /// By the queue's maximum and its quota.
    fn within_own(&self, node: u32, need: &Resources) -> u64 {
        let node = &self.nodes[node as usize];
        let mut tasks = u64::MAX;
        for (lane, &amount) in need.0.iter().enumerate().filter(|(_, amount)| **amount > 0) {
            let mut most = u64::MAX;
            if node.maximum_ppm < MILLION {
                let part = u128::from(self.total[lane]) * u128::from(node.maximum_ppm) / u128::from(MILLION);
                most = most.min(part as u64);
            }
            if let Some(quota) = node.quota[lane] {
                let borrowed = match (node.borrows, node.borrow_limit[lane]) {
                    (false, _) => 0,
                    (true, limit) => limit.unwrap_or(u64::MAX),
                };
                most = most.min(quota.saturating_add(borrowed));
            }
            if most < u64::MAX {
                tasks = tasks.min(most.saturating_sub(node.held[lane]) / u64::from(amount));
            }
        }
        tasks
    }

    /// By what is left of its cohort's pool, beyond the part of its quota that it does not lend.
    fn within_pool(&self, node: u32, parent: u32, need: &Resources) -> u64 {
        let Some(cohort) = &self.nodes[parent as usize].cohort else { return u64::MAX };
        let node = &self.nodes[node as usize];
        let mut tasks = u64::MAX;
        for (lane, &amount) in need.0.iter().enumerate().filter(|(_, amount)| **amount > 0) {
            if let (Some(quota), Some(lent)) = (node.quota[lane], node.lent(lane)) {
                let own = node.of_pool(lane, node.held[lane]);
                let left = (cohort.pool[lane] + own).saturating_sub(cohort.used[lane]);
                let most = (quota - lent).saturating_add(left);
                tasks = tasks.min(most.saturating_sub(node.held[lane]) / u64::from(amount));
            }
        }
        tasks
    }

    /// By the limit of one user in its queue: `least` tasks start if the user is below its limit, and each further one
    /// if it is still with those before it.
    fn within_user_limit(&self, node: u32, queue: u32, need: &Resources, least: u32, most: u32) -> u64 {
        let (user, queue) = (&self.nodes[node as usize], &self.nodes[queue as usize]);
        if !user.is_user || (queue.user_limit_ppm == MILLION && queue.user_factor_ppm.is_none()) {
            return u64::MAX;
        }
        if !self.is_below_user_limit(user, queue, need, 0, least) {
            return 0;
        }
        // No more than the cluster has free: the others are asked for when these run.
        let root = &self.nodes[ROOT as usize];
        let lanes = (0..8).filter(|&lane| need.0[lane] > 0);
        let fits = lanes.map(|n| self.total[n].saturating_sub(root.held[n]) / u64::from(need.0[n])).min();
        let most = u64::from(most).min(fits.unwrap_or(u64::MAX));
        let mut tasks = u64::from(least);
        while tasks < most && self.is_below_user_limit(user, queue, need, tasks, 1) {
            tasks += 1;
        }
        tasks
    }

    /// True if the user, with so many `more` tasks of `need`, holds less than its limit in each lane concerned, so
    /// that it may start `next` further ones. They may exceed it, else jobs larger than the limit never could start.
    ///
    /// What is divided is the guarantee of the queue (at least what it is asked for) while it holds less than that,
    /// and then what it holds after the start: so it grows to the whole cluster. Each user that has jobs waiting gets
    /// an equal part of it, at least `user_limit` of it, and at most `user_limit_factor` of the guarantee. The least
    /// of the active users is below an equal part of what is held after the start: where all ask for one lane, it is
    /// never refused.
    ///
    /// # Source
    /// YARN's CapacityScheduler, which lets a user at its limit start one more, however: then two users would not have
    /// a half each.
    fn is_below_user_limit(&self, user: &Node, queue: &Node, need: &Resources, more: u64, next: u32) -> bool {
        let with = |held: &[u64; 8], tasks: u64| -> [u64; 8] {
            std::array::from_fn(|lane| held[lane] + u64::from(need.0[lane]) * tasks)
        };
        let next = u64::from(next);
        let guaranteed = Fraction::new(u128::from(queue.guaranteed_ppm), u128::from(MILLION));
        let divided = match dominant(&with(&queue.held, more), &self.total) < guaranteed {
            true => guaranteed.max(dominant(&with(&[0; 8], next), &self.total)),
            false => dominant(&with(&queue.held, more + next), &self.total),
        };
        let equal = divided.over(u64::from(queue.active_users.max(1)));
        let mut limit = equal.max(divided.times(queue.user_limit_ppm).over(MILLION));
        if let Some(factor) = queue.user_factor_ppm {
            limit = limit.min(guaranteed.times(factor).over(MILLION));
        }
        let held = with(&user.held, more);
        let mut lanes = (0..8).filter(|&lane| need.0[lane] > 0 && self.total[lane] > 0);
        lanes.all(|lane| Fraction::new(u128::from(held[lane]), u128::from(self.total[lane])) < limit)
    }
}
