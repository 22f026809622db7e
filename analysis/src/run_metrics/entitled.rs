//! How far what tenants hold is from what they are entitled to.

use sim_core::{Event, SimTime, View};

use super::demand::Demand;
use super::tenants::TenantShares;
use crate::integral::Integrals;

/// Deviations are integrated in whole billionths of the capacity.
const ONE: f64 = 1e9;

/// Deviation from weighted max-min shares, per lane.
///
/// # Cost
/// A hash look-up per event of a job, and O(tenants log tenants) per lane and instant.
#[derive(Clone, Debug)]
pub(super) struct Entitled {
    /// By name of the tenant; the others weigh 1.
    declared: Vec<(String, f64)>,
    /// By number of the tenant.
    weights: Vec<f64>,
    demand: Demand,
    capacity: [u64; 8],
    /// Sum of deviations per lane, then tenants with a demand per lane, since `last`.
    levels: [u64; 16],
    last: SimTime,
    integrals: Integrals,
}

impl Entitled {
    pub(super) fn new(declared: Vec<(String, f64)>) -> Self {
        Self {
            declared,
            weights: Vec::new(),
            demand: Demand::default(),
            capacity: [0; 8],
            levels: [0; 16],
            last: SimTime::ZERO,
            integrals: Integrals::new(16),
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
        self.levels = [0; 16];
        for lane in (0..8).filter(|&lane| self.capacity[lane] > 0) {
            let (deviation, tenants) = self.deviation(lane, shares);
            self.levels[lane] = (deviation * ONE).round() as u64;
            self.levels[8 + lane] = tenants;
        }
        self.integrals.advance(at, &self.levels);
        if let Some(until) = until {
            self.integrals.checkpoint(at, until, |_| {});
        }
    }

    /// Takes an event in: who waits now.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) {
        self.capacity = *view.nodes().capacity_up();
        self.demand.follow(event, view);
        while self.weights.len() < self.demand.len() {
            let name = view.words().tenants().name(self.weights.len() as u32).unwrap_or("");
            let declared = self.declared.iter().find(|(declared, _)| declared == name);
            self.weights.push(declared.map_or(1.0, |(_, weight)| *weight));
        }
    }

    /// Sum over tenants of |held - entitled| as a part of the capacity, and tenants that hold or wait.
    fn deviation(&self, lane: usize, shares: &TenantShares) -> (f64, u64) {
        let capacity = self.capacity[lane] as f64;
        let held = |n: usize| shares.held(n, lane) as f64 / capacity;
        let is_waiting = |n: usize| self.demand.is_waiting(n, lane);
        let tenants = || (0..self.weights.len()).filter(|&n| is_waiting(n) || held(n) > 0.0);
        let level = water_level(tenants().map(|n| (self.weights[n], (!is_waiting(n)).then(|| held(n)))));
        let (mut sum, mut count) = (0.0, 0);
        for n in tenants() {
            let most = self.weights[n] * level;
            let entitled = if is_waiting(n) { most } else { most.min(held(n)) };
            sum += (held(n) - entitled).abs();
            count += 1;
        }
        (sum, count)
    }

    /// Mean deviation per lane over the time up to `end`; `None` where nobody had a demand.
    pub(super) fn means(&self, end: SimTime, now: SimTime) -> [Option<f64>; 8] {
        let sums = self.integrals.at(end, now, self.integrals.sums());
        std::array::from_fn(|lane| {
            (sums[8 + lane] > 0).then(|| sums[lane] as f64 / ONE / sums[8 + lane] as f64)
        })
    }
}

/// The share per weight at which one whole is used up, if nobody gets more than it demands (`None`: without end).
/// Infinite if the demands do not use it up.
fn water_level(tenants: impl Iterator<Item = (f64, Option<f64>)>) -> f64 {
    let (mut left, mut weights) = (1.0, 0.0);
    let mut bounded: Vec<(f64, f64)> = Vec::new();
    for (weight, demand) in tenants {
        weights += weight;
        bounded.extend(demand.map(|demand| (demand / weight, weight)));
    }
    bounded.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (demand, weight) in bounded {
        if demand * weights >= left {
            break;
        }
        left -= demand * weight;
        weights -= weight;
    }
    if weights > 1e-12 { left.max(0.0) / weights } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn water_is_filled_up_to_the_demands() {
        let level = |tenants: &[(f64, Option<f64>)]| water_level(tenants.iter().copied());
        assert_eq!(level(&[(1.0, None), (3.0, None)]), 0.25);
        // One wants a tenth only: 0.9 for the other two, 1 : 2.
        assert!((level(&[(1.0, None), (2.0, None), (1.0, Some(0.1))]) - 0.3).abs() < 1e-12);
        // Who holds more than its share is entitled to its share only.
        assert_eq!(level(&[(1.0, None), (1.0, Some(0.8))]), 0.5);
        assert_eq!(level(&[(1.0, Some(0.2)), (1.0, Some(0.3))]), f64::INFINITY);
    }
}
