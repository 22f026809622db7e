//! Joining the finished runs of a results folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::accept::FailedRun;
use super::disk::{begin, end, io, write_file};
use super::error::StoreError;
use super::manifest::{ManifestFile, log_path};
use super::packed::{Head, parse_head};
use super::runs_file::{RUNS_FILE, RunsFile};
use super::segment::{Place, Reader};
use super::{FAILED, MANIFEST, PARTS, ResultStore, WALL, clear, part, remove_dir, tables};
use crate::whole_file::{WholeFile, folder_of};

/// What a folder was assembled from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Assembled {
    /// Runs in the tables.
    pub runs: usize,
    /// Finished runs that were not asked for: they stay in the folder's parts, outside the tables.
    pub unasked: usize,
}

impl ResultStore {
    /// Joins the finished runs among `order`, in that order; `failed` is told in `failed.json`.
    ///
    /// Runs that are missing are left out, and the folder can be resumed; with none missing, the parts are
    /// removed. A folder that holds just these runs already is left as it is. `commit` is the source's version, if it
    /// is known.
    ///
    /// Parts whose columns differ (axes that change the cluster's lanes) go to files of their own:
    /// `series.parquet`, `series-2.parquet`, and so on.
    ///
    /// # Errors
    /// If something cannot be written; the parts are whole then, and assembling can be tried again.
    /// # Cost
    /// One run is in memory at a time, and some 100 bytes for each.
    pub fn assemble(
        &self,
        order: &[String],
        failed: &[FailedRun],
        commit: Option<&str>,
    ) -> Result<Assembled, StoreError> {
        if self.is_complete_with(order) {
            return Ok(Assembled { runs: order.len(), unasked: self.state().index.len() });
        }
        self.reopen()?;
        self.segments.sync()?;
        let missing = self.missing(order);
        let is_missing: std::collections::BTreeSet<&String> = missing.iter().collect();
        let places: Vec<Place> = {
            let state = self.state();
            order.iter().filter(|id| !is_missing.contains(id)).map(|id| state.index[id].clone()).collect()
        };
        let mut input = Input { store: self, reader: Reader::default() };
        clear::assembled(&self.dir)?;
        let rows = tables::join_all(&mut input, &places)?;
        let manifest = self.write_records(&mut input, &places, &rows, missing.is_empty(), commit)?;
        self.write_failed(failed)?;
        end(manifest, &self.dir.join(MANIFEST))?;
        let unasked = self.state().index.len() - places.len();
        if missing.is_empty() && unasked == 0 {
            remove_dir(&self.dir.join(PARTS))?;
        }
        Ok(Assembled { runs: places.len(), unasked })
    }

    /// Writes runs.parquet, wall.json and the logs of decisions in one pass over the runs. Yields the manifest, which
    /// has no name yet.
    fn write_records(
        &self,
        input: &mut Input<'_>,
        places: &[Place],
        rows: &[Vec<(String, u64)>],
        is_complete: bool,
        commit: Option<&str>,
    ) -> Result<WholeFile, StoreError> {
        let mut runs_file = RunsFile::create(&self.dir.join(RUNS_FILE), &self.stamp.name);
        let mut manifest = ManifestFile::begin(&self.dir, &self.stamp, is_complete, commit)?;
        let mut wall = WallFile::begin(&self.dir)?;
        for (n, place) in places.iter().enumerate() {
            let head = input.head(place)?;
            runs_file.push(&head.record)?;
            let log = if self.stamp.tables.decisions { write_log(input, place, &head)? } else { None };
            manifest.push(&head.record, rows.get(n).map_or(&[], Vec::as_slice), log)?;
            wall.push(&head)?;
        }
        runs_file.close()?;
        wall.end()?;
        manifest.end(&self.dir)
    }

    /// Lists the failed runs in a file of their own.
    fn write_failed(&self, failed: &[FailedRun]) -> Result<(), StoreError> {
        if failed.is_empty() {
            return Ok(());
        }
        let run = |run: &FailedRun| json!({ "id": run.id, "message": run.message });
        let failed = json!({ "failed": failed.iter().map(run).collect::<Value>() });
        write_file(&self.dir.join(FAILED), format!("{failed:#}\n").as_bytes())
    }
}

/// Where runs are read from while they are joined.
pub(super) struct Input<'a> {
    pub store: &'a ResultStore,
    pub reader: Reader,
}

impl Input<'_> {
    pub(super) fn read(&mut self, place: &Place, at: u64, len: u64) -> Result<Vec<u8>, StoreError> {
        self.reader.read(&self.store.segments, place.segment, at, len)
    }

    /// The head of the run at `place`.
    pub(super) fn head(&mut self, place: &Place) -> Result<Head, StoreError> {
        let bytes = self.read(place, place.head.0, place.head.1)?;
        parse_head(&bytes).ok_or_else(|| {
            let path = self.store.segments.path(place.segment);
            StoreError::damaged(&path, format!("at byte {} stands no run's record", place.head.0))
        })
    }

    /// The file `name` of the run at `place`, if it has that.
    pub(super) fn file(&mut self, place: &Place, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(extent) = place.file(name) else { return Ok(None) };
        self.read(place, extent.at, extent.len).map(Some)
    }
}

/// Wall times: the one file that two sessions with the same results do not share.
struct WallFile {
    path: PathBuf,
    out: WholeFile,
    runs: usize,
}

impl WallFile {
    fn begin(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(WALL);
        let mut wall = Self { out: begin(&path)?, path, runs: 0 };
        wall.write("{\n  \"wall_secs\": {")?;
        Ok(wall)
    }

    fn write(&mut self, text: &str) -> Result<(), StoreError> {
        self.out.write_all(text.as_bytes()).map_err(io(&self.path))
    }

    fn push(&mut self, head: &Head) -> Result<(), StoreError> {
        let comma = if self.runs == 0 { "" } else { "," };
        self.runs += 1;
        let (id, secs) = (Value::from(head.record.key.id()), Value::from(head.wall_secs));
        self.write(&format!("{comma}\n    {id}: {secs}"))
    }

    fn end(mut self) -> Result<(), StoreError> {
        self.write("\n  }\n}\n")?;
        end(self.out, &self.path)
    }
}

/// Copies the log of decisions of a run, if it has one, to a file of its own. Yields its checksum.
fn write_log(input: &mut Input<'_>, place: &Place, head: &Head) -> Result<Option<u32>, StoreError> {
    let Some(log) = input.file(place, part::DECISIONS)? else { return Ok(None) };
    let path = log_path(&input.store.dir, &head.record.key.id());
    let folder = folder_of(&path);
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    write_file(&path, &log)?;
    Ok(Some(crc32fast::hash(&log)))
}
