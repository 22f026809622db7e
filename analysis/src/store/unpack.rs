//! A complete folder taken apart: its runs as they were before they were joined.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use serde_json::Value;

use super::disk::{io, read_json};
use super::error::StoreError;
use super::manifest::{self, Listed, Records};
use super::part::{DECISIONS, known};
use super::tables::encoding;
use super::{Tables, WALL, packed};
use crate::parquet_file::Unjoin;
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

/// Hands all runs of a complete folder to `found`, in order. The folder was verified before ([`manifest::verify_all`]),
/// so that nothing is written on behalf of a damaged one.
///
/// # Errors
/// If it is damaged nevertheless, or `found` fails.
pub(super) fn unpack(
    dir: &Path,
    tables: Tables,
    mut found: impl FnMut(Unpacked) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // Wall times are not worth a failure.
    let walls = read_json(&dir.join(WALL)).unwrap_or(Value::Null);
    let mut open: BTreeMap<String, (&'static str, Unjoin)> = BTreeMap::new();
    let mut records = Records::of_verified(dir)?;
    while let Some(Listed { record, rows, log }) = records.next_listed()? {
        let id = record.key.id();
        let mut files = Vec::new();
        for (file, rows) in rows {
            let (name, table) = match open.entry(file) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let table = open_table(dir, entry.key())?;
                    entry.insert(table)
                }
            };
            files.push((*name, table.take(rows)?));
        }
        if tables.decisions {
            let path = manifest::log_path(dir, &id);
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

/// The table that `file` is of, and the file.
fn open_table(dir: &Path, file: &str) -> Result<(&'static str, Unjoin), StoreError> {
    let path = dir.join(file);
    let (stem, ending) = file.split_once('.').unwrap_or((file, ""));
    // `series.parquet` of `series-2.parquet`.
    let name = known(&format!("{}.{ending}", stem.split_once('-').map_or(stem, |(stem, _)| stem)));
    let table = name.and_then(|name| Some((name, encoding(name)?)));
    let (name, encoding) =
        table.ok_or_else(|| StoreError::damaged(&path, "it is no table that a run has"))?;
    Ok((name, Unjoin::open(&path, encoding)?))
}
