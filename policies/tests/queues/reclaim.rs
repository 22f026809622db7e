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

/// Ten cores, all held by a; b, guaranteed half of them, wants a job of 8 cores first and then five of one core. How
/// many of the five start at once, and how many jobs of a are stopped for them.
fn behind_a_wide_job(head: &'static str) -> (usize, usize) {
    let mut case = Case::new().nodes(1, cpu(10));
    let a: Vec<u64> = (0..10).map(|n| case.job(n, 100).tenant("a").add()).collect();
    let wide = case.job(10, 20).each(cpu(8)).tenant("b").add();
    let b = [0; 5].map(|_| case.job(11, 20).tenant("b").add());
    case.policy(two("kill").with("head", head).policy()).run();
    assert!(case.start(wide) > 11.0);
    let stopped = a.iter().filter(|&&job| case.end(job) == (11.0, End::Killed)).count();
    (b.iter().filter(|&&job| case.start(job) == 11.0).count(), stopped)
}

#[test]
fn what_is_entitled_is_reclaimed_past_a_job_that_is_not_unless_heads_are_strict() {
    assert_eq!(behind_a_wide_job("skip"), (5, 5));
    assert_eq!(behind_a_wide_job("queue"), (0, 0));
    assert_eq!(behind_a_wide_job("block"), (0, 0));
}

#[test]
fn what_is_entitled_is_reclaimed_past_a_job_for_which_stopping_makes_no_room() {
    // On three nodes of four cores, c holds two cores of each, which is its guarantee, and a the other six: b's job of
    // three cores is within its guarantee, but fits nowhere unless c loses some. Its jobs of one core do.
    let mut case = Case::new().nodes(3, cpu(4));
    let c = [0; 3].map(|_| case.job(0, 100).each(cpu(2)).tenant("c").add());
    let a: Vec<u64> = (1..7).map(|n| case.job(n, 100).tenant("a").add()).collect();
    let wide = case.job(10, 20).each(cpu(3)).tenant("b").add();
    let b = [0; 4].map(|_| case.job(11, 20).tenant("b").add());
    let tree = [
        queue("a").with("guaranteed", 0.25),
        queue("b").with("guaranteed", 0.25),
        queue("c").with("guaranteed", 0.5),
    ];
    let policy = queues("capacity", &tree).with("reclaim", "kill").with("place", "worst-fit");
    case.policy(policy.policy()).run();
    assert!(c.iter().all(|&job| case.end(job) == (100.0, End::Completed)));
    assert!(case.start(wide) > 11.0);
    assert_eq!(b.map(|job| case.start(job)), [11.0, 11.0, 11.0, 31.0]);
    assert_eq!(a.iter().filter(|&&job| case.end(job) == (11.0, End::Killed)).count(), 3);
}

#[test]
fn a_parent_reclaims_past_the_child_whose_job_exceeds_the_guarantee() {
    let mut case = Case::new().nodes(1, cpu(10));
    let a: Vec<u64> = (0..10).map(|n| case.job(n, 100).tenant("a").add()).collect();
    let wide = case.job(10, 20).gang(8).tenant("x").add();
    let y = [0; 6].map(|_| case.job(10, 20).tenant("y").add());
    let tree = [
        queue("a").with("guaranteed", 0.5),
        queue("b").with("guaranteed", 0.5),
        queue("x").with("parent", "b"),
        queue("y").with("parent", "b"),
    ];
    case.policy(queues("capacity", &tree).with("reclaim", "kill").policy()).run();
    assert_eq!(y.iter().filter(|&&job| case.start(job) == 10.0).count(), 5);
    assert_eq!(a.iter().filter(|&&job| case.end(job).1 == End::Killed).count(), 5);
    assert!(case.start(wide) > 10.0);
}
