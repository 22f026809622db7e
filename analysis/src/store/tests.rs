//! Results folders that are interrupted, shared, foreign and damaged.

use std::collections::BTreeMap;

use super::disk::faults::die_after;
use super::*;
use crate::job_table::JobTable;
use crate::record::Scalars;
use crate::run_metrics::{MetricOptions, RunMetrics};
use crate::series::Series;
use crate::testing::{Case, key};

fn stamp(hash: &str) -> ScenarioStamp {
    let tables = Tables { jobs: true, decisions: true };
    ScenarioStamp { name: "tiny".into(), text: "name = \"tiny\"\n".into(), hash: hash.into(), tables }
}

fn keys() -> Vec<RunKey> {
    (0..3).map(|seed| RunKey { seed, content: seed, ..key() }).collect()
}

fn ids(keys: &[RunKey]) -> Vec<String> {
    keys.iter().map(RunKey::id).collect()
}

/// Carries out one run, as `scenarios` does.
fn run(store: &ResultStore, key: &RunKey) -> Result<(), StoreError> {
    let part = store.begin(key, true)?;
    let record = run_into(&part, key)?;
    store.commit(part, &record, 1.5)
}

/// Carries out one run whose files go to `part`.
fn run_into(part: &RunPart, key: &RunKey) -> Result<RunRecord, StoreError> {
    let mut case = Case::new(2, 4);
    (0..20).for_each(|n| case.job(n, 1 + (n % 4) as u32, 10 + key.seed).priority = 0);
    let mut engine = case.engine(vec![
        Box::new(RunMetrics::new(MetricOptions::default())),
        Box::new(JobTable::create(&part.jobs(), key)?),
        Box::new(Series::new(&part.series(), key, crate::testing::every(5))),
        Box::new(crate::DecisionLog::create(&part.decisions())?),
    ]);
    let summary = engine.run(&mut case.policy.clone()).unwrap();
    let mut scalars = Scalars::default();
    engine.finish(&mut scalars)?;
    Ok(RunRecord::new(key.clone(), &summary, scalars))
}

/// Runs whatever is missing, and assembles.
fn session(dir: &Path, resume: Resume) -> Result<Vec<RunRecord>, StoreError> {
    session_of(dir, stamp("h"), resume, &keys())?;
    read_results(dir)
}

fn session_of(
    dir: &Path,
    stamp: ScenarioStamp,
    resume: Resume,
    keys: &[RunKey],
) -> Result<Assembled, StoreError> {
    let store = ResultStore::open(dir, stamp, resume)?;
    let missing = store.missing(&ids(keys));
    for key in keys.iter().filter(|key| missing.contains(&key.id())) {
        run(&store, key)?;
    }
    store.assemble(&ids(keys), &[], Some("abc"))
}

/// All files of a folder, by path.
fn contents(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn an_undisturbed_session_leaves_whole_files_and_no_parts() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    let records = session(&dir, Resume::No).unwrap();
    assert_eq!(records.len(), 3);
    assert_eq!(read_results(&dir).unwrap(), records);
    let files = contents(&dir);
    let visible: Vec<&str> =
        files.keys().map(|name| name.as_str()).filter(|name| !name.starts_with('.')).collect();
    let decisions: Vec<String> = keys().iter().map(|key| format!("decisions/{}.jsonl", key.id())).collect();
    let mut expected: Vec<&str> = decisions.iter().map(String::as_str).collect();
    expected.sort_unstable();
    expected.extend(["jobs.parquet", "manifest.json", "runs.parquet", "series.parquet", "wall.json"]);
    assert_eq!(visible, expected);
    let jobs = crate::testing::read_parquet(&dir.join("jobs.parquet"));
    assert_eq!(jobs.num_rows(), 3 * 20);
    assert_eq!(
        jobs.schema().field_with_name("policy").unwrap().data_type().to_string(),
        "Dictionary(Int32, Utf8)"
    );
}

#[test]
fn killed_at_any_step_a_session_can_be_resumed_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed");
    session(&undisturbed, Resume::No).unwrap();
    let mut wanted = contents(&undisturbed);
    wanted.remove("wall.json");
    let mut steps = 1;
    loop {
        let dir = folder.path().join(steps.to_string());
        die_after(Some(steps));
        let outcome = session(&dir, Resume::No);
        die_after(None);
        let is_over = outcome.is_ok();
        assert_eq!(session(&dir, Resume::Yes).unwrap().len(), 3, "after {steps} steps");
        let mut found = contents(&dir);
        found.remove("wall.json");
        assert!(found == wanted, "files differ after {steps} steps: {:?}", found.keys());
        if is_over {
            break;
        }
        steps += 1;
    }
    assert!(steps >= 40, "only {steps} steps were tried");
}

