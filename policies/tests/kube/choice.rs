//! Which node the kube placer takes: the search's window, ties, and what it says of its choice.

use policies::Placer;
use sim_core::testkit::Case;
use sim_core::{NodeId, Preferences, Resources};

use crate::lab::{amounts, ask, bench, given};

/// The nodes of so many tasks that are placed one after the other without taking anything.
fn choices(case: &mut Case, placer: &mut dyn Placer, count: usize) -> Vec<u32> {
    let mut decision = case.decision_at(10);
    let job = decision.view().waiting().last().unwrap();
    placer.attach(decision.view());
    let (view, stream) = decision.view_and_rng();
    (0..count).map(|_| placer.place(job, view, stream).unwrap().node.0).collect()
}

fn alike(count: usize) -> Case {
    let mut case = Case::new().nodes(count as u32, amounts(4000, 4096));
    ask(&mut case, amounts(1000, 1024), Preferences::default());
    case
}

#[test]
fn the_first_of_equals_wins_among_the_nodes_looked_at() {
    assert_eq!(choices(&mut alike(99), &mut *given("kube", &[], &[]), 3), [0, 0, 0]);
}

#[test]
fn a_search_begins_where_the_last_one_ended() {
    // 250 nodes: 50 - 250/125 = 48 percent, 120 nodes at a time: 0 to 119, 120 to 239, 240 to 249 and 0 to 109, 110 ...
    let found = choices(&mut alike(250), &mut *given("kube", &[], &[]), 4);
    // The third begins at 240 and goes round: the first by rank is 0.
    assert_eq!(found, [0, 120, 0, 110]);
}

#[test]
fn a_fixed_share_of_nodes_is_a_parameter() {
    let percent = [("percent", sim_core::registry::Value::Int(50))];
    assert_eq!(choices(&mut alike(300), &mut *given("kube", &[], &percent), 3), [0, 150, 0]);
}

#[test]
fn equals_are_drawn_evenly_where_that_is_asked_for() {
    let random = given("kube", &[("ties", "seeded-random")], &[]);
    let mut counts = [0; 4];
    let mut placer = random;
    for node in choices(&mut alike(4), &mut *placer, 4000) {
        counts[node as usize] += 1;
    }
    // Standard deviation is 27; five of them.
    assert!(counts.iter().all(|count| (865..=1135).contains(count)), "{counts:?}");
}

#[test]
fn the_weighted_sum_of_all_parts_is_the_score() {
    let mut case = bench(&[amounts(4000, 4096), amounts(8000, 4096)]);
    ask(&mut case, amounts(1000, 1024), Preferences::default());
    let mut placer = given("kube", &[], &[]);
    let mut decision = case.decision_at(10);
    let job = decision.view().waiting().last().unwrap();
    placer.attach(decision.view());
    let (view, stream) = decision.view_and_rng();
    let slot = placer.place(job, view, stream).unwrap();
    let reason = placer.reason(job, slot, view);
    // 0: free 75 and 75; balance 1/4, 1/4: 100.   1: free 87 and 75: 81; balance 1/8, 1/4: 93; both: taints 3 x 100.
    assert_eq!((slot.node, reason.score, reason.next), (NodeId(0), -475, Some((NodeId(1), -474))));
    for (node, total) in [(NodeId(0), 475), (NodeId(1), 474)] {
        let parts = placer.parts(job, node, view);
        assert_eq!(parts.len(), 7);
        assert_eq!(parts.iter().map(|part| part.score * part.weight).sum::<i64>(), total);
    }
}

#[test]
fn a_weight_of_0_switches_a_plug_in_off() {
    // Without the balance the larger node wins.
    let mut case = bench(&[amounts(4000, 4096), amounts(8000, 4096)]);
    ask(&mut case, amounts(1000, 1024), Preferences::default());
    let off = [("balance_weight", sim_core::registry::Value::Int(0))];
    assert_eq!(choices(&mut case, &mut *given("kube", &[], &off), 1), [1]);
}

#[test]
fn a_full_cluster_has_no_choice() {
    let mut case = bench(&[amounts(4000, 4096)]);
    crate::lab::put(&mut case, 0, amounts(4000, 0), &Preferences::default());
    ask(&mut case, amounts(1000, 0), Preferences::default());
    let mut placer = given("kube", &[], &[]);
    let mut decision = case.decision_at(10);
    let job = decision.view().waiting().last().unwrap();
    placer.attach(decision.view());
    let (view, stream) = decision.view_and_rng();
    assert_eq!(placer.place(job, view, stream), None);
    assert_ne!(*view.shape(job).need(), Resources::ZERO);
}
