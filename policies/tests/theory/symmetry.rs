//! What must not matter: the unit of time, the names of nodes, and which of two like nodes comes first.

use policies::order::ORDERS;
use policies::placer::PLACERS;

use crate::jobs::{case, outcome};
use crate::registered;

const HEADS: [&str; 2] = ["block", "skip"];

/// Orders whose constants have units: for them another unit of time is another order.
const IN_SECONDS: [&str; 7] =
    ["f1", "f2", "f3", "f4", "wfp3-rlscheduler", "unicep-rlscheduler", "multifactor"];

#[test]
fn doubling_every_time_doubles_every_start_and_end() {
    for order in ORDERS.iter().filter(|order| !IN_SECONDS.contains(&order.name)) {
        for place in PLACERS {
            for (seed, head) in (1..=4).flat_map(|seed| HEADS.map(|head| (seed, head))) {
                let run = |factor| {
                    let (case, numbers) = case(seed, factor);
                    outcome(case, &numbers, registered::policy(order.name, place.name, head))
                };
                let doubled: Vec<_> = run(1).into_iter().map(|(start, end)| (2 * start, 2 * end)).collect();
                assert_eq!(run(2), doubled, "{}/{}/{head}, seed {seed}", order.name, place.name);
            }
        }
    }
}

#[test]
fn like_nodes_are_interchangeable() {
    // A seeded rank permutes the nodes. All of them are alike, so that jobs go to other nodes, but at the same times.
    for place in ["first-fit", "best-fit", "worst-fit", "next-fit", "round-robin", "tetris"] {
        for (seed, head) in (1..=20).flat_map(|seed| HEADS.map(|head| (seed, head))) {
            let run = |ties| {
                let (case, numbers) = case(seed, 1);
                let policy = registered::policy_with("fcfs", place, head, &[("ties", ties)]);
                outcome(case, &numbers, policy)
            };
            assert_eq!(run("rank"), run("seeded-rank"), "{place}/{head}, seed {seed}");
        }
    }
}

#[test]
fn names_do_not_matter() {
    for place in PLACERS {
        let run = |renames: bool| {
            let (case, _) = case(3, 1);
            let mut case = case.with_each_node(|node| {
                if renames {
                    node.name = format!("z{:?}", node.name.chars().rev().collect::<String>());
                }
            });
            case.policy(registered::policy("sjf", place.name, "skip")).run().fingerprint
        };
        assert_eq!(run(false), run(true), "{}", place.name);
    }
}
