//! PodTopologySpread as a score.

use sim_core::testkit::Case;
use sim_core::{Domain, Preferences, SoftSpread, TagSet};

use crate::lab::{all, amounts, ask, bench, given, kube, put, put_each, scores};

const RULE: &str = "PodTopologySpread";

/// Four nodes, two per zone, with tagged tasks on the given ones.
fn running(on: &[usize]) -> (Case, Preferences) {
    let mut case = bench(&[amounts(64_000, 65_536); 4]);
    for (n, node) in case.cluster().nodes.iter_mut().enumerate() {
        node.zone = n as u32 / 2;
    }
    let tags = case.words().tag("app=web").unwrap();
    let web = Preferences { tags, ..Preferences::default() };
    put_each(&mut case, on, amounts(100, 100), &web);
    (case, web)
}

/// The task spreads as it says, or by the defaults.
fn spread(on: &[usize], terms: &[(Domain, u32)]) -> Vec<Option<(i64, i64)>> {
    let (mut case, web) = running(on);
    let term = |&(over, skew_max)| SoftSpread { over, skew_max, tags: web.tags };
    ask(&mut case, amounts(1000, 1024), Preferences { spread: terms.iter().map(term).collect(), ..web });
    kube(&mut case, RULE)
}

#[test]
fn the_default_spreads_over_nodes_and_zones() {
    // ln(4 + 2) = 1.7918 per task on the node, ln(2 + 2) = 1.3863 per task in the zone, and 2 + 4 for the skews.
    // Nodes hold 2, 0, 1, 0 and zones 2, 1: 3.58 + 2.77 + 6 = 12.36, 2.77 + 6 = 8.77, 1.79 + 1.39 + 6 = 9.18,
    // 1.39 + 6 = 7.39: rounded 12, 9, 9, 7. Of 12 + 7 = 19: 7/12 = 58, 10/12 = 83, 83, 100.
    assert_eq!(spread(&[0, 0, 2], &[]), all(&[(12, 58), (9, 83), (9, 83), (7, 100)]));
}

#[test]
fn a_spread_over_nodes_counts_tasks_on_the_node() {
    // ln(6) = 1.7918: 2 tasks 3.58, 1 task 1.79, with skew 1 added as 0: rounded 4, 0, 2, 0. Of 4 + 0: 0, 100, 50, 100.
    assert_eq!(spread(&[0, 0, 2], &[(Domain::Node, 1)]), all(&[(4, 0), (0, 100), (2, 50), (0, 100)]));
}

#[test]
fn a_spread_over_zones_counts_tasks_in_the_zone() {
    // ln(4) = 1.3863: 2 tasks 2.77, 1 task 1.39: rounded 3, 3, 1, 1. Of 3 + 1: 1/3 = 33, 3/3 = 100.
    assert_eq!(spread(&[0, 0, 2], &[(Domain::Zone, 1)]), all(&[(3, 33), (3, 33), (1, 100), (1, 100)]));
}

#[test]
fn a_larger_skew_makes_differences_small() {
    // 3 + 9, 3 + 9, 1 + 9, 1 + 9 (2.77 and 1.39 rounded with 9): 12, 12, 10, 10. Of 22: 10/12 = 83, 12/12.
    assert_eq!(spread(&[0, 0, 2], &[(Domain::Zone, 10)]), all(&[(12, 83), (12, 83), (10, 100), (10, 100)]));
}

#[test]
fn with_no_like_task_every_node_is_worth_100() {
    // Only the skews count: 6 everywhere, (6 + 6 - 6)/6.
    assert_eq!(spread(&[], &[]), all(&[(6, 100); 4]));
    // Not even those: the most is 0.
    assert_eq!(spread(&[], &[(Domain::Node, 1)]), all(&[(0, 100); 4]));
}

#[test]
fn an_even_crowd_ties_at_100() {
    // 1.79 + 2.77 + 6 = 10.56 on each: 11.
    assert_eq!(spread(&[0, 1, 2, 3], &[]), all(&[(11, 100); 4]));
}

#[test]
fn tasks_without_tags_and_switched_off_defaults_spread_nothing() {
    let (mut case, _) = running(&[0]);
    ask(&mut case, amounts(1000, 1024), Preferences::default());
    assert_eq!(kube(&mut case, RULE), all(&[(0, 0); 4]));
    let (mut case, web) = running(&[0]);
    ask(&mut case, amounts(1000, 1024), web);
    let found = scores(&mut case, &mut *given("kube", &[("default_spread", "none")], &[]), RULE);
    assert_eq!(found, all(&[(0, 0); 4]));
}

#[test]
fn only_tasks_with_the_tags_of_the_wish_are_counted() {
    let (mut case, web) = running(&[0, 0]);
    let other = case.words().tag("app=db").unwrap();
    let both = TagSet(web.tags.0 | other.0);
    // Nobody has both tags.
    let spread = vec![SoftSpread { over: Domain::Node, skew_max: 1, tags: both }];
    ask(&mut case, amounts(1000, 1024), Preferences { spread, ..web });
    assert_eq!(kube(&mut case, RULE), all(&[(0, 100); 4]));
}

#[test]
fn domains_are_those_of_nodes_that_can_hold_the_task() {
    // Zone 1 is full: one zone and two nodes are left. ln(2 + 2) = 1.39 per task on a node, ln(1 + 2) = 1.10 per task
    // in the zone: node 0 has 1.39 + 1.10 + 6 = 8.48, node 1 1.10 + 6 = 7.10: 8 and 7, of 15: 7/8 = 87, 100.
    let (mut case, web) = running(&[0]);
    for node in [2, 3] {
        put(&mut case, node, amounts(64_000, 0), &Preferences::default());
    }
    ask(&mut case, amounts(1000, 1024), web);
    assert_eq!(kube(&mut case, RULE), [Some((8, 87)), Some((7, 100)), None, None]);
}
