//! Typical tasks: what a cluster is asked for most, and how much of a node they leave stranded.

use smallvec::SmallVec;

use crate::ids::NodeId;
use crate::resources::Lane;
use crate::shape::{CARDS_MAX, GpuNeed};

use super::nodes::NodeTable;

/// A kind of task by what fragmentation looks at: CPU and GPU, not memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypicalTask {
    /// CPU that it asks for.
    pub cpu_milli: u32,
    /// Cards that it asks for, and the models it accepts.
    pub gpu: GpuNeed,
    /// How many tasks of the workload are of this kind.
    pub count: u32,
}

/// What becomes of the idle GPU of a node in the eyes of one kind of task.
///
/// # Source
/// The seven categories of Weng et al., "Beware of fragmentation", USENIX ATC 2023, section 3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Category {
    /// Neither the cards nor the CPU suffice.
    LackBoth,
    /// The CPU would suffice, the cards do not. Cards too full for a task that does fit count here as well.
    LackGpu,
    /// The task fits, and this is on cards that could serve it.
    Satisfied,
    /// The cards would suffice, the CPU does not.
    LackCpu,
    /// The task asks for no GPU and fits: it would leave the idle GPU without CPU.
    CpuTaskFits,
    /// The task asks for no GPU and does not fit.
    CpuTaskLacksCpu,
    /// The task does not accept the model of the cards.
    NoAccess,
}

impl Category {
    /// All of them, with their names in results, in the order of [`Idle::by_category`].
    pub const NAMED: [(&'static str, Category); 7] = [
        ("q1_lack_both", Category::LackBoth),
        ("q2_lack_gpu", Category::LackGpu),
        ("q3_satisfied", Category::Satisfied),
        ("q4_lack_cpu", Category::LackCpu),
        ("xl_satisfied", Category::CpuTaskFits),
        ("xr_lack_cpu", Category::CpuTaskLacksCpu),
        ("no_access", Category::NoAccess),
    ];
}

/// The idle GPU of one node, or of many, by category.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Idle {
    /// Amounts in the order of [`Category::NAMED`] [milli-cards x tasks]: divide by [`TypicalTasks::weight`].
    pub by_category: [u64; 7],
}

impl Idle {
    /// Everything but what satisfies: fragmentation [milli-cards x tasks].
    pub fn fragmented(&self) -> u64 {
        self.by_category.iter().sum::<u64>() - self.by_category[Category::Satisfied as usize]
    }
}

/// The free part of a node, or one that it might have.
#[derive(Clone, Copy, Debug)]
pub struct Space<'a> {
    /// Free CPU.
    pub cpu_milli: u32,
    /// What each card has left [milli-cards].
    pub cards: &'a [u16],
    /// The model of the cards.
    pub model: Option<u8>,
}

impl<'a> Space<'a> {
    /// What a node has free now.
    #[inline]
    pub fn of(nodes: &'a NodeTable, node: NodeId) -> Self {
        Self {
            cpu_milli: nodes.free()[node.index()].get(Lane::Cpu),
            cards: nodes.cards(node),
            model: nodes.gpu_model(node),
        }
    }

    /// Idle GPU in all \[milli-cards\].
    #[inline]
    pub fn idle(&self) -> u32 {
        self.cards.iter().map(|&free| u32::from(free)).sum()
    }
}

/// The most common kinds of tasks of a workload, with how common they are.
///
/// # Source
/// The target workload of Weng et al., "Beware of fragmentation", USENIX ATC 2023, section 3.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TypicalTasks {
    tasks: Vec<TypicalTask>,
    weight: u64,
    all: u64,
    /// The shares of a card that are asked for, ascending.
    shares: Vec<u16>,
    /// For each task the number of its share, by its place in `tasks`.
    share_of: Vec<u16>,
}

impl TypicalTasks {
    /// The first of `ranked` kinds, until they cover `coverage_ppm` of all tasks.
    ///
    /// # Panics
    /// If the counts sum to more than `u32::MAX`, or the coverage exceeds a million.
    pub fn cover(ranked: impl IntoIterator<Item = TypicalTask>, coverage_ppm: u32) -> Self {
        assert!(coverage_ppm <= 1_000_000, "a coverage of {coverage_ppm} ppm");
        let ranked: Vec<TypicalTask> = ranked.into_iter().collect();
        let all = ranked.iter().map(|task| u64::from(task.count)).sum::<u64>();
        assert!(all <= u64::from(u32::MAX), "{all} tasks are more than sums of fragmentation can hold");
        let mut covered = 0;
        let is_needed = |task: &TypicalTask| {
            let needed = covered * 1_000_000 < all * u64::from(coverage_ppm);
            covered += u64::from(task.count);
            needed
        };
        let tasks: Vec<TypicalTask> = ranked.into_iter().take_while(is_needed).collect();
        let mut shares: Vec<u16> =
            tasks.iter().filter(|task| task.gpu.cards > 0).map(|task| task.gpu.milli_each).collect();
        shares.sort_unstable();
        shares.dedup();
        // Tasks without GPU look up nothing: any number does.
        let share_of = tasks.iter().map(|task| shares.binary_search(&task.gpu.milli_each).unwrap_or(0));
        let share_of = share_of.map(|share| share as u16).collect();
        let weight = tasks.iter().map(|task| u64::from(task.count)).sum();
        Self { tasks, weight, all, shares, share_of }
    }

    /// The kinds, the most common first.
    pub fn tasks(&self) -> &[TypicalTask] {
        &self.tasks
    }

