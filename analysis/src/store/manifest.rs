//! `manifest.json`: what a folder holds, run by run, and the folder read back by it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::disk::{begin, checksum, io};
use super::error::StoreError;
use super::runs_file::{MetricRows, RUNS_FILE};
use super::{Complete, MANIFEST, ScenarioStamp, Tables, clear};
use crate::record::RunRecord;
use crate::whole_file::WholeFile;

/// The line before the runs: one line for each of them follows, so that they can be read one at a time.
const RUNS: &str = "  \"runs\": [";

/// The line behind the runs: checksums follow.
const RUNS_END: &str = "  ],";

/// What helps against damage.
const REMEDY: &str = "`windtunnel run --out DIR` makes it anew";

/// A manifest being written, run by run.
pub(super) struct ManifestFile {
    path: PathBuf,
    out: WholeFile,
    runs: usize,
}

impl ManifestFile {
    pub(super) fn begin(
        dir: &Path,
        stamp: &ScenarioStamp,
        is_complete: bool,
        commit: Option<&str>,
    ) -> Result<Self, StoreError> {
        let path = dir.join(MANIFEST);
        let head = json!({
            "scenario": stamp.name,
            "hash": stamp.hash,
            "text": stamp.text,
            "version": env!("CARGO_PKG_VERSION"),
            "commit": commit,
            "tables": { "jobs": stamp.tables.jobs, "decisions": stamp.tables.decisions },
            "complete": is_complete,
        });
        let head = format!("{head:#}");
        let head = head.trim_end_matches(['}', '\n']);
        let mut file = Self { out: begin(&path)?, path, runs: 0 };
        file.write(&format!("{head},\n{RUNS}"))?;
        Ok(file)
    }

    fn write(&mut self, text: &str) -> Result<(), StoreError> {
        self.out.write_all(text.as_bytes()).map_err(io(&self.path))
    }

    /// Adds a run; `rows` are its rows of each table, `log` the checksum of its log of decisions.
    pub(super) fn push(
        &mut self,
        record: &RunRecord,
        rows: &[(String, u64)],
        log: Option<u32>,
    ) -> Result<(), StoreError> {
        let mut head = record.head_json();
        // Rows of runs.parquet that are this run's.
        head["metrics"] = record.metrics.len().into();
        if !rows.is_empty() {
            let rows = rows.iter().map(|(file, rows)| (file.clone(), Value::from(*rows)));
            head["rows"] = Value::Object(rows.collect());
        }
        if let Some(log) = log {
            head["decisions_crc32"] = log.into();
        }
        let comma = if self.runs == 0 { "" } else { "," };
        self.runs += 1;
        self.write(&format!("{comma}\n    {head}"))
    }

    /// The whole manifest, still without its name. All tables of `dir` have to be there.
    pub(super) fn end(mut self, dir: &Path) -> Result<WholeFile, StoreError> {
        let sums = Value::Object(
            clear::tables(dir)?
                .into_iter()
                .map(|(name, path)| Ok((name, checksum(&path)?.into())))
                .collect::<Result<_, StoreError>>()?,
        );
        self.write(&format!("\n{RUNS_END}\n  \"crc32\": {sums}\n}}\n"))?;
        Ok(self.out)
    }
}

/// A manifest being read, run by run.
struct ManifestReader {
    path: PathBuf,
    head: Value,
    lines: Lines<BufReader<File>>,
}

impl ManifestReader {
    fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(MANIFEST);
        let file = File::open(&path).map_err(io(&path))?;
        let mut lines = BufReader::new(file).lines();
        let mut head = String::new();
        loop {
            match lines.next() {
                Some(line) => {
                    let line = line.map_err(io(&path))?;
                    if line == RUNS {
                        break;
                    }
                    head += &line;
                }
                None => return Err(unreadable(&path, "it lists no runs")),
            }
        }
        let head = head.trim_end().trim_end_matches(',').to_owned() + "}";
        let head = serde_json::from_str(&head).map_err(|error| unreadable(&path, error))?;
        Ok(Self { path, head, lines })
    }

    fn next_run(&mut self) -> Result<Option<Value>, StoreError> {
        let Some(line) = self.lines.next() else {
            return Err(unreadable(&self.path, "its list of runs has no end"));
        };
        let line = line.map_err(io(&self.path))?;
        let line = line.trim().trim_end_matches(',');
        match line {
            "]" => Ok(None),
            "" => self.next_run(),
            run => serde_json::from_str(run).map(Some).map_err(|error| unreadable(&self.path, error)),
        }
    }

    fn tables(&self) -> Tables {
        let tables = &self.head["tables"];
        Tables { jobs: tables["jobs"] == true, decisions: tables["decisions"] == true }
    }
}

