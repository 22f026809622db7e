//! How far what tenants hold is from their quotas.

use sim_core::{Event, Lane, SimTime, SinkError, View};

use super::demand::Demand;
use super::report::Out;
use super::tenants::TenantShares;
use crate::integral::Integrals;
use crate::metrics as m;

/// Quotas by name of the tenant, in units of the lanes; a lane that is left out has none.
pub type Quotas = Vec<(String, [Option<u64>; 8])>;

/// One quota of a tenant in a lane.
#[derive(Clone, Copy, Debug)]
struct Limit {
    /// The tenant's number in the declaration.
    tenant: usize,
    lane: usize,
    amount: u64,
}

/// Use of quotas, per lane.
///
/// # Cost
/// A hash look-up per event of a job, and O(quotas) per instant.
#[derive(Clone, Debug)]
pub(super) struct QuotaUse {
    names: Vec<String>,
    /// Numbers of the tenants in the run, once they are known.
    numbers: Vec<Option<usize>>,
    limits: Vec<Limit>,
    demand: Demand,
    /// Per lane what is held above quotas, then what of quotas is unused while their tenants wait; then what is held
    /// under each limit; since `last`.
    levels: Vec<u64>,
    last: SimTime,
    integrals: Integrals,
}

/// Where the levels of limits begin.
const LIMITS: usize = 16;

impl QuotaUse {
    pub(super) fn new(quotas: &Quotas) -> Self {
        let mut limits = Vec::new();
        for (tenant, (_, amounts)) in quotas.iter().enumerate() {
            for (lane, amount) in amounts.iter().enumerate() {
                limits.extend(amount.map(|amount| Limit { tenant, lane, amount }));
            }
        }
        let len = LIMITS + limits.len();
        Self {
            names: quotas.iter().map(|(name, _)| name.clone()).collect(),
            numbers: vec![None; quotas.len()],
            limits,
            demand: Demand::default(),
            levels: vec![0; len],
            last: SimTime::ZERO,
            integrals: Integrals::new(len),
        }
    }

    /// Time counts from here on.
    pub(super) fn open(&mut self, from: SimTime) {
        self.integrals.open(from);
    }

    /// Lets time pass up to `at`, before the first event of that instant is taken in.
    pub(super) fn advance(&mut self, at: SimTime, until: Option<SimTime>, shares: &TenantShares) {
        if at <= self.last {
            return;
        }
        self.last = at;
        self.levels.fill(0);
        for (n, limit) in self.limits.iter().enumerate() {
            let Some(tenant) = self.numbers[limit.tenant] else { continue };
            let held = shares.held(tenant, limit.lane);
            self.levels[LIMITS + n] = held;
            self.levels[limit.lane] += held.saturating_sub(limit.amount);
            if self.demand.is_waiting(tenant, limit.lane) {
                self.levels[8 + limit.lane] += limit.amount.saturating_sub(held);
            }
        }
        self.integrals.advance(at, &self.levels);
        if let Some(until) = until {
            self.integrals.checkpoint(at, until, |_| {});
        }
    }

    /// Takes an event in: who waits now.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) {
        let known = self.demand.len();
        self.demand.follow(event, view);
        if self.demand.len() > known {
            let tenants = view.words().tenants();
            for (name, number) in self.names.iter().zip(&mut self.numbers) {
                *number = tenants.find(name).map(|number| number as usize);
            }
        }
    }

    /// Hands over the means over the time from `start` to `end`, which is more than none.
    pub(super) fn report(
        &self,
        [start, end, now]: [SimTime; 3],
        view: View<'_>,
        out: &mut Out<'_>,
    ) -> Result<(), SinkError> {
        let sums = self.integrals.at(end, now, self.integrals.sums());
        let span_ns = end.since(start).as_ns() as f64;
        for lane in Lane::ALL {
            let name = view.words().lane_name(lane);
            let mut quota = 0;
            for (n, limit) in self.limits.iter().enumerate().filter(|(_, limit)| limit.lane == lane.index()) {
                let label = format!("{name}:{}", self.names[limit.tenant]);
                let held = sums[LIMITS + n] as f64 / span_ns;
                out.labelled(&m::QUOTA_USE, &label, held / limit.amount as f64)?;
                quota += limit.amount;
            }
            if quota > 0 {
                let part = |sum: u128| sum as f64 / span_ns / quota as f64;
                out.labelled(&m::QUOTA_EXCEEDED, name, part(sums[lane.index()]))?;
                out.labelled(&m::QUOTA_UNUSED, name, part(sums[8 + lane.index()]))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integral::Window;
    use crate::run_metrics::{MetricOptions, RunMetrics};
    use crate::testing::Case;

    #[test]
    fn quotas_are_used_exceeded_or_left_unused_while_their_tenants_wait() {
        // Four cores: a holds 3 in [0, 10). b holds 1 in [0, 20); its second job waits for 3 in [0, 10) and runs in
        // [10, 20), so that b holds 4 then.
        let mut case = Case::new(1, 4);
        let (a, b) = (case.words.tenant("a"), case.words.tenant("b"));
        case.job(0, 3, 10).tenant = a;
        case.job(0, 1, 20).tenant = b;
        case.job(0, 3, 10).tenant = b;
        let cores = |cores: u64| {
            let mut amounts = [None; 8];
            amounts[Lane::Cpu.index()] = Some(cores * 1000);
            amounts
        };
        let measured = |quota: Option<Quotas>, window: Window| {
            let options = MetricOptions { quota, window, ..Default::default() };
            case.run(vec![Box::new(RunMetrics::new(options))]).1
        };
        let quotas = ["a", "b", "c"].into_iter().zip([2, 3, 5]);
        let quotas: Quotas = quotas.map(|(name, quota)| (name.to_owned(), cores(quota))).collect();
        let numbers = measured(Some(quotas.clone()), Window::default());
        numbers.expect("quota_use_cpu:a", 3.0 * 10.0 / (2.0 * 20.0));
        numbers.expect("quota_use_cpu:b", (1.0 * 10.0 + 4.0 * 10.0) / (3.0 * 20.0));
        // c has no jobs, and its quota of 5 counts.
        numbers.expect("quota_use_cpu:c", 0.0);
        // a is 1 above its 2 in [0, 10), b 1 above its 3 in [10, 20). That a leaves 2 unused then is no excuse.
        numbers.expect("quota_exceeded_cpu", (1.0 * 10.0 + 1.0 * 10.0) / (10.0 * 20.0));
        // b waits in [0, 10) and has 1 of 3.
        numbers.expect("quota_unused_while_waiting_cpu", 2.0 * 10.0 / (10.0 * 20.0));
        numbers.expect_none("quota_exceeded_memory");
        numbers.expect_none("quota_use_memory:a");
        // From 5 s on it is 5 s less of the first half.
        let numbers = measured(
            Some(quotas),
            Window { warmup: sim_core::SimDuration::from_secs(5), ..Window::default() },
        );
        numbers.expect("quota_use_cpu:a", 3.0 * 5.0 / (2.0 * 15.0));
        numbers.expect("quota_unused_while_waiting_cpu", 2.0 * 5.0 / (10.0 * 15.0));
        // A quota of nothing has no use in parts of it, and no sum to be a part of.
        let numbers = measured(Some(vec![("a".to_owned(), cores(0))]), Window::default());
        ["quota_use_cpu:a", "quota_exceeded_cpu"].into_iter().for_each(|name| numbers.expect_none(name));
        measured(None, Window::default()).expect_none("quota_exceeded_cpu");
    }
}
