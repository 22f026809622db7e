//! NodeAffinity: labels that the task likes.

use sim_core::{JobId, NodeId, View};

use super::pipeline::{Plugin, relative_to_most};
use super::taints::preferences;

/// The weights of all terms whose labels the node has.
#[derive(Clone, Copy, Debug)]
struct Likes;

pub(super) fn build() -> Box<dyn Plugin> {
    Box::new(Likes)
}

impl Plugin for Likes {
    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let terms = &view.words().preferences_of(preferences(job, view)).likes;
        if terms.is_empty() {
            return Some(0);
        }
        column.extend(nodes.iter().map(|&node| {
            let labels = view.nodes().labels(node);
            let met = terms.iter().filter(|term| term.labels.is_subset(labels));
            met.map(|term| i64::from(term.weight)).sum::<i64>()
        }));
        None
    }

    fn normalize(&self, column: &mut [i64]) {
        relative_to_most(column, false);
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(*self)
    }
}
