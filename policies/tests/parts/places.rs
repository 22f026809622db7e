//! Where jobs stand at an instant.

use sim_core::testkit::Case;

/// The nodes of each job's tasks at `at` seconds, in order of the jobs' numbers and of task starts. Something has to
/// be submitted at that time, or the engine does not stop there.
pub(crate) fn places(case: &mut Case, at: u64) -> Vec<Vec<u32>> {
    let decision = case.decision_at(at);
    let view = decision.view();
    let mut jobs: Vec<_> = view.unfinished().map(|job| (job.facts().id, job.id())).collect();
    jobs.sort_unstable();
    let nodes_of = |job| {
        let mut runs: Vec<_> = view.runs_of(job).collect();
        runs.reverse();
        runs.into_iter().flat_map(|run| view.run(run).slots().iter().map(|slot| slot.node.0)).collect()
    };
    jobs.into_iter().map(|(_, job)| nodes_of(job)).collect()
}

/// The one node of each job that runs.
pub(crate) fn single_places(case: &mut Case, at: u64) -> Vec<u32> {
    places(case, at).into_iter().flatten().collect()
}
