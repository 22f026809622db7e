//! What queues hold and have used, kept up to date from leaf to root.

use sim_core::{Resources, SimTime, View};

use super::tree::{ROOT, Tree, Usage};

impl Tree {
    /// A job of the leaf holds `tasks` more tasks of `need` (fewer, if negative). Moves the queues concerned among
    /// their siblings, and opens what waited for less to be held.
    ///
    /// # Panics
    /// If a queue gives back what it does not hold.
    pub(super) fn charge(&mut self, leaf: u32, need: &Resources, tasks: i64, now: SimTime) {
        if tasks == 0 {
            return;
        }
        let mut at = leaf;
        while at != ROOT {
            let node = &mut self.nodes[at as usize];
            node.usage.advance(now, &node.held);
            let (before, parent) = (node.held, node.parent);
            change(&mut node.held, need, tasks);
            let node = &self.nodes[at as usize];
            if self.nodes[parent as usize].cohort.is_some() {
                let pools: [(u64, u64); 8] = std::array::from_fn(|lane| {
                    (node.of_pool(lane, before[lane]), node.of_pool(lane, node.held[lane]))
                });
                let cohort = self.nodes[parent as usize].cohort.as_mut().expect("it was seen");
                for (used, (less, more)) in cohort.used.iter_mut().zip(pools) {
                    *used = *used + more - less;
                }
            }
            // Where users have limits, these grow with what their queue holds.
            let has_users = self.nodes[at as usize].user_limit_ppm < super::spec::MILLION
                || self.nodes[at as usize].user_factor_ppm.is_some();
            if (tasks < 0 || has_users) && !self.nodes[at as usize].closed.is_empty() {
                self.reopening.push(at);
            }
            at = parent;
        }
        change(&mut self.nodes[ROOT as usize].held, need, tasks);
        if tasks < 0 {
            self.reopening.push(ROOT);
        }
        let mut at = leaf;
        while at != ROOT {
            self.rekey(at);
            at = self.nodes[at as usize].parent;
        }
        self.reopen_changed();
    }

    /// Takes a change of the cluster's capacity in: all shares change with it.
    pub(super) fn follow_capacity(&mut self, view: View<'_>) {
        let total = view.nodes().capacity_up();
        if self.total != *total {
            self.total = *total;
            for node in 0..self.nodes.len() as u32 {
                self.rekey(node);
                self.reopen(node);
            }
        }
    }

    /// Reads decayed usage off, where its period is over.
    pub(super) fn read_usage(&mut self, now: SimTime) {
        if now < self.next_reading {
            return;
        }
        self.next_reading = SimTime::MAX;
        for n in 0..self.decaying.len() {
            let node = self.decaying[n];
            let usage = &mut self.nodes[node as usize].usage;
            let period = usage.decay.expect("it is listed because it decays").period;
            let grid = SimTime::from_ns(now.as_ns() / period.as_ns() * period.as_ns());
            self.next_reading = self.next_reading.min(grid.saturating_add(period));
            if grid > usage.read {
                usage.read = grid;
                let own = &self.nodes[node as usize];
                let shown = own.usage.amount_at(grid, &own.held);
                self.nodes[node as usize].usage.shown = shown;
                self.rekey(node);
            }
        }
    }
}

fn change(held: &mut [u64; 8], need: &Resources, tasks: i64) {
    for (held, &amount) in held.iter_mut().zip(&need.0) {
        let by = i64::from(amount) * tasks;
        *held = held.checked_add_signed(by).unwrap_or_else(|| panic!("a queue gave back {by} of {held}"));
    }
}

impl Usage {
    /// Adds the time up to `now`, in which `held` was held.
    #[inline]
    fn advance(&mut self, now: SimTime, held: &[u64; 8]) {
        if self.decay.is_some() {
            self.amount = self.amount_at(now, held);
            self.at = now.max(self.at);
        }
    }

    /// The usage at a later time: old usage decays, and what is held adds up to held x half-life / ln 2 in the limit.
    /// Times before the last change yield the usage at that.
    fn amount_at(&self, time: SimTime, held: &[u64; 8]) -> f64 {
        let Some(decay) = self.decay else { return 0.0 };
        let span = SimTime::from_ns(time.as_ns().max(self.at.as_ns())).since(self.at).as_secs_f64();
        let kept = libm::exp2(-span / decay.half_life);
        let limit = held[decay.lane] as f64 * decay.half_life / core::f64::consts::LN_2;
        self.amount * kept + limit * (1.0 - kept)
    }
}
