//! The warm-up that all seeds of a policy at a point have in common.

use std::collections::BTreeMap;

use super::read::Values;
use crate::key::RunKey;
use crate::statistics::steady::{NotSteady, mser5};

/// Where the series of a group and a metric is cut, or why that cannot be told.
pub(super) type Cuts = BTreeMap<(usize, String), Result<usize, NotSteady>>;

/// Sums over the seeds of a group: of the first values, the second ones, and so on, as far as all runs have them.
#[derive(Default)]
struct Sums {
    values: Vec<f64>,
    runs: usize,
}

/// Groups of runs that differ in their seed alone, and the sums of the one whose runs are read now.
pub(super) struct Common {
    /// Of each run the number of its group.
    pub(super) groups: Vec<usize>,
    present: Option<usize>,
    sums: BTreeMap<String, Sums>,
    cuts: Cuts,
}

impl Common {
    pub(super) fn new(keys: &[RunKey]) -> Self {
        let mut numbers = BTreeMap::new();
        let groups = keys.iter().map(|key| {
            let next = numbers.len();
            *numbers.entry((&key.axes, &key.policy, &key.predictor)).or_insert(next)
        });
        Self { groups: groups.collect(), present: None, sums: BTreeMap::new(), cuts: Cuts::new() }
    }

    /// Takes in a series. Runs of a group follow each other, as they do in the tables.
    pub(super) fn add(&mut self, series: &Values<'_>) {
        let group = self.groups[series.run];
        if self.present.is_some_and(|present| present != group) {
            self.close();
        }
        self.present = Some(group);
        let sums = self.sums.entry(series.metric.to_owned()).or_default();
        if sums.runs == 0 {
            sums.values = series.values.to_vec();
        } else {
            sums.values.truncate(series.values.len());
            sums.values.iter_mut().zip(series.values).for_each(|(sum, value)| *sum += value);
        }
        sums.runs += 1;
    }

    /// The group has no more runs with these metrics.
    fn close(&mut self) {
        let Some(group) = self.present.take() else { return };
        for (metric, sums) in std::mem::take(&mut self.sums) {
            let means: Vec<f64> = sums.values.iter().map(|sum| sum / sums.runs as f64).collect();
            self.cuts.insert((group, metric), mser5(&means));
        }
    }

    /// Where series are cut, by group and metric.
    pub(super) fn cuts(&mut self) -> Cuts {
        self.close();
        std::mem::take(&mut self.cuts)
    }
}
