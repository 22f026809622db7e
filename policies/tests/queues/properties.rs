//! Properties of fair allocations, on random small cases, against brute force written for these tests.
//!
//! Everybody wants more than there is, on one node, so that nothing is lost to fragmentation. Tasks are whole: what
//! theory says of fluids holds within one task, as stated at each test.

use sim_core::testkit::cpu_mem;
use sim_core::{Resources, Stream};

use crate::declared::{queue, queues, weighted};
use crate::filled::{Crowd, crowd, fill};

pub(crate) const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const CASES: u64 = 300;

/// A random case: capacity in two lanes, demands per task, weights. Cores, and MiB so that lanes are alike.
pub(crate) struct Drawn {
    pub(crate) capacity: [u64; 2],
    pub(crate) demands: Vec<[u64; 2]>,
    pub(crate) weights: Vec<u64>,
}

fn draw(seed: u64, lanes: usize, weights: u64) -> Drawn {
    let mut stream = Stream::new(seed, "properties");
    let mut below = |n: u64| stream.below(n);
    let tenants = 2 + below(4) as usize;
    let capacity = [10 + below(50), if lanes > 1 { 10 + below(50) } else { 0 }];
    let mut demands = Vec::new();
    for _ in 0..tenants {
        let mut demand = [1 + below(4), if lanes > 1 { below(5) } else { 0 }];
        if lanes > 1 && below(4) == 0 {
            demand[0] = if demand[1] > 0 { 0 } else { 1 };
        }
        demands.push(demand);
    }
    let weights = (0..tenants).map(|_| 1 + below(weights)).collect();
    Drawn { capacity, demands, weights }
}

pub(crate) fn amounts(lanes: [u64; 2]) -> Resources {
    cpu_mem(lanes[0] as u32, lanes[1] as u32)
}

/// Tasks of each tenant that start at once under the rule.
pub(crate) fn ours(rule: &'static str, drawn: &Drawn) -> Vec<u64> {
    let named: Vec<_> =
        NAMES.iter().zip(&drawn.weights).map(|(&name, &weight)| (name, weight as f64)).collect();
    // More than there is of either lane.
    let each = (drawn.capacity[0].max(drawn.capacity[1]) + 1) as usize;
    let jobs: Vec<Crowd> =
        NAMES.iter().zip(&drawn.demands).map(|(&name, &demand)| crowd(name, amounts(demand), each)).collect();
    let found = fill(queues(rule, &weighted(&named)).policy(), amounts(drawn.capacity), &jobs);
    found.into_iter().map(|n| n as u64).collect()
}

/// Progressive filling, one task after the other: to the tenant with the least `share`, of those whose task fits; ties
/// to the first, whose jobs were all submitted before those of the next.
pub(crate) fn filled(drawn: &Drawn, share: impl Fn(usize, u64) -> (u64, u64)) -> Vec<u64> {
    let (mut tasks, mut free) = (vec![0; drawn.demands.len()], drawn.capacity);
    loop {
        let fits = |demand: &[u64; 2]| demand[0] <= free[0] && demand[1] <= free[1];
        let mut best: Option<usize> = None;
        for n in 0..tasks.len() {
            let is_less = |other: usize| {
                let ((a, b), (c, d)) = (share(n, tasks[n]), share(other, tasks[other]));
                a * d < c * b
            };
            if fits(&drawn.demands[n]) && best.is_none_or(is_less) {
                best = Some(n);
            }
        }
        let Some(n) = best else { return tasks };
        tasks[n] += 1;
        free = [free[0] - drawn.demands[n][0], free[1] - drawn.demands[n][1]];
    }
}

/// The dominant share of `tasks` tasks, as numerator and denominator.
pub(crate) fn dominant(drawn: &Drawn, n: usize, tasks: u64) -> (u64, u64) {
    let [(a, c), (b, d)] = [0, 1].map(|lane| (drawn.demands[n][lane] * tasks, drawn.capacity[lane].max(1)));
    if a * d >= b * c { (a, c) } else { (b, d) }
}

#[test]
fn fair_allocations_are_those_of_progressive_filling_and_of_water_filling() {
    for seed in 0..CASES {
        let drawn = draw(seed, 1, 4);
        let found = ours("fair", &drawn);
        let share = |n: usize, tasks: u64| (tasks * drawn.demands[n][0], drawn.weights[n]);
        assert_eq!(found, filled(&drawn, share), "seed {seed}");
        // Water-filling of an endless demand: everybody has capacity x weight / sum of weights. Until a task fails
        // first, nobody is more than a task per weight ahead; less than one more task is then left for the others.
        let weights: u64 = drawn.weights.iter().sum();
        let tasks = drawn.demands.iter().map(|demand| demand[0]);
        let ahead = tasks.clone().zip(&drawn.weights).map(|(task, &weight)| task as f64 / weight as f64);
        let (ahead, largest) = (ahead.fold(0.0, f64::max), tasks.max().unwrap() as f64);
        for (n, tasks) in found.iter().enumerate() {
            let weight = drawn.weights[n] as f64;
            let level = (tasks * drawn.demands[n][0]) as f64 / weight;
            let water = drawn.capacity[0] as f64 / weights as f64;
            let slack = ahead + largest / weight;
            assert!((level - water).abs() <= slack, "seed {seed}: {level} of {water}, tasks {found:?}");
        }
    }
}

