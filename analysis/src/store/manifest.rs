//! What a results folder says of itself.

use std::path::Path;

use super::disk::{read_json, write_file};
use super::error::StoreError;
use super::{MANIFEST, PARTS};

/// The head of a manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Manifest {
    /// Name of the scenario.
    pub(crate) scenario: String,
    /// Its text as run; the first line is its question, if it asks one.
    pub(crate) text: String,
    /// Digest of all that decides the results.
    pub(crate) hash: String,
    /// Version of the program.
    pub(crate) version: String,
    /// Version of its source, if known.
    pub(crate) commit: Option<String>,
    /// True if no run is missing.
    pub(crate) is_complete: bool,
    /// Finished runs that wait for the others.
    pub(crate) parts: usize,
}

/// Reads the manifest of an assembled folder.
pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest, StoreError> {
    let json = read_json(&dir.join(MANIFEST))?;
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let parts = std::fs::read_dir(dir.join(PARTS)).into_iter().flatten().flatten();
    let is_whole = |name: &std::ffi::OsString| !name.to_string_lossy().starts_with('.');
    Ok(Manifest {
        scenario: text("scenario"),
        text: text("text"),
        hash: text("hash"),
        version: text("version"),
        commit: json["commit"].as_str().map(str::to_owned),
        is_complete: json["complete"] == true,
        parts: parts.filter(|entry| is_whole(&entry.file_name())).count(),
    })
}

/// Writes a file of the folder, whole or not at all.
pub(crate) fn write_aside(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_file(path, bytes)
}
