//! The golden files: metrics of each run in one table, and schedules in a file each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Key;
use crate::problem::{Problem, Problems};
use crate::reproduce::rows::{files, rows};

/// What the golden files say of each run.
#[derive(Debug, Default)]
pub(super) struct Goldens {
    /// Names of metrics and their values as written, in the order of the file.
    pub(super) metrics: BTreeMap<Key, Vec<(String, String)>>,
    /// Number, submission, start, run time, request, processors; in the order of the starts.
    pub(super) schedules: BTreeMap<Key, Vec<[u64; 6]>>,
}

impl Goldens {
    /// Every run, those of which there is a schedule too twice.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.metrics.keys().chain(self.schedules.keys())
    }

    /// Drops all other runs.
    pub(super) fn retain(&mut self, keeps: impl Fn(&Key) -> bool) {
        self.metrics.retain(|key, _| keeps(key));
        self.schedules.retain(|key, _| keeps(key));
    }
}

/// The golden files of a folder; none if there is no such folder.
pub(super) fn read(folder: &Path) -> Result<Goldens, Problems> {
    let mut goldens = Goldens::default();
    if !folder.exists() {
        return Ok(goldens);
    }
    let mut problems = Problems::default();
    for name in file_names(folder)? {
        let (path, stem) = (folder.join(&name), name.strip_suffix(".gz").unwrap_or(&name));
        let Some(stem) = stem.strip_suffix(".csv") else { continue };
        let read = if stem == "golden" {
            metrics(&path, &mut goldens.metrics)
        } else if let Some(key) = stem.strip_prefix("rls_schedule_").and_then(key_of) {
            schedule(&path).map(|rows| drop(goldens.schedules.insert(key, rows)))
        } else {
            Ok(())
        };
        problems.0.extend(read.err().into_iter().flat_map(|found| found.0));
    }
    problems.or_ok(goldens)
}

/// The names of a folder's files, sorted.
fn file_names(folder: &Path) -> Result<Vec<String>, Problem> {
    let name = |path: PathBuf| path.file_name()?.to_str().map(str::to_owned);
    Ok(files(folder)?.into_iter().filter_map(name).collect())
}

/// The run of a schedule: `TRACE_START_LEN_POLICY_bf0`, where trace and policy may hold `_`.
fn key_of(name: &str) -> Option<Key> {
    let parts: Vec<&str> = name.split('_').collect();
    let numbers = parts.windows(2).position(|pair| pair.iter().all(|part| part.parse::<u64>().is_ok()))?;
    let (policy, backfill) =
        parts.get(numbers + 2..)?.split_at_checked(parts.len().checked_sub(numbers + 3)?)?;
    Some(Key {
        trace: parts[..numbers].join("_"),
        start: parts[numbers].parse().ok()?,
        len: parts[numbers + 1].parse().ok()?,
        policy: policy.join("_"),
        backfill: match backfill {
            ["bf0"] => false,
            ["bf1"] => true,
            _ => return None,
        },
    })
}

fn metrics(path: &Path, into: &mut BTreeMap<Key, Vec<(String, String)>>) -> Result<(), Problems> {
    rows(path, "must be trace,start,len,policy,backfill (0 or 1),metric,value", |_, row| {
        let key = Key {
            trace: row.get(0)?.to_owned(),
            start: row.get(1)?.parse().ok()?,
            len: row.get(2)?.parse().ok().filter(|&len| len > 0)?,
            policy: row.get(3)?.to_owned(),
            backfill: ["0", "1"].iter().position(|&flag| row.get(4) == Some(flag))? == 1,
        };
        let value = row.get(6).filter(|value| !value.is_empty())?;
        into.entry(key).or_default().push((row.get(5)?.to_owned(), value.to_owned()));
        Some(())
    })
}

fn schedule(path: &Path) -> Result<Vec<[u64; 6]>, Problems> {
    let mut schedule = Vec::new();
    rows(path, "must be order,job_id,submit,start,run,req_time,procs, all whole numbers", |_, row| {
        let mut numbers = [0; 6];
        for (n, number) in numbers.iter_mut().enumerate() {
            *number = row.get(n + 1)?.parse().ok()?;
        }
        schedule.push(numbers);
        Some(())
    })?;
    Ok(schedule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_schedules_are_taken_apart() {
        let key = key_of("lublin-1_1000_256_wfp3_fixed_bf1").unwrap();
        assert_eq!((key.trace.as_str(), key.start, key.len), ("lublin-1", 1000, 256));
        assert_eq!((key.policy.as_str(), key.backfill), ("wfp3_fixed", true));
        for wrong in ["lublin-1_1000_256", "lublin-1_1000_256_fcfs", "lublin-1_fcfs_bf0", "", "1_2"] {
            assert!(key_of(wrong).is_none(), "{wrong}");
        }
    }
}
