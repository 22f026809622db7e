//! The Python steps: the package, built and installed into a virtual environment of its own, its tests, and notebooks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::shell::{output, root, run};

/// The oldest Python that the package runs on.
const OLDEST: (u32, u32) = (3, 11);

/// What the package and its tests are made of, beside the folder `python` itself.
const SOURCES: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "analysis",
    "docs",
    "policies",
    "predictors",
    "python",
    "scenarios",
    "sim-core",
];

/// The tests that execute the notebooks: a step of their own.
const NOTEBOOKS: &str = "python/tests/test_notebooks.py";

/// Builds, installs and tests the package, unless nothing has changed since that went well.
///
/// # Errors
/// If there is no Python, or one that is too old; if it does not build, or a test fails.
pub(crate) fn test() -> Result<(), String> {
    check_version()?;
    unless_passed("passed", SOURCES, || {
        let python = python();
        if !python.exists() {
            let mut make = Command::new("python3");
            make.args(["-m", "venv"]).arg(folder());
            run(make)?;
        }
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "./python[test,notebooks]"]).current_dir(root());
        // The one target folder: what cargo has compiled already is not compiled again.
        install.env("CARGO_TARGET_DIR", target());
        run(install)?;
        let mut tests = Command::new(&python);
        let others = format!("--ignore={NOTEBOOKS}");
        // -rs: what is skipped says why.
        tests.args(["-m", "pytest", "--quiet", "-rs", &others, "python/tests"]).current_dir(root());
        run(tests)?;
        // The installed package, not the folder beside it: its examples have to run too.
        let mut examples = Command::new(&python);
        examples
            .args(["-m", "pytest", "--quiet", "--doctest-modules", "--pyargs", "windtunnel"])
            .current_dir(folder());
        run(examples)
    })
}

/// Executes all notebooks with the package that [`test()`] installed, unless nothing has changed since that went well.
///
/// # Errors
/// If a notebook was committed with outputs, or a cell fails: with its traceback.
pub(crate) fn notebooks() -> Result<(), String> {
    let sources: Vec<&str> = SOURCES.iter().copied().chain(["notebooks"]).collect();
    unless_passed("notebooks-passed", &sources, || {
        let mut tests = Command::new(python());
        tests.args(["-m", "pytest", "--quiet", NOTEBOOKS]).current_dir(root());
        run(tests)
    })
}

/// Does the work, unless that went well after the last change of the sources.
fn unless_passed(
    stamp: &str,
    sources: &[&str],
    work: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    // With data there are more tests: to have passed without says nothing of those.
    let data = if std::env::var_os("WINDTUNNEL_DATA").is_some() { "-with-data" } else { "" };
    let stamp = folder().join(format!("{stamp}{data}"));
    let newest = newest_of(sources)?;
    if modified(&stamp).is_some_and(|passed| passed > newest) {
        println!("nothing has changed since the tests passed");
        return Ok(());
    }
    work()?;
    std::fs::write(&stamp, "").map_err(|error| format!("{}: cannot be written: {error}", stamp.display()))
}

/// The virtual environment.
fn folder() -> PathBuf {
    target().join("python-env")
}

/// Its interpreter.
fn python() -> PathBuf {
    folder().join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// Says clearly what is missing, before anything is made.
fn check_version() -> Result<(), String> {
    let wanted = format!("Python {}.{} or newer, as `python3`", OLDEST.0, OLDEST.1);
    let mut ask = Command::new("python3");
    ask.args(["-c", "import sys; print(*sys.version_info[:2])"]);
    let found = output(ask).map_err(|error| format!("needs {wanted}: {error}"))?;
    let mut numbers = found.split_whitespace().filter_map(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST => Ok(()),
        _ => Err(format!("needs {wanted}, not {}", found.trim().replace(' ', "."))),
    }
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

/// When the newest of these files and folders was changed.
fn newest_of(sources: &[&str]) -> Result<SystemTime, String> {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut todo: Vec<PathBuf> = sources.iter().map(|source| root().join(source)).collect();
    while let Some(path) = todo.pop() {
        let told = |error: std::io::Error| format!("{}: {error}", path.display());
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(told)? {
                let entry = entry.map_err(told)?;
                // What Python and pytest leave behind is no source, and neither is a module built in place.
                let name = entry.file_name().to_string_lossy().into_owned();
                if !name.starts_with('.') && name != "__pycache__" && !name.ends_with(".so") {
                    todo.push(entry.path());
                }
            }
        }
        newest =
            newest.max(modified(&path).ok_or_else(|| format!("{}: cannot be looked at", path.display()))?);
    }
    Ok(newest)
}
