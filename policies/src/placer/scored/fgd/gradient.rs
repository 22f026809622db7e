//! How fragmentation is summed, and how its change becomes a score.

use std::fmt::Debug;

use sim_core::{Category, Space, TypicalTasks};

/// An arithmetic of fragmentation.
pub(in super::super) trait Gradient: Clone + Debug + Send + 'static {
    /// Fragmentation of one node.
    type Amount: Copy + Debug + Send;

    fn amount(&self, typical: &TypicalTasks, space: Space<'_>) -> Self::Amount;

    /// The score of a placement, the highest wins.
    fn score(&self, before: Self::Amount, after: Self::Amount) -> i64;
}

/// Whole numbers: [milli-cards x tasks], none of it rounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact;

impl Gradient for Exact {
    type Amount = u64;

    #[inline]
    fn amount(&self, typical: &TypicalTasks, space: Space<'_>) -> u64 {
        typical.fragmented(space)
    }

    #[inline]
    fn score(&self, before: u64, after: u64) -> i64 {
        before as i64 - after as i64
    }
}

/// The artifact's: double precision in a given order of operations, and scores in whole percent of a sigmoid. Its
/// rounding decides ties: a change that is truly zero may come out as -2e-13, and score 49 instead of 50.
///
/// # Source
/// Weng et al., "Beware of fragmentation", USENIX ATC 2023, section 4; the order of operations is the artifact's
/// (hkust-adsl/kubernetes-scheduler-simulator).
#[derive(Clone, Debug)]
pub(super) struct Percent {
    /// The share of each typical task among those that are typical.
    shares: Vec<f64>,
}

impl Percent {
    pub(super) fn new(typical: &TypicalTasks) -> Self {
        let all = typical.all() as f64;
        let covered = typical.weight() as f64 / all;
        let share = |count: u32| f64::from(count) / all / covered;
        Self { shares: typical.tasks().iter().map(|task| share(task.count)).collect() }
    }
}

impl Gradient for Percent {
    type Amount = f64;

    #[inline]
    fn amount(&self, typical: &TypicalTasks, space: Space<'_>) -> f64 {
        let all = f64::from(space.idle());
        let mut sums = [0.0f64; 7];
        let mut shares = self.shares.iter();
        typical.visit(space, |_, category, low| {
            let share = shares.next().expect("every typical task has a share");
            if category == Category::Satisfied {
                sums[Category::LackGpu as usize] += share * f64::from(low);
            } else {
                sums[category as usize] += share * all;
            }
        });
        let of = |category: Category| sums[category as usize];
        let lacking = of(Category::LackBoth) + of(Category::LackGpu) + of(Category::LackCpu);
        lacking + of(Category::CpuTaskFits) + of(Category::CpuTaskLacksCpu) + of(Category::NoAccess)
    }

    #[inline]
    fn score(&self, before: f64, after: f64) -> i64 {
        (100.0 / (1.0 + libm::exp(-(before - after) / 1000.0))) as i64
    }
}
