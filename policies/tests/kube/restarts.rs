//! What a preemption costs its victim, and when its room is there.

use sim_core::testkit::{Case, cpu};
use sim_core::{Constraints, End, SimDuration};

use crate::lab::{bench, preempting, preempting_by};

/// One node of 4 cores; a job of 100 s that saves every 10 s and restarts in 5 s, and one of priority 10 that comes at
/// 25 s and takes 10 s.
fn case(how: &str, saves: bool) -> (Case, u64, u64) {
    let mut case = Case::new().nodes(1, cpu(4));
    let victim = case.job(0, 100).each(cpu(4));
    let victim = if saves { victim.checkpoint(10, 5) } else { victim }.add();
    let urgent = case.job(25, 10).each(cpu(4)).priority(10).add();
    case.policy(preempting("block", "kube", &[("how", how)], &[]));
    (case, victim, urgent)
}

#[test]
fn a_requeued_victim_repeats_what_was_not_saved_and_pays_its_restart() {
    let (mut case, victim, urgent) = case("requeue", true);
    case.run();
    assert_eq!(case.start(urgent), 25.0);
    // 20 of 25 s were saved: 35 + 5 + 80.
    assert_eq!(case.end(victim), (120.0, End::Completed));
}

#[test]
fn a_suspended_victim_repeats_nothing_and_pays_its_restart() {
    let (mut case, victim, _) = case("suspend", true);
    case.run();
    // 35 + 5 + 75.
    assert_eq!(case.end(victim), (115.0, End::Completed));
}

#[test]
fn a_requeued_victim_without_checkpoints_begins_again() {
    let (mut case, victim, _) = case("requeue", false);
    case.run();
    assert_eq!(case.end(victim), (135.0, End::Completed));
}

#[test]
fn a_killed_victim_ends() {
    let (mut case, victim, urgent) = case("kill", true);
    case.run();
    assert_eq!((case.end(victim), case.start(urgent)), ((25.0, End::Killed), 25.0));
}

#[test]
fn a_victim_that_takes_its_time_is_waited_for() {
    for head in ["block", "skip", "reject"] {
        let (mut case, victim, urgent) = case("requeue", true);
        case.rules.preemption_delay = SimDuration::from_secs(7);
        case.policy(preempting(head, "kube", &[], &[]));
        case.run();
        assert_eq!((case.start(urgent), case.end(urgent).0), (32.0, 42.0), "{head}");
        if head == "reject" {
            // It comes back when there is no room.
            assert_eq!(case.end(victim), (32.0, End::Rejected));
        } else {
            // Work stops being done at the order: 42 + 5 + 80.
            assert_eq!(case.end(victim), (127.0, End::Completed), "{head}");
        }
    }
}

#[test]
fn a_victim_that_comes_first_does_not_take_its_room_again() {
    // By submission the victim goes first.
    let (mut case, victim, urgent) = case("requeue", true);
    case.rules.preemption_delay = SimDuration::from_secs(7);
    case.policy(preempting_by("fcfs", "skip", "kube", &[], &[]));
    case.run();
    assert_eq!((case.start(urgent), case.end(victim)), (32.0, (127.0, End::Completed)));
}

#[test]
fn victims_that_are_about_to_go_are_no_ones_victims_again() {
    // Two like jobs come while the first one's victim takes its time: the other one is stopped for the second, though
    // the node has not changed but for that. The third finds nobody.
    let mut case = bench(&[cpu(4)]);
    let low = case.job(0, 100).each(cpu(2)).add();
    let high = case.job(0, 100).each(cpu(2)).priority(1).add();
    // Of one shape, but of different requests: of one request they would wait for each other.
    let labels = ["n=0", "a=1"].map(|label| case.words().label(label).unwrap());
    let rules = [
        Constraints::NONE,
        Constraints { require: labels[0], ..Constraints::NONE },
        Constraints { forbid: labels[1], ..Constraints::NONE },
    ];
    let urgent = [(10, rules[0]), (11, rules[1]), (12, rules[2])]
        .map(|(at, rule)| case.job(at, 50).each(cpu(2)).priority(10).constraints(rule).add());
    case.rules.preemption_delay = SimDuration::from_secs(7);
    case.policy(preempting("skip", "kube", &[], &[]));
    case.run();
    assert_eq!(urgent.map(|job| case.start(job)), [17.0, 18.0, 67.0]);
    // What was done is not saved: 68 + 100 after the second urgent job, 117 + 100 after the third.
    assert_eq!((case.end(high).0, case.end(low).0), (168.0, 217.0));
}

#[test]
fn nobody_else_is_stopped_while_a_job_waits_for_its_victims() {
    let mut case = Case::new().nodes(2, cpu(4));
    let long = [case.job(0, 100).each(cpu(4)).add(), case.job(0, 100).each(cpu(4)).add()];
    case.job(10, 5).each(cpu(4)).priority(10).add();
    // Decisions in between.
    for at in 11..16 {
        case.job(at, 1).each(cpu(4)).priority(-1).add();
    }
    case.rules.preemption_delay = SimDuration::from_secs(7);
    case.policy(preempting("skip", "kube", &[], &[]));
    case.run();
    // One of them was stopped, at 10 with its end of room at 17, and begins again at 22; the other ran through.
    let mut ends = long.map(|job| case.end(job).0);
    ends.sort_by(f64::total_cmp);
    assert_eq!(ends, [100.0, 122.0]);
}
