//! NodeResourcesFit and NodeResourcesBalancedAllocation.

use sim_core::registry::Value;
use sim_core::testkit::Case;
use sim_core::{GpuNeed, ModelSet, Preferences, Resources, Shape};

use crate::lab::{all, amounts, ask, bench, given, put, scores, table};

const FIT: &str = "NodeResourcesFit";
const BALANCE: &str = "NodeResourcesBalancedAllocation";

/// A task of 2 cores and 4096 MiB; node 4 runs one of 1 core and 1024 MiB, node 5 one that asks for nothing.
fn sized() -> Case {
    let mut case = bench(&[
        amounts(4000, 8192),
        amounts(10_000, 8192),
        amounts(3000, 10_000),
        amounts(2000, 4096),
        amounts(4000, 8192),
        amounts(8000, 16_384),
    ]);
    put(&mut case, 4, amounts(1000, 1024), &Preferences::default());
    put(&mut case, 5, Resources::ZERO, &Preferences::default());
    ask(&mut case, amounts(2000, 4096), Preferences::default());
    case
}

/// A task of 1 core without memory, which counts as 200 MiB.
fn bare() -> Case {
    let mut case = bench(&[amounts(4000, 0), amounts(4000, 100), amounts(4000, 400), amounts(1000, 200)]);
    ask(&mut case, amounts(1000, 0), Preferences::default());
    case
}

/// A task that asks for nothing and counts as 100 milli-cores and 200 MiB.
fn nothing() -> Case {
    let mut case = bench(&[amounts(0, 1000), amounts(50, 1000), amounts(100, 1000), amounts(1000, 200)]);
    ask(&mut case, Resources::ZERO, Preferences::default());
    case
}

fn expect(mut case: Case, texts: &[(&str, &str)], others: &[(&str, Value)], rule: &str, expected: &[i64]) {
    let pairs: Vec<_> = expected.iter().map(|&score| (score, score)).collect();
    assert_eq!(scores(&mut case, &mut *given("kube", texts, others), rule), all(&pairs), "{texts:?}");
}

#[test]
fn least_allocated_is_the_mean_free_share_in_percent() {
    // 0: cpu 2000/4000 = 50, memory 4096/8192 = 50.           1: cpu 8000/10000 = 80, memory 50; 130/2.
    // 2: cpu 1000/3000 = 33, memory 5904/10000 = 59; 92/2.    3: nothing would be left.
    // 4: cpu 1000/4000 = 25, memory 3072/8192 = 37; 62/2.
    // 5: the other task counts 100 milli and 200 MiB: cpu 5900/8000 = 73, memory 12088/16384 = 73.
    expect(sized(), &[], &[], FIT, &[50, 65, 46, 0, 31, 73]);
}

#[test]
fn least_allocated_gives_nothing_for_a_resource_without_capacity_or_beyond_it() {
    // 0: cpu 75, no memory at all: 0; 75/2.   1: 200 of 100 MiB: 0.   2: memory 200/400 = 50; 125/2.   3: nothing left.
    expect(bare(), &[], &[], FIT, &[37, 37, 62, 0]);
    // 0: no cpu: 0, memory 80.   1: 100 of 50 milli: 0, memory 80.   2: cpu 0, memory 80.   3: cpu 90, memory 0.
    expect(nothing(), &[], &[], FIT, &[40, 40, 40, 45]);
}

#[test]
fn most_allocated_is_the_mean_taken_share_in_percent() {
    let most = [("strategy", "most-allocated")];
    // 0: 50, 50.  1: 20, 50; 70/2.  2: 66, 40; 106/2.  3: 100, 100.  4: 75, 5120/8192 = 62; 137/2.
    // 5: 2100/8000 = 26, 4296/16384 = 26.
    expect(sized(), &most, &[], FIT, &[50, 35, 53, 100, 68, 26]);
    // 0: no memory: that is skipped, 25/1.   1: 25, and 200 of 100 MiB are clamped to 100; 125/2.   2: 25, 50; 75/2.
    expect(bare(), &most, &[], FIT, &[25, 62, 37, 100]);
    // 0: no cpu, memory 20.   1: 100 of 50 milli clamped to 100, memory 20; 120/2.   2: 100, 20.   3: 10, 100; 110/2.
    expect(nothing(), &most, &[], FIT, &[20, 60, 60, 55]);
}

#[test]
fn requested_to_capacity_follows_its_points_and_rounds() {
    let curve = [("strategy", "requested-to-capacity")];
    // From 0 at 0 percent to 100 at 100 percent, the score is the utilization: 1: 70/2 = 35, 2: 106/2 = 53,
    // 4: 137/2 = 68.5, up to 69.
    expect(sized(), &curve, &[], FIT, &[50, 35, 53, 100, 69, 26]);
    // 0 and 1: cpu 25, memory full (none, or too little): 125/2 = 62.5.   2: 75/2 = 37.5.
    expect(bare(), &curve, &[], FIT, &[63, 63, 38, 100]);
    // From 100 down to 0: a full resource scores 0 and does not count. 0: memory 0; cpu 75/1.
    let points = Value::List(vec![
        table(&[("utilization", 0), ("score", 10)]),
        table(&[("utilization", 100), ("score", 0)]),
    ]);
    // 2: 75 and 50; 62.5, up to 63.   3: both are full: 0.
    expect(bare(), &curve, &[("shape", points)], FIT, &[75, 75, 63, 0]);
}

#[test]
fn resources_have_weights() {
    // Cpu counts three times: 0: 50.  1: (3 x 80 + 50)/4 = 72.  2: (99 + 59)/4 = 39.  3: 0.  4: (75 + 37)/4 = 28.
    // 5: 73.
    let weights = table(&[("cpu", 3), ("memory", 1)]);
    expect(sized(), &[], &[("resources", weights)], FIT, &[50, 72, 39, 0, 28, 73]);
}

#[test]
fn balance_is_one_less_the_deviation_of_the_used_shares() {
    // 0: 1/2, 1/2.   1: 1/5, 1/2: deviation 0.15.   2: 2/3, 0.4096: 0.12853..   3: 1, 1.
    // 4: 3/4, 5/8: 0.0625, 93.75 is cut.   5: true requests: 1/4, 1/4.
    expect(sized(), &[], &[], BALANCE, &[100, 85, 87, 100, 93, 100]);
    // 0: cpu alone does not deviate.   1 and 2: 1/4, 0: 0.125, 87.5 is cut.   3: 1, 0: 0.5.
    expect(bare(), &[], &[], BALANCE, &[100, 87, 87, 50]);
    // Nothing is used of anything.
    expect(nothing(), &[], &[], BALANCE, &[100, 100, 100, 100]);
}

#[test]
fn balance_of_three_resources_is_their_standard_deviation() {
    let mut case = bench(&[]).gpu_nodes(1, amounts(4000, 8192), 1).gpu_nodes(1, amounts(8000, 8192), 2);
    let gpu = GpuNeed { cards: 1, milli_each: 1000, models: ModelSet::ANY };
    case.job(10, 100).shape(Shape::new(amounts(2000, 4096)).with_gpu(gpu)).add();
    let weights = table(&[("cpu", 1), ("memory", 1), ("gpu", 1)]);
    // 0: 1/2, 1/2, 1: mean 2/3, squares 1/36 + 1/36 + 4/36 = 1/6; root of 1/18 = 0.2357: 76.
    // 1: 1/4, 1/2, 1/2: mean 5/12, squares 4/144 + 1/144 + 1/144 = 1/24; root of 1/72 = 0.11785: 88.
    expect(case, &[], &[("resources", weights)], BALANCE, &[76, 88]);
}
