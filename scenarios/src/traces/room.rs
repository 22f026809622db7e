//! What an empty cluster has room for.

use std::collections::BTreeMap;

use sim_core::shape::CARD_MILLI;
use sim_core::{
    Apart, ClusterSpec, Constraints, ConstraintsId, Domain, Job, LabelSet, ModelSet, Resources, Shape,
    ShapeId, Vocabulary,
};

/// Nodes that are alike.
struct Alike {
    capacity: Resources,
    cards: u16,
    model: Option<u8>,
    labels: LabelSet,
    count: u64,
}

/// An empty cluster, with its nodes counted by kind.
pub(crate) struct Room {
    kinds: Vec<Alike>,
    known: BTreeMap<(ShapeId, ConstraintsId), u64>,
}

/// Stands for GPU models beyond those that a request can name: only "any model" admits it.
const NAMELESS_MODEL: u8 = 31;

impl Room {
    /// The room of `cluster` with all of its nodes on.
    pub(crate) fn of(cluster: &ClusterSpec, words: &mut Vocabulary) -> Self {
        let mut kinds: Vec<Alike> = Vec::new();
        for node in &cluster.nodes {
            let model = node.gpu_model.as_ref().map(|name| words.gpu_model(name).unwrap_or(NAMELESS_MODEL));
            let mut labels = LabelSet::default();
            for label in &node.labels {
                labels.0 |= words.label(label).map_or(0, |one| one.0);
            }
            let known = kinds.iter_mut().find(|kind| {
                (kind.capacity, kind.cards, kind.model, kind.labels)
                    == (node.capacity, node.cards, model, labels)
            });
            match known {
                Some(kind) => kind.count += 1,
                None => {
                    kinds.push(Alike { capacity: node.capacity, cards: node.cards, model, labels, count: 1 });
                }
            }
        }
        Self { kinds, known: BTreeMap::new() }
    }

    /// Why `job` can never start, or `None` if it can.
    ///
    /// Of anti-affinity, only the cap on one node is looked at, and spread is not: they depend on what else runs.
    pub(crate) fn objection(&mut self, job: &Job, words: &Vocabulary) -> Option<String> {
        let tasks = *self.known.entry((job.shape, job.constraints)).or_insert_with(|| {
            let (shape, rule) = (words.shape_of(job.shape), words.constraints_of(job.constraints));
            self.kinds.iter().fold(0, |sum: u64, kind| sum.saturating_add(kind.tasks(shape, rule)))
        });
        if tasks == 0 {
            let shape = words.shape_of(job.shape);
            let models = models(shape.gpu().models, words);
            return Some(format!("no node of the cluster can hold a task of it: {shape}{models}"));
        }
        let width = job.width_min();
        (u64::from(width) > tasks)
            .then(|| format!("needs {width} tasks at once; the empty cluster holds {tasks}"))
    }
}

/// The models of a request for messages; empty if any will do.
fn models(set: ModelSet, words: &Vocabulary) -> String {
    if set == ModelSet::ANY {
        return String::new();
    }
    let members = (0..31).filter(|bit| set.0 >> bit & 1 == 1);
    let names: Vec<&str> = members.filter_map(|bit| words.gpu_models().name(bit)).collect();
    format!(" of model {}", names.join(" or "))
}

impl Alike {
    /// Tasks of this shape that all of these nodes hold together.
    fn tasks(&self, shape: &Shape, rule: &Constraints) -> u64 {
        let gpu = shape.gpu();
        if !rule.admits_labels(self.labels) {
            return 0;
        }
        let mut each = u64::from(shape.need().times_in(&self.capacity));
        if gpu.cards > 0 {
            if gpu.cards > self.cards || !gpu.models.admits(self.model) {
                return 0;
            }
            // Every task needs distinct cards, and a card holds 1000 / share of them; slots are enough,
            // because dealing the tasks out in rounds never puts two of one task on one card.
            let slots = u64::from(self.cards) * u64::from(CARD_MILLI / gpu.milli_each);
            each = each.min(slots / u64::from(gpu.cards));
        }
        if let (Some(_), Some(Apart { level: Domain::Node, tasks_max })) = (rule.key, rule.anti_affinity) {
            each = each.min(tasks_max.into());
        }
        each.saturating_mul(self.count)
    }
}

