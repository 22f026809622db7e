//! `manifest.json`: what a folder holds, run by run, and the folder read back by it.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Lines, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::disk::{aside, io, step};
use super::error::StoreError;
use super::runs_file::MetricRows;
use super::{Complete, MANIFEST, ScenarioStamp, Tables};
use crate::record::RunRecord;

/// The line before the runs: one line for each of them follows, so that they can be read one at a time.
const RUNS: &str = "  \"runs\": [";

/// A manifest being written, run by run.
pub(super) struct ManifestFile {
    path: PathBuf,
    out: BufWriter<File>,
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
        let temporary = aside(&path);
        step(&temporary)?;
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
        let out = File::create(&temporary).map_err(io(&temporary))?;
        let mut file = Self { path, out: BufWriter::new(out), runs: 0 };
        file.write(&format!("{head},\n{RUNS}"))?;
        Ok(file)
    }

    fn write(&mut self, text: &str) -> Result<(), StoreError> {
        self.out.write_all(text.as_bytes()).map_err(io(&self.path))
    }

    /// Adds a run; `rows` are its rows of each table.
    pub(super) fn push(&mut self, record: &RunRecord, rows: &[(String, u64)]) -> Result<(), StoreError> {
        let mut head = record.head_json();
        // Rows of runs.parquet that are this run's.
        head["metrics"] = record.metrics.len().into();
        if !rows.is_empty() {
            let rows = rows.iter().map(|(file, rows)| (file.clone(), Value::from(*rows)));
            head["rows"] = Value::Object(rows.collect());
        }
        let comma = if self.runs == 0 { "" } else { "," };
        self.runs += 1;
        self.write(&format!("{comma}\n    {head}"))
    }

    /// Makes the manifest whole and durable, still under its temporary name.
    pub(super) fn end(mut self) -> Result<(), StoreError> {
        self.write("\n  ]\n}\n")?;
        let file = self.out.into_inner().map_err(|error| io(&self.path)(error.into_error()))?;
        file.sync_all().map_err(io(&self.path))
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
                None => return Err(damaged(&path, "it lists no runs")),
            }
        }
        let head = head.trim_end().trim_end_matches(',').to_owned() + "}";
        let head = serde_json::from_str(&head).map_err(|error| damaged(&path, &error.to_string()))?;
        Ok(Self { path, head, lines })
    }

    fn next_run(&mut self) -> Result<Option<Value>, StoreError> {
        let Some(line) = self.lines.next() else {
            return Err(damaged(&self.path, "its list of runs has no end"));
        };
        let line = line.map_err(io(&self.path))?;
        let line = line.trim().trim_end_matches(',');
        match line {
            "]" => Ok(None),
            "" => self.next_run(),
            run => {
                serde_json::from_str(run).map(Some).map_err(|error| damaged(&self.path, &error.to_string()))
            }
        }
    }

    fn tables(&self) -> Tables {
        let tables = &self.head["tables"];
        Tables { jobs: tables["jobs"] == true, decisions: tables["decisions"] == true }
    }
}

fn damaged(path: &Path, reason: &str) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), reason: reason.to_owned() }
}

/// A run, and its rows of each table.
type WithRows = (RunRecord, Vec<(String, u64)>);

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
        let manifest = ManifestReader::open(dir)?;
        let metrics = MetricRows::open(&dir.join("runs.parquet"))?;
        Ok(Self { manifest, metrics, is_over: false })
    }

    /// The name of the scenario.
    pub fn scenario(&self) -> &str {
        self.manifest.head["scenario"].as_str().unwrap_or_default()
    }

    /// The next run, and its rows of each table.
    pub(super) fn next_with_rows(&mut self) -> Result<Option<WithRows>, StoreError> {
        let Some(run) = self.manifest.next_run()? else { return Ok(None) };
        let other = || damaged(&self.manifest.path, "its runs are not those of runs.parquet");
        let mut record = RunRecord::from_head(&run).ok_or_else(other)?;
        let count = run["metrics"].as_u64().ok_or_else(other)? as usize;
        record.metrics = self.metrics.take(count)?;
        let rows = run["rows"].as_object().into_iter().flatten();
        let rows = rows.map(|(file, rows)| Some((file.clone(), rows.as_u64()?)));
        let rows = rows.collect::<Option<_>>().ok_or_else(other)?;
        if record.metrics.len() == count { Ok(Some((record, rows))) } else { Err(other()) }
    }
}

impl Iterator for Records {
    type Item = Result<RunRecord, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.next_with_rows().map(|next| next.map(|(record, _)| record)).transpose();
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
    /// True if no run is missing.
    pub(crate) is_complete: bool,
}

/// Reads the head of the manifest of an assembled folder.
pub(crate) fn read_manifest(dir: &Path) -> Result<Manifest, StoreError> {
    let json = ManifestReader::open(dir)?.head;
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    Ok(Manifest {
        scenario: text("scenario"),
        text: text("text"),
        hash: text("hash"),
        version: text("version"),
        commit: json["commit"].as_str().map(str::to_owned),
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
        let id = run["id"].as_str().ok_or_else(|| damaged(&manifest.path, "a run has no id"))?;
        ids.push(id.to_owned());
    }
    let text = |key: &str| manifest.head[key].as_str().unwrap_or_default().to_owned();
    let tables = manifest.tables();
    Ok((ScenarioStamp { name: text("scenario"), text: text("text"), hash: text("hash"), tables }, ids))
}
