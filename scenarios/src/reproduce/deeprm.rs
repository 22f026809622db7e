//! DeepRM's heuristic agents: the times of every job and the numbers of every episode of the golden files.
//!
//! An episode is a sequence of jobs under one agent, on one node with two resources of ten units. It is run on the
//! engine under the policy `deeprm`; the environment's steps and rewards are then counted over the schedule.

mod episode;
mod golden;
mod sequence;

use std::fmt::Write;
use std::path::Path;

use rayon::prelude::*;
use sim_core::registry::{Kind, Param};
use sim_core::{
    ClusterSpec, Engine, Failures, Lane, Limits, Parts, Policy, Requested, Resources, Rules, SimTime,
    Vocabulary,
};

use super::log::StartLog;
use super::number::{Number, differing};
use super::{Case, Options, Reproduction};
use crate::file::{check_table, parse_toml};
use crate::problem::{Problem, Problems};
use crate::registries::registries;
use crate::sweep::Progress;
use episode::Episode;
use golden::{Golden, Key};
use sequence::{Arrivals, Sequence};

/// Units of each of the two resources (`parameters.py`, `res_slot`).
const UNITS: u32 = 10;
/// Jobs that an agent sees, in all experiments of the paper (`num_nw`).
const SLOTS: usize = 10;

pub(super) fn reproduce(
    data: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Reproduction, Problems> {
    let mut found = Reproduction { name: "deeprm", ..Reproduction::default() };
    let folder = data.join("goldens/deeprm");
    let goldens = golden::goldens(&folder)?;
    super::unknown("--traces", &options.traces, goldens.keys().map(|key| key.rate.as_str())).or_ok(())?;
    let sequences = sequence::sequences(&folder)?;
    let mut wanted = Vec::new();
    for (key, golden) in &goldens {
        if !options.traces.is_empty() && !options.traces.contains(&key.rate) {
            continue;
        }
        let sequence = sequences.get(&(key.rate.clone(), key.episode));
        match (sequence, agent(&key.agent)) {
            (None, _) => found.skipped.push((key.name(), "its sequence of jobs is not there".to_owned())),
            (_, None) => found.skipped.push((key.name(), "no such agent here".to_owned())),
            (Some(sequence), Some(agent)) => wanted.push(Wanted { key, golden, sequence, agent }),
        }
    }
    if folder.join("deeprm_golden_obs.csv.gz").exists() {
        let why = "observations are for trained agents, which are not here";
        found.skipped.push(("deeprm_golden_obs".to_owned(), why.to_owned()));
    }
    progress.begin(wanted.len(), None);
    let outcomes = wanted.par_iter().map(Wanted::run).inspect(|_| progress.run_done());
    let outcomes = outcomes.collect::<Result<Vec<_>, Problems>>()?;
    found.report = report(&outcomes);
    found.cases = outcomes.into_iter().map(|outcome| outcome.case).collect();
    Ok(found)
}

/// An episode to be run.
struct Wanted<'g> {
    key: &'g Key,
    golden: &'g Golden,
    sequence: &'g Sequence,
    /// Its policy, as the value of a scenario's key.
    agent: String,
}

impl<'g> Wanted<'g> {
    fn run(&self) -> Result<Outcome<'g>, Problems> {
        let &Self { key, golden, sequence, ref agent } = self;
        let ours = run(&key.name(), sequence, agent)?;
        let case = compare(key.name(), sequence, &ours, golden);
        Ok(Outcome { key, golden, sequence, ours, case })
    }
}

/// The policy of an agent as the golden files call it, as the value of a scenario's key.
fn agent(name: &str) -> Option<String> {
    let parameters = match name {
        "SJF" => "agent = \"sjf\"".to_owned(),
        "Packer" => "agent = \"packer\"".to_owned(),
        _ => {
            let knob: f64 = name.strip_prefix("Tetris")?.parse().ok()?;
            (0.0..=1.0).contains(&knob).then(|| format!("agent = \"tetris\", knob = {knob:?}"))?
        }
    };
    Some(format!("{{ type = \"deeprm\", {parameters}, slots = {SLOTS}, units = {UNITS} }}"))
}

/// The policy of that text.
fn policy(text: &str) -> Result<Box<dyn Policy>, Problems> {
    const KEYS: &[Param] = &[Param::required("policy", Kind::Plugin("policy"), "the agent")];
    let table = parse_toml("agent", &format!("policy = {text}"))?;
    let mut problems = Problems::default();
    let params = check_table(&table, KEYS, "", "agent", registries(), &mut problems);
    let params = problems.or_ok(params)?;
    let (name, params) = params.plugin("policy").expect("it is required");
    Ok(policies::registry::build(name, params, &policies::Prior::default()))
}

/// One node with so many units of two resources.
fn cluster() -> ClusterSpec {
    let [cpu, memory] = sequence::UNIT.map(|unit| unit * UNITS);
    let mut cluster = ClusterSpec::default();
    cluster.add_uniform("node", 1, Resources::ZERO.with(Lane::Cpu, cpu).with(Lane::Memory, memory), 0);
    cluster
}

