//! Tiresias' simulator: what became of every job, against `TRACE.CLUSTER.POLICY.job.csv`.

mod golden;
mod history;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write;
use std::path::Path;

use policies::Prior;
use policies::compat::tiresias::Tiresias;
use rayon::prelude::*;
use sim_core::registry::Value;
use sim_core::{Engine, SimError, Summary};

use super::{Case, Options, Reproduction};
use crate::problem::{Problem, Problems};
use crate::run::engine_of;
use crate::scenario::{Overrides, Point, PolicySpec, load};
use crate::source::Source;
use crate::sweep::Progress;
use golden::{Fate, Golden};
use history::History;

/// Why the file of the Gittins index is not compared.
const NO_ORACLE: &str =
    "no oracle: the simulator does not run this policy to its end, and no known rules give this file";

pub(super) fn reproduce(
    data: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Reproduction, Problems> {
    let folder = data.join("goldens/tiresias");
    let goldens = golden::find(&folder)?;
    super::unknown("--traces", &options.traces, goldens.iter().map(|golden| golden.trace.as_str()))
        .or_ok(())?;
    let wanted = |golden: &&Golden| options.traces.is_empty() || options.traces.contains(&golden.trace);
    let mut found = Reproduction { name: "tiresias", ..Reproduction::default() };
    let mut prepared = BTreeMap::new();
    let mut specs = Vec::new();
    for golden in goldens.iter().filter(wanted) {
        let (trace, cluster) = (&golden.trace, &golden.cluster);
        let files = [trace, cluster].map(|stem| folder.join(format!("{stem}.csv")));
        if let Some(absent) = files.iter().find(|file| !file.exists()) {
            let file = absent.file_name().unwrap_or_default().display();
            found.skipped.push((golden.name.clone(), format!("there is no {file}")));
            continue;
        }
        let key = (trace.as_str(), cluster.as_str());
        if let Entry::Vacant(place) = prepared.entry(key) {
            place.insert(prepare(&files[0], &golden::nodes_of(&files[1])?)?);
        }
        match policy(&golden.policy, &prepared[&key].point) {
            Ok(policy) => specs.push((golden, key, policy)),
            Err(reason) => found.skipped.push((golden.name.clone(), reason.to_owned())),
        }
    }
    progress.begin(specs.len(), None);
    let one = |(golden, key, policy): &(&Golden, (&str, &str), PolicySpec)| {
        let ours = run(&prepared[key], policy, &golden.name)?;
        let theirs = golden::read(&golden.path)?;
        progress.run_done();
        Ok((compare(&golden.name, &ours, &theirs), line(&golden.name, &ours, &theirs)))
    };
    let outcomes = specs.par_iter().map(one).collect::<Result<Vec<_>, Problems>>()?;
    found.report = head();
    for (case, line) in outcomes {
        found.report += &line;
        if !case.first.is_empty() {
            writeln!(found.report, "    first: {}", case.first).expect("a string takes text");
        }
        found.cases.push(case);
    }
    Ok(found)
}

/// A trace on a cluster.
struct Prepared {
    point: Point,
    source: Source,
}

fn prepare(trace: &Path, nodes: &str) -> Result<Prepared, Problems> {
    let sets = vec![format!("workload.path={}", trace.display()), format!("cluster.nodes={nodes}")];
    let scenario = load("tiresias", &Overrides { sets, seeds: None })?;
    let point = scenario.points.into_iter().next().expect("a scenario has a point");
    let source = Source::prepare(&point, 1)?;
    Ok(Prepared { point, source })
}

/// The policy of a golden file: one of the scenario's, or one of its queues with the promotion that the number at the
/// end of the name asks for.
fn policy(name: &str, point: &Point) -> Result<PolicySpec, &'static str> {
    let known = |name: &str| point.policies.iter().find(|policy| policy.name == name).cloned();
    if let Some(policy) = known(name) {
        return Ok(policy);
    }
    if name.contains("gittins") {
        return Err(NO_ORACLE);
    }
    let (base, times) = name.rsplit_once('-').ok_or("no such policy here")?;
    let times: i64 = times.parse().ok().filter(|&times| times > 0).ok_or("no such policy here")?;
    let mut policy = known(base).filter(|_| base.starts_with("dlas")).ok_or("no such policy here")?;
    policy.params.set("promote", Value::Int(times));
    Ok(policy)
}