/// A run, where its rows are, and what its log must be.
pub(super) struct Listed {
    pub record: RunRecord,
    /// Its rows of each table.
    pub rows: Vec<(String, u64)>,
    /// Checksum of its log of decisions, if it has one.
    pub log: Option<u32>,
}

/// The checksums of the tables of an assembled folder.
fn sums(dir: &Path) -> Result<BTreeMap<String, u32>, StoreError> {
    let path = dir.join(MANIFEST);
    let file = File::open(&path).map_err(io(&path))?;
    let (mut tail, mut is_tail) = (String::from("{"), false);
    for line in BufReader::new(file).lines() {
        let line = line.map_err(io(&path))?;
        if is_tail {
            tail += &line;
        }
        is_tail |= line == RUNS_END;
    }
    let tail: Option<Value> = serde_json::from_str(&tail).ok();
    let sum = |(name, sum): (&String, &Value)| Some((name.clone(), u32::try_from(sum.as_u64()?).ok()?));
    let sums = tail.as_ref().and_then(|tail| tail["crc32"].as_object()?.iter().map(sum).collect());
    sums.ok_or_else(|| unreadable(&path, "it has no checksums of the tables"))
}

/// Looks whether the tables of an assembled folder have the bytes that were written: those `wanted`.
///
/// # Errors
/// If one has not, or is not there.
/// # Cost
/// Each of them is read once.
pub(super) fn verify(dir: &Path, wanted: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    for (name, sum) in sums(dir)?.into_iter().filter(|(name, _)| wanted(name)) {
        verify_file(&dir.join(name), sum)?;
    }
    Ok(())
}

/// [`verify`], for all tables and all logs of decisions.
pub(super) fn verify_all(dir: &Path) -> Result<(), StoreError> {
    verify(dir, |_| true)?;
    let mut manifest = ManifestReader::open(dir)?;
    while let Some(run) = manifest.next_run()? {
        if let (Some(id), Some(sum)) = (run["id"].as_str(), log_sum(&run)) {
            verify_file(&log_path(dir, id), sum)?;
        }
    }
    Ok(())
}

/// Looks whether a file that the manifest lists has the bytes that were written.
fn verify_file(path: &Path, sum: u32) -> Result<(), StoreError> {
    if !path.exists() {
        let reason = format!("it is gone, and manifest.json lists it; {REMEDY}");
        return Err(StoreError::damaged(path, reason));
    }
    if checksum(path)? == sum { Ok(()) } else { Err(changed(path)) }
}

/// The files of the table `stem` that the manifest lists, in order, if they have the bytes that were written. None if
/// the runs have no such table.
pub(crate) fn verified_tables(dir: &Path, stem: &str) -> Result<Vec<PathBuf>, StoreError> {
    let name =
        |n: usize| if n == 0 { format!("{stem}.parquet") } else { format!("{stem}-{}.parquet", n + 1) };
    let listed = sums(dir)?;
    let names: Vec<String> = (0..).map(name).take_while(|name| listed.contains_key(name)).collect();
    names.iter().try_for_each(|name| verify_file(&dir.join(name), listed[name]))?;
    Ok(names.into_iter().map(|name| dir.join(name)).collect())
}

/// The log of decisions of a run, if it has the bytes that were written; `None` if the run has no log.
///
/// # Errors
/// If the folder holds no assembled results, or the log was changed or taken away since.
/// # Cost
/// The log is read once, for its checksum.
pub fn verified_log(dir: &Path, id: &str) -> Result<Option<PathBuf>, StoreError> {
    let mut manifest = ManifestReader::open(dir)?;
    while let Some(run) = manifest.next_run()? {
        if run["id"] == id {
            let Some(sum) = log_sum(&run) else { return Ok(None) };
            let path = log_path(dir, id);
            return verify_file(&path, sum).map(|()| Some(path));
        }
    }
    Ok(None)
}

/// Where the log of decisions of a run is.
pub(super) fn log_path(dir: &Path, id: &str) -> PathBuf {
    dir.join("decisions").join(format!("{id}.jsonl"))
}

fn log_sum(run: &Value) -> Option<u32> {
    run["decisions_crc32"].as_u64().and_then(|sum| u32::try_from(sum).ok())
}

/// A file whose bytes are others than its checksum says.
pub(super) fn changed(path: &Path) -> StoreError {
    let reason = "its bytes are not those that were written, by the checksum in manifest.json";
    StoreError::damaged(path, format!("{reason}; {REMEDY}"))
}

