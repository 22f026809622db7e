//! Joining the parts of a results folder.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::disk::{aside, io, put, read_json, step, write_file};
use super::error::StoreError;
use super::{MANIFEST, PARTS, ResultStore, part, remove_dir, runs_file};
use crate::key::RunKey;
use crate::parquet_file::{schemas, splice};
use crate::record::RunRecord;

impl ResultStore {
    /// Joins the complete runs among `order`, in that order, and returns their records.
    ///
    /// Runs that are missing are left out, and the folder can be resumed; with none missing, the parts are
    /// removed. A folder that was complete already is left as it is. `commit` is the source's version, if it
    /// is known.
    ///
    /// Parts whose columns differ (axes that change the cluster's lanes) go to files of their own:
    /// `series.parquet`, `series-2.parquet`, and so on.
    ///
    /// # Errors
    /// If something cannot be written; the parts are whole then, and assembling can be tried again.
    pub fn assemble(&self, order: &[RunKey], commit: Option<&str>) -> Result<Vec<RunRecord>, StoreError> {
        if let Some(records) = &self.complete {
            return Ok(records.clone());
        }
        let finished = self.finished()?;
        let present = order.iter().filter(|key| finished.contains(&key.id()));
        let records = present.map(|key| self.load(key)).collect::<Result<Vec<_>, _>>()?;
        let runs = self.dir.join("runs.parquet");
        step(&runs)?;
        runs_file::write(&aside(&runs), &self.stamp.name, &records)?;
        put(&aside(&runs), &runs)?;
        self.join(&records, part::JOBS)?;
        self.join(&records, part::SERIES)?;
        self.join(&records, part::LOADS)?;
        self.gather_decisions(&records)?;
        self.gather_wall(&records)?;
        let is_complete = records.len() == order.len();
        write_file(&self.dir.join(MANIFEST), self.manifest(&records, is_complete, commit).as_bytes())?;
        if is_complete {
            remove_dir(&self.dir.join(PARTS))?;
        }
        Ok(records)
    }

    fn file_of(&self, record: &RunRecord, name: &str) -> PathBuf {
        self.dir.join(PARTS).join(record.key.id()).join(name)
    }

    /// Joins the parts' files of that name, one file per set of columns.
    fn join(&self, records: &[RunRecord], name: &str) -> Result<(), StoreError> {
        let files = records.iter().map(|record| self.file_of(record, name)).filter(|path| path.exists());
        let (stem, ending) = name.split_once('.').expect("the names of parts have an ending");
        for (n, group) in schemas(files.collect())?.into_iter().enumerate() {
            let number = if n == 0 { String::new() } else { format!("-{}", n + 1) };
            let target = self.dir.join(format!("{stem}{number}.{ending}"));
            step(&target)?;
            splice(&group, &aside(&target))?;
            put(&aside(&target), &target)?;
        }
        Ok(())
    }

    fn gather_decisions(&self, records: &[RunRecord]) -> Result<(), StoreError> {
        let folder = self.dir.join("decisions");
        for record in records {
            let from = self.file_of(record, part::DECISIONS);
            if !from.exists() {
                continue;
            }
            std::fs::create_dir_all(&folder).map_err(io(&folder))?;
            let target = folder.join(format!("{}.jsonl", record.key.id()));
            step(&target)?;
            let temporary = aside(&target);
            std::fs::copy(&from, &temporary).map_err(io(&temporary))?;
            let file = std::fs::File::open(&temporary).map_err(io(&temporary))?;
            file.sync_all().map_err(io(&temporary))?;
            put(&temporary, &target)?;
        }
        Ok(())
    }

    /// Wall times: the one file that two sessions with the same results do not share.
    fn gather_wall(&self, records: &[RunRecord]) -> Result<(), StoreError> {
        let mut runs = serde_json::Map::new();
        for record in records {
            let wall = read_json(&self.file_of(record, part::WALL))?;
            runs.insert(record.key.id(), wall["secs"].clone());
        }
        write_pretty(&self.dir.join(part::WALL), &json!({ "wall_secs": runs }))
    }

    fn manifest(&self, records: &[RunRecord], is_complete: bool, commit: Option<&str>) -> String {
        let run = |record: &RunRecord| {
            let mut head = record.head_json();
            // Rows of runs.parquet that are this run's.
            head["metrics"] = record.metrics.len().into();
            head
        };
        let manifest = json!({
            "scenario": self.stamp.name,
            "hash": self.stamp.hash,
            "text": self.stamp.text,
            "version": env!("CARGO_PKG_VERSION"),
            "commit": commit,
            "complete": is_complete,
            "runs": records.iter().map(run).collect::<Value>(),
        });
        format!("{manifest:#}\n")
    }
}

fn write_pretty(path: &Path, value: &Value) -> Result<(), StoreError> {
    write_file(path, format!("{value:#}\n").as_bytes())
}
