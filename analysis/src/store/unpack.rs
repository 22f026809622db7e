//! A complete folder taken apart: its runs as they were before they were joined.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::disk::{io, read_json};
use super::error::StoreError;
use super::manifest::{self, Listed, Records};
use super::part::{DECISIONS, known};
use super::runs_file::RUNS_FILE;
use super::{Tables, WALL, packed};
use crate::parquet_file::Unsplice;
use crate::record::RunRecord;

/// A run with its files.
pub(super) struct Unpacked {
    pub record: RunRecord,
    pub wall_secs: f64,
    pub files: Vec<(&'static str, Vec<u8>)>,
}

impl Unpacked {
    /// Names and lengths of the files.
    pub(super) fn lengths(&self) -> Vec<(&'static str, u64)> {
        self.files.iter().map(|(name, bytes)| (*name, bytes.len() as u64)).collect()
    }

    pub(super) fn head(&self) -> Vec<u8> {
        packed::head(&self.record, self.wall_secs, &self.lengths())
    }
}

/// Hands all runs of a complete folder to `found`, in order.
///
/// # Errors
/// If it is damaged, or `found` fails.
pub(super) fn unpack(
    dir: &Path,
    tables: Tables,
    mut found: impl FnMut(Unpacked) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // Wall times are not worth a failure.
    let walls = read_json(&dir.join(WALL)).unwrap_or(Value::Null);
    let mut open: BTreeMap<String, Unsplice> = BTreeMap::new();
    // Before anything is taken: damage is not to be copied.
    manifest::verify(dir, |name| name != RUNS_FILE)?;
    let mut records = Records::open(dir)?;
    while let Some(Listed { record, rows, log }) = records.next_listed()? {
        let id = record.key.id();
        let mut files = Vec::new();
        for (file, rows) in rows {
            let path = dir.join(&file);
            let name = known(&table_of(&file)).ok_or_else(|| unknown(&path))?;
            let table = match open.entry(file) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => entry.insert(Unsplice::open(&path)?),
            };
            files.push((name, table.take(rows)?));
        }
        if tables.decisions {
            let path = dir.join("decisions").join(format!("{id}.jsonl"));
            let bytes = std::fs::read(&path).map_err(io(&path))?;
            if log != Some(crc32fast::hash(&bytes)) {
                return Err(manifest::changed(&path));
            }
            files.push((DECISIONS, bytes));
        }
        let wall_secs = walls["wall_secs"][&id].as_f64().unwrap_or(0.0);
        found(Unpacked { record, wall_secs, files })?;
    }
    Ok(())
}

/// `series.parquet` of `series-2.parquet`.
fn table_of(file: &str) -> String {
    let (stem, ending) = file.split_once('.').unwrap_or((file, ""));
    format!("{}.{ending}", stem.split_once('-').map_or(stem, |(stem, _)| stem))
}

fn unknown(path: &Path) -> StoreError {
    StoreError::Damaged { path: PathBuf::from(path), reason: "is no table that a run has".into() }
}
