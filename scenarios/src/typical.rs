//! What a workload asks for most: its typical tasks, and its typical mix of shapes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sim_core::{
    ClusterSpec, Gang, Lane, ModelSet, Shape, ShapeId, TypicalTask, TypicalTasks, Vocabulary, Workload,
};

use crate::problem::Problem;
use crate::traces::room::Room;

/// Jobs at the start of a workload that are counted (arbitrary).
const JOBS_MAX: u32 = 100_000;
/// Most shapes in the mix, and the share of tasks that they should cover: FGD's rule (Weng et al., ATC 2023) with a
/// bound, because every changed node is scored against every shape.
const MIX_SHAPES: usize = 16;
const MIX_COVERAGE_PERCENT: u64 = 95;

/// A vocabulary at the start of a run: the engine numbers the GPU models of the cluster first.
pub(crate) fn words_of(cluster: &ClusterSpec) -> Vocabulary {
    let mut words = Vocabulary::default();
    for name in cluster.nodes.iter().filter_map(|node| node.gpu_model.as_deref()) {
        words.gpu_model(name);
    }
    words
}

/// A generated job that can never start.
pub(crate) fn too_large(job: u64, reason: &str) -> Problem {
    let rule = format!("{reason}: give the cluster more or larger nodes, or the job fewer tasks");
    Problem::new("workload", format!("job {job}"), "", rule)
}

/// How many tasks of a workload ask for what.
#[derive(Clone, Debug)]
pub struct Demand {
    words: Vocabulary,
    /// A shape, its models as text, and the tasks that ask for it. A shape may be there more than once.
    counts: Vec<(ShapeId, Box<str>, u64)>,
}

impl Demand {
    /// So many tasks of each shape; text tells sets of GPU models apart.
    pub(crate) fn new(words: Vocabulary, counts: Vec<(ShapeId, Box<str>, u64)>) -> Self {
        Self { words, counts }
    }

    /// That of the first 100,000 jobs of a workload. The tasks of a gang are counted one by one, other jobs as one
    /// task. Models are told apart by their names, in the order of the alphabet.
    ///
    /// # Errors
    /// If the workload gives a bad record.
    pub fn of(workload: Box<dyn Workload>, cluster: &ClusterSpec) -> Result<Self, Problem> {
        Self::count(workload, cluster, false)
    }

    /// The same, and the first of these jobs that the empty cluster has no room for is a problem: a generator's, told
    /// before the first run meets it.
    ///
    /// # Errors
    /// Those of [`Demand::of`], and a job that can never start.
    pub fn checked(workload: Box<dyn Workload>, cluster: &ClusterSpec) -> Result<Self, Problem> {
        let is_checked = !workload.may_not_fit();
        Self::count(workload, cluster, is_checked)
    }

    fn count(
        mut workload: Box<dyn Workload>,
        cluster: &ClusterSpec,
        is_checked: bool,
    ) -> Result<Self, Problem> {
        let (mut words, mut counts) = (words_of(cluster), Vec::new());
        let mut room = is_checked.then(|| Room::of(cluster, &mut words));
        for _ in 0..JOBS_MAX {
            let next = workload.next_job(&mut words);
            let next =
                next.map_err(|error| Problem::new(error.source_name, error.record, "", error.reason))?;
            let Some((job, _)) = next else { break };
            if let Some(reason) = room.as_mut().and_then(|room| room.objection(&job, &words)) {
                return Err(too_large(job.id, &reason));
            }
            counts.resize(counts.len().max(job.shape.index() + 1), 0u64);
            let tasks = if job.gang == Gang::AllOrNothing { job.tasks } else { 1 };
            counts[job.shape.index()] += u64::from(tasks);
        }
        let counts = counts.into_iter().enumerate().map(|(n, count)| {
            let shape = ShapeId::from_index(n);
            (shape, spec_of(words.shape_of(shape).gpu().models, &words), count)
        });
        let counts = counts.filter(|(_, _, count)| *count > 0).collect();
        Ok(Self { words, counts })
    }

    /// The most common kinds of tasks by what fragmentation looks at (CPU, cards, share and models), until they
    /// cover so much of all tasks.
    ///
    /// # Order
    /// The most common first; of equally common ones the larger in (CPU, share, cards, models as text).
    /// # Source
    /// Weng et al., "Beware of fragmentation", ATC 2023: the target workload of their published runs, at 95 %.
    pub fn typical_tasks(&self, coverage_ppm: u32) -> TypicalTasks {
        let mut kinds = BTreeMap::new();
        for (shape, spec, count) in &self.counts {
            let shape = self.words.shape_of(*shape);
            let (cpu, gpu) = (shape.need().get(Lane::Cpu), shape.gpu());
            let kind = kinds.entry((cpu, gpu.milli_each, gpu.cards, &**spec)).or_insert((gpu, 0));
            kind.1 += count;
        }
        let total: u64 = kinds.values().map(|(_, count)| count).sum();
        // Huge gangs may hold more tasks than the sums of fragmentation can: then counts lose their lowest digits.
        let divisor = total / u64::from(u32::MAX) + 1;
        let mut ranked: Vec<_> = kinds.into_iter().collect();
        ranked.sort_by_key(|&(key, (_, count))| Reverse((count, key)));
        let task = |((cpu_milli, ..), (gpu, count)): ((u32, u16, u16, &str), (_, u64))| {
            let count = u32::try_from(count / divisor).expect("the divisor makes even the sum fit");
            TypicalTask { cpu_milli, gpu, count }
        };
        TypicalTasks::cover(ranked.into_iter().map(task), coverage_ppm)
    }

