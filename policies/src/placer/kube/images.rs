//! ImageLocality: how much of the task's images the node holds.

use sim_core::{ImageSet, JobId, NodeId, View};

use super::pipeline::Plugin;
use super::taints::preferences;

/// Images that are smaller than this in sum are not worth a thought \[bytes\] (minThreshold).
const LEAST: i64 = 23 << 20;
/// More than this per container counts no further \[bytes\] (maxContainerThreshold).
const MOST: i64 = 1000 << 20;

/// Images are those that nodes hold from the start, so that what an image is worth stays.
#[derive(Clone, Debug, Default)]
struct Images {
    /// Per image: its size times the share of nodes that hold it, cut \[bytes\].
    worth: Vec<i64>,
}

pub(super) fn build() -> Box<dyn Plugin> {
    Box::new(Images::default())
}

impl Images {
    /// Follows images that jobs have named since: they may be new, and then no node holds them.
    fn learn(&mut self, view: View<'_>) {
        let nodes = view.nodes();
        for image in self.worth.len() as u8..view.words().images().len().min(128) as u8 {
            let holders = nodes.ids().filter(|&node| nodes.images(node).has(image)).count();
            let spread = holders as f64 / nodes.len() as f64;
            let bytes = i64::from(view.words().image_mib(image)) << 20;
            self.worth.push((bytes as f64 * spread) as i64);
        }
    }

    /// 0 to 100 between the two thresholds.
    fn of_node(&self, held: ImageSet, images: &[u8]) -> i64 {
        let of = |image: &u8| if held.has(*image) { self.worth[usize::from(*image)] } else { 0 };
        let most = MOST * images.len() as i64;
        let sum = images.iter().map(of).sum::<i64>().clamp(LEAST, most);
        100 * (sum - LEAST) / (most - LEAST)
    }
}

impl Plugin for Images {
    fn attach(&mut self, _view: View<'_>) {
        self.worth.clear();
    }

    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64> {
        let images = &view.words().preferences_of(preferences(job, view)).images;
        if images.is_empty() {
            return Some(0);
        }
        self.learn(view);
        column.extend(nodes.iter().map(|&node| self.of_node(view.nodes().images(node), images)));
        None
    }

    fn fork(&self) -> Box<dyn Plugin> {
        Box::new(self.clone())
    }
}