/// A manifest that is not whole.
fn unreadable(path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::damaged(path, format!("{reason}; {REMEDY}"))
}

/// The runs of an assembled folder, one at a time, in the order of its manifest.
pub struct Records {
    manifest: ManifestReader,
    metrics: MetricRows,
    is_over: bool,
}

impl Records {
    /// Begins to read the folder.
    ///
    /// # Errors
    /// If it holds no assembled results, or damaged ones.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        verify(dir, |name| name == RUNS_FILE)?;
        Self::of_verified(dir)
    }

    /// `open`, for a folder that was verified under the lock that is still held.
    pub(super) fn of_verified(dir: &Path) -> Result<Self, StoreError> {
        let manifest = ManifestReader::open(dir)?;
        let metrics = MetricRows::open(&dir.join(RUNS_FILE))?;
        Ok(Self { manifest, metrics, is_over: false })
    }

    /// The name of the scenario.
    pub fn scenario(&self) -> &str {
        self.manifest.head["scenario"].as_str().unwrap_or_default()
    }

    /// The next run, with what else the manifest says of it.
    pub(super) fn next_listed(&mut self) -> Result<Option<Listed>, StoreError> {
        let Some(run) = self.manifest.next_run()? else { return Ok(None) };
        let other = || StoreError::damaged(&self.manifest.path, "its runs are not those of runs.parquet");
        let mut record = RunRecord::from_head(&run).ok_or_else(other)?;
        let count = run["metrics"].as_u64().ok_or_else(other)? as usize;
        record.metrics = self.metrics.take(count)?;
        let rows = run["rows"].as_object().into_iter().flatten();
        let rows = rows.map(|(file, rows)| Some((file.clone(), rows.as_u64()?)));
        let rows = rows.collect::<Option<_>>().ok_or_else(other)?;
        if record.metrics.len() == count {
            Ok(Some(Listed { record, rows, log: log_sum(&run) }))
        } else {
            Err(other())
        }
    }
}

impl Iterator for Records {
    type Item = Result<RunRecord, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.next_listed().map(|next| next.map(|listed| listed.record)).transpose();
        self.is_over = !matches!(next, Some(Ok(_)));
        next
    }
}

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
    /// What was asked for beside the numbers.
    pub(crate) tables: Tables,
    /// True if no run is missing.
    pub(crate) is_complete: bool,
}

/// Reads the head of the manifest of an assembled folder.
pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest, StoreError> {
    let manifest = ManifestReader::open(dir)?;
    let (tables, json) = (manifest.tables(), manifest.head);
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    Ok(Manifest {
        scenario: text("scenario"),
        text: text("text"),
        hash: text("hash"),
        version: text("version"),
        commit: json["commit"].as_str().map(str::to_owned),
        tables,
        is_complete: json["complete"] == true,
    })
}

/// All runs of an assembled folder, in the order of its manifest.
///
/// # Errors
/// If it holds no assembled results, or damaged ones.
/// # Cost
/// Some 2 KiB of memory for each run; [`Records`] yields them one at a time.
pub fn read_results(dir: &Path) -> Result<Vec<RunRecord>, StoreError> {
    Records::open(dir)?.collect()
}

/// True if no run is missing from an assembled folder.
///
/// # Errors
/// If it holds no assembled results, or damaged ones.
pub fn has_all_runs(dir: &Path) -> Result<bool, StoreError> {
    Ok(ManifestReader::open(dir)?.head["complete"] == true)
}

/// What a complete folder holds.
pub(super) fn complete(dir: &Path) -> Result<Complete, StoreError> {
    let (stamp, ids) = planned(dir)?;
    Ok(Complete { ids, tables: stamp.tables, hash: stamp.hash })
}

/// What an assembled folder is of, and its runs.
pub(super) fn planned(dir: &Path) -> Result<(ScenarioStamp, Vec<String>), StoreError> {
    let mut manifest = ManifestReader::open(dir)?;
    let mut ids = Vec::new();
    while let Some(run) = manifest.next_run()? {
        let id = run["id"].as_str().ok_or_else(|| StoreError::damaged(&manifest.path, "a run has no id"))?;
        ids.push(id.to_owned());
    }
    let text = |key: &str| manifest.head[key].as_str().unwrap_or_default().to_owned();
    let tables = manifest.tables();
    Ok((ScenarioStamp { name: text("scenario"), text: text("text"), hash: text("hash"), tables }, ids))
}
