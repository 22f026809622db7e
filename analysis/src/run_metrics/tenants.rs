//! What the executions of each tenant hold, integrated over time.

use rustc_hash::FxHashMap;
use sim_core::{Gang, JobId, RunId, SimTime, View};

/// Tenants that are told apart; with more of them none is (arbitrary).
pub(super) const TENANTS_MAX: usize = 64;

/// Capacity held per tenant and lane.
#[derive(Clone, Debug, Default)]
pub(super) struct TenantShares {
    rows: Vec<Row>,
    from: Option<SimTime>,
    /// Widths of elastic executions, which may change.
    // Looked up, never iterated: its order must not show.
    widths: FxHashMap<RunId, u32>,
    are_too_many: bool,
}

#[derive(Clone, Debug, Default)]
struct Row {
    held: [u64; 8],
    /// Lane units x nanoseconds, up to `since`.
    sums: [u128; 8],
    since: SimTime,
}

impl Row {
    #[inline]
    fn sums_at(&self, at: SimTime, from: Option<SimTime>) -> [u128; 8] {
        let mut sums = self.sums;
        if let Some(from) = from
            && at > self.since.max(from)
        {
            let span = u128::from(at.since(self.since.max(from)).as_ns());
            for (sum, held) in sums.iter_mut().zip(self.held) {
                if held > 0 {
                    *sum += u128::from(held) * span;
                }
            }
        }
        sums
    }
}

impl TenantShares {
    /// Time counts from here on.
    pub(super) fn open(&mut self, from: SimTime) {
        self.from = Some(from);
    }

    /// An execution starts.
    #[inline]
    pub(super) fn started(&mut self, at: SimTime, job: JobId, run: RunId, view: View<'_>) {
        let width = view.run(run).slots().len() as u32;
        if !self.are_too_many && matches!(view.job(job).facts().gang, Gang::Elastic { .. }) {
            self.widths.insert(run, width);
        }
        self.change(at, job, view, i64::from(width));
    }

    /// An execution lets go of its nodes.
    #[inline]
    pub(super) fn stopped(&mut self, at: SimTime, job: JobId, run: RunId, view: View<'_>) {
        if !self.widths.is_empty() {
            self.widths.remove(&run);
        }
        self.change(at, job, view, -(view.run(run).slots().len() as i64));
    }

    /// An execution has another placement.
    pub(super) fn resized(&mut self, at: SimTime, job: JobId, run: RunId, view: View<'_>) {
        let width = view.run(run).slots().len() as u32;
        if let Some(before) = self.widths.get_mut(&run) {
            let more = i64::from(width) - i64::from(std::mem::replace(before, width));
            self.change(at, job, view, more);
        }
    }

    #[inline]
    fn change(&mut self, at: SimTime, job: JobId, view: View<'_>, tasks: i64) {
        if self.are_too_many {
            return;
        }
        let facts = view.job(job).facts();
        let n = facts.tenant.index();
        if n >= TENANTS_MAX {
            *self = Self { are_too_many: true, ..Self::default() };
            return;
        }
        if n >= self.rows.len() {
            self.rows.resize_with(n + 1, Row::default);
        }
        let row = &mut self.rows[n];
        if at > row.since {
            row.sums = row.sums_at(at, self.from);
            row.since = at;
        }
        let need = view.words().shape_of(facts.shape).need();
        for (held, amount) in row.held.iter_mut().zip(need.0) {
            if amount > 0 {
                *held = held
                    .checked_add_signed(i64::from(amount) * tasks)
                    .expect("what a tenant gives back it has held");
            }
        }
    }

    /// Appends the integrals up to `at`: eight lanes per tenant.
    pub(super) fn append(&self, at: SimTime, sums: &mut Vec<u128>) {
        self.rows.iter().for_each(|row| sums.extend(row.sums_at(at, self.from)));
    }

    /// What a tenant holds in a lane now.
    pub(super) fn held(&self, tenant: usize, lane: usize) -> u64 {
        self.rows.get(tenant).map_or(0, |row| row.held[lane])
    }

    /// True if there were more tenants than are told apart.
    pub(super) fn are_too_many(&self) -> bool {
        self.are_too_many
    }

    /// Tenants that are told apart.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}
