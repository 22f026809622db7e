//! The features that an agent sees: their declarations, their scales, and those of the cluster as a whole.
//!
//! All are bounded, and computed with `+ - * /` and a pinned `libm` alone, so that they are the same on every machine.

use std::f64::consts::TAU;

use sim_core::{Resources, SimDuration, View};

/// One number of an observation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// The least value that it takes.
    pub low: f32,
    /// The largest.
    pub high: f32,
    /// What it is, exactly.
    pub doc: &'static str,
}

const fn share(name: &'static str, doc: &'static str) -> Feature {
    Feature { name, low: 0.0, high: 1.0, doc }
}

const fn signed(name: &'static str, doc: &'static str) -> Feature {
    Feature { name, low: -1.0, high: 1.0, doc }
}

/// What is seen of the cluster, in order, once per observation.
pub const CLUSTER_FEATURES: &[Feature] = &[
    share("free_cpu", "free cores of nodes that are up / cores of all nodes"),
    share("free_memory", "the same of memory"),
    share("free_gpu", "the same of GPU cards, in milli-cards; 0 if there are none"),
    share(
        "free_other",
        "the least of these shares over the other lanes that the cluster has; 0 if it has none",
    ),
    share("up", "nodes that accept tasks / all nodes"),
    share("waiting", "jobs that wait, n, as lg(1 + n) / 20"),
    share("hidden", "jobs that wait and have no slot, n, as lg(1 + n) / 20"),
    share("running", "executions that hold capacity, n, as lg(1 + n) / 20"),
    share("oldest", "how long the job of slot 0 has waited, t, as lg(1 + t / 1 s) / 24"),
    signed("day_sin", "sin(2 pi t / 24 h) of the simulated time t"),
    signed("day_cos", "cos(2 pi t / 24 h)"),
];

/// What is seen of the job in each slot, in order; all zero where the slot is empty.
pub const JOB_FEATURES: &[Feature] = &[
    share("present", "1 if a job is in the slot"),
    share("fits", "1 if it could start now: all tasks that have to start together find room on some nodes"),
    share("wait", "how long it has waited since it last entered the queue, t, as lg(1 + t / 1 s) / 24"),
    share("patience", "t / (t + max(estimate, 10 s)): the growth of its bounded slowdown so far"),
    share("requested", "the requested wall time w, as lg(1 + w / 1 s) / 24; 1 if none was requested"),
    share(
        "estimate",
        "the predictor's median guess e of its run time, as lg(1 + e / 1 s) / 24; 1 if there is none",
    ),
    share("tasks", "its tasks that wait, n, as lg(1 + n) / 20"),
    share("share_cpu", "cores that these tasks ask for together / cores of all nodes"),
    share("share_memory", "the same of memory"),
    share("share_gpu", "the same of GPU cards, in milli-cards"),
    share("share_other", "the largest of these shares over the other lanes"),
    share("together", "1 if its tasks start together or not at all; 0 if some of them may start alone"),
    signed("priority", "its declared priority p, as p / (1 + |p|)"),
];

/// Numbers in an observation with so many slots.
pub const fn length(slots: usize) -> usize {
    CLUSTER_FEATURES.len() + slots * JOB_FEATURES.len()
}

/// `lg(1 + amount) / top`, at most 1, where `lg` is the logarithm to base 2 drawn as a broken line: exact at powers of
/// two, straight between them, and at most 0.087 below it. It costs a few cycles and is the same everywhere.
#[inline]
pub(super) fn broken_log(amount: f64, top: f64) -> f32 {
    let bits = (1.0 + amount).to_bits();
    // Exponent and mantissa of a double, read as one fixed-point number with 52 binary places.
    let log = (bits - (1023 << 52)) as f64 / (1u64 << 52) as f64;
    (log / top).min(1.0) as f32
}

/// A count as a feature: 1 is reached at about a million.
#[inline]
pub(super) fn count(n: usize) -> f32 {
    broken_log(n as f64, 20.0)
}

/// A span as a feature: 1 is reached after 194 days, and by the span that stands for "unknown".
#[inline]
pub(super) fn span(span: SimDuration) -> f32 {
    broken_log(span.as_secs_f64(), 24.0)
}

/// Three lanes by themselves and the others together, each as a share of the cluster's capacity; `best` chooses among
/// the others, and lanes that the cluster lacks are left out.
pub(super) fn lane_shares(
    amounts: [u64; 8],
    capacity: &[u64; 8],
    best: impl Fn(f32, f32) -> f32,
) -> [f32; 4] {
    let share = |lane: usize| {
        (capacity[lane] > 0).then(|| (amounts[lane] as f64 / capacity[lane] as f64).min(1.0) as f32)
    };
    let others = (3..8).filter_map(share).reduce(best).unwrap_or(0.0);
    [share(0).unwrap_or(0.0), share(1).unwrap_or(0.0), share(2).unwrap_or(0.0), others]
}

/// Capacity of all nodes, per lane, whatever their state.
pub(super) fn capacity_of(nodes: &[Resources]) -> [u64; 8] {
    let mut sum = [0; 8];
    for node in nodes {
        sum.iter_mut().zip(node.0).for_each(|(sum, amount)| *sum += u64::from(amount));
    }
    sum
}

/// Writes the features of the cluster; `hidden` jobs have no slot, and the oldest has waited for `oldest`.
pub(super) fn write_cluster(
    view: View<'_>,
    capacity: &[u64; 8],
    hidden: usize,
    oldest: SimDuration,
    out: &mut [f32],
) {
    let nodes = view.nodes();
    let free = lane_shares(*nodes.free_total(), capacity, f32::min);
    let day_ns = 86_400_000_000_000;
    let angle = TAU * ((view.now().as_ns() % day_ns) as f64 / day_ns as f64);
    let rest = [
        nodes.up() as f32 / nodes.len().max(1) as f32,
        count(view.waiting_len()),
        count(hidden),
        count(view.running_len()),
        span(oldest),
        libm::sin(angle) as f32,
        libm::cos(angle) as f32,
    ];
    out[..4].copy_from_slice(&free);
    out[4..].copy_from_slice(&rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broken_logarithm_is_exact_at_powers_of_two_and_straight_between() {
        assert_eq!(broken_log(0.0, 24.0), 0.0);
        assert_eq!(broken_log(7.0, 24.0), 3.0 / 24.0);
        // Half way from 4 to 8.
        assert_eq!(broken_log(5.0, 24.0), 2.5 / 24.0);
        assert_eq!(span(SimDuration::MAX), 1.0);
        let worst = (1..10_000).map(|n| f64::from(n) / 100.0);
        let worst = worst.map(|n| libm::log2(1.0 + n) - f64::from(broken_log(n, 1000.0)) * 1000.0);
        assert!(worst.clone().all(|gap| (-1e-4..0.087).contains(&gap)), "{:?}", worst.reduce(f64::max));
    }

    #[test]
    fn lanes_that_the_cluster_lacks_count_for_nothing() {
        let capacity = [8000, 0, 4000, 0, 0, 100, 50, 0];
        let amounts = [2000, 0, 5000, 0, 0, 10, 40, 0];
        assert_eq!(lane_shares(amounts, &capacity, f32::max), [0.25, 0.0, 1.0, 0.8]);
        assert_eq!(lane_shares(amounts, &capacity, f32::min), [0.25, 0.0, 1.0, 0.1]);
    }
}