#[test]
fn drf_allocations_are_those_of_progressive_filling() {
    for seed in 0..CASES {
        let drawn = draw(seed, 2, 4);
        let share = |n: usize, tasks: u64| {
            let (part, whole) = dominant(&drawn, n, tasks);
            (part, whole * drawn.weights[n])
        };
        assert_eq!(ours("drf", &drawn), filled(&drawn, share), "seed {seed}");
    }
}

#[test]
fn drf_is_pareto_efficient_gives_an_incentive_to_share_and_is_free_of_envy() {
    for seed in 0..CASES {
        let drawn = draw(seed, 2, 1);
        let tasks = ours("drf", &drawn);
        let users = tasks.len();
        let used = [0, 1].map(|lane| (0..users).map(|n| tasks[n] * drawn.demands[n][lane]).sum::<u64>());
        let share = |n: usize, tasks: u64| {
            let (part, whole) = dominant(&drawn, n, tasks);
            part as f64 / whole as f64
        };
        // One task of each, as a dominant share.
        let steps: Vec<f64> = (0..users).map(|n| share(n, 1)).collect();
        for n in 0..users {
            // Pareto: no task of anybody fits into what is left.
            let fits = (0..2).all(|lane| used[lane] + drawn.demands[n][lane] <= drawn.capacity[lane]);
            assert!(!fits, "seed {seed}: a task of {n} fits beside {tasks:?}");
            // Incentive: when a task of n fails first, all others are at most one own task ahead, so that
            // users x share + the sum of these steps is at least 1.
            let own = share(n, tasks[n]);
            let slack: f64 = steps.iter().sum();
            assert!(own * users as f64 + slack >= 1.0 - 1e-9, "seed {seed}: {n} has {own} of 1/{users}");
            // Envy: with what m holds, n could run at most the tasks that its own share plus one task of m would
            // pay for, and one more from what m got after n's tasks did not fit any more.
            for m in (0..users).filter(|&m| m != n) {
                let could = (0..2).filter(|&lane| drawn.demands[n][lane] > 0);
                let could =
                    could.map(|lane| tasks[m] * drawn.demands[m][lane] / drawn.demands[n][lane]).min();
                let bound = tasks[n] as f64 + steps[m] / steps[n] + 1.0;
                assert!(could.unwrap() as f64 <= bound + 1e-9, "seed {seed}: {n} envies {m}, {tasks:?}");
            }
        }
    }
}

#[test]
fn guarantees_are_met_within_one_round_of_reclaim() {
    use sim_core::testkit::{Case, cpu};
    for seed in 0..CASES {
        let mut stream = Stream::new(seed, "guarantees");
        let mut below = |n: u64| stream.below(n);
        // Guarantees in tenths of 20 cores; what is stopped has one core each, so that all can be met to the core.
        let mut left = 10;
        let mut parts = Vec::new();
        for _ in 0..2 + below(4) {
            let part = (1 + below(4)).min(left);
            if part > 0 {
                parts.push(part);
                left -= part;
            }
        }
        let queues_of: Vec<_> = parts
            .iter()
            .zip(NAMES)
            .map(|(&part, name)| queue(name).with("guaranteed", part as f64 / 10.0))
            .collect();
        let policy = queues("capacity", &queues_of).with("reclaim", "kill");
        let mut case = Case::new().nodes(1, cpu(20));
        // The first queue, or a tenant without a guarantee, fills the cluster; at 10 s all others want everything.
        let greedy = if below(2) == 0 { "a" } else { "other" };
        (0..20).for_each(|_| assert!(case.job(0, 1000).tenant(greedy).add() > 0));
        let mut jobs = Vec::new();
        for (n, &part) in parts.iter().enumerate().filter(|&(n, _)| NAMES[n] != greedy) {
            // Some in gangs of up to twice the guarantee, one to four of a kind in a row.
            let mut widths = Vec::new();
            while widths.iter().sum::<u64>() < 20 {
                let width = if below(2) == 0 { 1 } else { 1 + below(part * 4) };
                widths.extend(std::iter::repeat_n(width, 1 + below(4) as usize));
            }
            let add = |&width: &u64| (width, case.job(10, 1000).gang(width as u32).tenant(NAMES[n]).add());
            jobs.push((part * 2, widths.iter().map(add).collect::<Vec<(u64, u64)>>()));
        }
        case.policy(policy.policy()).run();
        for (guaranteed, jobs) in jobs {
            // In their order, those start that the guarantee has room for beside those before them.
            let mut left = guaranteed;
            for (n, &(width, job)) in jobs.iter().enumerate() {
                let is_met = width <= left;
                let told = format!("seed {seed}: {parts:?}, all held by {greedy}: {n} of {jobs:?}");
                assert_eq!(case.start(job) == 10.0, is_met, "{told}");
                left -= if is_met { width } else { 0 };
            }
        }
    }
}
