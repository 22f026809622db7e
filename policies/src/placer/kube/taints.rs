//! TaintToleration: few taints that the task would rather avoid.

use sim_core::{Effect, JobId, LabelSet, NodeId, PreferencesId, View};

use super::pipeline::{Plugin, relative_to_most};

/// Preferences of the job's tasks.
pub(super) fn preferences(job: JobId, view: View<'_>) -> PreferencesId {
    view.words().constraints_of(view.job(job).facts().constraints).preferences
}

/// Taints of all nodes are known when a run begins.
#[derive(Clone, Debug, Default)]
struct Taints {
    /// Labels of nodes with taints that tasks would rather avoid, by the tasks' preferences.
    avoided: Vec<Option<LabelSet>>,
}

pub(super) fn build() -> Box<dyn Plugin> {
    Box::new(Taints::default())
}

impl Plugin for Taints {
    fn attach(&mut self, _view: View<'_>) {
        self.avoided.clear();
    }

    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let id = preferences(job, view);
        if self.avoided.len() <= id.index() {
            self.avoided.resize(id.index() + 1, None);
        }
        let repelling = || view.words().repelling(Effect::PreferNoSchedule, id);
        let avoided = self.avoided[id.index()].get_or_insert_with(repelling).0;
        if avoided == 0 {
            return Some(100);
        }
        column.extend(
            nodes.iter().map(|&node| i64::from((view.nodes().labels(node).0 & avoided).count_ones())),
        );
        None
    }

    fn normalize(&self, column: &mut [i64]) {
        relative_to_most(column, true);
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(self.clone())
    }
}
