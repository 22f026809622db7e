//! Gangs that hold part of what they need: every number is worked out by hand in its comment.

use sim_core::testkit::{Case, cpu};
use sim_core::{Action, NodeFailures, NodeId, Outage, Refused, SimTime, Slot};

#[test]
fn held_capacity_is_taken_until_the_gang_starts_on_it() {
    let mut case = Case::new().nodes(2, cpu(4));
    let gang = case.job(0, 10).each(cpu(4)).gang(2).add();
    let mut cx = case.decision_at(0);
    let job = cx.view().waiting().next().unwrap();
    cx.hold(job, &[Slot::on(NodeId(1))]).unwrap();
    assert_eq!((cx.view().nodes().free_total()[0], cx.view().held(job).len()), (4000, 1));
    cx.start(job, &[Slot::on(NodeId(0))]).unwrap();
    let run = cx.view().runs_of(job).next().unwrap();
    // The held slot comes first.
    assert_eq!(cx.view().run(run).slots(), [Slot::on(NodeId(1)), Slot::on(NodeId(0))]);
    assert!(cx.view().held(job).is_empty());
    case.commit();
    case.run();
    assert_eq!(case.end(gang).0, 10.0);
}

#[test]
fn holds_outlast_their_decision_and_releases_wake_the_scheduler() {
    let mut case = Case::new().nodes(2, cpu(4));
    case.job(0, 10).each(cpu(4)).gang(2).add();
    let other = case.job(5, 10).each(cpu(4)).add();
    let mut cx = case.decision_at(0);
    let wide = cx.view().waiting().next().unwrap();
    cx.hold(wide, &[Slot::on(NodeId(0))]).unwrap();
    case.commit();
    let mut cx = case.decision_at(5);
    assert_eq!(cx.view().nodes().free_total()[0], 4000, "the held half is taken");
    cx.release(wide).unwrap();
    assert_eq!(cx.release(wide), Err(Refused::HoldsNothing(wide)));
    let late = cx.view().waiting().find(|&job| job != wide).unwrap();
    cx.start(late, &[Slot::on(NodeId(0))]).unwrap();
    case.commit();
    assert_eq!(case.start(other), 5.0);
}

#[test]
fn an_undone_attempt_restores_what_was_held() {
    let mut case = Case::new().nodes(2, cpu(4));
    case.job(0, 10).each(cpu(4)).gang(2).add();
    let mut cx = case.decision_at(0);
    let job = cx.view().waiting().next().unwrap();
    cx.hold(job, &[Slot::on(NodeId(0))]).unwrap();
    let undone: Option<()> = cx.attempt(|cx| {
        cx.start(job, &[Slot::on(NodeId(1))]).unwrap();
        None
    });
    assert!(undone.is_none());
    assert_eq!(cx.view().held(job), [Slot::on(NodeId(0))]);
    let undone: Option<()> = cx.attempt(|cx| {
        cx.release(job).unwrap();
        None
    });
    assert!(undone.is_none());
    assert_eq!((cx.view().held(job).len(), cx.view().nodes().free_total()[0]), (1, 4000));
}

#[test]
fn independent_tasks_and_more_tasks_than_there_are_cannot_be_held() {
    let mut case = Case::new().nodes(4, cpu(4));
    case.job(0, 10).independent(2).add();
    case.job(0, 10).gang(2).add();
    let mut cx = case.decision_at(0);
    let jobs: Vec<_> = cx.view().waiting().collect();
    let slots = |n: u32| (0..n).map(|node| Slot::on(NodeId(node))).collect::<Vec<_>>();
    for (job, place) in [(jobs[0], slots(1)), (jobs[1], slots(3)), (jobs[1], slots(0))] {
        let refused = cx.apply(&Action::Hold { job, place });
        assert!(matches!(refused, Err(Refused::WrongWidth { .. })), "{refused:?}");
    }
    assert_eq!(cx.view().nodes().free_total()[0], 16_000);
}

#[test]
fn a_failing_node_takes_the_whole_hold_away() {
    let mut case = Case::new().nodes(2, cpu(1));
    let (down, up) = (SimTime::from_secs(5), SimTime::from_secs(50));
    case.failures.nodes = NodeFailures::Trace([Outage { node: NodeId(0), down, up }].into());
    case.job(0, 10).gang(2).add();
    let long = case.job(0, 20).add();
    let mut cx = case.decision_at(0);
    let jobs: Vec<_> = cx.view().waiting().collect();
    cx.hold(jobs[0], &[Slot::on(NodeId(0))]).unwrap();
    cx.start(jobs[1], &[Slot::on(NodeId(1))]).unwrap();
    case.commit();
    let cx = case.decision_at(5);
    assert!(cx.view().held(jobs[0]).is_empty());
    assert_eq!(case.start(long), 0.0);
}
