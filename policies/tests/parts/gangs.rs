//! Gangs that are placed task by task, and what becomes of incomplete ones.

use sim_core::registry::Value;
use sim_core::testkit::{Case, cpu};
use sim_core::{Policy, SimDuration};

use crate::registered::{policy, profile};

fn by_task(gang: &str, missing_max_pct: i64) -> Box<dyn Policy> {
    let given = [
        ("gang", Value::Text(gang.into())),
        ("missing_max_pct", Value::Int(missing_max_pct)),
        ("timeout", Value::Duration(SimDuration::from_secs(60))),
    ];
    profile("task-by-task", &given)
}

/// 8 cores, 4 of them busy until 10 s. Two gangs of 6 come meanwhile, the second one of higher priority: whoever
/// keeps what it finds holds 4 cores from then on.
fn two_gangs(policy: Box<dyn Policy>) -> (Case, u64, u64) {
    let mut case = Case::new().nodes(2, cpu(4));
    case.job(0, 10).each(cpu(4)).add();
    let low = case.job(1, 10).gang(6).add();
    let high = case.job(2, 10).gang(6).priority(1).add();
    case.policy(policy).run();
    (case, low, high)
}

#[test]
fn gangs_that_hold_what_they_have_can_block_each_other_for_ever() {
    // From 1 s on the first holds 4, from 10 s on the second holds the other 4: nobody will ever have 6.
    let (case, low, high) = two_gangs(by_task("hold", 10));
    assert!(case.is_unfinished(low) && case.is_unfinished(high));
}

#[test]
fn a_timeout_resolves_the_deadlock() {
    // The first gives its 4 cores back at 61 s, after 60 s: the second takes 2 of them and runs to 71 s. The first,
    // tried again after its delay, holds the 2 that are left and finds the others at 71 s.
    let (case, low, high) = two_gangs(by_task("permit", 100));
    assert_eq!((case.start(high), case.start(low)), (61.0, 71.0));
}

#[test]
fn a_gang_that_misses_many_tasks_gives_its_places_back_at_once() {
    // The first misses a third of its tasks at 1 s, more than 10 %. At 10 s there is room for the second.
    let (case, low, high) = two_gangs(by_task("permit", 10));
    assert_eq!((case.start(high), case.start(low)), (10.0, 20.0));
}

#[test]
fn commit_or_discard_never_holds_anything() {
    for policy in [by_task("discard", 10), policy("priority", "first-fit", "skip")] {
        let (case, low, high) = two_gangs(policy);
        assert_eq!((case.start(high), case.start(low)), (10.0, 20.0));
    }
}

#[test]
fn places_that_a_gang_holds_are_kept_from_others() {
    // The gang holds 9 of 10 from 0 s on, one missing is 10 %: the short job waits until the gang has run, 10 to 20 s.
    for (gang, start) in [("permit", 20.0), ("discard", 1.0)] {
        let mut case = Case::new().nodes(10, cpu(1));
        case.job(0, 10).add();
        let wide = case.job(0, 10).gang(10).add();
        let small = case.job(1, 5).add();
        case.policy(by_task(gang, 10)).run();
        assert_eq!((case.start(wide), case.start(small)), (10.0, start), "{gang}");
    }
}

#[test]
fn delays_double_from_one_attempt_to_the_next() {
    // One core is freed at 1, 2, 3, .. s, and the gang of 4 misses too many until all are: it fails at 0 s (delay 1),
    // at 1 s (2: until 3), at 3 s (4: until 7). All 4 cores are free at 4 s, but it starts at 7 s.
    let mut case = Case::new().nodes(4, cpu(1));
    for end in 1..=4 {
        case.job(0, end).add();
    }
    let gang = case.job(0, 10).gang(4).add();
    case.policy(by_task("permit", 0)).run();
    assert_eq!(case.start(gang), 7.0);
}

#[test]
fn a_delay_ends_only_with_returning_capacity() {
    // It fails at 0 s and at no other time before the core returns at 100 s: its delay is over by then.
    let mut case = Case::new().nodes(1, cpu(1));
    case.job(0, 100).add();
    let next = case.job(0, 10).add();
    case.policy(by_task("permit", 0)).run();
    assert_eq!(case.start(next), 100.0);
}

#[test]
fn the_least_number_of_members_is_enough() {
    // minMember 3 of 5 tasks; 4 cores: it runs with 4, at 4/5 of its speed: 10 s of service take 12.5 s.
    for gang in ["permit", "hold", "discard"] {
        let mut case = Case::new().nodes(4, cpu(1));
        let job = case.job(0, 10).elastic(3, 5).add();
        case.policy(by_task(gang, 10)).run();
        assert_eq!((case.start(job), case.end(job).0), (0.0, 12.5), "{gang}");
    }
}
