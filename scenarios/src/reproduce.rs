//! Published experiments, rerun on every case that the golden files hold.

mod batch;
mod deeprm;
mod fgd;
mod log;
mod number;
mod rlscheduler;
mod rows;
mod tiresias;

use std::path::Path;

use serde_json::{Value, json};

use crate::problem::{Problem, Problems};
use crate::sweep::Progress;

/// One case: ours against theirs.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// Its name, from the golden file.
    pub name: String,
    /// Numbers compared.
    pub compared: u64,
    /// Numbers that differ.
    pub differing: u64,
    /// The largest absolute difference, in `unit`.
    pub max_abs_diff: f64,
    /// The unit of the difference.
    pub unit: &'static str,
    /// True if it must be exact.
    pub must_be_exact: bool,
    /// The first difference, for people; empty if there is none.
    pub first: String,
}

impl Case {
    /// True if nothing differs.
    pub fn is_exact(&self) -> bool {
        self.differing == 0
    }
}

/// A mean over seeds, where no single run can be repeated.
#[derive(Clone, PartialEq, Debug)]
pub struct Statistical {
    /// What is compared.
    pub name: String,
    /// Our mean.
    pub ours: f64,
    /// The published mean.
    pub theirs: f64,
    /// The published sample standard deviation.
    pub sd: f64,
    /// The largest difference that is put down to chance: three standard errors, or the experiment's own slack.
    pub limit: f64,
}

impl Statistical {
    /// True if the difference is within the limit.
    pub fn holds(&self) -> bool {
        (self.ours - self.theirs).abs() <= self.limit
    }
}

/// A picture for the page of a reproduction.
#[derive(Clone, PartialEq, Debug)]
pub struct Figure {
    /// Its file, without the ending.
    pub name: String,
    /// What it shows.
    pub caption: String,
    /// The picture.
    pub svg: String,
}

/// Which cases are rerun, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Traces, by their names in golden files; empty: all.
    pub traces: Vec<String>,
    /// Seeds; empty: all.
    pub seeds: Vec<u64>,
    /// Random orders of our own instead of the published ones: only means can agree then.
    pub own_orders: bool,
}

/// What a reproduction found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Reproduction {
    /// The experiment.
    pub name: &'static str,
    /// Cases that were compared.
    pub cases: Vec<Case>,
    /// Further comparisons of runs that are cases already: whole schedules, cells of published tables.
    pub further: Vec<Case>,
    /// Means over seeds, where no single run can be repeated.
    pub statistical: Vec<Statistical>,
    /// Cases that were not run, each with the reason.
    pub skipped: Vec<(String, String)>,
    /// A table for people in place of one line per case; empty: none.
    pub report: String,
    /// Pictures for the page.
    pub figures: Vec<Figure>,
}

/// Cases that are listed as the worst (arbitrary).
const WORST_MAX: usize = 10;

impl Reproduction {
    /// True if every case that must be exact is, and means over seeds agree as far as chance lets them: 99 % of the
    /// cells are within their limits (one may always be beyond), and none is beyond twice its limit.
    pub fn holds(&self) -> bool {
        let beyond = self.statistical.iter().filter(|cell| !cell.holds()).count();
        let is_far = |cell: &Statistical| (cell.ours - cell.theirs).abs() > 2.0 * cell.limit;
        self.compared().all(|case| case.is_exact() || !case.must_be_exact)
            && beyond <= (self.statistical.len() / 100).max(1)
            && !self.statistical.iter().any(is_far)
    }

    /// Everything that was compared case by case.
    pub fn compared(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().chain(&self.further)
    }

    /// The machine-readable form.
    pub fn to_json(&self) -> Value {
        let mut worst: Vec<&Case> = self.compared().filter(|case| !case.is_exact()).collect();
        worst.sort_by(|a, b| b.max_abs_diff.total_cmp(&a.max_abs_diff));
        let shown = worst.iter().take(WORST_MAX).map(|case| {
            json!({
                "case": case.name, "differing": case.differing, "compared": case.compared,
                "max_abs_diff": case.max_abs_diff, "unit": case.unit, "first": case.first,
            })
        });
        let statistical = |cell: &Statistical| {
            json!({
                "case": cell.name, "ours": cell.ours, "theirs": cell.theirs, "sd": cell.sd, "limit": cell.limit,
                "holds": cell.holds(),
            })
        };
        let largest = self.compared().map(|case| case.max_abs_diff).fold(0.0, f64::max);
        json!({
            "name": self.name,
            "cases": self.cases.len(),
            "exact": self.cases.iter().filter(|case| case.is_exact()).count(),
            "further": self.further.len(),
            "further_exact": self.further.iter().filter(|case| case.is_exact()).count(),
            "max_abs_diff": largest,
            "worst": shown.collect::<Vec<_>>(),
            "skipped": self.skipped.iter().map(|(case, why)| json!({"case": case, "why": why})).collect::<Vec<_>>(),
            "statistical": self.statistical.iter().map(statistical).collect::<Vec<_>>(),
        })
    }
}

/// The experiments that can be reproduced, with what each compares.
pub const EXPERIMENTS: &[(&str, &str)] = &[
    ("batch", "start times of batch jobs, job for job, against a reference simulator and AccaSim"),
    ("fgd", "curves of GPU allocation and fragmentation over arrived load, against FGD (USENIX ATC 2023)"),
    ("tiresias", "what became of every deep-learning job, against the simulator of Tiresias (NSDI 2019)"),
    ("rlscheduler", "schedules and metrics of batch heuristics, and the tables of RLScheduler (SC 2020)"),
    ("deeprm", "times of jobs, slowdowns and rewards of DeepRM's heuristic agents (HotNets 2016)"),
];

/// Reruns an experiment on the cases found below `data`.
///
/// # Errors
/// If the folder or one of its files cannot be read, if a trace or seed that was asked for is nowhere in it, or if
/// nothing is left to compare. Absent files else only mean fewer cases.
/// # Panics
/// If there is no such experiment: names are checked against [`EXPERIMENTS`] before.
pub fn reproduce(
    name: &str,
    data: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Reproduction, Problems> {
    let found = match name {
        "batch" => batch::reproduce(data, options),
        "fgd" => fgd::reproduce(data, options, progress),
        "tiresias" => tiresias::reproduce(data, options, progress),
        "deeprm" => deeprm::reproduce(data, options, progress),
        "rlscheduler" => rlscheduler::reproduce(data, options, progress),
        _ => panic!("no experiment is called {name}"),
    }?;
    if found.cases.is_empty() && found.statistical.is_empty() {
        let why = found.skipped.iter().map(|(case, why)| format!("; {case}: {why}"));
        let rule = format!("holds nothing to compare for `{name}`{}", why.collect::<String>());
        return Err(Problem::new("--data", "", data.display(), rule).into());
    }
    Ok(found)
}

/// The problems of names that were asked for and are not among those known.
fn unknown<'a>(option: &str, wanted: &[String], known: impl Iterator<Item = &'a str> + Clone) -> Problems {
    let list = || {
        known.clone().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    };
    let missing = wanted.iter().filter(|wanted| !known.clone().any(|known| known == wanted.as_str()));
    let problem =
        |name: &String| Problem::new(option, "", name, format!("is in no golden file; there are {}", list()));
    Problems(missing.map(problem).collect())
}
