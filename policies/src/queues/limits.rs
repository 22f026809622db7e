//! Limits: how many tasks of a job the queues from its leaf to the root let start.

use sim_core::Resources;

use super::spec::MILLION;
use super::tree::{NIL, Tree};

/// Shares of the cluster are whole multiples of this part of it.
const UNIT: u128 = 1 << 40;

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
                let as_user = self.within_user_limit(node, parent, need, least);
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

    /// By the limit of one user in its queue: of C, the larger of what is guaranteed to the queue and what it would
    /// hold after the start, each user that has jobs waiting gets an equal part, at least `user_limit` of it, and at
    /// most `user_limit_factor` of the guarantee. Rounded up to 2^-40 of the cluster. A user that holds nothing may
    /// always start a job, else one larger than the limit never could.
    fn within_user_limit(&self, node: u32, queue: u32, need: &Resources, least: u32) -> u64 {
        let (user, queue) = (&self.nodes[node as usize], &self.nodes[queue as usize]);
        if !user.is_user || (queue.user_limit_ppm == MILLION && queue.user_factor_ppm.is_none()) {
            return u64::MAX;
        }
        let million = u128::from(MILLION);
        let guaranteed = u128::from(queue.guaranteed_ppm) * UNIT / million;
        let mut of_queue = guaranteed;
        for lane in (0..8).filter(|&lane| self.total[lane] > 0) {
            let held = queue.held[lane] + u64::from(need.0[lane]) * u64::from(least);
            of_queue = of_queue.max((u128::from(held) * UNIT).div_ceil(u128::from(self.total[lane])));
        }
        let mut limit = u128::MAX;
        if queue.user_limit_ppm < MILLION {
            let equal = of_queue.div_ceil(u128::from(queue.active_users.max(1)));
            limit = equal.max((of_queue * u128::from(queue.user_limit_ppm)).div_ceil(million));
        }
        if let Some(factor) = queue.user_factor_ppm {
            limit = limit.min((guaranteed * u128::from(factor)).div_ceil(million));
        }
        if limit == u128::MAX {
            return u64::MAX;
        }
        let mut tasks = u64::MAX;
        for (lane, &amount) in need.0.iter().enumerate().filter(|(_, amount)| **amount > 0) {
            let most = u64::try_from(limit * u128::from(self.total[lane]) / UNIT).unwrap_or(u64::MAX);
            tasks = tasks.min(most.saturating_sub(user.held[lane]) / u64::from(amount));
        }
        if user.held == [0; 8] { tasks.max(u64::from(least)) } else { tasks }
    }
}
