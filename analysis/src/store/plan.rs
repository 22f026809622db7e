//! All runs of a sweep in their order, so that shards can be merged without the scenario and its traces.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::disk::{read_json, write_file};
use super::error::StoreError;
use super::{PARTS, ResultStore, ScenarioStamp, Tables};

const PLAN: &str = "plan.json";

/// What a folder that is not complete yet is to hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunPlan {
    /// Ids of all runs of the sweep, those of other shards too, in order.
    pub runs: Vec<String>,
    /// Into how many shards the sweep is cut, if it is.
    pub shards: Option<usize>,
}

/// True if the `n`-th run of a sweep is in the shard `index`, both from 0. Runs of one policy, of one point and of one
/// seed each go to all shards, because every further round begins with the next shard: heavy ones are shared evenly.
pub fn in_shard(n: usize, index: usize, of: usize) -> bool {
    (n + n / of) % of == index
}

impl ResultStore {
    /// Notes the plan in the folder, for [`merge`](super::merge). A folder that is complete needs none.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn plan(&self, plan: &RunPlan) -> Result<(), StoreError> {
        let mut state = self.state();
        state.plan = Some(plan.clone());
        // It is written when the folder is made one that runs can be added to.
        if state.complete.is_some() { Ok(()) } else { write(&self.dir.join(PARTS), &self.stamp, plan) }
    }
}

pub(super) fn write(parts: &Path, stamp: &ScenarioStamp, plan: &RunPlan) -> Result<(), StoreError> {
    let json = json!({
        "scenario": stamp.name,
        "hash": stamp.hash,
        "text": stamp.text,
        "jobs": stamp.tables.jobs,
        "decisions": stamp.tables.decisions,
        "shards": plan.shards,
        "runs": plan.runs,
    });
    write_file(&parts.join(PLAN), format!("{json}\n").as_bytes())
}

/// The plan that a session noted in `dir`; `None` if it holds none.
pub(super) fn read(dir: &Path) -> Result<Option<(ScenarioStamp, RunPlan)>, StoreError> {
    let path: PathBuf = dir.join(PARTS).join(PLAN);
    if !path.exists() {
        return Ok(None);
    }
    let json = read_json(&path)?;
    let damaged = || StoreError::damaged(&path, "it is no plan of runs");
    parse(&json).map(Some).ok_or_else(damaged)
}

fn parse(json: &Value) -> Option<(ScenarioStamp, RunPlan)> {
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let tables = Tables { jobs: json["jobs"].as_bool()?, decisions: json["decisions"].as_bool()? };
    let stamp = ScenarioStamp { name: text("scenario")?, text: text("text")?, hash: text("hash")?, tables };
    let runs = json["runs"].as_array()?.iter().map(|id| id.as_str().map(str::to_owned));
    let shards = json["shards"].as_u64().map(|shards| shards as usize);
    Some((stamp, RunPlan { runs: runs.collect::<Option<_>>()?, shards }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_take_every_run_once_and_share_policies_and_seeds() {
        // Four policies on four seeds, in four shards: each shard has each policy and each seed once.
        for shard in 0..4 {
            let runs: Vec<usize> = (0..16).filter(|&n| in_shard(n, shard, 4)).collect();
            let mut policies: Vec<usize> = runs.iter().map(|n| n / 4).collect();
            let mut seeds: Vec<usize> = runs.iter().map(|n| n % 4).collect();
            policies.sort_unstable();
            seeds.sort_unstable();
            assert_eq!((policies, seeds), (vec![0, 1, 2, 3], vec![0, 1, 2, 3]));
        }
        let owners = |n| (0..3).filter(|&shard| in_shard(n, shard, 3)).count();
        assert!((0..100).all(|n| owners(n) == 1));
    }
}
