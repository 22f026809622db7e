//! Backfilling around maintenance and reservations in advance: every number is worked out by hand in its comment.

use sim_core::testkit::{Case, cpu};
use sim_core::{NodeId, Policy, SimTime, WindowSpec};

use crate::registered::backfilling;

fn window(from: u64, to: u64, nodes: std::ops::Range<u32>, tenants: &[&str]) -> WindowSpec {
    WindowSpec {
        from: SimTime::from_secs(from),
        to: SimTime::from_secs(to),
        nodes: nodes.map(NodeId).collect(),
        tenants: tenants.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn kinds() -> [(&'static str, Box<dyn Policy>); 3] {
    let of = |kind: &str, given: &[(&str, &str)]| backfilling("fcfs", "first-fit", kind, given);
    [
        ("easy", of("easy", &[])),
        ("replan", of("conservative", &[("plan", "replan")])),
        ("keep", of("conservative", &[("plan", "keep")])),
    ]
}

#[test]
fn short_jobs_fill_the_time_before_maintenance() {
    // All four nodes are maintained in [100, 150). The first job takes 120 s: it has to wait for the end. The second is
    // out by 100 s and starts at once, the third is not.
    for (kind, policy) in kinds() {
        let mut case = Case::new().nodes(4, cpu(1));
        case.cluster().windows.push(window(100, 150, 0..4, &[]));
        let long = case.job(0, 120).gang(4).walltime(120).add();
        let short = case.job(0, 100).gang(2).walltime(100).add();
        let late = case.job(10, 95).walltime(95).add();
        case.policy(policy).run();
        // After 150 s the first holds all nodes until 270 s.
        assert_eq!((case.start(short), case.start(long), case.start(late)), (0.0, 150.0, 270.0), "{kind}");
    }
}

#[test]
fn a_job_is_planned_onto_nodes_that_stay_up() {
    // Nodes 0 and 1 are maintained in [100, 200). A job of two tasks and 150 s runs on the others at once.
    for (kind, policy) in kinds() {
        let mut case = Case::new().nodes(4, cpu(1));
        case.cluster().windows.push(window(100, 200, 0..2, &[]));
        let long = case.job(0, 150).gang(2).walltime(150).add();
        case.policy(policy).run();
        assert_eq!(case.start(long), 0.0, "{kind}");
    }
}

#[test]
fn candidates_do_not_delay_a_head_that_waits_for_the_end_of_maintenance() {
    // Two of four nodes are maintained in [0, 100). The head needs all four: from 100 s on. A job of 80 s may pass it
    // on the two nodes that are up, one of 120 s may not.
    for (kind, policy) in kinds() {
        let mut case = Case::new().nodes(4, cpu(1));
        case.cluster().windows.push(window(0, 100, 0..2, &[]));
        let head = case.job(1, 50).gang(4).walltime(50).add();
        let long = case.job(2, 120).walltime(120).add();
        let short = case.job(3, 80).walltime(80).add();
        case.policy(policy).run();
        assert_eq!((case.start(short), case.start(head), case.start(long)), (3.0, 100.0, 150.0), "{kind}");
    }
}

#[test]
fn a_reservation_in_advance_is_left_to_its_tenant() {
    // Nodes 0 and 1 are set aside in [100, 200) for the tenant `own`, that of plain jobs is another. Two jobs that
    // would reach into it have the other two nodes, so that the second waits for the first.
    for (kind, policy) in kinds() {
        let mut case = Case::new().nodes(4, cpu(1));
        case.words().tenant("other");
        case.cluster().windows.push(window(100, 200, 0..2, &["own"]));
        let first = case.job(0, 150).gang(2).walltime(150).add();
        let second = case.job(0, 150).gang(2).walltime(150).add();
        case.policy(policy).run();
        assert_eq!((case.start(first), case.start(second)), (0.0, 150.0), "{kind}");
    }
}

#[test]
fn promises_outlast_the_maintenance_of_the_whole_cluster() {
    // Two jobs fill the time to 20 s, when all goes down until 50 s. The third is planned for then from the start, the
    // one that comes at 30 s behind it.
    for (kind, policy) in kinds() {
        let mut case = Case::new().nodes(1, cpu(1));
        case.cluster().windows.push(window(20, 50, 0..1, &[]));
        let first = case.job(0, 10).walltime(10).add();
        let second = case.job(0, 10).walltime(10).add();
        let third = case.job(0, 5).walltime(5).add();
        let late = case.job(30, 5).walltime(5).add();
        case.policy(policy).run();
        let starts = [first, second, third, late].map(|job| case.start(job));
        assert_eq!(starts, [0.0, 10.0, 50.0, 55.0], "{kind}");
    }
}
