//! Every rank on random cases, each with the invariants checked at every event, and through a fork.

use policies::preemptive::rank::RANKS;
use sim_core::Policy;
use sim_core::registry::Value;

use crate::ranked::{preemptive, spans, tiresias};
use crate::runs::{run, run_by_steps};

/// Cases per combination that CI runs; `WINDTUNNEL_SWARM=200` asks for more.
const CASES: u64 = 8;

fn cases() -> u64 {
    std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"))
}

fn expect_invariants(name: &str, seed: u64, build: &dyn Fn() -> Box<dyn Policy>) -> (u64, u64) {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let summary = run(seed, &mut *build());
        assert_eq!(summary, run_by_steps(seed, build(), 1 + seed % 13), "a fork went another way");
        summary
    }));
    let summary = caught.unwrap_or_else(|_| panic!("swarm seed {seed} failed under {name} (see above)"));
    (summary.submitted, summary.unfinished)
}

#[test]
fn invariants_hold_and_drivers_agree_under_every_rank() {
    let (mut seed, mut submitted, mut unfinished) = (0, 0, 0);
    for rank in RANKS {
        // Limits within the run times of the swarm's jobs, so that jobs fall.
        let promotes = rank.params.iter().any(|param| param.name == "promote");
        let mut given = Vec::new();
        if rank.params.iter().any(|param| param.name == "limits") {
            given.push(("limits", spans(&[200, 1000])));
        }
        for head in ["skip", "block"] {
            for how in ["suspend", "requeue"] {
                for n in 0..cases() {
                    seed += 1;
                    let mut given = given.clone();
                    if promotes && n % 2 == 0 {
                        given.push(("promote", Value::Int(2)));
                    }
                    let build = || preemptive(rank.name, &given, how, head);
                    let (of, left) = expect_invariants(&format!("{}/{how}/{head}", rank.name), seed, &build);
                    (submitted, unfinished) = (submitted + of, unfinished + left);
                }
            }
        }
    }
    assert!(unfinished * 3 < submitted, "{unfinished} of {submitted} jobs were left unfinished");
}

#[test]
fn invariants_hold_and_drivers_agree_under_tiresias() {
    for (n, rule) in ["lpjf", "sjf", "shortest", "shortest-gpu", "dlas", "dlas-gpu"].into_iter().enumerate() {
        for seed in 0..cases() {
            let promote = (seed % 2 == 0).then_some(2);
            expect_invariants(rule, 1000 * n as u64 + seed, &|| tiresias(rule, &[20, 100], promote));
        }
    }
}
