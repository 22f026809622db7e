//! Sequences of jobs of a trace under the policy `rlscheduler`, on a machine as large as the trace says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sim_core::{SimDuration, SimTime};

use super::metrics::Metrics;
use super::{Key, Outcome, Outcomes, order_of};
use crate::problem::{Problem, Problems};
use crate::reproduce::log::{StartLog, Started};
use crate::run::engine_of;
use crate::scenario::{Overrides, Scenario, load};
use crate::source::Source;
use crate::sweep::Progress;
use crate::traces::{Audit, Reader};

/// Traces by the names of the golden files and the README, and the files that they are in.
const FILES: [(&str, &str); 4] = [
    ("lublin-1", "lublin_256"),
    ("lublin-2", "lublin_256_new2"),
    ("sdsc-sp2", "SDSC-SP2-1998-4.2-cln"),
    ("hpc2n", "HPC2N-2002-2.2-cln"),
];

/// A trace and its machine.
pub(super) struct Trace {
    path: PathBuf,
    /// Jobs, without those that run for no time.
    pub(super) jobs: u64,
    nodes: u64,
    /// Processors of each node.
    node_cores: u64,
}

/// A job that has run. All times in seconds, as traces have them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) submit: u64,
    pub(super) start: u64,
    pub(super) run: u64,
    pub(super) requested: u64,
    pub(super) procs: u64,
}

/// The trace of that name, or why it cannot be run.
///
/// # Errors
/// Everything that is wrong with its file.
pub(super) fn trace(data: &Path, name: &str) -> Result<Result<Trace, String>, Problems> {
    let stem = FILES.iter().find(|(known, _)| *known == name).map_or(name, |(_, stem)| *stem);
    let candidates = ["swf", "swf.gz"].map(|ending| data.join(format!("data/swf/{stem}.{ending}")));
    let Some(path) = candidates.into_iter().find(|path| path.is_file()) else {
        return Ok(Err(format!("there is no data/swf/{stem}.swf")));
    };
    let scenario = scenario(&path, &[("workload.skip", 0), ("workload.jobs", i64::MAX as u64)], None)?;
    let (reader, params) = &scenario.points[0].workload;
    let audit = Audit::of(Reader::named(reader).expect("the scenario has a trace"), params, None);
    audit.problems.or_ok(())?;
    // As in the original, one stands for the other.
    let (nodes, procs) = (audit.header.max_nodes, audit.header.max_procs);
    let (Some(nodes), Some(procs)) = (nodes.or(procs), procs.or(nodes)) else {
        return Ok(Err("its header has neither MaxNodes nor MaxProcs".to_owned()));
    };
    if nodes == 0 || procs % nodes != 0 {
        return Ok(Err(format!("{procs} processors are not a whole number on each of {nodes} nodes")));
    }
    Ok(Ok(Trace { path, jobs: audit.jobs, nodes, node_cores: procs / nodes }))
}

fn scenario(path: &Path, numbers: &[(&str, u64)], policies: Option<&str>) -> Result<Scenario, Problems> {
    let mut sets = vec![format!("workload.path={}", path.display())];
    sets.extend(numbers.iter().map(|(key, number)| format!("{key}={number}")));
    sets.extend(policies.map(|policies| format!("policy=[{policies}]")));
    load("rlscheduler", &Overrides { sets, seeds: None })
}

/// Runs all of `keys`, whose traces and policies are known.
pub(super) fn run(
    keys: &BTreeSet<Key>,
    traces: &BTreeMap<String, Trace>,
    progress: &dyn Progress,
) -> Result<Outcomes, Problems> {
    progress.begin(keys.len(), None);
    let keys: Vec<&Key> = keys.iter().collect();
    // Keys of one sequence follow each other, and share its preparation.
    let same = |a: &&Key, b: &&Key| (&a.trace, a.start, a.len) == (&b.trace, b.start, b.len);
    let sequences: Vec<&[&Key]> = keys.chunk_by(same).collect();
    let found = sequences.into_par_iter().map(|keys| sequence(keys, &traces[&keys[0].trace], progress));
    Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// All runs of one sequence.
fn sequence(keys: &[&Key], trace: &Trace, progress: &dyn Progress) -> Result<Vec<(Key, Outcome)>, Problems> {
    let policy = |(n, key): (usize, &&Key)| {
        let order = order_of(&key.policy).expect("other policies were left out");
        let (backfill, node_cores) = (key.backfill, trace.node_cores);
        format!(
            "{{ type = \"rlscheduler\", name = \"{n}\", order = \"{order}\", backfill = {backfill}, \
             node_cores = {node_cores} }}"
        )
    };
    let policies: Vec<String> = keys.iter().enumerate().map(policy).collect();
    let numbers = [
        ("workload.skip", keys[0].start),
        ("workload.jobs", keys[0].len),
        ("cluster.nodes", trace.nodes),
        ("cluster.cpu", trace.node_cores),
    ];
    let scenario = scenario(&trace.path, &numbers, Some(&policies.join(", ")))?;
    let (point, seed) = (&scenario.points[0], scenario.seeds[0]);
    let source = Source::prepare(point, seed)?;
    let mut outcomes = Vec::new();
    for (key, policy) in keys.iter().zip(&point.policies) {
        let log = StartLog::default();
        let mut engine = engine_of(point, policy, &source, seed, vec![Box::new(log.clone())])?;
        engine
            .run(&mut *policy.build(&source))
            .map_err(|error| Problem::of_file(key.name(), error.to_string()))?;
        let jobs: Vec<Job> = log.take().iter().map(in_secs).collect();
        let metrics = Metrics::of(&jobs, key.len, trace.nodes * trace.node_cores);
        outcomes.push(((*key).clone(), Outcome { jobs, metrics }));
        progress.run_done();
    }
    Ok(outcomes)
}

fn in_secs(row: &Started) -> Job {
    let secs = |span: SimDuration| span.as_ns() / 1_000_000_000;
    let at = |time: SimTime| secs(time.since(SimTime::ZERO));
    let (submit, start) = (at(row.submit), at(row.start));
    Job {
        id: row.id,
        submit,
        start,
        run: at(row.end) - start,
        requested: secs(row.walltime),
        procs: u64::from(row.tasks),
    }
}
