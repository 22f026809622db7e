//! Placers that leave nothing to chance.

use sim_core::random::Stream;
use sim_core::shape::{GpuNeed, ModelSet};
use sim_core::testkit::{Case, cpu, cpu_mem};
use sim_core::{NodeId, Shape};

use crate::places::{places, single_places};
use crate::registered::{policy, policy_with};

/// Nodes 0, 1, 2 of 8, 4 and 4 cores; one-task jobs of so many cores, all at once; a probe at 1 s.
fn on_eight_four_four(place: &str, cores: &[u32]) -> Vec<u32> {
    let mut case = Case::new().nodes(1, cpu(8)).nodes(2, cpu(4));
    for &cores in cores {
        case.job(0, 100).each(cpu(cores)).add();
    }
    case.job(1, 1).each(cpu(8)).add();
    case.policy(policy("fcfs", place, "block"));
    single_places(&mut case, 1)
}

#[test]
fn first_fit_takes_the_first_with_room() {
    // Free 8 4 4 -> 5 -> 2, then node 1: 4 -> 1; one core fits node 0 again.
    assert_eq!(on_eight_four_four("first-fit", &[3, 3, 3, 1]), [0, 0, 1, 0]);
}

#[test]
fn best_fit_takes_the_tightest_and_of_equals_the_first() {
    // Nodes 1 and 2 tie at 4: node 1. Then node 2 (4) before node 0 (8). Then only node 0: 8 -> 5 -> 1. Now 1 1 1.
    assert_eq!(on_eight_four_four("best-fit", &[3, 3, 3, 4, 1]), [1, 2, 0, 0, 0]);
}

#[test]
fn worst_fit_takes_the_loosest_and_of_equals_the_first() {
    // 8 4 4: node 0. 5 4 4: node 0. 2 4 4: node 1. 2 1 4: node 2. 2 1 2: node 0 before its equal, node 2.
    assert_eq!(on_eight_four_four("worst-fit", &[3, 3, 3, 2, 1]), [0, 0, 1, 2, 0]);
}

#[test]
fn best_fit_compares_the_lane_that_it_is_told_to() {
    for (lane, node) in [("auto", 0), ("cpu", 0), ("memory", 1)] {
        let mut case = Case::new().nodes(1, cpu_mem(4, 100)).nodes(1, cpu_mem(8, 50));
        case.job(0, 100).each(cpu_mem(1, 10)).add();
        case.job(1, 1).each(cpu(8)).add();
        case.policy(policy_with("fcfs", "best-fit", "block", &[("lane", lane)]));
        assert_eq!(single_places(&mut case, 1), [node], "{lane}");
    }
}

#[test]
fn best_fit_compares_gpus_for_jobs_that_ask_for_them() {
    // By processors node 0 would be the tightest, by GPUs it is node 1.
    let mut case = Case::new().gpu_nodes(1, cpu(4), 4).gpu_nodes(1, cpu(8), 2);
    let gpu = GpuNeed { cards: 1, milli_each: 1000, models: ModelSet::ANY };
    case.job(0, 100).shape(Shape::new(cpu(1)).with_gpu(gpu)).add();
    case.job(1, 1).add();
    case.policy(policy("fcfs", "best-fit", "block"));
    assert_eq!(single_places(&mut case, 1), [1]);
}

#[test]
fn shares_of_a_card_go_where_the_rule_says() {
    for (rule, cards) in [("tightest", [0, 1, 1]), ("lowest", [0, 1, 0])] {
        let mut case = Case::new().gpu_nodes(1, cpu(8), 2);
        // 400 on card 0 leave 600. 700 only fit card 1 and leave 300. 100: tightest is card 1, lowest card 0.
        for milli_each in [400, 700, 100] {
            let gpu = GpuNeed { cards: 1, milli_each, models: ModelSet::ANY };
            case.job(0, 100).shape(Shape::new(cpu(1)).with_gpu(gpu)).add();
        }
        case.job(1, 1).add();
        case.policy(policy_with("fcfs", "first-fit", "block", &[("cards", rule)]));
        let decision = case.decision_at(1);
        let mut runs: Vec<_> =
            decision.view().running().map(|(_, run)| (run.job(), run.slots()[0])).collect();
        runs.sort_by_key(|&(job, _)| job);
        let got: Vec<u32> = runs.iter().flat_map(|(_, slot)| slot.cards.iter()).collect();
        assert_eq!(got, cards, "{rule}");
    }
}