    /// The most common shapes, each with its share of them \[ppm\]: at most 16, or those that cover 95 % of the tasks.
    /// Ties go to the shape seen first.
    pub fn mix(&self) -> Vec<(Shape, u32)> {
        let mut counts: BTreeMap<ShapeId, u64> = BTreeMap::new();
        for (shape, _, count) in &self.counts {
            *counts.entry(*shape).or_default() += count;
        }
        let total: u64 = counts.values().sum();
        let mut ranked: Vec<(ShapeId, u64)> = counts.into_iter().collect();
        ranked.sort_by_key(|&(shape, count)| (Reverse(count), shape));
        let (mut mix, mut covered) = (Vec::new(), 0);
        for (shape, count) in ranked.into_iter().take(MIX_SHAPES) {
            if covered * 100 >= total * MIX_COVERAGE_PERCENT {
                break;
            }
            covered += count;
            mix.push((*self.words.shape_of(shape), count));
        }
        let ppm = |count: u64| (u128::from(count) * 1_000_000 / u128::from(covered.max(1))) as u32;
        mix.into_iter().map(|(shape, count)| (shape, ppm(count))).collect()
    }
}

/// The names of a set of models, in the order of the alphabet, joined by `|`; empty if any model will do.
fn spec_of(models: ModelSet, words: &Vocabulary) -> Box<str> {
    if models == ModelSet::ANY {
        return Box::default();
    }
    let members = (0..31).filter(|bit| models.0 >> bit & 1 == 1);
    let mut names: Vec<&str> = members.filter_map(|bit| words.gpu_models().name(bit)).collect();
    names.sort_unstable();
    names.join("|").into()
}

#[cfg(test)]
mod tests {
    use sim_core::{GpuNeed, Job, Resources, SimDuration, SimTime, Truth, WorkloadError};

    use super::*;

    /// So many jobs of (tasks, gang, CPU, memory, models).
    #[derive(Clone)]
    struct Listed(Vec<(u32, Gang, u32, u32, &'static [&'static str])>);

    impl Workload for Listed {
        fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
            let Some((tasks, gang, cpu, memory, names)) = self.0.pop() else { return Ok(None) };
            let mut models = ModelSet(0);
            names.iter().for_each(|name| models.0 |= 1 << words.gpu_model(name).unwrap());
            let gpu = GpuNeed { cards: u16::from(!names.is_empty()), milli_each: 500, models };
            let need = Resources::ZERO.with(Lane::Cpu, cpu).with(Lane::Memory, memory);
            let shape = words.shape(Shape::new(need).with_gpu(gpu));
            let job = Job { tasks, gang, ..Job::new(self.0.len() as u64, SimTime::ZERO, shape) };
            Ok(Some((job, Truth::runs_for(SimDuration::ZERO))))
        }

        fn fork(&self) -> Box<dyn Workload> {
            Box::new(self.clone())
        }
    }

    fn demand(jobs: Vec<(u32, Gang, u32, u32, &'static [&'static str])>) -> Demand {
        let mut cluster = ClusterSpec::default();
        cluster.add_uniform("n", 1, Resources::ZERO, 1);
        cluster.nodes[0].gpu_model = Some("T4".into());
        Demand::of(Box::new(Listed(jobs)), &cluster).unwrap()
    }

    #[test]
    fn gangs_count_by_task_and_memory_makes_no_kind() {
        let gang = Gang::AllOrNothing;
        let found =
            demand(vec![(5, gang, 1, 1, &[]), (9, Gang::Independent, 2, 1, &[]), (1, gang, 2, 7, &[])]);
        let tasks = found.typical_tasks(1_000_000);
        let tasks: Vec<_> = tasks.tasks().iter().map(|task| (task.cpu_milli, task.count)).collect();
        assert_eq!(tasks, [(1, 5), (2, 2)]);
        assert_eq!(found.mix().iter().map(|(_, ppm)| *ppm).collect::<Vec<_>>(), [714_285, 142_857, 142_857]);
    }

    #[test]
    fn ties_go_to_more_cpu_and_then_to_the_later_models() {
        let gang = Gang::AllOrNothing;
        let found = demand(vec![
            (1, gang, 3, 0, &[]),
            (1, gang, 2, 0, &["T4", "A10"]),
            (1, gang, 2, 0, &["P100"]),
            (1, gang, 2, 0, &["A10"]),
        ]);
        let tasks = found.typical_tasks(1_000_000);
        // The cluster's T4 is number 0; A10 comes first in the stream, as it is taken from the end.
        let models: Vec<u32> = tasks.tasks().iter().map(|task| task.gpu.models.0).collect();
        assert_eq!(models, [u32::MAX, 0b100, 0b11, 0b10], "none, then P100, A10|T4, A10");
    }

    #[test]
    fn huge_gangs_fit() {
        let gang = Gang::AllOrNothing;
        let found =
            demand(vec![(u32::MAX, gang, 1, 0, &[]), (u32::MAX, gang, 2, 0, &[]), (1, gang, 3, 0, &[])]);
        let tasks = found.typical_tasks(950_000);
        assert_eq!(tasks.tasks().len(), 2);
        assert_eq!(tasks.tasks()[0].count, u32::MAX / 3);
        assert_eq!(found.mix().len(), 2, "the third is not needed");
    }
}
