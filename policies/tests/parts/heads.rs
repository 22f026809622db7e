//! Waiting for the head of the queue, or passing over it.

use sim_core::testkit::{Case, cpu};
use sim_core::{Apart, Constraints, Domain, End, GroupId, Retry, SimDuration, Spread};

use crate::registered::policy;

#[test]
fn a_blocked_head_holds_the_others_back_or_is_passed_over() {
    // 4 cores: 3 run for 10 s, 2 do not fit, 1 would.
    for (head, start) in [("block", 10.0), ("skip", 0.0)] {
        let mut case = Case::new().nodes(1, cpu(4));
        case.job(0, 10).each(cpu(3)).add();
        let second = case.job(0, 5).each(cpu(2)).add();
        let third = case.job(0, 20).each(cpu(1)).add();
        case.policy(policy("fcfs", "first-fit", head)).run();
        assert_eq!((case.start(second), case.start(third)), (10.0, start), "{head}");
    }
}

#[test]
fn independent_tasks_start_as_far_as_there_is_room() {
    for (head, start) in [("block", 20.0), ("skip", 20.0)] {
        let mut case = Case::new().nodes(1, cpu(2));
        let many = case.job(0, 10).independent(5).add();
        let next = case.job(0, 5).add();
        case.policy(policy("fcfs", "first-fit", head)).run();
        // Two tasks at 0 s, two at 10 s, one at 20 s: then there is room for the next job.
        assert_eq!((case.start(many), case.end(many).0, case.start(next)), (0.0, 30.0, start), "{head}");
    }
}

#[test]
fn smaller_jobs_pass_over_tasks_that_wait() {
    // 3 cores, tasks of 2: one task runs, and the job of one core fits beside it unless the tasks block.
    for (head, start) in [("block", 20.0), ("skip", 0.0)] {
        let mut case = Case::new().nodes(1, cpu(3));
        case.job(0, 10).each(cpu(2)).independent(3).add();
        let small = case.job(0, 5).add();
        case.policy(policy("fcfs", "first-fit", head)).run();
        assert_eq!(case.start(small), start, "{head}");
    }
}

#[test]
fn a_request_is_tried_again_when_a_freed_node_can_hold_it() {
    for head in ["block", "skip"] {
        let mut case = Case::new().nodes(1, cpu(4)).nodes(1, cpu(2));
        case.job(0, 10).each(cpu(4)).add();
        case.job(0, 5).each(cpu(2)).add();
        // The 2 cores freed at 5 s are of no use; the 4 at 10 s are.
        let third = case.job(0, 1).each(cpu(4)).add();
        case.policy(policy("fcfs", "first-fit", head)).run();
        assert_eq!(case.start(third), 10.0, "{head}");
    }
}

#[test]
fn room_that_comes_back_bit_by_bit_adds_up() {
    for head in ["block", "skip"] {
        let mut case = Case::new().nodes(1, cpu(4));
        case.job(0, 5).each(cpu(2)).add();
        case.job(0, 7).each(cpu(2)).add();
        let whole = case.job(0, 1).each(cpu(4)).add();
        case.policy(policy("fcfs", "first-fit", head)).run();
        assert_eq!(case.start(whole), 7.0, "{head}");
    }
}

#[test]
fn a_gang_starts_when_its_last_node_is_free() {
    for head in ["block", "skip"] {
        let mut case = Case::new().nodes(2, cpu(4));
        case.job(0, 5).each(cpu(4)).add();
        case.job(0, 9).each(cpu(4)).add();
        let gang = case.job(0, 1).each(cpu(3)).gang(2).add();
        case.policy(policy("fcfs", "first-fit", head)).run();
        // One task would fit at 5 s, both at 9 s.
        assert_eq!(case.start(gang), 9.0, "{head}");
    }
}

#[test]
fn an_elastic_job_starts_at_the_width_there_is() {
    for head in ["block", "skip"] {
        let mut case = Case::new().nodes(1, cpu(4));
        case.job(0, 100).each(cpu(1)).add();
        let elastic = case.job(0, 12).elastic(2, 6).add();
        case.policy(policy("fcfs", "first-fit", head)).run();
        // 12 s at six tasks are 24 s at three.
        assert_eq!((case.start(elastic), case.end(elastic).0), (0.0, 24.0), "{head}");
    }
}

#[test]
fn a_better_job_that_comes_later_overtakes_a_blocked_head() {
    // The head (30 s) waits for 4 cores until 10 s. At 5 s a shorter job of 1 core becomes the head, and fits.
    let mut case = Case::new().nodes(1, cpu(4));
    case.job(0, 10).each(cpu(2)).walltime(10).add();
    case.job(1, 30).each(cpu(4)).walltime(30).add();
    let short = case.job(5, 3).each(cpu(1)).walltime(3).add();
    case.policy(policy("sjf", "first-fit", "block")).run();
    assert_eq!(case.start(short), 5.0);
}