/// Three nodes of 2 cores. Job 0 is over at 5 s; at 6 s more jobs come.
fn on_three_pairs(place: &str, later: &[u32]) -> Vec<u32> {
    let mut case = Case::new().nodes(3, cpu(2));
    case.job(0, 5).each(cpu(1)).add();
    for _ in 0..3 {
        case.job(0, 100).each(cpu(1)).add();
    }
    for &cores in later {
        case.job(6, 100).each(cpu(cores)).add();
    }
    case.job(7, 1).each(cpu(2)).add();
    case.policy(policy("fcfs", place, "block"));
    single_places(&mut case, 7)
}

#[test]
fn next_fit_stays_until_a_node_is_full_and_does_not_look_back() {
    // At 0 s: 0 0 1 1. Job 0 leaves a core on node 0, but the search goes on from node 1, which is full: node 2,
    // twice; then round to node 0.
    assert_eq!(on_three_pairs("next-fit", &[1, 1, 1]), [0, 1, 1, 2, 2, 0]);
    assert_eq!(on_three_pairs("first-fit", &[1, 1, 1]), [0, 1, 1, 0, 2, 2]);
}

#[test]
fn round_robin_moves_on_after_every_task() {
    // At 0 s: 0 1 2 0. Job 0 leaves node 0 with one core. From node 1 on: 1, 2, 0.
    assert_eq!(on_three_pairs("round-robin", &[1, 1, 1]), [1, 2, 0, 1, 2, 0]);
}

#[test]
fn tasks_of_a_gang_see_each_other() {
    // Best fit fills node 0 (4 of 4, after the tie) before it goes to node 1.
    let mut case = Case::new().nodes(2, cpu(4));
    case.job(0, 100).each(cpu(2)).gang(3).add();
    case.job(1, 1).each(cpu(4)).add();
    case.policy(policy("fcfs", "best-fit", "block"));
    assert_eq!(places(&mut case, 1)[0], [0, 0, 1]);
}

#[test]
fn dot_product_puts_tasks_where_their_needs_are_left() {
    // Two nodes of 8 cores and 800 MiB. The first job (6 cores, 100 MiB) ties, and goes to node 0; the second (1, 600)
    // scores 1/8 x 2/8 + 6/8 x 7/8 = 0.69 there and 1/8 + 6/8 = 0.88 on node 1. Left: (2, 700) and (7, 200).
    // (2, 100): 2/8 x 2/8 + 1/8 x 7/8 = 0.17 on node 0, 2/8 x 7/8 + 1/8 x 2/8 = 0.25 on node 1, which wins.
    // (1, 200): 1/8 x 2/8 + 2/8 x 7/8 = 0.25 on node 0, 1/8 x 7/8 + 2/8 x 2/8 = 0.17 on node 1, which loses.
    for (need, node) in [(cpu_mem(2, 100), 1), (cpu_mem(1, 200), 0)] {
        let mut case = Case::new().nodes(2, cpu_mem(8, 800));
        for need in [cpu_mem(6, 100), cpu_mem(1, 600), need] {
            case.job(0, 100).each(need).add();
        }
        case.job(1, 1).each(cpu(8)).add();
        case.policy(policy("fcfs", "tetris", "block"));
        assert_eq!(single_places(&mut case, 1), [0, 1, node]);
    }
}

#[test]
fn best_and_worst_fit_agree_with_a_scan_on_random_clusters() {
    // The reference looks at every node: the least (or most) free cores that fit, the lowest id among equals.
    for seed in 0..50 {
        let mut stream = Stream::new(seed, "parts/scan");
        let capacities: Vec<u32> = (0..100).map(|_| 1 + stream.below(32) as u32).collect();
        let jobs: Vec<u32> = (0..200).map(|_| 1 + stream.below(6) as u32).collect();
        for (place, sign) in [("best-fit", 1), ("worst-fit", -1)] {
            let mut case = capacities.iter().fold(Case::new(), |case, &cores| case.nodes(1, cpu(cores)));
            for &cores in &jobs {
                case.job(0, 100).each(cpu(cores)).add();
            }
            case.job(1, 1).add();
            case.policy(policy("fcfs", place, "skip"));
            let mut free = capacities.clone();
            let expected: Vec<u32> = jobs
                .iter()
                .filter_map(|&cores| {
                    let fitting = (0..free.len()).filter(|&node| free[node] >= cores);
                    let node = fitting.min_by_key(|&node| (sign * i64::from(free[node]), node))?;
                    free[node] -= cores;
                    Some(NodeId::from_index(node).0)
                })
                .collect();
            assert_eq!(single_places(&mut case, 1), expected, "{place}, seed {seed}");
        }
    }
}
