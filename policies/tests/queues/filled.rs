//! A cluster that everybody wants more of than there is: who gets how much of it.

use sim_core::testkit::Case;
use sim_core::{Policy, Resources};

/// Somebody with many jobs.
#[derive(Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) tenant: &'static str,
    pub(crate) user: &'static str,
    pub(crate) each: Resources,
    pub(crate) jobs: usize,
}

/// So many jobs of a tenant, each of which asks for `each`.
pub(crate) fn crowd(tenant: &'static str, each: Resources, jobs: usize) -> Crowd {
    Crowd { tenant, user: tenant, each, jobs }
}

/// How many jobs of each crowd start at once on one node with `capacity`. The jobs are submitted together, in the
/// order of the list, and run for long.
pub(crate) fn fill(policy: Box<dyn Policy>, capacity: Resources, crowds: &[Crowd]) -> Vec<usize> {
    let mut case = Case::new().nodes(1, capacity);
    let mut jobs = Vec::new();
    for crowd in crowds {
        let add = |_| case.job(0, 1000).each(crowd.each).tenant(crowd.tenant).user(crowd.user).add();
        jobs.push((0..crowd.jobs).map(add).collect::<Vec<u64>>());
    }
    case.policy(policy).run();
    let at_once = |jobs: &Vec<u64>| jobs.iter().filter(|&&job| case.start(job) == 0.0).count();
    jobs.iter().map(at_once).collect()
}
