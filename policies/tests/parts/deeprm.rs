//! DeepRM's environment: what an agent sees, and what each of them picks.

use sim_core::End;
use sim_core::registry::Value;
use sim_core::testkit::{Case, cpu_mem};

use crate::registered::profile;

/// One node with ten units of each of two resources.
fn node() -> Case {
    Case::new().nodes(1, cpu_mem(10, 10))
}

fn under(case: &mut Case, agent: &str, given: &[(&str, i64)]) {
    let mut all = vec![("agent", Value::Text(agent.to_owned()))];
    all.extend(given.iter().map(|&(key, number)| (key, Value::Int(number))));
    case.policy(profile("deeprm", &all)).run();
}

#[test]
fn what_is_behind_the_visible_slots_is_not_started() {
    // Six units are busy until 10 s. Six do not fit, four would; they are seen with two slots, not with one.
    for (slots, start) in [(1, 10.0), (2, 0.0)] {
        let mut case = node();
        case.job(0, 10).each(cpu_mem(6, 1)).walltime(10).priority(1).add();
        case.job(0, 5).each(cpu_mem(6, 1)).walltime(5).add();
        let behind = case.job(0, 5).each(cpu_mem(4, 1)).walltime(5).add();
        under(&mut case, "packer", &[("slots", slots)]);
        assert_eq!(case.start(behind), start, "{slots} slots");
    }
}

#[test]
fn agents_pick_by_their_own_score() {
    // All of it is free: short is 1 long and asks for 5 + 5 units, wide is 4 long and asks for 9 + 3, dot product 120
    // against 100; middling is 2 long and asks for 6 + 5.
    let order = |agent: &str| {
        let mut case = node();
        let jobs = [
            case.job(0, 4).each(cpu_mem(9, 3)).walltime(4).add(),
            case.job(0, 1).each(cpu_mem(5, 5)).walltime(1).add(),
            case.job(0, 2).each(cpu_mem(6, 5)).walltime(2).add(),
        ];
        under(&mut case, agent, &[]);
        jobs.map(|job| case.start(job))
    };
    // The shortest first, then 2, then 4: no two fit side by side.
    assert_eq!(order("sjf"), [3.0, 0.0, 1.0]);
    // 120, then 110, then 100.
    assert_eq!(order("packer"), [0.0, 6.0, 4.0]);
    // Half of 120.25, 101 and 110.5: lengths count little beside units.
    assert_eq!(order("tetris"), [0.0, 6.0, 4.0]);
}

#[test]
fn equal_jobs_start_by_slot_and_a_slot_is_filled_from_the_backlog_at_once() {
    // Two slots, four equal jobs of which two fit at a time. The first leaves its slot to the third, which now stands
    // before the second.
    let mut case = node();
    let jobs: Vec<u64> = (0..4).map(|_| case.job(0, 3).each(cpu_mem(5, 5)).walltime(3).add()).collect();
    under(&mut case, "sjf", &[("slots", 2)]);
    let starts: Vec<f64> = jobs.iter().map(|&job| case.start(job)).collect();
    assert_eq!(starts, [0.0, 3.0, 0.0, 3.0]);
}

#[test]
fn what_the_backlog_cannot_hold_is_dropped() {
    let mut case = node();
    case.job(0, 9).each(cpu_mem(10, 1)).walltime(9).add();
    let visible = case.job(1, 1).each(cpu_mem(10, 1)).walltime(1).add();
    let behind = case.job(2, 1).each(cpu_mem(10, 1)).walltime(1).add();
    let beyond = case.job(3, 1).each(cpu_mem(10, 1)).walltime(1).add();
    under(&mut case, "sjf", &[("slots", 1), ("backlog", 1)]);
    assert_eq!((case.start(visible), case.start(behind)), (9.0, 10.0));
    assert_eq!(case.end(beyond), (3.0, End::Rejected));
}

#[test]
fn a_job_as_long_as_the_horizon_is_rejected() {
    let mut case = node();
    let fits = case.job(0, 19).walltime(19).add();
    let too_long = case.job(0, 20).walltime(20).add();
    let unknown = case.job(0, 1).add();
    under(&mut case, "sjf", &[]);
    assert_eq!(case.end(fits), (19.0, End::Completed));
    assert_eq!((case.end(too_long).1, case.end(unknown).1), (End::Rejected, End::Rejected));
}