fn run(name: &str, sequence: &Sequence, agent: &str) -> Result<Episode, Problems> {
    let log = StartLog::default();
    let mut engine = Engine::new(Parts {
        cluster: cluster(),
        words: Vocabulary::default(),
        workload: Box::new(Arrivals::of(sequence)),
        predictor: Box::new(Requested),
        controllers: Vec::new(),
        observers: vec![Box::new(log.clone())],
        failures: Failures::default(),
        rules: Rules::default(),
        limits: Limits::default(),
        seed: 1,
    });
    engine.run(&mut *policy(agent)?).map_err(|error| Problem::of_file(name, error.to_string()))?;
    let steps = |at: SimTime| at.since(SimTime::ZERO).as_ns() / 1_000_000_000;
    let schedule: Vec<_> =
        log.take().iter().map(|row| (row.id as usize, steps(row.start), steps(row.end))).collect();
    Ok(Episode::of(sequence, &schedule))
}

/// Every number of the episode, and seven of each job.
fn compare(name: String, sequence: &Sequence, ours: &Episode, theirs: &Golden) -> Case {
    let (mut differences, mut largest) = differing(&theirs.numbers, |number| ours.number(number, sequence));
    let times = |at: Option<u64>| at.map_or(-1, |at| at as i64);
    let jobs = ours.jobs.iter().zip(&sequence.arrivals).enumerate().map(|(n, (job, arrival))| {
        let (start, end) = job.ran.unzip();
        let [first, second] = arrival.needs.map(i64::from);
        [n as i64, job.enter as i64, times(start), times(end), arrival.len as i64, first, second]
    });
    let jobs: Vec<[i64; 7]> = jobs.collect();
    for (ours, theirs) in jobs.iter().zip(&theirs.jobs).filter(|(ours, theirs)| ours != theirs) {
        largest = largest.max(ours[2].abs_diff(theirs[2]) as f64);
        differences.push(format!("job: ours {ours:?}, theirs {theirs:?}"));
    }
    let absent = jobs.len().abs_diff(theirs.jobs.len());
    Case {
        name,
        compared: (theirs.numbers.len() + theirs.jobs.len()) as u64,
        differing: (differences.len() + absent) as u64,
        max_abs_diff: largest,
        unit: "in the number's unit",
        must_be_exact: true,
        first: differences.into_iter().next().unwrap_or_default(),
    }
}

/// An episode that was run.
struct Outcome<'g> {
    key: &'g Key,
    golden: &'g Golden,
    sequence: &'g Sequence,
    ours: Episode,
    case: Case,
}

/// Means over episodes, by rate and agent.
fn report(outcomes: &[Outcome<'_>]) -> String {
    const SHOWN: [(&str, &str); 3] = [
        ("mean_slowdown", "mean slowdown"),
        ("mean_slowdown_floor", "the same, divided without remainder"),
        ("total_reward", "total reward"),
    ];
    let mut text = String::from(
        "Means over episodes. `exact`: every time of every job and every number agree to the last bit.\n",
    );
    let heads = SHOWN.map(|(_, head)| format!(" {head:>36}")).concat();
    let _ = writeln!(text, "{:<6}{:<12}{:>9}{:>7}{heads}", "rate", "agent", "episodes", "exact");
    let columns = format!(" {:>18}{:>18}", "ours", "theirs").repeat(SHOWN.len());
    let _ = writeln!(text, "{:<34}{columns}", "");
    for group in outcomes.chunk_by(|a, b| (&a.key.rate, &a.key.agent) == (&b.key.rate, &b.key.agent)) {
        let exact = group.iter().filter(|outcome| outcome.case.is_exact()).count();
        let Key { rate, agent, .. } = group[0].key;
        let _ = write!(text, "{rate:<6}{agent:<12}{:>9}{exact:>7}", group.len());
        for (name, _) in SHOWN {
            let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
            let ours =
                group.iter().filter_map(|outcome| match outcome.ours.number(name, outcome.sequence)? {
                    Number::Float(number) => Some(number),
                    Number::Whole(_) | Number::Digest(_) => None,
                });
            let theirs = group.iter().filter_map(|outcome| {
                let (_, value) = outcome.golden.numbers.iter().find(|(known, _)| known == name)?;
                value.parse().ok()
            });
            let _ = write!(text, " {:>18.6}{:>18.6}", mean(ours.collect()), mean(theirs.collect()));
        }
        text.push('\n');
    }
    for case in outcomes.iter().map(|outcome| &outcome.case).filter(|case| !case.is_exact()) {
        let Case { name, differing, compared, first, .. } = case;
        let _ = writeln!(text, "    {name}: {differing} of {compared} differ; {first}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_of_the_golden_files_are_policies() {
        for name in ["SJF", "Packer", "Tetris0.5", "Tetris1"] {
            assert!(policy(&agent(name).unwrap()).unwrap().name().starts_with("deeprm/"), "{name}");
        }
        for name in ["Random", "Tetris", "Tetris2", "TetrisNaN"] {
            assert_eq!(agent(name), None);
        }
    }
}
