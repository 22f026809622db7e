//! TaintToleration, as score and as filter.

use sim_core::testkit::Case;
use sim_core::{Preferences, Taint, Toleration};

use crate::lab::{all, amounts, ask, bench, kube};

const RULE: &str = "TaintToleration";

/// Nodes with these taints.
fn tainted(taints: &[&[&str]]) -> Case {
    let mut case = bench(&vec![amounts(4000, 4096); taints.len()]);
    for (node, taints) in case.cluster().nodes.iter_mut().zip(taints) {
        node.taints = taints.iter().map(|taint| Taint::parse(taint).unwrap()).collect();
    }
    case
}

fn scores(taints: &[&[&str]], tolerates: &[&str]) -> Vec<Option<(i64, i64)>> {
    let mut case = tainted(taints);
    let tolerates = tolerates.iter().map(|text| Toleration::parse(text).unwrap()).collect();
    ask(&mut case, amounts(1000, 1024), Preferences { tolerates, ..Preferences::default() });
    kube(&mut case, RULE)
}

const A: &str = "a=1:PreferNoSchedule";
const B: &str = "b=1:PreferNoSchedule";
const C: &str = "c:PreferNoSchedule";

#[test]
fn soft_taints_that_are_not_tolerated_count_against_a_node() {
    // The most are 3: 100 - 100 x 1/3 = 67, 100 - 100 x 2/3 = 34 (66.. is cut before).
    let expected = [(0, 100), (1, 67), (2, 34), (3, 0)];
    assert_eq!(scores(&[&[], &[A], &[A, B], &[A, B, C]], &[]), all(&expected));
}

#[test]
fn tolerated_taints_do_not_count() {
    let nodes: [&[&str]; 4] = [&[], &[A], &[A, B], &[A, B, C]];
    // By key and value: left are 0, 0, 1, 2.
    assert_eq!(scores(&nodes, &["a=1"]), all(&[(0, 100), (0, 100), (1, 50), (2, 0)]));
    // By key alone, for the right effect.
    assert_eq!(scores(&nodes, &["b:PreferNoSchedule"]), all(&[(0, 100), (1, 50), (1, 50), (2, 0)]));
    // Another value, or another effect, helps nothing.
    assert_eq!(scores(&nodes, &["a=2", "b:NoSchedule"]), all(&[(0, 100), (1, 67), (2, 34), (3, 0)]));
    // All of them.
    assert_eq!(scores(&nodes, &["*"]), all(&[(100, 100); 4]));
}

#[test]
fn without_taints_every_node_is_worth_100() {
    assert_eq!(scores(&[&[], &[]], &[]), all(&[(100, 100); 2]));
}

#[test]
fn nodes_with_equally_many_taints_tie_at_0() {
    assert_eq!(scores(&[&[A, B], &[B, C]], &[]), all(&[(2, 0), (2, 0)]));
}

#[test]
fn hard_taints_filter_and_do_not_score() {
    let nodes: [&[&str]; 4] = [&["x=1:NoSchedule"], &["y=1:NoExecute"], &[A, "x=1:NoSchedule"], &[]];
    assert_eq!(scores(&nodes, &[]), [None, None, None, Some((0, 100))]);
    assert_eq!(scores(&nodes, &["x"]), [Some((0, 100)), None, Some((1, 0)), Some((0, 100))]);
    assert_eq!(scores(&nodes, &["*:NoSchedule"]), all(&[(0, 100), (0, 100), (1, 0), (0, 100)]));
    // NoExecute is read as NoSchedule.
    assert_eq!(scores(&nodes, &["y=1:NoExecute"]), [None, Some((0, 100)), None, Some((0, 100))]);
}

#[test]
fn no_policy_starts_a_task_on_a_taint_that_it_does_not_tolerate() {
    let mut case = tainted(&[&["gpu:NoSchedule"], &[]]);
    // The second waits for the first, though node 0 is free.
    let first = case.job(0, 50).each(amounts(3000, 0)).add();
    let second = case.job(0, 50).each(amounts(3000, 0)).add();
    case.run();
    assert_eq!((case.start(first), case.start(second)), (0.0, 50.0));
}