#[test]
fn resuming_a_complete_folder_changes_nothing_and_reports_all_runs() {
    let folder = tempfile::tempdir().unwrap();
    let first = session(folder.path(), Resume::No).unwrap();
    let before = contents(folder.path());
    assert_eq!(session(folder.path(), Resume::Yes).unwrap(), first);
    assert!(contents(folder.path()) == before);
}

#[test]
fn a_run_that_failed_is_left_out_and_can_be_added_later() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let store = ResultStore::open(dir, stamp("h"), Resume::No).unwrap();
    run(&store, &keys()[1]).unwrap();
    // Dropped without a commit: the run failed.
    drop(store.begin(&keys()[0], true).unwrap());
    let failed = [FailedRun { id: keys()[0].id(), message: "out of luck".into() }];
    assert_eq!(store.assemble(&ids(&keys()), &failed, None).unwrap().runs, 1);
    drop(store);
    let told = std::fs::read_to_string(dir.join("failed.json")).unwrap();
    assert!(told.contains(&keys()[0].id()) && told.contains("out of luck"), "{told}");
    assert_eq!(session(dir, Resume::Yes).unwrap().len(), 3);
    assert_eq!(read_results(dir).unwrap()[0].key, keys()[0]);
    assert!(!dir.join("failed.json").exists(), "it succeeded later");
}

#[test]
fn complete_results_of_the_same_scenario_are_replaced_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    session(folder.path(), Resume::No).unwrap();
    let mut first = contents(folder.path());
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    std::fs::write(folder.path().join("jobs-old.parquet"), "mine").unwrap();
    let store = ResultStore::open(folder.path(), stamp("h"), Resume::No).unwrap();
    assert_eq!(store.missing(&ids(&keys())).len(), 3);
    drop(store);
    let left: Vec<String> =
        contents(folder.path()).into_keys().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(left, ["jobs-old.parquet", "notes.txt"]);
    session(folder.path(), Resume::No).unwrap();
    let mut second = contents(folder.path());
    for files in [&mut first, &mut second] {
        files.remove("wall.json");
    }
    assert_eq!(second.remove("notes.txt").as_deref(), Some(&b"mine"[..]));
    assert_eq!(second.remove("jobs-old.parquet").as_deref(), Some(&b"mine"[..]));
    assert!(first == second);
}

#[test]
fn folders_of_others_and_unfinished_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    session(&dir, Resume::No).unwrap();
    let open = |dir: &Path, hash, resume| ResultStore::open(dir, stamp(hash), resume).err();
    let other = open(&dir, "other", Resume::No).unwrap();
    assert!(other.to_string().contains("holds results of `tiny`"), "{other}");
    let other = ScenarioStamp { name: "huge".into(), ..stamp("h") };
    let other = ResultStore::open(&dir, other, Resume::Yes).err().unwrap();
    assert!(other.to_string().contains("holds results of `tiny`"), "{other}");
    let cut = folder.path().join("cut");
    run(&ResultStore::open(&cut, stamp("h"), Resume::No).unwrap(), &keys()[0]).unwrap();
    assert_eq!(open(&cut, "h", Resume::No), Some(StoreError::HasResults { dir: cut.clone() }));
    assert_eq!(open(&cut, "h", Resume::Yes), None);
    std::fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let foreign = open(folder.path(), "h", Resume::Yes).unwrap();
    assert_eq!(foreign, StoreError::NotResults { dir: folder.path().to_owned() });
}

#[test]
fn one_process_at_a_time_and_a_dead_one_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let store = ResultStore::open(folder.path(), stamp("h"), Resume::No).unwrap();
    let second = ResultStore::open(folder.path(), stamp("h"), Resume::Yes).err();
    let pid = std::process::id().to_string();
    assert_eq!(second, Some(StoreError::Locked { dir: folder.path().to_owned(), pid }));
    drop(store);
    // What a killed process leaves: the number, without the kernel's lock.
    std::fs::write(folder.path().join(".lock"), "1").unwrap();
    assert!(ResultStore::open(folder.path(), stamp("h"), Resume::Yes).is_ok());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let dir = file.join("out");
    let error = ResultStore::open(&dir, stamp("h"), Resume::No).err().unwrap();
    assert!(matches!(&error, StoreError::Io { path, .. } if *path == dir), "{error}");
    assert!(error.to_string().starts_with(&dir.display().to_string()));
}