#[cfg(test)]
mod tests {
    use sim_core::{GpuNeed, Lane, SimTime};

    use super::*;

    fn job(words: &mut Vocabulary, cpu: u32, cards: u16, milli_each: u16, tasks: u32) -> Job {
        let gpu = GpuNeed { cards, milli_each, models: ModelSet::ANY };
        let shape = words.shape(Shape::new(Resources::ZERO.with(Lane::Cpu, cpu)).with_gpu(gpu));
        Job { tasks, ..Job::new(1, SimTime::ZERO, shape) }
    }

    #[test]
    fn tasks_are_counted_over_all_nodes() {
        let mut cluster = ClusterSpec::default();
        cluster.add_uniform("a", 2, Resources::ZERO.with(Lane::Cpu, 4000), 4);
        cluster.add_uniform("b", 1, Resources::ZERO.with(Lane::Cpu, 1000), 0);
        let mut words = Vocabulary::default();
        let mut room = Room::of(&cluster, &mut words);
        for (cpu, cards, milli, tasks, fits) in [
            (1000, 0, 1, 9, true),
            (1000, 0, 1, 10, false),
            (4001, 0, 1, 1, false),
            (100, 3, 1000, 2, true),
            (100, 3, 1000, 3, false),
            (100, 1, 400, 16, true),
            (100, 1, 400, 17, false),
            (100, 5, 100, 1, false),
        ] {
            let job = job(&mut words, cpu, cards, milli, tasks);
            assert_eq!(room.objection(&job, &words).is_none(), fits, "{cpu} {cards} {milli} {tasks}");
        }
    }

    #[test]
    fn a_density_cap_restricts_the_tasks_of_each_node() {
        let mut cluster = ClusterSpec::default();
        cluster.add_uniform("a", 3, Resources::ZERO.with(Lane::Cpu, 8000), 0);
        let mut words = Vocabulary::default();
        let mut room = Room::of(&cluster, &mut words);
        let key = Some(words.affinity_key("app"));
        let anti_affinity = Some(Apart { level: Domain::Node, tasks_max: 2 });
        for (tasks, fits) in [(6, true), (7, false)] {
            let mut job = job(&mut words, 1000, 0, 1, tasks);
            job.constraints = words.constraints(Constraints { key, anti_affinity, ..Constraints::NONE });
            assert_eq!(room.objection(&job, &words).is_none(), fits, "{tasks}");
        }
    }

    #[test]
    fn models_and_labels_restrict_the_nodes() {
        let mut cluster = ClusterSpec::default();
        cluster.add_uniform("a", 2, Resources::ZERO, 1);
        cluster.nodes[0].gpu_model = Some("T4".into());
        cluster.nodes[1].labels.push("disk=ssd".into());
        let mut words = Vocabulary::default();
        let mut room = Room::of(&cluster, &mut words);
        let mut job = job(&mut words, 0, 1, 1000, 2);
        assert_eq!(room.objection(&job, &words), None);
        job.constraints = words.constraints(Constraints {
            require: words.clone().label("disk=ssd").unwrap(),
            ..Constraints::NONE
        });
        assert!(room.objection(&job, &words).unwrap().contains("holds 1"));
        let gpu =
            GpuNeed { cards: 1, milli_each: 1, models: ModelSet(1 << words.gpu_model("A100").unwrap()) };
        job.shape = words.shape(Shape::new(Resources::ZERO).with_gpu(gpu));
        assert!(room.objection(&job, &words).unwrap().contains("no node"));
    }
}
