//! Gangs that make room and gangs that give it: as a whole or not at all.

use sim_core::testkit::{Case, cpu};
use sim_core::{Constraints, SimDuration};

use crate::lab::{bench, preempting, stopped};

/// So many nodes of 4 cores.
fn nodes(count: usize) -> Case {
    bench(&vec![cpu(4); count])
}

fn on(case: &mut Case, node: usize, priority: i32) -> u64 {
    let require = case.words().label(&format!("n={node}")).unwrap();
    let rule = Constraints { require, ..Constraints::NONE };
    case.job(0, 1000).each(cpu(4)).priority(priority).constraints(rule).add()
}

fn run(case: &mut Case) -> Vec<u64> {
    case.policy(preempting("block", "kube", &[], &[]));
    stopped(case, 20)
}

#[test]
fn a_gang_gets_room_for_all_of_its_tasks() {
    let mut case = nodes(4);
    let jobs: Vec<u64> =
        [5, 1, 9, 1].iter().enumerate().map(|(n, &priority)| on(&mut case, n, priority)).collect();
    let gang = case.job(10, 100).each(cpu(4)).gang(3).priority(8).add();
    assert_eq!(run(&mut case), [jobs[0], jobs[1], jobs[3]]);
    assert_eq!(case.start(gang), 10.0);
}

#[test]
fn a_gang_that_cannot_have_all_stops_nobody() {
    let mut case = nodes(4);
    [5, 1, 9, 1].iter().enumerate().for_each(|(n, &priority)| _ = on(&mut case, n, priority));
    case.job(10, 100).each(cpu(4)).gang(4).priority(8).add();
    assert_eq!(run(&mut case), [0; 0]);
}

#[test]
fn free_nodes_are_used_before_anybody_is_stopped() {
    let mut case = nodes(3);
    on(&mut case, 0, 5);
    let low = on(&mut case, 1, 1);
    case.job(10, 100).each(cpu(4)).gang(2).priority(8).add();
    assert_eq!(run(&mut case), [low]);
}

#[test]
fn a_gang_that_is_stopped_frees_all_of_its_nodes() {
    // One gang of 2 on nodes 0 and 1, and two jobs of more worth: the gang alone makes room for two.
    let mut case = nodes(4);
    let gang = case.job(0, 1000).each(cpu(4)).gang(2).priority(1).add();
    case.job(0, 1000).each(cpu(4)).priority(5).add();
    case.job(0, 1000).each(cpu(4)).priority(5).add();
    case.job(10, 100).each(cpu(4)).gang(2).priority(8).add();
    assert_eq!(run(&mut case), [gang]);
}

#[test]
fn a_gang_counts_as_much_as_all_of_its_tasks() {
    // Of the same priority the single job is cheaper than the gang of 2, though the gang has one task per node.
    let mut case = nodes(3);
    case.job(0, 1000).each(cpu(4)).gang(2).priority(1).add();
    let single = case.job(0, 1000).each(cpu(4)).priority(1).add();
    case.job(10, 100).each(cpu(4)).priority(8).add();
    assert_eq!(run(&mut case), [single]);
}

#[test]
fn two_tasks_of_a_gang_on_one_node_are_counted_once() {
    // Both on node 0: room for 4 cores. The cost is that of 2 tasks of priority 1, against one of priority 2.
    let mut case = nodes(2);
    let gang = case.job(0, 1000).each(cpu(2)).gang(2).priority(1).add();
    on(&mut case, 1, 2);
    case.job(10, 100).each(cpu(4)).priority(8).add();
    assert_eq!(run(&mut case), [gang]);
}

#[test]
fn an_elastic_job_makes_room_for_the_fewest_tasks_that_it_can_do_with() {
    let mut case = nodes(3);
    let jobs: Vec<u64> = (0..3).map(|node| on(&mut case, node, node as i32)).collect();
    case.job(10, 100).each(cpu(4)).elastic(2, 3).priority(8).add();
    assert_eq!(run(&mut case), [jobs[0], jobs[1]]);
}

#[test]
fn independent_tasks_make_room_one_by_one() {
    // The third finds nobody that it may stop.
    let mut case = nodes(3);
    let jobs: Vec<u64> =
        [1, 9, 2].iter().enumerate().map(|(n, &priority)| on(&mut case, n, priority)).collect();
    let job = case.job(10, 100).each(cpu(4)).independent(3).priority(8).add();
    // It waits as well: one of its tasks does.
    assert_eq!(run(&mut case), [jobs[0], jobs[2], job]);
}

#[test]
fn a_gang_waits_for_all_of_its_victims() {
    let mut case = nodes(2);
    let jobs = [on(&mut case, 0, 1), on(&mut case, 1, 1)];
    let gang = case.job(10, 100).each(cpu(4)).gang(2).priority(8).add();
    case.rules.preemption_delay = SimDuration::from_secs(5);
    case.policy(preempting("block", "kube", &[], &[]));
    case.run();
    // Both begin again when the gang has ended at 115.
    assert_eq!((case.start(gang), case.end(jobs[0]).0, case.end(jobs[1]).0), (15.0, 1115.0, 1115.0));
}

#[test]
fn a_gang_foresees_the_room_of_victims_that_take_their_time() {
    // Four tasks of 2 cores on two nodes: two per node, after one victim each, and no third victim.
    let mut case = nodes(3);
    let jobs: Vec<u64> = (0..3).map(|node| on(&mut case, node, node as i32)).collect();
    let gang = case.job(10, 100).each(cpu(2)).gang(4).priority(8).add();
    case.rules.preemption_delay = SimDuration::from_secs(5);
    case.policy(preempting("block", "kube", &[], &[]));
    assert_eq!(stopped(&mut case, 20), [jobs[0], jobs[1]]);
    assert_eq!(case.start(gang), 15.0);
}
