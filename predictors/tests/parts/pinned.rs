//! The guesses of every predictor, pinned: published comparisons rest on them.

use predictors::registry::PREDICTORS;

use crate::bench::{predictor, run_on};
use crate::future::rows;

/// A digest of all estimates of a run. Pinned: a change is a breaking one, and has to be said in the change log.
const PINNED: &[(&str, u64)] = &[
    ("requested", 0xa250_6e79_b85b_8d95),
    ("last-two", 0x3149_5447_29ce_cef1),
    ("user-mean", 0xb2b2_bcda_8afa_0dab),
    ("knn", 0xca06_45aa_cb90_9b85),
    ("linear", 0xce71_474a_a5d3_e3b5),
];

#[test]
fn guesses_are_pinned_for_ever() {
    let digest = |name: &str| {
        let record = run_on(12, predictor(name, &[]), &rows(), None);
        let numbers = record.predicted.iter().chain(&record.revised);
        let numbers = numbers.flat_map(|(job, at, e)| [*job, at.as_ns(), e.p50.as_ns(), e.p90.as_ns()]);
        numbers.fold(0u64, |hash, x| hash.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ x)
    };
    let found: Vec<_> = PREDICTORS.iter().map(|one| (one.about.name, digest(one.about.name))).collect();
    assert_eq!(found, PINNED, "{found:#x?}");
}
