//! Reproductions on the shared golden files.

use std::path::PathBuf;

/// The folder of shared data, or `None` after saying that the test is skipped.
fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("WINDTUNNEL_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: WINDTUNNEL_DATA not set");
    }
    folder
}

#[test]
fn batch_schedules_are_reproduced_job_for_job() {
    let Some(data) = data() else { return };
    let found = scenarios::reproduce::reproduce("batch", &data).unwrap();
    assert!(found.cases.len() >= 2, "{found:?}");
    for case in &found.cases {
        assert!(case.is_exact(), "{case:?}");
    }
}
