//! How much of the cluster a job is planned with, and for how long.

use sim_core::{Gang, JobId, ShapeId, SimDuration, View};

use super::profile::Amounts;

/// Tasks that are planned together, and for how long: of an elastic job all, of an independent one those that wait, but
/// not more than all nodes that are up could hold.
pub(super) fn extent(view: View<'_>, job: JobId) -> (u32, SimDuration) {
    let (row, need) = (view.job(job), view.shape(job).need());
    let capacity = view.nodes().capacity_up();
    let lanes = need.0.iter().zip(capacity).filter(|(need, _)| **need > 0);
    let most = lanes.map(|(&need, &capacity)| capacity / u64::from(need)).min().unwrap_or(u64::MAX);
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let (all, span) = (row.facts().tasks, row.estimate().p90);
    let (tasks, span) = match row.facts().gang {
        Gang::AllOrNothing => (all, span),
        Gang::Elastic { min } => {
            let tasks = all.min(most).max(min);
            (tasks, span.scale_ceil(u64::from(all), u64::from(tasks)))
        }
        Gang::Independent => (row.unstarted().min(most).max(1), span),
    };
    // A span of nothing would fit in anywhere.
    (tasks, span.max(SimDuration::from_ns(1)))
}

/// True if every node accepts tasks.
pub(super) fn all_up(view: View<'_>) -> bool {
    view.nodes().up() as usize == view.nodes().len()
}

/// What so many tasks of a shape hold, times `sign`.
pub(super) fn amounts(view: View<'_>, shape: ShapeId, tasks: u32, sign: i64) -> Amounts {
    view.words().shape_of(shape).need().0.map(|need| i64::from(need) * i64::from(tasks) * sign)
}