fn run(prepared: &Prepared, spec: &PolicySpec, name: &str) -> Result<BTreeMap<u64, Fate>, Problems> {
    let Prepared { point, source } = prepared;
    let history = History::default();
    let mut engine = engine_of(point, spec, source, 1, vec![Box::new(history.clone())])?;
    let failed = |error: SimError| Problem::of_file(name, error.to_string());
    let mut promotions: &[(u64, u32)] = &[];
    let mut tiresias;
    if spec.kind == "tiresias" {
        tiresias = Tiresias::new(&spec.params, &Prior::default());
        engine.run(&mut tiresias).map_err(failed)?;
        promotions = tiresias.promotions();
    } else {
        drive(&mut engine, spec, source).map_err(failed)?;
    }
    // The simulator counts the starts of jobs that it may stop only.
    let counts_starts = spec.kind == "tiresias" && spec.params.text("rule") != "lpjf";
    Ok(history.fates(promotions, counts_starts))
}

fn drive(engine: &mut Engine, spec: &PolicySpec, source: &Source) -> Result<Summary, SimError> {
    engine.run(&mut *spec.build(source))
}

/// Every number of every job.
fn compare(name: &str, ours: &BTreeMap<u64, Fate>, theirs: &BTreeMap<u64, Fate>) -> Case {
    let mut case = Case {
        name: name.to_owned(),
        compared: 0,
        differing: 0,
        max_abs_diff: 0.0,
        unit: "s or times",
        must_be_exact: true,
        first: String::new(),
    };
    for (job, fate) in theirs {
        for (n, column) in golden::COLUMNS.iter().enumerate() {
            case.compared += 1;
            let mine = ours.get(job).map(|fate| fate[n]);
            if mine == Some(fate[n]) {
                continue;
            }
            case.differing += 1;
            // A job that we do not have differs by its whole value.
            let (mine, theirs) = (mine.unwrap_or(f64::NAN), fate[n]);
            let diff = if mine.is_nan() { theirs.abs() } else { (mine - theirs).abs() };
            case.max_abs_diff = case.max_abs_diff.max(diff);
            if case.first.is_empty() {
                case.first = format!("{column} of job {job}: ours {mine}, theirs {theirs}");
            }
        }
    }
    case.differing += ours.keys().filter(|job| !theirs.contains_key(job)).count() as u64;
    case
}

/// Width of the names of cases in the table (arbitrary).
const NAME_WIDTH: usize = 36;

fn head() -> String {
    let pair = format!("{:>8} {:>8}", "ours", "theirs");
    let (blank, jobs, time) = ("", "jobs", format!("{:>10} {:>10}", "ours", "theirs"));
    let groups = format!("{:>21}  {:>17}  {:>17}", "mean JCT [s]", "preemptions", "promotions");
    format!(
        "{blank:<NAME_WIDTH$}  {blank:>5}  {groups}\n{:<NAME_WIDTH$}  {jobs:>5}  {time}  {pair}  {pair}\n",
        "case"
    )
}

/// The case in the table for people: means and sums, ours beside theirs.
fn line(name: &str, ours: &BTreeMap<u64, Fate>, theirs: &BTreeMap<u64, Fate>) -> String {
    let column =
        |name: &str| golden::COLUMNS.iter().position(|column| *column == name).expect("it is a column");
    let sum = |fates: &BTreeMap<u64, Fate>, n: usize| fates.values().map(|fate| fate[n]).sum::<f64>();
    let mean = |fates: &BTreeMap<u64, Fate>| sum(fates, column("JCT")) / fates.len().max(1) as f64;
    let (stops, returns) = (column("preempt"), column("promote"));
    format!(
        "{name:<NAME_WIDTH$}  {:>5}  {:>10.1} {:>10.1}  {:>8} {:>8}  {:>8} {:>8}\n",
        theirs.len(),
        mean(ours),
        mean(theirs),
        sum(ours, stops),
        sum(theirs, stops),
        sum(ours, returns),
        sum(theirs, returns),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_end_is_found() {
        let theirs = BTreeMap::from([(1, [0.0, 5.0, 5.0, 5.0, 0.0, 0.0, 1.0, 0.0])]);
        assert!(compare("x", &theirs, &theirs).is_exact());
        let mut ours = theirs.clone();
        ours.get_mut(&1).unwrap()[1] = 7.0;
        let case = compare("x", &ours, &theirs);
        assert_eq!((case.compared, case.differing, case.max_abs_diff), (8, 1, 2.0));
        assert_eq!(case.first, "end_time of job 1: ours 7, theirs 5");
        assert_eq!(compare("x", &BTreeMap::new(), &theirs).differing, 8);
    }
}
