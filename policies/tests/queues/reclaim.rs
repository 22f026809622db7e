//! Reclaiming what is guaranteed, or lent.

use sim_core::testkit::{Case, cpu};
use sim_core::{End, SimDuration};

use crate::declared::{Table, cores, queue, queues};

fn two(reclaim: &'static str) -> Table {
    let tree = [queue("a").with("guaranteed", 0.5), queue("b").with("guaranteed", 0.5)];
    queues("capacity", &tree).with("reclaim", reclaim)
}

#[test]
fn a_guarantee_is_met_at_once_by_stopping_the_latest() {
    let mut case = Case::new().nodes(1, cpu(8));
    let a: Vec<u64> = (0..8).map(|n| case.job(n, 100).tenant("a").add()).collect();
    let b = [0; 6].map(|_| case.job(10, 20).tenant("b").add());
    case.policy(two("kill").policy()).run();
    // Four of b start at 10, for the four of a that started last; the others wait for the first four.
    let starts = b.map(|job| case.start(job));
    assert_eq!(starts, [10.0, 10.0, 10.0, 10.0, 30.0, 30.0]);
    let killed: Vec<bool> = a.iter().map(|&job| case.end(job) == (10.0, End::Killed)).collect();
    assert_eq!(killed, [false, false, false, false, true, true, true, true]);
}

#[test]
fn without_reclaim_a_guarantee_waits_for_ends() {
    let mut case = Case::new().nodes(1, cpu(8));
    for _ in 0..8 {
        case.job(0, 100).tenant("a").add();
    }
    let b = case.job(10, 20).tenant("b").add();
    case.policy(two("none").policy()).run();
    assert_eq!(case.start(b), 100.0);
}

#[test]
fn suspended_victims_go_on_where_they_stopped() {
    let mut case = Case::new().nodes(1, cpu(2));
    let a = [case.job(0, 100).tenant("a").add(), case.job(1, 100).tenant("a").add()];
    let b = case.job(10, 30).tenant("b").add();
    case.policy(two("suspend").policy()).run();
    assert_eq!(case.start(b), 10.0);
    assert_eq!(case.end(a[0]).0, 100.0);
    // 9 s done, 30 s stopped.
    assert_eq!(case.end(a[1]), (131.0, End::Completed));
}

#[test]
fn a_queue_is_never_brought_below_its_own_guarantee() {
    let mut case = Case::new().nodes(1, cpu(8));
    // a holds 6 in two jobs of 3: without one it would have 3, less than its half.
    let a = [0; 2].map(|_| case.job(0, 100).each(cpu(3)).tenant("a").add());
    let b = case.job(10, 10).each(cpu(4)).tenant("b").add();
    case.policy(two("kill").policy()).run();
    assert!(a.iter().all(|&job| case.end(job) == (100.0, End::Completed)));
    assert_eq!(case.start(b), 100.0);
}

#[test]
fn only_as_many_are_stopped_as_the_job_needs() {
    let mut case = Case::new().nodes(2, cpu(4));
    // The latest alone would not do: the gang of b needs a whole node.
    let a: Vec<u64> = (0..8).map(|n| case.job(n, 100).tenant("a").add()).collect();
    let b = case.job(10, 10).each(cpu(4)).tenant("b").add();
    case.policy(two("kill").policy()).run();
    assert_eq!(case.start(b), 10.0);
    let killed = a.iter().filter(|&&job| case.end(job).1 == End::Killed).count();
    assert_eq!(killed, 4);
}

#[test]
fn borrowed_quota_is_reclaimed_by_its_owner() {
    let mut case = Case::new().nodes(1, cpu(12));
    let a: Vec<u64> = (0..8).map(|n| case.job(n, 100).tenant("a").add()).collect();
    let b = [0; 5].map(|_| case.job(10, 10).tenant("b").add());
    let tree = ["a", "b"].map(|name| queue(name).with("quota", cores(4)).with("borrow", true));
    case.policy(queues("cohort", &tree).with("reclaim", "kill").policy()).run();
    assert_eq!(a.iter().filter(|&&job| case.end(job).1 == End::Killed).count(), 4);
    // Its own four; the fifth would have to borrow, and waits.
    assert_eq!(b.map(|job| case.start(job)), [10.0, 10.0, 10.0, 10.0, 20.0]);
}

#[test]
fn victims_that_take_time_to_stop_are_waited_for() {
    let mut case = Case::new().nodes(1, cpu(4));
    case.rules.preemption_delay = SimDuration::from_secs(5);
    let a: Vec<u64> = (0..4).map(|n| case.job(n, 100).tenant("a").add()).collect();
    let b = [0; 2].map(|_| case.job(10, 10).tenant("b").add());
    case.policy(two("kill").policy()).run();
    assert_eq!(a.iter().filter(|&&job| case.end(job).1 == End::Killed).count(), 2);
    assert_eq!(b.map(|job| case.start(job)), [15.0, 20.0]);
}
