//! Shortest job first is optimal for the mean wait on one machine when all jobs are there from the start.

use sim_core::random::Stream;
use sim_core::testkit::{Case, cpu};

use crate::registered;

/// The least sum of waits over all orders of the services.
fn least_by_enumeration(services: &mut Vec<u64>, begun: usize, elapsed: u64) -> u64 {
    if begun == services.len() {
        return 0;
    }
    let mut least = u64::MAX;
    for next in begun..services.len() {
        services.swap(begun, next);
        let service = services[begun];
        least = least.min(elapsed + least_by_enumeration(services, begun + 1, elapsed + service));
        services.swap(begun, next);
    }
    least
}

#[test]
fn enumeration_finds_the_best_of_three() {
    // 1, 2, 3: waits 0 + 1 + 3.
    assert_eq!(least_by_enumeration(&mut vec![3, 1, 2], 0, 0), 4);
}

#[test]
fn no_order_waits_less_than_shortest_first() {
    let mut stream = Stream::new(1, "theory/sjf");
    for _ in 0..50 {
        let mut services: Vec<u64> = (0..2 + stream.below(6)).map(|_| 1 + stream.below(20)).collect();
        let mut case = Case::new().nodes(1, cpu(1));
        let jobs: Vec<u64> =
            services.iter().map(|&service| case.job(0, service).walltime(service).add()).collect();
        case.policy(registered::policy("sjf", "first-fit", "block")).run();
        let waited: f64 = jobs.iter().map(|&job| case.start(job)).sum();
        assert_eq!(waited, least_by_enumeration(&mut services, 0, 0) as f64, "{services:?}");
    }
}
