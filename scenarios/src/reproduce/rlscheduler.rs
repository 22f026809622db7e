//! RLScheduler's heuristics: every schedule and metric of the golden files, and the tables of its README.
//!
//! The golden files come from the unmodified simulator of the repository. A case is a sequence of jobs of a trace, a
//! policy, and backfilling or not; all its metrics are compared bit by bit, so sums are taken in the original's order.

mod golden;
mod metrics;
mod page;
mod readme;
mod runs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::number::differing;
use super::{Case, Options, Reproduction};
use crate::problem::Problems;
use crate::sweep::Progress;
use golden::Goldens;
use metrics::Metrics;
use runs::Job;

/// One run: so many jobs of a trace from a certain one on, under a policy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key {
    trace: String,
    /// Position of the first job among those of the trace.
    start: u64,
    len: u64,
    /// As the golden files call it.
    policy: String,
    backfill: bool,
}

impl Key {
    fn name(&self) -> String {
        let Self { trace, start, len, policy, backfill } = self;
        format!("{trace}/{start}+{len}/{policy}{}", if *backfill { "/backfill" } else { "" })
    }
}

/// Runs that are over, with the metrics of each.
type Outcomes = BTreeMap<Key, Outcome>;

/// One run that is over.
struct Outcome {
    /// In the order of the starts.
    jobs: Vec<Job>,
    metrics: Metrics,
}

/// The order that a policy of the golden files stands for, if there is one.
fn order_of(policy: &str) -> Option<&'static str> {
    let name = match policy {
        "wfp3" => "wfp3-rlscheduler",
        "unicep" => "unicep-rlscheduler",
        other => other.strip_suffix("_fixed").unwrap_or(other),
    };
    policies::order::ORDERS.iter().find(|about| about.name == name).map(|about| about.name)
}

pub(super) fn reproduce(
    data: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Reproduction, Problems> {
    let mut found = Reproduction { name: "rlscheduler", ..Reproduction::default() };
    let mut goldens = golden::read(&data.join("goldens/rlscheduler"))?;
    let known: Vec<String> = goldens.keys().map(|key| key.trace.clone()).collect();
    let known = known.iter().map(String::as_str).chain(readme::TABLE.iter().map(|row| row.trace));
    super::unknown("--traces", &options.traces, known.clone()).or_ok(())?;
    let wanted = |trace: &str| options.traces.is_empty() || options.traces.iter().any(|name| name == trace);
    goldens.retain(|key| wanted(&key.trace));
    let names: BTreeSet<&str> = known.filter(|name| wanted(name)).collect();
    let mut traces = BTreeMap::new();
    for name in names {
        let is_golden = goldens.keys().any(|key| key.trace == name);
        match runs::trace(data, name) {
            Ok(Ok(trace)) => drop(traces.insert(name.to_owned(), trace)),
            Ok(Err(why)) => found.skipped.push((name.to_owned(), why)),
            Err(problems) if is_golden => return Err(problems),
            // A log from elsewhere that nobody has run here before.
            Err(problems) => {
                let (first, more) = (&problems.0[0], problems.0.len() - 1);
                found.skipped.push((name.to_owned(), format!("{first}; further problems: {more}")));
            }
        }
    }
    goldens.retain(|key| traces.contains_key(&key.trace));
    leave_out_agents(&mut goldens, &mut found.skipped);
    let published = readme::keys(&traces, &mut found.skipped);
    let keys: BTreeSet<Key> = goldens.keys().cloned().chain(published).collect();
    let outcomes = runs::run(&keys, &traces, progress)?;
    let golden = cases(&goldens, &outcomes);
    found.report = page::table(&golden, &goldens, &outcomes);
    // The whole schedule of a run whose metrics, digest included, are a case already is no second one.
    let schedules = goldens.schedules.keys().map(|key| goldens.metrics.contains_key(key));
    let is_further = std::iter::repeat_n(false, goldens.metrics.len()).chain(schedules);
    for (case, is_further) in golden.into_iter().zip(is_further) {
        if is_further { &mut found.further } else { &mut found.cases }.push(case);
    }
    found.further.extend(readme::cases(&outcomes));
    Ok(found)
}

/// Cases of policies that are no order here are told, with how many there are.
fn leave_out_agents(goldens: &mut Goldens, skipped: &mut Vec<(String, String)>) {
    let mut left: BTreeMap<(String, String), u64> = BTreeMap::new();
    for key in goldens.keys().filter(|key| order_of(&key.policy).is_none()) {
        *left.entry((key.trace.clone(), key.policy.clone())).or_default() += 1;
    }
    goldens.retain(|key| order_of(&key.policy).is_some());
    for ((trace, policy), runs) in left {
        let why = if policy.starts_with("rl_") { "a trained agent, which" } else { "a policy that" };
        skipped.push((format!("{trace}/{policy}"), format!("{why} is not here; runs: {runs}")));
    }
}

fn cases(goldens: &Goldens, outcomes: &Outcomes) -> Vec<Case> {
    let of_metrics =
        |(key, theirs): (&Key, &Vec<(String, String)>)| Some(metric_case(key, outcomes.get(key)?, theirs));
    let of_jobs =
        |(key, theirs): (&Key, &Vec<[u64; 6]>)| Some(schedule_case(key, outcomes.get(key)?, theirs));
    let metrics = goldens.metrics.iter().filter_map(of_metrics);
    metrics.chain(goldens.schedules.iter().filter_map(of_jobs)).collect()
}

fn metric_case(key: &Key, ours: &Outcome, theirs: &[(String, String)]) -> Case {
    let (differing, max_abs_diff) = differing(theirs, |metric| ours.metrics.get(metric).cloned());
    Case {
        name: key.name(),
        compared: theirs.len() as u64,
        differing: differing.len() as u64,
        max_abs_diff,
        unit: "in the metric's unit",
        must_be_exact: true,
        first: differing.into_iter().next().unwrap_or_default(),
    }
}

/// The whole schedule, job for job and in order: number, submission, start, run time, request, processors.
fn schedule_case(key: &Key, ours: &Outcome, theirs: &[[u64; 6]]) -> Case {
    let ours: Vec<[u64; 6]> = ours
        .jobs
        .iter()
        .map(|job| [job.id, job.submit, job.start, job.run, job.requested, job.procs])
        .collect();
    let (mut differing, mut largest, mut first) =
        (ours.len().abs_diff(theirs.len()) as u64, 0, String::new());
    for (n, (ours, theirs)) in
        ours.iter().zip(theirs).enumerate().filter(|(_, (ours, theirs))| ours != theirs)
    {
        differing += 1;
        largest = largest.max(ours[2].abs_diff(theirs[2]));
        if first.is_empty() {
            first = format!("start {n}: ours {ours:?}, theirs {theirs:?}");
        }
    }
    Case {
        name: format!("schedule/{}", key.name()),
        compared: theirs.len() as u64,
        differing,
        max_abs_diff: largest as f64,
        unit: "s",
        must_be_exact: true,
        first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_golden_files_are_orders() {
        assert_eq!(order_of("wfp3"), Some("wfp3-rlscheduler"));
        assert_eq!(order_of("wfp3_fixed"), Some("wfp3"));
        assert_eq!(order_of("f4"), Some("f4"));
        assert_eq!(order_of("rl_argmax:bsld_lublin256"), None);
    }
}
