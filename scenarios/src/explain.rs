//! Why a job waited and why it ran where it ran, from a log of decisions.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use analysis::verified_log;
use serde_json::Value;

use crate::problem::Problem;
use crate::schedule::Pick;
use crate::sweep::store_problem;

/// One thing that happened to the job, or kept it waiting, over one decision or several in a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// When it was first so \[ns\].
    pub from_ns: u64,
    /// When it was last so \[ns\].
    pub to_ns: u64,
    /// Decisions in a row.
    pub times: u64,
    /// What, in words.
    pub what: String,
}

/// The story of one job in one run.
#[derive(Clone, PartialEq, Debug)]
pub struct Story {
    /// The run.
    pub policy: String,
    /// Its seed.
    pub seed: u64,
    /// What happened, in order.
    pub steps: Vec<Step>,
}

/// The story of job `job` (its number in the trace) in one run of a results folder.
///
/// # Errors
/// If the folder has no such run, no decision log, or the job never came up.
pub fn explain(folder: &Path, job: u64, pick: &Pick) -> Result<Story, Problem> {
    let record = pick.of(folder)?;
    let log = verified_log(folder, &record.key.id()).map_err(|error| store_problem(&error))?;
    let path = log.ok_or_else(|| {
        let rule = "has no logs of decisions: runs with --log-decisions write them";
        Problem::of_file(folder.display().to_string(), rule)
    })?;
    let steps = read_steps(&path, job)?;
    if steps.is_empty() {
        let rule = format!("job {job} does not come up in this run");
        return Err(Problem::of_file(path.display().to_string(), rule));
    }
    Ok(Story { policy: record.key.policy.clone(), seed: record.key.seed, steps })
}

fn read_steps(path: &Path, job: u64) -> Result<Vec<Step>, Problem> {
    let name = path.display().to_string();
    let file =
        File::open(path).map_err(|error| Problem::of_file(&name, format!("cannot be read: {error}")))?;
    let (mut steps, mut waits) = (Vec::new(), false);
    for (n, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| Problem::new(&name, n + 1, "", error.to_string()))?;
        let entry: Value = serde_json::from_str(&line).map_err(|error| {
            Problem::new(&name, n + 1, "", format!("is not a line of a decision log: {error}"))
        })?;
        tell(&entry, job, &mut waits, &mut steps);
    }
    Ok(steps)
}

/// Adds what one decision means for the job.
fn tell(entry: &Value, job: u64, waits: &mut bool, steps: &mut Vec<Step>) {
    let at = entry["t_ns"].as_u64().unwrap_or(0);
    let is_job = |value: &Value| value.as_u64() == Some(job);
    let list = |key: &str| entry[key].as_array().cloned().unwrap_or_default();
    if list("queued").iter().any(is_job) {
        *waits = true;
        add(steps, at, "entered the queue".into());
    }
    for note in list("notes") {
        let about_it = is_job(&note["job"]);
        match note["why"].as_str() {
            Some("no_room") if about_it => {
                let (placed, wanted) = (&note["placed"], &note["wanted"]);
                add(
                    steps,
                    at,
                    format!("no room: {placed} of {wanted} tasks that must start together found a node"),
                );
            }
            Some("behind") if *waits && !is_job(&note["head"]) => {
                add(
                    steps,
                    at,
                    format!("waited behind job {}, which did not fit and blocks the queue", note["head"]),
                );
            }
            Some("chosen") if about_it => {
                let next = match note["next"].as_object() {
                    Some(next) => format!("; next best was node {} with {}", next["node"], next["score"]),
                    None => "; no other node could hold it".into(),
                };
                add(
                    steps,
                    at,
                    format!(
                        "node {} was chosen with score {} (lowest wins){next}",
                        note["node"], note["score"]
                    ),
                );
            }
            Some("part") if about_it => add(steps, at, tell_part(&note)),
            Some("victim") if about_it => {
                add(steps, at, format!("was stopped to make room for job {}", note["by"]));
            }
            Some("victim") if is_job(&note["by"]) => {
                add(steps, at, format!("job {} was stopped to make room for it", note["job"]));
            }
            _ => {}
        }
    }
    for action in list("actions").iter().filter(|action| is_job(&action["job"])) {
        let verb = action["do"].as_str().unwrap_or("acted on");
        let nodes =
            action["nodes"].as_array().map(|nodes| format!(" on nodes {}", Value::from(nodes.clone())));
        add(steps, at, format!("{verb}{}", nodes.unwrap_or_default()));
        *waits &= !matches!(verb, "start" | "reject");
    }
}

/// What one rule made of a node.
fn tell_part(note: &Value) -> String {
    let number = |key: &str| note[key].as_i64().unwrap_or(0);
    let (raw, score, weight) = (number("raw"), number("score"), number("weight"));
    let rule = note["rule"].as_str().unwrap_or("a rule");
    let sum = score * weight;
    format!("node {}, {rule}: {raw}, normalised {score}, x {weight} = {sum}", note["node"])
}

/// Adds a step, or lengthens the last one of the same words.
fn add(steps: &mut Vec<Step>, at: u64, what: String) {
    match steps.last_mut() {
        Some(last) if last.what == what => {
            last.to_ns = at;
            last.times += 1;
        }
        _ => steps.push(Step { from_ns: at, to_ns: at, times: 1, what }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wait_behind_others_is_told_once_with_its_length() {
        let (mut waits, mut steps) = (false, Vec::new());
        for t in 1..=3 {
            let notes = json!([{ "why": "behind", "head": 1, "waiting": 2 }]);
            let queued = if t == 1 { json!([7]) } else { json!([]) };
            tell(
                &json!({ "t_ns": t, "queued": queued, "notes": notes, "actions": [] }),
                7,
                &mut waits,
                &mut steps,
            );
        }
        let start = json!({ "t_ns": 9, "notes": [], "actions": [{ "do": "start", "job": 7, "nodes": [4] }] });
        tell(&start, 7, &mut waits, &mut steps);
        let told: Vec<_> =
            steps.iter().map(|step| (step.from_ns, step.to_ns, step.times, step.what.as_str())).collect();
        assert_eq!(told[0], (1, 1, 1, "entered the queue"));
        assert_eq!((told[1].0, told[1].1, told[1].2), (1, 3, 3));
        assert_eq!(told[2].3, "start on nodes [4]");
    }
}
