//! Every order x placer x head rule on random cases, each with the invariants checked at every event.

use policies::order::ORDERS;
use policies::placer::PLACERS;

use crate::registered::{BACKFILLINGS, backfilling, policy, profile};
use crate::runs::{run, run_by_steps};
use sim_core::registry::Value;
use sim_core::{Policy, Summary};

/// Cases per combination that CI runs; `WINDTUNNEL_SWARM=200` asks for more.
const CASES: u64 = 4;

/// The case under a policy, once by the engine's loop and once through a fork.
fn both_ways(
    seed: u64,
    name: &str,
    build: impl Fn() -> Box<dyn Policy> + std::panic::RefUnwindSafe,
) -> Summary {
    let caught = std::panic::catch_unwind(|| {
        let summary = run(seed, &mut *build());
        assert_eq!(summary, run_by_steps(seed, build(), 1 + seed % 13), "a fork went another way");
        summary
    });
    caught.unwrap_or_else(|_| panic!("swarm seed {seed} failed under {name} (see above)"))
}

#[test]
fn invariants_hold_and_drivers_agree_task_by_task() {
    for seed in 0..CASES * 40 {
        for gang in ["permit", "hold", "discard"] {
            let given = || [("gang", Value::Text(gang.into()))];
            both_ways(seed, gang, || profile("task-by-task", &given()));
        }
    }
}

fn cases() -> u64 {
    std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"))
}

#[test]
fn invariants_hold_and_drivers_agree_under_every_kind_of_backfilling() {
    let mut seed = 0;
    for (kind, given) in BACKFILLINGS {
        for order in ["fcfs", "sjf", "largest"] {
            for place in ["first-fit", "best-fit", "worst-fit", "random"] {
                for _ in 0..5 * cases() {
                    seed += 1;
                    let name = format!("{order}/{place}/{kind} {given:?}");
                    both_ways(seed, &name, || backfilling(order, place, kind, given));
                }
            }
        }
    }
}

#[test]
fn invariants_hold_and_drivers_agree_under_every_list_policy() {
    let cases = cases();
    let (mut seed, mut submitted, mut unfinished) = (0, 0, 0);
    for order in ORDERS {
        for place in PLACERS {
            for head in ["block", "skip", "reject"] {
                for _ in 0..cases {
                    seed += 1;
                    let name = format!("{}/{}/{head}", order.name, place.name);
                    let summary = both_ways(seed, &name, || policy(order.name, place.name, head));
                    submitted += summary.submitted;
                    unfinished += summary.unfinished;
                }
            }
        }
    }
    // A job whose head never fits (its constraints, or a node that is never on) holds blocking queues up for good.
    assert!(unfinished * 3 < submitted, "{unfinished} of {submitted} jobs were left unfinished");
}
