//! `cargo xtask bench`: every benchmark of the workspace, one after the other.

use crate::shell::{cargo, root, run};

/// Runs the benchmarks. `arguments` go to each of them.
///
/// # Errors
/// If one fails.
pub(crate) fn bench(arguments: &[String]) -> Result<(), String> {
    let mut names = names()?;
    names.sort();
    for name in names {
        println!("== {name}");
        // By name: `cargo bench` alone would run unit tests, too, and say of each that it was ignored.
        let mut command = cargo(&["bench", "--quiet", "--workspace", "--bench", &name]);
        if !arguments.is_empty() {
            command.arg("--").args(arguments);
        }
        run(command)?;
    }
    Ok(())
}

/// The files in the crates' `benches` folders, without their endings.
fn names() -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("the crates cannot be listed: {error}");
    let mut names = Vec::new();
    for crate_folder in std::fs::read_dir(root()).map_err(failed)? {
        let benches = crate_folder.map_err(failed)?.path().join("benches");
        if !benches.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(benches).map_err(failed)? {
            let name = file.map_err(failed)?.file_name().to_string_lossy().into_owned();
            names.extend(name.strip_suffix(".rs").map(str::to_owned));
        }
    }
    Ok(names)
}