#[test]
fn a_start_elsewhere_can_make_room_for_a_job_that_spreads() {
    // Two zones of one node each, and at most one task of "app" more in one zone than in the other.
    for head in ["block", "skip"] {
        let mut case = Case::new().nodes(2, cpu(4)).with_each_node(|node| {
            node.zone = u32::from(node.name.ends_with('1'));
        });
        let key = Some(case.words().affinity_key("app"));
        let even = Constraints {
            key,
            spread: Some(Spread { over: Domain::Zone, skew_max: 1 }),
            ..Constraints::NONE
        };
        // First fit: one core of "app" on node 0, then 3 cores there, then 3 on node 1. The first 3 are over at 2 s.
        case.job(0, 100).priority(3).constraints(even).add();
        case.job(0, 2).priority(2).each(cpu(3)).add();
        case.job(0, 100).priority(1).each(cpu(3)).add();
        // Node 0 has the 2 cores from 2 s on, but zone 0 is one task ahead; zone 1 has one core. At 5 s a task of
        // one core goes there.
        let waits = case.job(1, 10).each(cpu(2)).constraints(even).add();
        let raises = case.job(5, 100).priority(9).each(cpu(1)).constraints(even).add();
        case.policy(policy("priority", "first-fit", head)).run();
        assert_eq!((case.start(raises), case.start(waits)), (5.0, 5.0), "{head}");
    }
}

#[test]
fn what_does_not_fit_is_turned_away_and_nothing_waits() {
    // 4 cores: 3 run for 10 s. Two cores are turned away, so are three independent tasks of which one would fit, and a
    // gang; one core fits.
    let mut case = Case::new().nodes(2, cpu(2));
    case.job(0, 10).independent(3).each(cpu(1)).add();
    let wide = case.job(0, 5).each(cpu(2)).add();
    let tasks = case.job(0, 5).independent(3).each(cpu(1)).add();
    let gang = case.job(0, 5).gang(2).each(cpu(1)).add();
    let fits = case.job(1, 5).each(cpu(1)).add();
    case.policy(policy("fcfs", "first-fit", "reject")).run();
    for job in [wide, tasks, gang] {
        assert_eq!(case.end(job), (0.0, End::Rejected));
    }
    assert_eq!(case.start(fits), 1.0);
}

#[test]
fn a_task_that_comes_back_cannot_be_turned_away_and_holds_up_nobody() {
    // Both tasks fail after 4 s and may try again at once. Before them in the queue stands a job that takes a core
    // then, so that one task comes back to a full cluster. It must not block who comes at 5 s. The other fails for
    // good at 8 s.
    let retry = Retry { max: 1, first_delay: SimDuration::ZERO, ..Retry::NEVER };
    let mut case = Case::new().nodes(1, cpu(2));
    let back = case.job(0, 6).independent(2).each(cpu(1)).retry(retry).fails_after(4).add();
    let first = case.job(4, 3).priority(9).each(cpu(1)).add();
    let behind = case.job(5, 3).each(cpu(1)).add();
    case.policy(policy("priority", "first-fit", "reject")).run();
    assert_eq!(case.start(first), 4.0);
    assert_eq!(case.end(behind), (5.0, End::Rejected), "the cluster is full at 5 s");
    assert_eq!(case.end(back), (8.0, End::Failed));
}

#[test]
fn an_end_on_a_draining_node_can_make_room_for_a_job_that_keeps_apart() {
    // Worst fit puts the first job on node 1, whose group is told to shrink at 1 s. Its end at 10 s frees nothing
    // that can be used, but until then the second job may not run in the same rack.
    for head in ["block", "skip"] {
        let mut case = Case::new().nodes(1, cpu(4)).nodes(1, cpu(8));
        let key = Some(case.words().affinity_key("app"));
        let apart =
            Constraints { key, anti_affinity: Some(Apart::one_per(Domain::Rack)), ..Constraints::NONE };
        case.job(0, 10).constraints(apart).add();
        let second = case.job(0, 10).constraints(apart).add();
        case.job(1, 1).add();
        case.policy(policy("fcfs", "worst-fit", head));
        case.decision_at(1).scale(GroupId(1), 0).expect("groups of cases may be empty");
        case.commit();
        case.run();
        assert_eq!(case.start(second), 10.0, "{head}");
    }
}

#[test]
fn a_density_cap_holds_a_job_back_until_one_of_its_kind_ends() {
    // Two nodes of 8 cores and at most two tasks of "app" on each: the fifth waits for the first end, at 4 s, though
    // there is room for twelve more. Behind it a job of another kind waits too, or passes it.
    for (head, passes) in [("block", 4.0), ("skip", 1.0)] {
        let mut case = Case::new().nodes(2, cpu(8));
        let key = Some(case.words().affinity_key("app"));
        let anti_affinity = Some(Apart { level: Domain::Node, tasks_max: 2 });
        let two = Constraints { key, anti_affinity, ..Constraints::NONE };
        for service in [9, 4, 9, 9] {
            case.job(0, service).constraints(two).add();
        }
        let fifth = case.job(0, 9).constraints(two).add();
        // Ends at 2 s and frees cores, but no place for the fifth.
        case.job(0, 2).priority(1).each(cpu(4)).add();
        let other = case.job(1, 1).add();
        case.policy(policy("priority", "best-fit", head)).run();
        assert_eq!((case.start(fifth), case.start(other)), (4.0, passes), "{head}");
    }
}