#[test]
fn a_damaged_manifest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    session(folder.path(), Resume::No).unwrap();
    std::fs::write(folder.path().join("manifest.json"), "{").unwrap();
    let error = ResultStore::open(folder.path(), stamp("h"), Resume::Yes).err().unwrap();
    assert!(error.to_string().contains("manifest.json: is damaged"), "{error}");
    assert!(error.to_string().contains("`windtunnel run --out DIR` makes it anew"), "{error}");
    assert_eq!(session(folder.path(), Resume::No).unwrap().len(), 3, "which is so");
}

#[test]
fn batches_that_were_done_elsewhere_leave_the_bytes_of_a_local_session() {
    let folder = tempfile::tempdir().unwrap();
    let (local, joined) = (folder.path().join("local"), folder.path().join("joined"));
    session(&local, Resume::No).unwrap();
    let pack = |key: &RunKey, packed: &mut Vec<u8>| {
        let part = RunPart::begin(folder.path(), key, true).unwrap();
        let record = run_into(&part, key).unwrap();
        part.pack(&record, 2.5, packed).unwrap();
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    pack(&keys()[2], &mut first);
    pack_failure(&keys()[0], "the worker was lost", &mut first);
    pack(&keys()[0], &mut second);
    pack(&keys()[1], &mut second);
    let store = ResultStore::open(&joined, stamp("h"), Resume::No).unwrap();
    let damaged = store.accept(&first[..first.len() - 1]).unwrap_err();
    assert!(damaged.to_string().contains("begins no whole run"), "{damaged}");
    assert_eq!(store.missing(&ids(&keys())).len(), 3, "of a damaged batch nothing is taken");
    let accepted = store.accept(&first).unwrap();
    assert_eq!(accepted.finished, [keys()[2].id()]);
    assert_eq!(accepted.failed[0].message, "the worker was lost");
    assert_eq!(store.missing(&ids(&keys())), [keys()[0].id(), keys()[1].id()]);
    store.accept(&second).unwrap();
    // Twice does no harm.
    store.accept(&first).unwrap();
    assert_eq!(store.assemble(&ids(&keys()), &[], Some("abc")).unwrap(), Assembled { runs: 3, unasked: 0 });
    drop(store);
    let (mut local, mut joined) = (contents(&local), contents(&joined));
    for files in [&mut local, &mut joined] {
        files.remove("wall.json");
    }
    assert!(local == joined, "{:?} and {:?}", local.keys(), joined.keys());
}

#[test]
fn killed_while_runs_are_added_a_complete_folder_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let more: Vec<RunKey> = (0..4).map(|seed| RunKey { seed, content: seed, ..key() }).collect();
    let undisturbed = folder.path().join("undisturbed");
    session_of(&undisturbed, stamp("more"), Resume::No, &more).unwrap();
    let mut wanted = contents(&undisturbed);
    wanted.remove("wall.json");
    let mut steps = 1;
    loop {
        let dir = folder.path().join(steps.to_string());
        session(&dir, Resume::No).unwrap();
        die_after(Some(steps));
        let outcome = session_of(&dir, stamp("more"), Resume::Yes, &more);
        die_after(None);
        let store = ResultStore::open(&dir, stamp("more"), Resume::Yes).unwrap();
        let missing = store.missing(&ids(&more));
        assert!(missing.len() <= 1, "after {steps} steps {missing:?} are lost");
        drop(store);
        assert_eq!(session_of(&dir, stamp("more"), Resume::Yes, &more).unwrap().runs, 4);
        let mut found = contents(&dir);
        found.remove("wall.json");
        assert!(found == wanted, "files differ after {steps} steps: {:?}", found.keys());
        if outcome.is_ok() {
            break;
        }
        steps += 1;
    }
    assert!(steps > 30, "only {steps} steps were tried");
}

#[test]
fn a_segment_that_was_damaged_loses_what_comes_after_and_nothing_before() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("out");
    let store = ResultStore::open(&dir, stamp("h"), Resume::No).unwrap();
    keys().iter().for_each(|key| run(&store, key).unwrap());
    drop(store);
    let segment = dir.join(PARTS).join("000001.runs");
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    let store = ResultStore::open(&dir, stamp("h"), Resume::Yes).unwrap();
    assert_eq!(store.missing(&ids(&keys())), [keys()[1].id(), keys()[2].id()]);
    drop(store);
    let undisturbed = folder.path().join("undisturbed");
    session(&undisturbed, Resume::No).unwrap();
    assert_eq!(session(&dir, Resume::Yes).unwrap(), read_results(&undisturbed).unwrap());
}

