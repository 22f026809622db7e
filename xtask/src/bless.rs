//! `cargo xtask bless`: the golden tables of the catalog, written anew.

use crate::shell::{cargo, root, run};

/// Where the tables are.
const GOLDEN: &str = "scenarios/golden";

/// Rewrites the named tables, or all. A table keeps the overrides that stand in its head.
///
/// # Errors
/// The first that fails; scenarios that need data are passed over without it.
pub(crate) fn bless(names: &[String]) -> Result<(), String> {
    let entries = std::fs::read_dir(root().join(GOLDEN)).map_err(|error| format!("{GOLDEN}: {error}"))?;
    let mut files: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    files.sort();
    let has_data = std::env::var_os("WINDTUNNEL_DATA").is_some();
    for name in files.iter().filter_map(|file| file.strip_suffix(".snap")) {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let scenario = format!("scenarios/catalog/{name}.toml");
        let text = std::fs::read_to_string(root().join(&scenario))
            .map_err(|error| format!("{scenario}: {error}"))?;
        if text.contains("${WINDTUNNEL_DATA}") && !has_data {
            println!("{name} is as it was: WINDTUNNEL_DATA not set");
            continue;
        }
        let table = format!("{GOLDEN}/{name}.snap");
        run(cargo(&["run", "--release", "--quiet", "--", "check", name, "--baseline", &table, "--bless"]))?;
    }
    Ok(())
}
