//! Maintenance and reservations in advance: every number is worked out by hand in its comment.

use sim_core::testkit::{Case, cpu};
use sim_core::{End, NodeId, SimTime, WindowSpec};

fn window(from: u64, to: u64, nodes: &[u32], tenants: &[&str]) -> WindowSpec {
    WindowSpec {
        from: SimTime::from_secs(from),
        to: SimTime::from_secs(to),
        nodes: nodes.iter().map(|&node| NodeId(node)).collect(),
        tenants: tenants.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn a_job_that_would_reach_into_maintenance_waits_until_it_is_over() {
    let mut case = Case::new().nodes(1, cpu(2));
    case.cluster().windows.push(window(100, 150, &[0], &[]));
    let fits = case.job(0, 100).walltime(100).add();
    let reaches = case.job(0, 101).walltime(101).add();
    case.run();
    assert_eq!((case.start(fits), case.start(reaches)), (0.0, 150.0));
}

#[test]
fn other_nodes_are_not_concerned_by_a_window() {
    let mut case = Case::new().nodes(2, cpu(1));
    case.cluster().windows.push(window(100, 150, &[0], &[]));
    let long = case.job(0, 500).walltime(500).add();
    case.run();
    assert_eq!(case.start(long), 0.0);
}

#[test]
fn a_job_without_wall_time_that_maintenance_meets_starts_again_afterwards() {
    // 40 s of the 60 are done at 100 and lost; from 150 on the job runs for 60 s.
    let mut case = Case::new().nodes(1, cpu(1));
    case.cluster().windows.push(window(100, 150, &[0], &[]));
    let job = case.job(60, 60).add();
    case.run();
    assert_eq!((case.start(job), case.end(job)), (60.0, (210.0, End::Completed)));
}

#[test]
fn a_reservation_keeps_others_out_and_stops_nobody() {
    let mut case = Case::new().nodes(1, cpu(2));
    case.cluster().windows.push(window(100, 200, &[0], &["own"]));
    case.words().tenant("other");
    let runs_on = case.job(50, 100).add();
    let shut_out = case.job(120, 10).add();
    case.run();
    assert_eq!((case.end(runs_on), case.start(shut_out)), ((150.0, End::Completed), 200.0));
}

#[test]
fn the_tenant_of_a_reservation_starts_in_it() {
    let mut case = Case::new().nodes(1, cpu(2));
    case.cluster().windows.push(window(100, 200, &[0], &["own"]));
    // The first name gets number 0, which is the tenant of plain jobs.
    case.words().tenant("own");
    let reaches = case.job(90, 50).walltime(50).add();
    let inside = case.job(120, 10).add();
    case.run();
    assert_eq!((case.start(reaches), case.start(inside)), (90.0, 120.0));
}

#[test]
fn a_node_that_would_boot_into_maintenance_comes_up_at_its_end() {
    let mut case = Case::new().nodes(1, cpu(1));
    case.cluster().windows.push(window(0, 80, &[0], &[]));
    let job = case.job(10, 5).add();
    case.run();
    assert_eq!(case.start(job), 80.0);
}
