//! Shards of one sweep, joined to the folder that the undisturbed sweep would have left.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::assemble::Input;
use super::disk::{io, read_json};
use super::error::StoreError;
use super::lock::Lock;
use super::packed::parse_head;
use super::segment::{Reader, Segments};
use super::unpack::{Unpacked, unpack};
use super::{
    Assembled, FAILED, FailedRun, MANIFEST, PARTS, ResultStore, Resume, RunPlan, ScenarioStamp, in_shard,
    is_complete, manifest, plan,
};

/// What a merge came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Merged {
    /// The folder that was put together.
    pub assembled: Assembled,
    /// Runs that none of the folders has, in order.
    pub missing: Vec<String>,
    /// The shards, from 1, that the missing runs belong to, and how many there are, if the folders agree on that.
    pub missing_shards: Option<(Vec<usize>, usize)>,
    /// Runs among the missing ones that failed, as far as their sessions came to an end.
    pub failed: Vec<FailedRun>,
}

/// Joins the results of `dirs`, in any order, to the folder `out`. Runs that several of them have must be equal. With
/// runs missing, `out` is as after an interruption: another merge into it, or `--resume`, goes on.
///
/// # Errors
/// If folders hold results of different scenarios, or of one with different settings; if a run is there twice with
/// different results; if one is in use, or holds no results.
pub fn merge(out: &Path, dirs: &[PathBuf], commit: Option<&str>) -> Result<Merged, StoreError> {
    let mut plans = Vec::new();
    let mut locks = Vec::new();
    for dir in dirs {
        if !dir.join(MANIFEST).exists() && !dir.join(PARTS).is_dir() {
            return Err(StoreError::NoResults { dir: dir.clone() });
        }
        locks.push(Lock::take(dir)?);
        plans.push(plan_of(dir)?);
    }
    let Some(((stamp, first), others)) = plans.split_first() else { return Ok(Merged::default()) };
    for ((other, _), dir) in others.iter().zip(&dirs[1..]) {
        if other.hash != stamp.hash {
            let (found, wanted) = (other.name.clone(), stamp.name.clone());
            return Err(StoreError::OtherShard { dir: dir.clone(), found, first: dirs[0].clone(), wanted });
        }
    }
    let is_used = out.join(MANIFEST).exists() || out.join(PARTS).is_dir();
    if is_used
        && let Ok((held, _)) = plan_of(out)
        && held.hash != stamp.hash
    {
        let (found, wanted) = (held.name, stamp.name.clone());
        return Err(StoreError::OtherShard { dir: out.to_owned(), found, first: dirs[0].clone(), wanted });
    }
    let of = plans.iter().map(|(_, plan)| plan.shards).reduce(|a, b| if a == b { a } else { None }).flatten();
    // Before anything is written: damage is not to be copied.
    let mut failed: BTreeMap<String, FailedRun> = BTreeMap::new();
    for dir in dirs {
        if is_complete(dir)? {
            manifest::verify_all(dir)?;
        }
        failed.extend(failures(dir)?.into_iter().map(|run| (run.id.clone(), run)));
    }
    let store = ResultStore::open(out, stamp.clone(), Resume::Yes)?;
    store.plan(&RunPlan { runs: first.runs.clone(), shards: of })?;
    let mut reader = Reader::default();
    for dir in dirs {
        take_all(&store, dir, stamp, &mut reader)?;
    }
    let missing = store.missing(&first.runs);
    let failed: Vec<FailedRun> = missing.iter().filter_map(|id| failed.remove(id)).collect();
    let assembled = store.assemble(&first.runs, &failed, commit)?;
    let missing_shards = of.map(|of| {
        let lost: BTreeSet<&String> = missing.iter().collect();
        let is_missing = |n: usize| lost.contains(&first.runs[n]);
        let lacks =
            |shard: &usize| (0..first.runs.len()).any(|n| in_shard(n, shard - 1, of) && is_missing(n));
        ((1..=of).filter(lacks).collect(), of)
    });
    Ok(Merged { assembled, missing, missing_shards, failed })
}

/// What a folder is to hold in the end.
fn plan_of(dir: &Path) -> Result<(ScenarioStamp, RunPlan), StoreError> {
    if is_complete(dir)? {
        let (stamp, runs) = manifest::planned(dir)?;
        return Ok((stamp, RunPlan { runs, shards: None }));
    }
    plan::read(dir)?.ok_or_else(|| StoreError::NoPlan { dir: dir.to_owned() })
}

/// Takes the runs of a folder that the store asks for.
fn take_all(
    store: &ResultStore,
    dir: &Path,
    stamp: &ScenarioStamp,
    reader: &mut Reader,
) -> Result<(), StoreError> {
    if is_complete(dir)? {
        return unpack(dir, stamp.tables, |run| take(store, run, dir, reader));
    }
    let segments = Segments::new(dir.join(PARTS))?;
    let mut input = Reader::default();
    segments.scan(false, |entry, place| {
        if entry.failed.is_some() || !stamp.tables.are_in(&place) {
            return Ok(());
        }
        let head = parse_head(&entry.head).ok_or_else(|| {
            StoreError::damaged(&segments.path(place.segment), format!("{} has no record", entry.id))
        })?;
        let mut files = Vec::new();
        for file in &place.files {
            files.push((file.name, input.read(&segments, place.segment, file.at, file.len)?));
        }
        take(store, Unpacked { record: head.record, wall_secs: head.wall_secs, files }, dir, reader)
    })
}

/// Takes one run, or compares it with the one that is there already.
fn take(store: &ResultStore, run: Unpacked, dir: &Path, reader: &mut Reader) -> Result<(), StoreError> {
    store.reopen()?;
    let id = run.record.key.id();
    let held = store.state().index.get(&id).cloned();
    let Some(place) = held.filter(|place| store.stamp.tables.are_in(place)) else {
        let write = |out: &mut dyn Write| {
            run.files.iter().try_for_each(|(_, bytes)| out.write_all(bytes).map_err(io(&store.dir)))
        };
        let place = store.segments.append(&run.head(), &run.lengths(), write)?;
        store.state().index.insert(id, place);
        return Ok(());
    };
    let mut input = Input { store, reader: std::mem::take(reader) };
    let mut is_equal = input.head(&place)?.record == run.record;
    for (name, bytes) in &run.files {
        is_equal &= input.file(&place, name)?.is_none_or(|held| held == *bytes);
    }
    *reader = input.reader;
    if is_equal { Ok(()) } else { Err(StoreError::Differs { dir: dir.to_owned(), run: id }) }
}

/// The failed runs that a folder lists.
fn failures(dir: &Path) -> Result<Vec<FailedRun>, StoreError> {
    let path = dir.join(FAILED);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let json = read_json(&path)?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let run = |run: &serde_json::Value| FailedRun { id: text(&run["id"]), message: text(&run["message"]) };
    Ok(json["failed"].as_array().into_iter().flatten().map(run).collect())
}
