//! Published experiments, rerun on every case that the golden files hold.

pub mod batch;

use std::path::Path;

use serde_json::{Value, json};

use crate::problem::Problems;

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

/// What a reproduction found.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Reproduction {
    /// The experiment.
    pub name: &'static str,
    /// Cases that were compared.
    pub cases: Vec<Case>,
    /// Cases that were not, each with the reason.
    pub skipped: Vec<(String, String)>,
}

/// Cases that are listed as the worst (arbitrary).
const WORST_MAX: usize = 10;

impl Reproduction {
    /// True if every case that must be exact is.
    pub fn holds(&self) -> bool {
        self.cases.iter().all(|case| case.is_exact() || !case.must_be_exact)
    }

    /// The machine-readable form.
    pub fn to_json(&self) -> Value {
        let mut worst: Vec<&Case> = self.cases.iter().filter(|case| !case.is_exact()).collect();
        worst.sort_by(|a, b| b.max_abs_diff.total_cmp(&a.max_abs_diff));
        let shown = worst.iter().take(WORST_MAX).map(|case| {
            json!({
                "case": case.name, "differing": case.differing, "compared": case.compared,
                "max_abs_diff": case.max_abs_diff, "unit": case.unit, "first": case.first,
            })
        });
        let largest = self.cases.iter().map(|case| case.max_abs_diff).fold(0.0, f64::max);
        json!({
            "name": self.name,
            "cases": self.cases.len(),
            "exact": self.cases.iter().filter(|case| case.is_exact()).count(),
            "max_abs_diff": largest,
            "worst": shown.collect::<Vec<_>>(),
            "skipped": self.skipped.iter().map(|(case, why)| json!({"case": case, "why": why})).collect::<Vec<_>>(),
            "statistical": [],
        })
    }
}

/// The experiments that can be reproduced, with what each compares.
pub const EXPERIMENTS: &[(&str, &str)] =
    &[("batch", "start times of batch jobs, job for job, against a reference simulator and AccaSim")];

/// Reruns an experiment on the cases found below `data`.
///
/// # Errors
/// If the folder or one of its files cannot be read. Absent files only mean fewer cases.
/// # Panics
/// If there is no such experiment: names are checked against [`EXPERIMENTS`] before.
pub fn reproduce(name: &str, data: &Path) -> Result<Reproduction, Problems> {
    match name {
        "batch" => batch::reproduce(data),
        _ => panic!("no experiment is called {name}"),
    }
}