#[test]
fn a_table_that_was_changed_is_neither_read_nor_added_to() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    session(dir, Resume::No).unwrap();
    let more: Vec<RunKey> = (0..4).map(|seed| RunKey { seed, content: seed, ..key() }).collect();
    let merged = folder.path().join("merged");
    let log = format!("decisions/{}.jsonl", keys()[1].id());
    for name in ["runs.parquet", "jobs.parquet", "series.parquet", &log] {
        let path = dir.join(name);
        let whole = std::fs::read(&path).unwrap();
        let mut changes = vec![None, Some(whole[..100].to_vec())];
        for at in [0, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            changes.push(Some(changed));
        }
        for (n, change) in changes.into_iter().enumerate() {
            match change {
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            let before = contents(dir);
            let same = session_of(dir, stamp("h"), Resume::Yes, &keys());
            let added = session_of(dir, stamp("more"), Resume::Yes, &more);
            for error in [same, added].map(|done| done.unwrap_err().to_string()) {
                assert!(error.contains(name) && error.contains("is damaged"), "change {n}: {error}");
                assert!(error.contains("`windtunnel run --out DIR` makes it anew"), "change {n}: {error}");
            }
            let error = merge(&merged, &[dir.to_owned()], None).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("is damaged"), "change {n}: {error}");
            assert!(!merged.exists(), "change {n}");
            assert_eq!(read_results(dir).is_err(), name == "runs.parquet");
            assert_eq!(verified_log(dir, &keys()[1].id()).is_err(), name == log);
            assert!(contents(dir) == before && !dir.join(PARTS).exists(), "the folder is what it was");
        }
        std::fs::write(&path, whole).unwrap();
    }
    assert_eq!(session_of(dir, stamp("more"), Resume::Yes, &more).unwrap().runs, 4);
}

#[test]
fn beside_finished_runs_a_manifest_that_cannot_be_read_counts_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let (undisturbed, dir) = (folder.path().join("undisturbed"), folder.path().join("out"));
    session(&undisturbed, Resume::No).unwrap();
    let mut wanted = contents(&undisturbed);
    let store = ResultStore::open(&dir, stamp("h"), Resume::No).unwrap();
    store.plan(&RunPlan { runs: ids(&keys()), shards: None }).unwrap();
    keys()[..2].iter().for_each(|key| run(&store, key).unwrap());
    store.assemble(&ids(&keys()), &[], None).unwrap();
    drop(store);
    let manifest = dir.join(MANIFEST);
    let whole = std::fs::read(&manifest).unwrap();
    for damaged in [&whole[..0], &whole[..100], b"\xff\n"] {
        std::fs::write(&manifest, damaged).unwrap();
        let before = contents(&dir);
        let refused = ResultStore::open(&dir, stamp("h"), Resume::No).err();
        assert_eq!(refused, Some(StoreError::HasResults { dir: dir.clone() }));
        assert!(contents(&dir) == before, "the finished runs are kept");
        let store = ResultStore::open(&dir, stamp("h"), Resume::Yes).unwrap();
        assert_eq!(store.missing(&ids(&keys())), [keys()[2].id()]);
        drop(store);
        let merged = merge(&folder.path().join("merged"), std::slice::from_ref(&dir), None).unwrap();
        assert_eq!(merged.missing, [keys()[2].id()]);
    }
    session(&dir, Resume::Yes).unwrap();
    let mut found = contents(&dir);
    for files in [&mut found, &mut wanted] {
        files.remove("wall.json");
    }
    assert!(found == wanted, "{:?} and {:?}", found.keys(), wanted.keys());
}

#[test]
fn tables_that_are_held_are_not_given_up_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    session(&whole, Resume::No).unwrap();
    run(&ResultStore::open(&cut, stamp("h"), Resume::No).unwrap(), &keys()[0]).unwrap();
    for dir in [whole, cut] {
        let before = contents(&dir);
        let open = |jobs, decisions| {
            let stamp = ScenarioStamp { tables: Tables { jobs, decisions }, ..stamp("h") };
            ResultStore::open(&dir, stamp, Resume::Yes).err().map(|error| error.to_string())
        };
        let neither = open(false, false).unwrap();
        assert!(neither.contains("holds jobs.parquet and decisions, which would be lost"), "{neither}");
        assert!(neither.contains("add --jobs --log-decisions to --resume"), "{neither}");
        assert!(open(true, false).unwrap().contains("add --log-decisions to"));
        let mut after = contents(&dir);
        after.remove(".lock");
        assert!(after.iter().all(|(name, bytes)| before.get(name) == Some(bytes)), "{:?}", after.keys());
        assert_eq!(open(true, true), None);
    }
}
