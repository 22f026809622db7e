//! Batch schedules: the start of every job against `reference_schedule_TRACE_JOBS_POLICY.csv`.
//!
//! The reference schedules come from an independent simulator with one counter of free nodes; those of FCFS and SJF
//! are confirmed job for job by AccaSim 1.1.3 (Galleguillos, Kiziltan, Netti, 2018). Its backfilling passes no
//! reservation on, so that those of EASY and conservative backfilling have the reference simulator alone behind them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use sim_core::{Event, EventMask, Observer, ResultSink, SimTime, SinkError, View};

use super::rows::files;
use super::{Case, Options, Reproduction};
use crate::problem::{Problem, Problems};
use crate::run::engine_of;
use crate::scenario::{Overrides, RunSpec, load};
use crate::source::Source;

/// Traces whose golden files call them otherwise than their own file.
const FILES: [(&str, &str); 2] = [("lublin-1", "lublin_256"), ("lublin-2", "lublin_256_new2")];

/// Policies of the scenario whose golden files call them otherwise.
const POLICIES: [(&str, &str); 1] = [("cons", "conservative")];

struct Golden {
    path: PathBuf,
    name: String,
    trace: String,
    jobs: u64,
    policy: String,
}

pub(super) fn reproduce(data: &Path, options: &Options) -> Result<Reproduction, Problems> {
    let mut found = Reproduction { name: "batch", ..Reproduction::default() };
    let goldens = goldens(&data.join("goldens/batch"))?;
    super::unknown("--traces", &options.traces, goldens.iter().map(|golden| golden.trace.as_str()))
        .or_ok(())?;
    let wanted = |golden: &Golden| options.traces.is_empty() || options.traces.contains(&golden.trace);
    for golden in goldens.into_iter().filter(wanted) {
        let Some(trace) = trace_file(data, &golden.trace) else {
            found.skipped.push((golden.name, format!("no trace {} in data/swf", golden.trace)));
            continue;
        };
        let sets =
            vec![format!("workload.path={}", trace.display()), format!("workload.jobs={}", golden.jobs)];
        let scenario = load("swf", &Overrides { sets, seeds: None })?;
        let point = &scenario.points[0];
        let named = POLICIES.iter().find(|(name, _)| *name == golden.policy);
        let named = named.map_or(golden.policy.as_str(), |&(_, name)| name);
        let Some(policy) = point.policies.iter().position(|policy| policy.name == named) else {
            found.skipped.push((golden.name, format!("the policy {} does not exist yet", golden.policy)));
            continue;
        };
        let ours = starts(&scenario, RunSpec { point: 0, policy, seed: scenario.seeds[0] })?;
        found.cases.push(compare(golden.name, &ours, &read_golden(&golden.path)?));
    }
    Ok(found)
}

