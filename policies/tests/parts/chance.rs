//! Placers and ties that draw: uniform, different from seed to seed, the same for the same seed.

use sim_core::testkit::{Case, cpu};

use crate::places::single_places;
use crate::registered::policy_with;

/// Pearson's statistic of counts that should be equal.
fn chi_square(counts: &[u32]) -> f64 {
    let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
    counts.iter().map(|&n| (f64::from(n) - expected) * (f64::from(n) - expected) / expected).sum()
}

fn counts(places: &[u32], nodes: std::ops::Range<u32>) -> Vec<u32> {
    nodes.map(|node| places.iter().filter(|&&place| place == node).count() as u32).collect()
}

#[test]
fn random_is_uniform_over_the_nodes_that_fit() {
    // 9 degrees of freedom: 27.88 is exceeded once in a thousand times.
    let mut case = Case::new().nodes(10, cpu(5000));
    for _ in 0..5000 {
        case.job(0, 100).add();
    }
    case.job(1, 1).add();
    case.policy(policy_with("fcfs", "random", "block", &[]));
    let places = single_places(&mut case, 1);
    assert_eq!(places.len(), 5000);
    assert!(chi_square(&counts(&places, 0..10)) < 27.88, "{:?}", counts(&places, 0..10));
}

#[test]
fn random_is_uniform_where_few_nodes_fit() {
    // Four of 100 nodes have two cores. Sixteen draws miss them in (96/100)^16 = 52% of the cases, so that both ways
    // of choosing are used. 3 degrees of freedom: 16.27 is exceeded once in a thousand times.
    let mut case = Case::new().nodes(96, cpu(1)).nodes(4, cpu(5000));
    for _ in 0..2000 {
        case.job(0, 100).each(cpu(2)).add();
    }
    case.job(1, 1).add();
    case.policy(policy_with("fcfs", "random", "block", &[]));
    let places = single_places(&mut case, 1);
    let found = counts(&places, 96..100);
    assert_eq!(found.iter().sum::<u32>(), 2000);
    assert!(chi_square(&found) < 16.27, "{found:?}");
}

/// Places of 16 jobs of one core on 8 nodes of 100 cores.
fn sixteen_on_eight(place: &str, ties: &str, seed: u64) -> Vec<u32> {
    let mut case = Case::new().nodes(8, cpu(100));
    case.seed = seed;
    for _ in 0..16 {
        case.job(0, 100).add();
    }
    case.job(1, 1).add();
    case.policy(policy_with("fcfs", place, "block", &[("ties", ties)]));
    single_places(&mut case, 1)
}

#[test]
fn ties_by_seed_differ_between_seeds_and_repeat_for_one() {
    for ties in ["seeded-rank", "seeded-random"] {
        for place in ["best-fit", "worst-fit", "tetris"] {
            let runs: Vec<_> = (1..=20).map(|seed| sixteen_on_eight(place, ties, seed)).collect();
            let again: Vec<_> = (1..=20).map(|seed| sixteen_on_eight(place, ties, seed)).collect();
            assert_eq!(runs, again, "{place}/{ties}");
            // The first job meets eight equal nodes. Twenty draws miss a given one with chance (7/8)^20 = 7%, so
            // that fewer than four different ones would be most unlikely.
            let first = counts(&runs.iter().map(|run| run[0]).collect::<Vec<_>>(), 0..8);
            assert!(first.iter().filter(|&&n| n > 0).count() >= 4, "{place}/{ties}: {first:?}");
        }
    }
}

#[test]
fn a_seeded_rank_holds_for_the_run_and_a_seeded_draw_does_not() {
    // Worst fit visits all eight nodes once, then once again: in the same order by rank, in another by draws.
    let (mut same, mut other) = (0, 0);
    for seed in 1..=20 {
        let ranked = sixteen_on_eight("worst-fit", "seeded-rank", seed);
        let drawn = sixteen_on_eight("worst-fit", "seeded-random", seed);
        for run in [&ranked, &drawn] {
            assert_eq!((counts(&run[..8], 0..8), counts(&run[8..], 0..8)), (vec![1; 8], vec![1; 8]));
        }
        same += u32::from(ranked[..8] == ranked[8..]);
        other += u32::from(drawn[..8] != drawn[8..]);
    }
    // Two draws of an order agree once in 8! = 40,320 times.
    assert_eq!((same, other), (20, 20));
}

#[test]
fn draws_among_equals_are_uniform() {
    // The third of the nodes is as likely as the first: 7 degrees of freedom, 24.32 once in a thousand times.
    let firsts: Vec<u32> =
        (0..800).map(|seed| sixteen_on_eight("worst-fit", "seeded-random", seed)[0]).collect();
    assert!(chi_square(&counts(&firsts, 0..8)) < 24.32, "{:?}", counts(&firsts, 0..8));
}
