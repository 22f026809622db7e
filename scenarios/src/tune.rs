//! The search for parameters: candidates on training seeds, the best of them judged on seeds that it has not seen.
//!
//! A candidate that is best of many on some seeds is so partly by luck. So it is run once more on held-out seeds, and
//! both gains over the policy as the scenario has it are reported, with what the difference between them says: the
//! optimism of the search.

mod report;
mod space;
mod variant;

use std::path::Path;

use analysis::{Comparison, Difference, Method, RunRecord, Side, metric};
use sim_core::Better;
use toml::Table;

pub use report::{json, text};
pub use space::Spec;

use crate::file::parse_toml;
use crate::measured::measured;
use crate::problem::{Problem, Problems};
use crate::scenario::{Overrides, load};
use crate::sweep::Progress;
use variant::{Base, DEFAULT, name};

/// Candidates that are looked at when a scenario is checked; what is wrong with one is wrong with many (arbitrary).
const CHECKED_MAX: usize = 1000;

/// Values of the searched keys, and how good they turned out.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// Key and value, as TOML, in the order of the space.
    pub values: Vec<(String, String)>,
    /// Training seeds that it was run on.
    pub seeds: usize,
    /// Mean of the metric over points and these seeds; `None` if a run failed or does not have it.
    pub mean: Option<f64>,
}

/// What a search came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Tuned {
    /// What was searched for, and how.
    pub spec: Spec,
    /// Unit of the metric.
    pub unit: String,
    /// All candidates, in the order in which they were drawn.
    pub candidates: Vec<Candidate>,
    /// The best of them on the training seeds.
    pub best: usize,
    /// The best beside the default on the training seeds.
    pub train: Difference,
    /// The same on the held-out seeds.
    pub validation: Difference,
    /// Runs in all.
    pub runs: usize,
    /// Runs that failed, each with its message.
    pub failed: Vec<String>,
}

impl Tuned {
    /// By how much the best is better than the default, in the metric's unit.
    pub fn gain(&self, difference: &Difference) -> f64 {
        // No difference is no gain, without a sign.
        0.0 + if self.spec.better == Better::Lower { -difference.mean } else { difference.mean }
    }
}

/// How a search is carried out. Nothing here changes a number.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The folder for the results of its runs.
    pub out: &'a Path,
    /// Keeps finished runs of the folder.
    pub resume: bool,
    /// Runs at a time; `None`: one per processor.
    pub threads: Option<usize>,
}

/// Checks the `[tune]` section of a scenario's table, if it has one, and with `candidates` also what would be run.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn check(table: &Table, file: &str, candidates: bool) -> Result<(), Problems> {
    if !table.contains_key("tune") {
        return Ok(());
    }
    let spec = Spec::of(table, file)?;
    if candidates {
        let drawn = spec.candidates(CHECKED_MAX);
        let drawn = drawn.iter().map(Vec::as_slice).enumerate();
        Base { table, file, spec: &spec }.with(drawn, &spec.train[..1])?;
    }
    Ok(())
}

