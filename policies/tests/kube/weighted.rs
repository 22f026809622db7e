//! The weighted allocator, term by term and as a whole.

use policies::Placer;
use sim_core::Preferences;
use sim_core::registry::Value;
use sim_core::testkit::Case;

use crate::lab::{all, amounts, ask, bench, given, put, scores};

/// Nodes 0 and 1 in zone 0, 2 in zone 1; node 1 is half full; prices 1, 2 and 4 per hour. The task has 1000 MiB of
/// images, of which node 0 holds 600 and node 2 all.
fn case() -> Case {
    let mut case = bench(&[amounts(4000, 8000), amounts(4000, 8000), amounts(8000, 8000)]);
    let cluster = case.cluster();
    for (group, price) in cluster.groups.iter_mut().zip([1_000_000, 2_000_000, 4_000_000]) {
        group.price_micros_per_hour = price;
    }
    let image = |name: &str, mib| (name.to_owned(), mib);
    cluster.nodes[2].zone = 1;
    cluster.nodes[0].images = vec![image("a", 600)];
    cluster.nodes[2].images = vec![image("a", 600), image("b", 400)];
    put(&mut case, 1, amounts(2000, 4000), &Preferences::default());
    let images = ["a", "b"].map(|name| case.words().image(name).unwrap()).to_vec();
    ask(&mut case, amounts(1000, 2000), Preferences { images, ..Preferences::default() });
    case
}

fn term(rule: &str, others: &[(&str, Value)]) -> Vec<Option<(i64, i64)>> {
    scores(&mut case(), &mut *given("weighted", &[], others), rule)
}

fn same(values: &[i64]) -> Vec<Option<(i64, i64)>> {
    all(&values.iter().map(|&value| (value, value)).collect::<Vec<_>>())
}

#[test]
fn remaining_is_the_mean_free_share_after_the_placement() {
    // 0: 3/4, 6/8.   1: 1/4, 2/8.   2: 7/8, 6/8; 13/16.
    assert_eq!(term("remaining", &[]), same(&[750_000, 250_000, 812_500]));
}

#[test]
fn data_is_the_share_of_the_images_with_half_credit_in_the_zone() {
    // 0: 600 of its own. Nobody in its zone has b.   1: half of node 0's 600.   2: all.
    assert_eq!(term("data", &[]), same(&[600_000, 300_000, 1_000_000]));
    assert_eq!(term("data", &[("zone_credit", Value::Int(0))]), same(&[600_000, 0, 1_000_000]));
}

#[test]
fn load_is_one_less_the_mean_distance_from_the_clusters_used_shares() {
    // With the task the cluster uses 3000 of 16,000 milli (187,500 ppm) and 6000 of 24,000 MiB (250,000 ppm).
    // 0: 1/4, 1/4: distances 62,500 and 0, mean 31,250.   1: 3/4, 3/4: 562,500 and 500,000, mean 531,250.
    // 2: 1/8, 1/4: 62,500 and 0.
    assert_eq!(term("load", &[]), same(&[968_750, 468_750, 968_750]));
}

#[test]
fn cost_is_one_less_the_price_relative_to_the_dearest() {
    assert_eq!(term("cost", &[]), same(&[750_000, 500_000, 0]));
}

#[test]
fn cost_is_relative_to_nodes_that_can_hold_the_task() {
    let mut case = case();
    put(&mut case, 2, amounts(7500, 0), &Preferences::default());
    let found = scores(&mut case, &mut *given("weighted", &[], &[]), "cost");
    assert_eq!(found, [Some((500_000, 500_000)), Some((0, 0)), None]);
}

#[test]
fn without_prices_or_images_the_terms_make_no_difference() {
    let mut case = bench(&[amounts(1000, 0), amounts(2000, 0)]);
    ask(&mut case, amounts(1000, 0), Preferences::default());
    assert_eq!(scores(&mut case, &mut *given("weighted", &[], &[]), "cost"), same(&[1_000_000; 2]));
    let mut case = bench(&[amounts(1000, 0), amounts(2000, 0)]);
    ask(&mut case, amounts(1000, 0), Preferences::default());
    assert_eq!(scores(&mut case, &mut *given("weighted", &[], &[]), "data"), same(&[0; 2]));
}

#[test]
fn a_resource_that_a_node_has_not_is_left_out() {
    // Node 0 has no memory: cpu alone, 0/1 left. Node 1 has 1/2 and, of memory, all.
    let mut case = bench(&[amounts(1000, 0), amounts(2000, 100)]);
    ask(&mut case, amounts(1000, 0), Preferences::default());
    assert_eq!(scores(&mut case, &mut *given("weighted", &[], &[]), "remaining"), same(&[0, 750_000]));
}

/// The node that a placer takes and the sums of it and the next.
fn chosen(placer: &mut dyn Placer) -> (u32, i64, Option<(u32, i64)>) {
    let mut case = case();
    let mut decision = case.decision_at(10);
    let job = decision.view().waiting().last().unwrap();
    placer.attach(decision.view());
    let (view, stream) = decision.view_and_rng();
    let slot = placer.place(job, view, stream).unwrap();
    let reason = placer.reason(job, slot, view);
    (slot.node.0, -reason.score, reason.next.map(|(node, score)| (node.0, -score)))
}

#[test]
fn the_largest_weighted_sum_wins() {
    // In thousands. 0: 40 x 750 + 30 x 600 + 20 x 968.75 + 10 x 750 = 30,000 + 18,000 + 19,375 + 7,500 = 74,875.
    // 2: 40 x 812.5 + 30 x 1000 + 20 x 968.75 + 10 x 0 = 32,500 + 30,000 + 19,375 = 81,875.
    let found = chosen(&mut *given("weighted", &[], &[]));
    assert_eq!(found, (2, 81_875_000, Some((0, 74_875_000))));
    // By cost alone: 0 before 1.
    let weights = ["remaining_weight", "data_weight", "load_weight"].map(|name| (name, Value::Int(0)));
    assert_eq!(chosen(&mut *given("weighted", &[], &weights)), (0, 7_500_000, Some((1, 5_000_000))));
}
