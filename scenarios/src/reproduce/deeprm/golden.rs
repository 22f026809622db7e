//! The golden files: numbers of each episode, and times of each of its jobs.

use std::collections::BTreeMap;
use std::path::Path;

use crate::problem::Problems;
use crate::reproduce::rows::rows;

/// One episode: a sequence of jobs under an agent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Key {
    /// Chance of an arrival per step, as written.
    pub(super) rate: String,
    pub(super) agent: String,
    pub(super) episode: u64,
}

impl Key {
    pub(super) fn name(&self) -> String {
        format!("{}/{}/{}", self.rate, self.episode, self.agent)
    }
}

/// What the golden files say of an episode.
#[derive(Clone, Debug, Default)]
pub(super) struct Golden {
    /// Names of numbers and their values as written.
    pub(super) numbers: Vec<(String, String)>,
    /// Number, entry, start, end, length and units of each job; start and end are -1 if it never started.
    pub(super) jobs: Vec<[i64; 7]>,
}

/// The episodes of a folder; none if it has no such files.
pub(super) fn goldens(folder: &Path) -> Result<BTreeMap<Key, Golden>, Problems> {
    let mut goldens: BTreeMap<Key, Golden> = BTreeMap::new();
    let (numbers, jobs) = (folder.join("deeprm_golden.csv"), folder.join("deeprm_golden_jobs.csv"));
    let key = |row: &csv::StringRecord| {
        let text = |column: usize| row.get(column).map(str::to_owned);
        Some(Key { rate: text(0)?, agent: text(2)?, episode: row.get(1)?.parse().ok()? })
    };
    if numbers.exists() {
        rows(&numbers, "must be rate,ex,agent, and then numbers", |header, row| {
            let golden = goldens.entry(key(row)?).or_default();
            for (name, value) in header.iter().zip(row).skip(3) {
                value.parse::<f64>().ok()?;
                golden.numbers.push((name.to_owned(), value.to_owned()));
            }
            Some(())
        })?;
    }
    if jobs.exists() {
        let rule =
            "must be rate,ex,agent,job_id,enter,start,finish,len,res0,res1, all whole numbers from job_id on";
        rows(&jobs, rule, |_, row| {
            let mut cells = [0; 7];
            for (n, cell) in cells.iter_mut().enumerate() {
                *cell = row.get(n + 3)?.parse().ok()?;
            }
            goldens.entry(key(row)?).or_default().jobs.push(cells);
            Some(())
        })?;
    }
    Ok(goldens)
}