/// Carries out the search of a scenario's `[tune]` section.
///
/// # Errors
/// Bad input; also if no candidate, or not the default, has the metric in all of its runs.
pub fn tune(
    reference: &str,
    overrides: &Overrides,
    options: Options<'_>,
    progress: &dyn Progress,
) -> Result<Tuned, Problems> {
    let scenario = load(reference, overrides)?;
    let table = parse_toml(reference, &scenario.text)?;
    let spec = Spec::of(&table, reference)?;
    let drawn = spec.candidates(usize::MAX);
    let mut search = Search {
        base: Base { table: &table, file: reference, spec: &spec },
        question: &scenario.question,
        options,
        progress,
        records: Vec::new(),
        failed: Vec::new(),
        runs: 0,
    };
    let mut candidates: Vec<Candidate> =
        drawn.into_iter().map(|values| Candidate { values, seeds: 0, mean: None }).collect();
    let mut left: Vec<usize> = (0..candidates.len()).collect();
    let mut done = 0;
    for (n, seeds) in spec.rungs().into_iter().enumerate() {
        let folder = format!("train-{}", n + 1);
        search.run(&folder, &spec.train[done..seeds], &left, &candidates)?;
        done = seeds;
        for &n in &left {
            (candidates[n].seeds, candidates[n].mean) = (seeds, search.mean(&name(n), seeds));
        }
        if left.iter().all(|&n| candidates[n].mean.is_none()) {
            return Err(search.no_judgement().into());
        }
        // The best first; what has no mean is last, and equal ones stay in the order in which they were drawn.
        let cost = |n: usize| match (candidates[n].mean, spec.better) {
            (None, _) => f64::INFINITY,
            (Some(mean), Better::Lower) => mean,
            (Some(mean), _) => -mean,
        };
        left.sort_by(|&a, &b| cost(a).total_cmp(&cost(b)).then(a.cmp(&b)));
        if seeds < spec.train.len() {
            left.truncate(left.len().div_ceil(2));
        }
    }
    let best = left[0];
    let train = search.difference(best)?;
    search.records.clear();
    search.run("validation", &spec.validate, &[best], &candidates)?;
    let validation = search.difference(best)?;
    let unit = metric(&spec.metric).map_or(String::new(), |metric| metric.unit.to_owned());
    let (runs, failed) = (search.runs, search.failed);
    Ok(Tuned { spec, unit, candidates, best, train, validation, runs, failed })
}

/// A search under way.
struct Search<'a> {
    base: Base<'a>,
    /// What the scenario asks.
    question: &'a str,
    options: Options<'a>,
    progress: &'a dyn Progress,
    records: Vec<RunRecord>,
    failed: Vec<String>,
    runs: usize,
}

impl Search<'_> {
    /// Runs the default and the candidates `of` on `seeds`, and keeps their records.
    fn run(
        &mut self,
        folder: &str,
        seeds: &[u64],
        of: &[usize],
        candidates: &[Candidate],
    ) -> Result<(), Problems> {
        let of = of.iter().map(|&n| (n, candidates[n].values.as_slice()));
        let mut scenario = self.base.with(of, seeds)?;
        scenario.question = self.question.to_owned();
        let folder = self.options.out.join(folder);
        let (records, failed) =
            measured(&scenario, &folder, self.options.resume, self.options.threads, self.progress)?;
        self.runs += records.len() + failed.len();
        self.records.extend(records);
        self.failed.extend(failed);
        Ok(())
    }

    fn of<'a>(&'a self, policy: &'a str) -> impl Iterator<Item = &'a RunRecord> {
        self.records.iter().filter(move |record| record.key.policy == policy)
    }

    /// The mean of the metric over all runs of the policy; `None` if one of them lacks it. All policies have been run
    /// on `seeds` seeds at the same points, so what the default has is complete unless its own runs failed.
    fn mean(&self, policy: &str, seeds: usize) -> Option<f64> {
        let spec = self.base.spec;
        let points =
            self.of(policy).map(|record| &record.key.axes).collect::<std::collections::BTreeSet<_>>();
        let values: Option<Vec<f64>> = self.of(policy).map(|record| record.value(&spec.metric)).collect();
        let values = values.filter(|values| !values.is_empty() && values.len() == points.len() * seeds)?;
        Some(analysis::mean_ci95(&values).0)
    }

    /// The candidate beside the default, over the seeds that were run last.
    fn difference(&self, best: usize) -> Result<Difference, Problem> {
        let spec = self.base.spec;
        let side = |policy: &str| Side {
            folder: String::new(),
            policy: policy.to_owned(),
            runs: self.records.iter().filter(|record| record.key.policy == policy).collect(),
        };
        let comparison = Comparison::new(side(DEFAULT), side(&name(best)), &[&spec.metric], Method::Student);
        let overall = comparison.rows.iter().find(|row| row.point.is_none());
        overall.and_then(|row| row.difference).ok_or_else(|| self.no_judgement())
    }

    /// What is wrong if the metric is missing where it is needed.
    fn no_judgement(&self) -> Problem {
        let why = self.failed.first().map_or(String::new(), |message| format!(" ({message})"));
        let rule = format!("neither the default nor a candidate can be judged: runs lack the metric{why}");
        Problem::new(self.base.file, "tune.metric", &self.base.spec.metric, rule)
    }
}

#[cfg(test)]
mod tests;
