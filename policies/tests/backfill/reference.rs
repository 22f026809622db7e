//! The same starts as by the plain restatements, whatever the estimates are worth.

use crate::cases::{Estimates, Nodes, Starts, random};
use crate::naive::Naive;
use crate::registered::backfilling;

/// Cases per kind of nodes and estimates that CI runs; `WINDTUNNEL_SWARM=10000` asks for more.
const CASES: u64 = 120;

fn starts_only(starts: Starts) -> Vec<(u64, u64)> {
    starts.into_iter().map(|(job, (start, _))| (job, start.as_ns() / 1_000_000_000)).collect()
}

fn expect_no_difference(naive: Naive, kind: &str, given: &[(&str, &str)]) {
    let cases =
        std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"));
    for nodes in [Nodes::Unit, Nodes::One] {
        for estimates in [Estimates::Exact, Estimates::Over, Estimates::Any] {
            for seed in 0..cases {
                let case = random(seed, nodes, estimates);
                let ours = starts_only(case.run(&mut *backfilling("fcfs", "first-fit", kind, given)));
                let theirs = starts_only(case.run(&mut naive.clone()));
                assert_eq!(ours, theirs, "{kind} {given:?}, seed {seed}, {nodes:?}, {estimates:?}");
            }
        }
    }
}

#[test]
fn easy_starts_what_its_definition_starts() {
    expect_no_difference(Naive { conservative: false, sjf: false }, "easy", &[]);
}

#[test]
fn easy_with_the_shortest_candidate_first_starts_what_its_definition_starts() {
    expect_no_difference(Naive { conservative: false, sjf: true }, "easy", &[("candidates", "sjf")]);
}

#[test]
fn conservative_backfilling_starts_what_plans_made_anew_at_every_decision_start() {
    expect_no_difference(Naive { conservative: true, sjf: false }, "conservative", &[]);
}
