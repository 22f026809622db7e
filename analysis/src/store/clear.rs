//! Clearing a results folder for the same scenario to be run afresh.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::disk::{io, step, sync_parent};
use super::error::StoreError;
use super::{FAILED, MANIFEST, PARTS, WALL, remove_dir};
use crate::export::{OPENMETRICS, TRACES};
use crate::report::{PLOTS, REPORT, is_plot};
use crate::whole_file::is_temporary;

/// Takes away what a store wrote, and nothing else: a note that someone keeps beside the results stays.
///
/// The manifest goes first: without it, and without parts, what is left counts as no results.
pub(super) fn clear(dir: &Path) -> Result<(), StoreError> {
    manifest(dir)?;
    remove_dir(&dir.join(PARTS))?;
    assembled(dir)
}

/// Takes away what was assembled, the manifest first, and leaves the parts.
pub(super) fn assembled(dir: &Path) -> Result<(), StoreError> {
    manifest(dir)?;
    for entry in std::fs::read_dir(dir).map_err(io(dir))? {
        let name = entry.map_err(io(dir))?.file_name().to_string_lossy().into_owned();
        let is_ours = is_table(&name) || [WALL, FAILED, OPENMETRICS, REPORT].contains(&name.as_str());
        if is_ours || is_temporary(&name) {
            remove_file(&dir.join(name))?;
        }
    }
    clear_folder(&dir.join("decisions"), |name| is_of_run(name, ".jsonl"))?;
    clear_folder(&dir.join(TRACES), |name| is_of_run(name, ".json"))?;
    clear_folder(&dir.join(PLOTS), is_plot)
}

/// The tables that a store wrote, by name.
pub(super) fn tables(dir: &Path) -> Result<BTreeMap<String, PathBuf>, StoreError> {
    let mut tables = BTreeMap::new();
    for entry in std::fs::read_dir(dir).map_err(io(dir))? {
        let name = entry.map_err(io(dir))?.file_name().to_string_lossy().into_owned();
        if is_table(&name) {
            tables.insert(name.clone(), dir.join(name));
        }
    }
    Ok(tables)
}

/// Takes the files of such names out of the folder, and the folder itself if nothing of someone else's is in it.
fn clear_folder(folder: &Path, is_ours: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder).map_err(io(folder))? {
            let path = entry.map_err(io(folder))?.path();
            let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            if is_ours(&name) || is_temporary(&name) {
                remove_file(&path)?;
            }
        }
        // Which is what the system checks.
        drop(std::fs::remove_dir(folder));
    }
    Ok(())
}

fn manifest(dir: &Path) -> Result<(), StoreError> {
    let path = dir.join(MANIFEST);
    if path.exists() {
        remove_file(&path)?;
        sync_parent(&path)?;
    }
    Ok(())
}

/// `runs.parquet`, and `jobs.parquet`, `series.parquet`, `loads.parquet` with or without a number.
fn is_table(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".parquet") else { return false };
    let (stem, number) = stem.split_once('-').unwrap_or((stem, "2"));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && ["runs", "jobs", "series", "loads"].contains(&stem)
}

/// `<id of a run><ending>`: ids end in 16 hexadecimal digits.
fn is_of_run(name: &str, ending: &str) -> bool {
    let id = name.strip_suffix(ending);
    let hash = id.and_then(|id| id.rsplit_once('-')).map(|(_, hash)| hash);
    hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn remove_file(path: &Path) -> Result<(), StoreError> {
    step(path)?;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_store_writes_are_taken() {
        assert!(["runs.parquet", "jobs.parquet", "series-2.parquet"].iter().all(|name| is_table(name)));
        assert!(
            !["thesis.parquet", "jobs-old.parquet", "jobs.csv", "jobs-.parquet"].iter().any(|n| is_table(n))
        );
        assert!(is_of_run("fcfs-first-fit-s1-261f9a468e82ac45.jsonl", ".jsonl"));
        assert!(!is_of_run("notes.jsonl", ".jsonl") && !is_of_run("fcfs-s1-261f9a468e82ac45.txt", ".jsonl"));
    }
}