/// The golden files of a folder, by name; none if there is no such folder.
fn goldens(folder: &Path) -> Result<Vec<Golden>, Problem> {
    let mut found = Vec::new();
    for path in files(folder)? {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let Some(rest) = stem.strip_prefix("reference_schedule_") else { continue };
        let mut parts = rest.rsplitn(3, '_');
        let (policy, jobs, trace) =
            (parts.next(), parts.next().and_then(|jobs| jobs.parse().ok()), parts.next());
        if let (Some(policy), Some(jobs), Some(trace)) = (policy, jobs, trace) {
            let (policy, trace, name) = (policy.to_owned(), trace.to_owned(), rest.to_owned());
            found.push(Golden { name, trace, jobs, policy, path });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn trace_file(data: &Path, trace: &str) -> Option<PathBuf> {
    let stem = FILES.iter().find(|(name, _)| *name == trace).map_or(trace, |(_, file)| file);
    let candidates = ["swf", "swf.gz"].map(|ending| data.join(format!("data/swf/{stem}.{ending}")));
    candidates.into_iter().find(|path| path.exists())
}

/// The golden start of each job [s].
fn read_golden(path: &Path) -> Result<BTreeMap<u64, u64>, Problems> {
    let file = path.display().to_string();
    let mut reader =
        csv::Reader::from_path(path).map_err(|error| Problem::of_file(&file, error.to_string()))?;
    let (mut starts, mut problems) = (BTreeMap::new(), Problems::default());
    for (n, row) in reader.records().enumerate() {
        let row = row.map_err(|error| Problem::new(&file, n + 2, "", error.to_string()))?;
        let cell = |column: usize| row.get(column).and_then(|cell| cell.trim().parse().ok());
        match (cell(0), cell(1)) {
            (Some(job), Some(start)) => drop(starts.insert(job, start)),
            _ => problems.push(Problem::new(
                &file,
                n + 2,
                row.iter().collect::<Vec<_>>().join(","),
                "must be job_id,start",
            )),
        }
    }
    problems.or_ok(starts)
}

fn starts(scenario: &crate::scenario::Scenario, spec: RunSpec) -> Result<BTreeMap<u64, SimTime>, Problems> {
    let point = &scenario.points[spec.point];
    let source = Source::prepare(point, spec.seed)?;
    let recorder = Starts::default();
    let mut policy = point.policies[spec.policy].build(&source);
    let mut engine =
        engine_of(point, &point.policies[spec.policy], &source, spec.seed, vec![Box::new(recorder.clone())])?;
    engine.run(&mut *policy).map_err(|error| Problem::of_file(&scenario.name, error.to_string()))?;
    let starts = recorder.starts.lock().expect("the run is over");
    Ok(starts.clone())
}

fn compare(name: String, ours: &BTreeMap<u64, SimTime>, theirs: &BTreeMap<u64, u64>) -> Case {
    let (mut differing, mut largest, mut first) = (0, 0.0f64, String::new());
    for (&job, &start) in theirs {
        let theirs = start as f64;
        // A job that never started differs by its whole start time: there is no number for "never".
        let ours_s = ours.get(&job).map_or(f64::NAN, |at| at.as_secs_f64());
        if ours.get(&job) == Some(&SimTime::from_secs(start)) {
            continue;
        }
        differing += 1;
        largest = largest.max(if ours_s.is_nan() { theirs } else { (ours_s - theirs).abs() });
        if first.is_empty() {
            first = format!("job {job}: ours {ours_s} s, theirs {theirs} s");
        }
    }
    differing += ours.keys().filter(|job| !theirs.contains_key(job)).count() as u64;
    Case {
        name,
        compared: theirs.len() as u64,
        differing,
        max_abs_diff: largest,
        unit: "s",
        must_be_exact: true,
        first,
    }
}

/// Remembers when each job first started.
#[derive(Clone, Default)]
struct Starts {
    starts: Arc<Mutex<BTreeMap<u64, SimTime>>>,
}

impl Observer for Starts {
    fn mask(&self) -> EventMask {
        EventMask::STARTED
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        if let Event::Started { job, .. } = *event {
            let mut starts = self.starts.lock().expect("nothing panics while holding it");
            starts.entry(view.job(job).facts().id).or_insert(at);
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_start_is_found() {
        let ours = BTreeMap::from([(1, SimTime::from_secs(5)), (2, SimTime::from_secs(7))]);
        let same = compare("x".into(), &ours, &BTreeMap::from([(1, 5), (2, 7)]));
        assert!(same.is_exact());
        let other = compare("x".into(), &ours, &BTreeMap::from([(1, 5), (2, 9), (3, 4)]));
        assert_eq!((other.differing, other.max_abs_diff), (2, 4.0));
        assert_eq!(other.first, "job 2: ours 7 s, theirs 9 s");
    }

    #[test]
    fn absent_goldens_are_no_cases() {
        let folder = tempfile::tempdir().unwrap();
        let found = reproduce(folder.path(), &Options::default()).unwrap();
        assert!(found.cases.is_empty() && found.holds());
    }
}
