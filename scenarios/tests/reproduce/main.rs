//! Reproductions on the shared golden files.
#![expect(clippy::unwrap_used, reason = "a test may: what fails is the test")]

mod deeprm;
mod fgd;
mod fgd_steps;
mod rlscheduler;
mod tiresias;

use std::path::PathBuf;

use scenarios::reproduce::{Options, Reproduction};
use scenarios::sweep::Silent;

/// The folder of shared data, or `None` after saying that the test is skipped.
fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("WINDTUNNEL_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: WINDTUNNEL_DATA not set");
    }
    folder
}

fn reproduce(name: &str, data: &std::path::Path, options: &Options) -> Reproduction {
    scenarios::reproduce::reproduce(name, data, options, &Silent).expect("the golden files are whole")
}

#[test]
fn batch_schedules_are_reproduced_job_for_job() {
    let Some(data) = data() else { return };
    let found = reproduce("batch", &data, &Options::default());
    assert!(found.cases.len() >= 2, "{found:?}");
    for case in &found.cases {
        assert!(case.is_exact(), "{case:?}");
    }
}
