//! Random jobs in whole seconds for like nodes, and what becomes of them.

use sim_core::Policy;
use sim_core::random::Stream;
use sim_core::testkit::{Case, cpu_mem};

/// A random case of like nodes whose every time is multiplied by `factor`. Every job has a deadline, and all but
/// some a wall time that holds.
pub(crate) fn case(seed: u64, factor: u64) -> (Case, Vec<u64>) {
    let mut stream = Stream::new(seed, "theory/jobs");
    let mut below = |n: u64| stream.below(n);
    let mut case = Case::new().nodes(2 + below(5) as u32, cpu_mem(8, 64));
    case.seed = seed;
    let (mut at, mut numbers) = (0, Vec::new());
    for _ in 0..60 {
        at += below(20);
        let service = 1 + below(200);
        let (need, width) = (cpu_mem(1 + below(8) as u32, 1 + below(64) as u32), 1 + below(2) as u32);
        let (walltime, deadline, priority) = (service + below(100), at + below(500), below(3) as i32);
        let (kind, declares) = (below(3), below(5) > 0);
        let mut job = case.job(at * factor, service * factor).each(need).priority(priority);
        job = job.deadline(deadline * factor);
        if declares {
            job = job.walltime(walltime * factor);
        }
        job = match kind {
            0 => job,
            1 => job.gang(width),
            _ => job.independent(1 + 2 * width),
        };
        numbers.push(job.add());
    }
    (case, numbers)
}

/// Start and end of each job [s], in whole seconds since every time is.
pub(crate) fn outcome(mut case: Case, numbers: &[u64], policy: Box<dyn Policy>) -> Vec<(u64, u64)> {
    assert_eq!(case.policy(policy).run().unfinished, 0, "every job can run");
    numbers.iter().map(|&job| (case.start(job) as u64, case.end(job).0 as u64)).collect()
}
