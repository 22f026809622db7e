//! Every order x placer x head rule on random cases, each with the invariants checked at every event.

use policies::order::ORDERS;
use policies::placer::PLACERS;

use crate::registered::{BACKFILLINGS, backfilling, policy};
use crate::runs::{run, run_by_steps};

/// Cases per combination that CI runs; `WINDTUNNEL_SWARM=200` asks for more.
const CASES: u64 = 4;

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
                    let build = || backfilling(order, place, kind, given);
                    let caught = std::panic::catch_unwind(|| {
                        let forked = run_by_steps(seed, build(), 1 + seed % 13);
                        assert_eq!(run(seed, &mut *build()), forked, "a fork went another way");
                    });
                    if caught.is_err() {
                        panic!("swarm seed {seed} failed under {order}/{place}/{kind} {given:?} (see above)");
                    }
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
                    let build = || policy(order.name, place.name, head);
                    let caught = std::panic::catch_unwind(|| {
                        let summary = run(seed, &mut *build());
                        assert_eq!(
                            summary,
                            run_by_steps(seed, build(), 1 + seed % 13),
                            "a fork went another way"
                        );
                        summary
                    });
                    let summary = caught.unwrap_or_else(|_| {
                        panic!(
                            "swarm seed {seed} failed under {}/{}/{head} (see above)",
                            order.name, place.name
                        )
                    });
                    submitted += summary.submitted;
                    unfinished += summary.unfinished;
                }
            }
        }
    }
    // A job whose head never fits (its constraints, or a node that is never on) holds blocking queues up for good.
    assert!(unfinished * 3 < submitted, "{unfinished} of {submitted} jobs were left unfinished");
}
