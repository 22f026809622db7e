//! Who is stopped for a job without room: each criterion by itself.

use sim_core::testkit::{Case, cpu};
use sim_core::{Constraints, GpuNeed, ModelSet, Shape};

use crate::lab::{bench, preempting, stopped};

/// So many nodes of 4 cores.
fn nodes(count: usize) -> Case {
    bench(&vec![cpu(4); count])
}

/// A long job of so many cores and that priority on a node.
fn on(case: &mut Case, node: usize, cores: u32, priority: i32, submit: u64) -> u64 {
    let require = case.words().label(&format!("n={node}")).unwrap();
    let rule = Constraints { require, ..Constraints::NONE };
    case.job(submit, 1000).each(cpu(cores)).priority(priority).constraints(rule).add()
}

/// The job of priority 10 and so many cores that comes at 10 s stops these.
fn stopped_for(case: &mut Case, cores: u32, rule: &str) -> Vec<u64> {
    case.job(10, 100).each(cpu(cores)).priority(10).add();
    case.policy(preempting("block", rule, &[], &[]));
    stopped(case, 20)
}

#[test]
fn the_lowest_highest_priority_is_stopped_first() {
    let mut case = nodes(2);
    on(&mut case, 0, 4, 5, 0);
    let two = [on(&mut case, 1, 2, 3, 0), on(&mut case, 1, 2, 3, 0)];
    assert_eq!(stopped_for(&mut case, 4, "kube"), two);
}

#[test]
fn then_the_lowest_sum_of_priorities() {
    let mut case = nodes(2);
    on(&mut case, 0, 2, 5, 0);
    on(&mut case, 0, 2, 3, 0);
    let two = [on(&mut case, 1, 2, 5, 0), on(&mut case, 1, 2, 1, 0)];
    assert_eq!(stopped_for(&mut case, 4, "kube"), two);
    // Each counts 2^31 more than its priority, so that fewer are lower.
    let mut case = nodes(2);
    on(&mut case, 0, 2, 5, 0);
    on(&mut case, 0, 2, -9, 0);
    let one = on(&mut case, 1, 4, 5, 0);
    assert_eq!(stopped_for(&mut case, 4, "kube"), [one]);
}

#[test]
fn then_the_fewest() {
    // The lowest priority that there is adds 0 to the sum.
    let mut case = nodes(2);
    on(&mut case, 0, 2, 5, 0);
    on(&mut case, 0, 2, i32::MIN, 0);
    let one = on(&mut case, 1, 4, 5, 0);
    assert_eq!(stopped_for(&mut case, 4, "kube"), [one]);
}

#[test]
fn then_the_latest_start_among_the_highest() {
    let mut case = nodes(2);
    on(&mut case, 0, 4, 5, 0);
    let late = on(&mut case, 1, 4, 5, 3);
    assert_eq!(stopped_for(&mut case, 4, "kube"), [late]);
    // Only those of the highest priority are asked: 5 against 3, though 0 against 6 for the others.
    let mut case = nodes(2);
    let old = on(&mut case, 0, 2, 1, 0);
    on(&mut case, 1, 2, 5, 3);
    let late = on(&mut case, 0, 2, 5, 5);
    on(&mut case, 1, 2, 1, 6);
    assert_eq!(stopped_for(&mut case, 4, "kube"), [old, late]);
}

#[test]
fn of_several_of_the_highest_the_earliest_counts() {
    // Earliest of node 0: 2, of node 1: 3.
    let mut case = nodes(2);
    on(&mut case, 0, 2, 5, 2);
    let first = on(&mut case, 1, 2, 5, 3);
    let second = on(&mut case, 1, 2, 5, 4);
    on(&mut case, 0, 2, 5, 9);
    assert_eq!(stopped_for(&mut case, 4, "kube"), [first, second]);
}

#[test]
fn then_the_first_node() {
    let mut case = nodes(3);
    let first = on(&mut case, 0, 4, 5, 0);
    on(&mut case, 1, 4, 5, 0);
    on(&mut case, 2, 4, 5, 0);
    assert_eq!(stopped_for(&mut case, 4, "kube"), [first]);
}

#[test]
fn those_that_need_not_go_stay_the_highest_priority_first() {
    let mut case = nodes(1);
    let low = on(&mut case, 0, 2, 1, 0);
    on(&mut case, 0, 2, 3, 0);
    assert_eq!(stopped_for(&mut case, 2, "kube"), [low]);
    // Of equals the one that has run longer stays.
    let mut case = nodes(1);
    on(&mut case, 0, 2, 1, 0);
    let young = on(&mut case, 0, 2, 1, 1);
    assert_eq!(stopped_for(&mut case, 2, "kube"), [young]);
    // With the first put back, 3 of 4 cores are taken: no room for the second of the same size.
    let mut case = nodes(1);
    on(&mut case, 0, 3, 5, 0);
    let small = on(&mut case, 0, 1, 4, 0);
    assert_eq!(stopped_for(&mut case, 1, "kube"), [small]);
}