    /// Tasks of these kinds.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// Tasks of the whole workload, of these kinds or not.
    pub fn all(&self) -> u64 {
        self.all
    }

    /// True if there are none: nothing is fragmented then.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Calls `f` for each kind in order: what becomes of the idle GPU of a node, and, where the task fits, how much
    /// of it is on cards too full for the task \[milli-cards\].
    ///
    /// # Cost
    /// O(kinds + shares + cards).
    #[inline]
    pub fn visit(&self, space: Space<'_>, mut f: impl FnMut(&TypicalTask, Category, u32)) {
        let levels = self.levels(space.cards);
        for (task, &share) in self.tasks.iter().zip(&self.share_of) {
            let fits_cpu = space.cpu_milli >= task.cpu_milli;
            if task.gpu.cards == 0 {
                let category = if fits_cpu { Category::CpuTaskFits } else { Category::CpuTaskLacksCpu };
                f(task, category, 0);
                continue;
            }
            if !task.gpu.models.admits(space.model) {
                f(task, Category::NoAccess, 0);
                continue;
            }
            let level = levels[usize::from(share)];
            let category = match (level.enough >= task.gpu.cards, fits_cpu) {
                (true, true) => Category::Satisfied,
                (true, false) => Category::LackCpu,
                (false, true) => Category::LackGpu,
                (false, false) => Category::LackBoth,
            };
            f(task, category, level.low);
        }
    }

    /// The idle GPU of a node by category.
    pub fn idle(&self, space: Space<'_>) -> Idle {
        let (mut idle, all) = (Idle::default(), u64::from(space.idle()));
        self.visit(space, |task, category, low| {
            let (count, low) = (u64::from(task.count), u64::from(low));
            if category == Category::Satisfied {
                idle.by_category[Category::LackGpu as usize] += count * low;
                idle.by_category[Category::Satisfied as usize] += count * (all - low);
            } else {
                idle.by_category[category as usize] += count * all;
            }
        });
        idle
    }

    /// Fragmentation of a node [milli-cards x tasks]: the idle GPU that a typical task cannot use, each kind of task
    /// as often as it occurs. The same as `self.idle(space).fragmented()`, faster.
    #[inline]
    pub fn fragmented(&self, space: Space<'_>) -> u64 {
        let all = space.idle();
        if all == 0 {
            return 0;
        }
        let mut sum = 0;
        self.visit(space, |task, category, low| {
            let stranded = if category == Category::Satisfied { low } else { all };
            sum += u64::from(task.count) * u64::from(stranded);
        });
        sum
    }

    /// For each share how many cards have enough for it, and what the others have.
    #[inline]
    fn levels(&self, cards: &[u16]) -> SmallVec<[Level; 64]> {
        let mut sorted = [0; CARDS_MAX as usize];
        let sorted = &mut sorted[..cards.len()];
        sorted.copy_from_slice(cards);
        sorted.sort_unstable();
        let (mut at, mut low) = (0, 0);
        let level = |&share: &u16| {
            while at < sorted.len() && sorted[at] < share {
                low += u32::from(sorted[at]);
                at += 1;
            }
            Level { enough: (sorted.len() - at) as u16, low }
        };
        self.shares.iter().map(level).collect()
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Level {
    enough: u16,
    low: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::ModelSet;

    fn task(cpu_milli: u32, cards: u16, milli_each: u16, models: u32, count: u32) -> TypicalTask {
        TypicalTask { cpu_milli, gpu: GpuNeed { cards, milli_each, models: ModelSet(models) }, count }
    }

    const ANY: u32 = u32::MAX;

    #[test]
    fn each_category_is_met() {
        let typical = TypicalTasks::cover(
            [
                task(4, 1, 500, ANY, 1),   // fits on the card with 700: 300 of the other is too little
                task(4, 2, 1000, ANY, 10), // no card is whole
                task(9, 1, 600, ANY, 100), // too little CPU
                task(9, 1, 800, ANY, 1000),
                task(4, 0, 0, ANY, 10_000),
                task(9, 0, 0, ANY, 100_000),
                task(4, 1, 500, 0b10, 1_000_000),
            ],
            1_000_000,
        );
        let space = Space { cpu_milli: 8, cards: &[300, 700], model: Some(0) };
        let idle = typical.idle(space);
        let expected = [
            1000 * 1000,      // q1
            300 + 10 * 1000,  // q2
            700,              // q3
            100 * 1000,       // q4
            10_000 * 1000,    // xl
            100_000 * 1000,   // xr
            1_000_000 * 1000, // no access
        ];
        assert_eq!(idle.by_category, expected);
        assert_eq!(typical.fragmented(space), idle.fragmented());
        assert_eq!(idle.fragmented(), expected.iter().sum::<u64>() - 700);
    }

    #[test]
    fn kinds_are_taken_from_the_top_until_they_cover_enough() {
        let ranked = [task(1, 0, 0, ANY, 90), task(2, 0, 0, ANY, 6), task(3, 0, 0, ANY, 4)];
        let typical = TypicalTasks::cover(ranked, 950_000);
        assert_eq!((typical.tasks().len(), typical.weight(), typical.all()), (2, 96, 100));
        assert_eq!(TypicalTasks::cover(ranked, 900_000).tasks().len(), 1);
        assert!(TypicalTasks::cover([], 950_000).is_empty());
    }

    #[test]
    fn a_node_without_cards_has_nothing_to_strand() {
        let typical = TypicalTasks::cover([task(1, 1, 1000, ANY, 5)], 1_000_000);
        assert_eq!(typical.fragmented(Space { cpu_milli: 8, cards: &[], model: None }), 0);
    }
}
