//! The list policy against its naive twin: queues per request, remembered failures and indexes are only short cuts.

use policies::list::{Head, ListPolicy};
use policies::order::{self, ORDERS};
use policies::{Prior, placer};
use sim_core::registry::About;

use crate::naive::Naive;
use crate::registered::{order_params, place_params};
use crate::runs::run;

/// Cases per order and head rule that CI runs; `WINDTUNNEL_SWARM=10000` asks for more.
const CASES: u64 = 300;

/// Placers without a state that an extra, failing try would change: next fit and draws have one.
const PLACERS: [(&str, &[(&str, &str)]); 5] = [
    ("first-fit", &[]),
    ("best-fit", &[]),
    ("best-fit", &[("ties", "seeded-rank"), ("lane", "memory")]),
    ("worst-fit", &[("cards", "lowest")]),
    ("tetris", &[("ties", "seeded-rank")]),
];

fn expect_no_difference(head: Head) {
    let cases =
        std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"));
    let mut different = Vec::new();
    // Keys that are asked for anew at a period only are not those of every decision.
    let fixed = |about: &&About| order::build(about.name, &order_params(about.name)).period().is_none();
    for about in ORDERS.iter().filter(fixed) {
        for seed in 0..cases {
            let (place, given) = PLACERS[seed as usize % PLACERS.len()];
            let order = || order::build(about.name, &order_params(about.name));
            let placer = || placer::build(place, &place_params(place, given), &Prior::default());
            let ours = run(seed, &mut ListPolicy::new(order(), placer(), head));
            let naive = run(seed, &mut Naive { order: order(), placer: placer(), head });
            // The fingerprint covers every start, node, card and end.
            if ours != naive {
                different.push((about.name, place, seed));
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} of {} runs: {different:?}",
        different.len(),
        cases * ORDERS.len() as u64
    );
}

#[test]
fn passing_over_blocked_requests_changes_nothing() {
    expect_no_difference(Head::Skip);
}

#[test]
fn resting_while_the_head_is_blocked_changes_nothing() {
    expect_no_difference(Head::Block);
}
