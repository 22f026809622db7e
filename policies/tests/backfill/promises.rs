//! Nobody starts later than promised, as long as nobody runs longer than estimated.

use crate::cases::{Doubling, Estimates, Nodes, random};
use crate::registered::backfilling;

const CASES: u64 = 120;

/// Jobs that were promised a start, and the seeds and numbers of those that started later.
fn broken(
    nodes: Nodes,
    estimates: Estimates,
    kind: &str,
    given: &[(&str, &str)],
) -> (usize, Vec<(u64, u64)>) {
    let (mut promises, mut late) = (0, Vec::new());
    for seed in 0..CASES {
        for place in ["first-fit", "best-fit"] {
            let starts = random(seed, nodes, estimates).run(&mut *backfilling("fcfs", place, kind, given));
            for (job, (start, promised)) in starts {
                promises += usize::from(promised.is_some());
                if promised.is_some_and(|promised| start > promised) {
                    late.push((seed, job));
                }
            }
        }
    }
    (promises, late)
}

#[test]
fn easy_never_delays_the_head_on_any_kind_of_nodes() {
    for nodes in [Nodes::Unit, Nodes::One, Nodes::Real] {
        for given in [&[][..], &[("candidates", "sjf")]] {
            let (promises, late) = broken(nodes, Estimates::Over, "easy", given);
            assert!(promises > 300, "only {promises} heads were blocked");
            assert_eq!(late, [], "{nodes:?}");
        }
    }
}

#[test]
fn conservative_backfilling_that_keeps_its_plan_delays_nobody_on_counters() {
    for nodes in [Nodes::Unit, Nodes::One] {
        let (promises, late) = broken(nodes, Estimates::Over, "conservative", &[("plan", "keep")]);
        assert!(promises > 3000, "only {promises} jobs were promised a start");
        assert_eq!(late, [], "{nodes:?}");
    }
}

#[test]
fn plans_made_anew_are_the_old_ones_while_estimates_are_exact() {
    for nodes in [Nodes::Unit, Nodes::One] {
        for plan in ["replan", "keep"] {
            let (_, late) = broken(nodes, Estimates::Exact, "conservative", &[("plan", plan)]);
            assert_eq!(late, [], "{nodes:?} {plan}");
        }
    }
}

#[test]
fn plans_made_anew_after_an_early_end_can_break_promises() {
    // A job that moves forward may push one behind it back: this is what keeping promises is for.
    let (_, late) = broken(Nodes::Unit, Estimates::Over, "conservative", &[("plan", "replan")]);
    assert!(!late.is_empty());
}

#[test]
fn estimates_that_are_revised_again_and_again_starve_nobody() {
    for nodes in [Nodes::Unit, Nodes::One, Nodes::Real] {
        for (kind, given) in crate::registered::BACKFILLINGS {
            for seed in 0..CASES {
                let mut policy = backfilling("fcfs", "first-fit", kind, given);
                random(seed, nodes, Estimates::Any).run_with(&mut *policy, Box::new(Doubling));
            }
        }
    }
}

#[test]
fn wrong_estimates_starve_nobody() {
    for nodes in [Nodes::Unit, Nodes::One, Nodes::Real] {
        for (kind, given) in crate::registered::BACKFILLINGS {
            // Every job starts: `run` sees to that.
            broken(nodes, Estimates::Any, kind, given);
        }
    }
}