#[test]
fn equals_and_betters_are_never_stopped() {
    let mut case = nodes(2);
    on(&mut case, 0, 4, 10, 0);
    on(&mut case, 1, 3, 11, 0);
    on(&mut case, 1, 1, 1, 0);
    assert_eq!(stopped_for(&mut case, 4, "kube"), [0; 0]);
}

#[test]
fn nobody_is_stopped_while_there_is_room() {
    let mut case = nodes(2);
    on(&mut case, 0, 4, 1, 0);
    assert_eq!(stopped_for(&mut case, 4, "kube"), [0; 0]);
}

#[test]
fn nodes_that_the_job_may_not_use_are_left_alone() {
    let mut case = nodes(2);
    on(&mut case, 0, 4, 1, 0);
    let other = on(&mut case, 1, 4, 5, 0);
    let require = case.words().label("n=1").unwrap();
    case.job(10, 100)
        .each(cpu(4))
        .priority(10)
        .constraints(Constraints { require, ..Constraints::NONE })
        .add();
    case.policy(preempting("block", "kube", &[], &[]));
    assert_eq!(stopped(&mut case, 20), [other]);
}

#[test]
fn a_card_is_freed_by_stopping_those_that_share_it() {
    let mut case = Case::new().gpu_nodes(1, cpu(8), 2);
    let share =
        |milli_each| Shape::new(cpu(1)).with_gpu(GpuNeed { cards: 1, milli_each, models: ModelSet::ANY });
    // 600 and 600 do not share a card: the first, of priority 3, is on card 0, the second on card 1.
    let jobs: Vec<u64> = [(600, 3), (600, 1), (300, 1)]
        .into_iter()
        .map(|(milli, priority)| case.job(0, 1000).shape(share(milli)).priority(priority).add())
        .collect();
    case.job(10, 100).shape(share(1000)).priority(10).add();
    case.policy(preempting("block", "kube", &[], &[]));
    // Both cards have 400 left when the third comes: it gets the lower one, card 0. Card 1 is freed by stopping the
    // second alone.
    assert_eq!(stopped(&mut case, 20), [jobs[1]]);
}

#[test]
fn a_job_is_protected_after_so_many_preemptions() {
    for (protect_after, expected) in [(1, 30.0), (2, 20.0)] {
        let mut case = nodes(1);
        let victim = on(&mut case, 0, 4, 1, 0);
        // The first takes the node from 5 to 15; the second, at 20, only if it may be stopped again.
        case.job(5, 10).each(cpu(4)).priority(10).add();
        let second = case.job(20, 5).each(cpu(4)).priority(10).add();
        case.policy(preempting("block", "kube", &[], &[("protect_after", protect_after)]));
        // The victim goes on at 15, for the 1000 s that it is to run in all.
        if protect_after == 1 {
            case.run();
            assert_eq!(case.start(second), case.end(victim).0);
        } else {
            case.run();
            assert_eq!(case.start(second), expected);
        }
    }
}

#[test]
fn least_lost_work_stops_who_saved_last() {
    // At 10 s both have run 10 s. The first saved at 10, the second at 7.
    let mut case = nodes(2);
    let saving = |case: &mut Case, node: usize, interval: u64, restart: u64| {
        let require = case.words().label(&format!("n={node}")).unwrap();
        let rule = Constraints { require, ..Constraints::NONE };
        case.job(0, 1000).each(cpu(4)).constraints(rule).checkpoint(interval, restart).add()
    };
    saving(&mut case, 0, 7, 0);
    let saved = saving(&mut case, 1, 5, 0);
    assert_eq!(stopped_for(&mut case, 4, "least-lost-work"), [saved]);
    // A restart of 4 s is more than 3 s of work.
    let mut case = nodes(2);
    let unsaved = saving(&mut case, 0, 7, 0);
    saving(&mut case, 1, 5, 4);
    assert_eq!(stopped_for(&mut case, 4, "least-lost-work"), [unsaved]);
}

#[test]
fn least_lost_work_counts_gpu_time_before_core_time() {
    let mut case = Case::new().gpu_nodes(2, cpu(8), 2);
    let cards = |cores, cards| {
        Shape::new(cpu(cores)).with_gpu(GpuNeed { cards, milli_each: 1000, models: ModelSet::ANY })
    };
    // 10 s of 2 cards and 1 core, or 10 s of 1 card twice: of the latter one is enough for one card.
    case.job(0, 1000).shape(cards(1, 2)).add();
    let first = case.job(0, 1000).shape(cards(8, 1)).add();
    case.job(10, 100).shape(cards(0, 2)).priority(10).add();
    case.policy(preempting("block", "least-lost-work", &[], &[]));
    assert_eq!(stopped(&mut case, 20), [first]);
}

#[test]
fn least_lost_work_prefers_the_young_where_nothing_is_saved() {
    let mut case = nodes(2);
    on(&mut case, 0, 4, 1, 0);
    let young = on(&mut case, 1, 4, 9, 6);
    assert_eq!(stopped_for(&mut case, 4, "least-lost-work"), [young]);
}
