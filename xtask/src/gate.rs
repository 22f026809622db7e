//! `cargo xtask test`: what must hold before anything is merged.

use std::time::Instant;

use crate::python;
use crate::reference;
use crate::shell::{cargo, run, run_counting};

/// What a test prints, on a line of its own, when it has no data to work on.
const SKIPPED: &str = "skipped: WINDTUNNEL_DATA not set";

/// Runs all steps, in order.
///
/// # Errors
/// The first step that fails.
pub(crate) fn test() -> Result<(), String> {
    step("formatting", || run(cargo(&["fmt", "--all", "--check"])))
        .map_err(|error| format!("{error}: `cargo fmt --all` puts it right"))?;
    step("lints", || {
        run(cargo(&["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    })?;
    let mut skipped = 0;
    step("tests", || {
        // Passing tests keep what they print to themselves otherwise, and with it that they were skipped.
        let tests = cargo(&[
            "test",
            "--release",
            "--workspace",
            "--exclude",
            "windtunnel-python",
            "--",
            "--show-output",
        ]);
        skipped = run_counting(tests, SKIPPED)?;
        Ok(())
    })?;
    step("documentation", || {
        let mut doc = cargo(&["doc", "--release", "--no-deps", "--workspace"]);
        doc.env("RUSTDOCFLAGS", "-Dwarnings");
        run(doc)
    })?;
    step("reference pages", reference::check)?;
    step("Python", python::test)?;
    step("Notebooks", python::notebooks)?;
    step("README, command 1", quickstart)?;
    if skipped > 0 {
        println!("{skipped} tests were {SKIPPED}");
    }
    println!("== all steps passed");
    Ok(())
}

fn step(name: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    println!("== {name}");
    let began = Instant::now();
    work().map_err(|error| format!("step \"{name}\": {error}"))?;
    println!("== {name} took {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// The first command of README, into a folder of its own.
fn quickstart() -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("windtunnel-quickstart-{}", std::process::id()));
    let mut command = cargo(&["run", "--release", "--", "run", "quickstart", "--out"]);
    command.arg(&folder);
    let result = run(command);
    let written = folder.join("runs.parquet").exists() && folder.join("manifest.json").exists();
    // A folder that stays behind in the system's temporary folder does no harm.
    drop(std::fs::remove_dir_all(&folder));
    result?;
    if written { Ok(()) } else { Err("quickstart wrote no results".to_owned()) }
}
