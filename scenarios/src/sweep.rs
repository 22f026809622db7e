//! Sweeps: all runs of a scenario, in parallel, into a folder that survives a crash.

pub(crate) mod one;
mod queue;
mod replicate;
mod session;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use analysis::{FailedRun, Records, ResultStore, RunKey, RunPart, StoreError, Tables};
use policies::host::Interrupted;

use crate::foresight;
use crate::problem::{Problem, Problems};
use crate::scenario::{Point, RunSpec, Scenario};
use crate::source::Source;
use one::{Stopped, has_files, run_one};
use queue::Queue;
pub use replicate::{ReachedAt, Replicated};
pub use session::{Session, no_shards};

/// How a sweep is done. Nothing here changes a number.
#[derive(Clone, Debug, Default)]
pub struct SweepOptions {
    /// The results folder.
    pub out: PathBuf,
    /// What is written beside the numbers.
    pub tables: Tables,
    /// Keeps finished runs of the folder.
    pub resume: bool,
    /// Runs at a time; `None`: one per processor.
    pub threads: Option<usize>,
    /// Only the i-th part, from 0, of so many.
    pub shard: Option<(usize, usize)>,
}

/// Who is told how far a sweep has come. Called from several threads.
pub trait Progress: Sync {
    /// The sweep begins: so many runs, of about so many jobs each if that is known.
    fn begin(&self, runs: usize, jobs_per_run: Option<u64>);
    /// So many of them were complete before.
    fn resumed(&self, runs: usize) {
        (0..runs).for_each(|_| self.run_done());
    }
    /// So many further runs have become necessary.
    fn grow(&self, _runs: usize) {}
    /// So many more jobs have ended.
    fn jobs_ended(&self, jobs: u64);
    /// A run is over.
    fn run_done(&self);
    /// The run that is over has failed.
    fn run_failed(&self) {}
    /// True if the sweep is to stop: runs under way end without a result, those that are done are kept.
    fn stops(&self) -> bool {
        false
    }
    /// A policy of another language has ended everything, by what its language raised: from now on
    /// [`Progress::stops`].
    fn interrupted(&self, _by: Box<dyn Any + Send>) {}
    /// True if [`Progress::jobs_ended`] should be called at all.
    fn wants_jobs(&self) -> bool;
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: usize, _: Option<u64>) {}
    fn jobs_ended(&self, _: u64) {}
    fn run_done(&self) {}
    fn wants_jobs(&self) -> bool {
        false
    }
}

/// What a sweep came to.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// The results folder.
    pub dir: PathBuf,
    /// Complete runs in its tables, earlier ones included.
    pub runs: usize,
    /// Runs that failed, in the order of the scenario.
    pub failed: Vec<FailedRun>,
    /// Complete runs that were complete before.
    pub resumed: usize,
    /// Finished runs of the folder that the scenario does not ask for any more: kept there, outside the tables.
    pub unasked: usize,
    /// How narrow intervals have become, if results decide how many seeds there are.
    pub replicated: Option<Replicated>,
}

impl Swept {
    /// The complete runs, one at a time, in the order of the scenario.
    ///
    /// # Errors
    /// If the folder was changed since.
    pub fn records(&self) -> Result<Records, Problems> {
        Ok(Records::open(&self.dir).map_err(|error| store_problem(&error))?)
    }
}

/// The sources of a scenario's points, in order: every trace is audited here.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn prepare(scenario: &Scenario) -> Result<Vec<Source>, Problems> {
    let (mut sources, mut problems) = (Vec::new(), Problems::default());
    for point in &scenario.points {
        match prepare_point(scenario, point) {
            Ok(source) => sources.push(source),
            Err(found) => problems
                .0
                .extend(found.0.into_iter().filter(|new| !problems.0.contains(new)).collect::<Vec<_>>()),
        }
    }
    problems.or_ok(sources)
}

/// The source of one point of the scenario.
pub(crate) fn prepare_point(scenario: &Scenario, point: &Point) -> Result<Source, Problems> {
    let source = Source::prepare(point, scenario.seeds.first().copied().unwrap_or(1))?;
    source.check_seeds(&scenario.seeds)?;
    Ok(source)
}

/// The identity of a run in results.
pub fn key(scenario: &Scenario, source: &Source, spec: RunSpec) -> RunKey {
    let point = &scenario.points[spec.point];
    let policy = &point.policies[spec.policy];
    RunKey {
        policy: policy.name.clone(),
        predictor: policy.predictor.0.clone(),
        information: foresight::information(point, policy, source).to_owned(),
        seed: spec.seed,
        axes: point.axes.clone(),
        content: scenario.content(spec),
    }
}

/// A store's error as a problem. Its text begins with the place.
pub fn store_problem(error: &StoreError) -> Problem {
    let text = error.to_string();
    let (place, rule) = text.split_once(": ").unwrap_or(("results", &text));
    Problem::of_file(place, rule)
}

/// Runs the scenario and assembles its results.
///
/// # Errors
/// Bad input or a folder that cannot be used. Runs that were complete are kept; a folder that this call has made
/// and that holds no run is removed again.
pub fn sweep(
    scenario: &Scenario,
    sources: &[Source],
    options: &SweepOptions,
    progress: &dyn Progress,
) -> Result<Swept, Problems> {
    let is_new = !options.out.exists();
    let result = sweep_into(scenario, sources, options, progress);
    if result.is_err() && is_new {
        remove_if_empty(&options.out);
    }
    result
}

fn sweep_into(
    scenario: &Scenario,
    sources: &[Source],
    options: &SweepOptions,
    progress: &dyn Progress,
) -> Result<Swept, Problems> {
    let mut session = Session::open(scenario, options)?;
    let mut asked = 0;
    loop {
        let missing = session.missing()?;
        let now = session.asked();
        match asked {
            0 => {
                progress.begin(now, jobs_per_run(scenario, sources));
                progress.resumed(now - missing.len());
            }
            before => progress.grow(now - before),
        }
        asked = now;
        if missing.is_empty() {
            return session.assemble();
        }
        let failed = run_all(scenario, sources, options, session.store(), missing, progress)?;
        failed.into_iter().for_each(|(run, message)| session.failed(run, message));
    }
}

/// Does these runs, so many at a time. Yields those that failed. Bad input stops everything at once; a run that fails
/// by itself does not.
fn run_all(
    scenario: &Scenario,
    sources: &[Source],
    options: &SweepOptions,
    store: &ResultStore,
    runs: Vec<RunSpec>,
    progress: &dyn Progress,
) -> Result<Vec<(RunSpec, String)>, Problems> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = options.threads.unwrap_or(processors).clamp(1, runs.len().max(1));
    let queue = Queue::new(runs);
    let (failed, bad) = (Mutex::new(Vec::new()), Mutex::new(None));
    let work = || {
        while bad.lock().expect("no holder panics").is_none() {
            let Some(spec) = queue.next() else { break };
            let source = &sources[spec.point];
            let begin = |key: &RunKey, has_files| store.begin(key, has_files);
            let result = attempt(scenario, source, spec, options.tables, progress, begin).and_then(
                |(part, record, secs)| {
                    queue.took(spec, secs);
                    Ok(store.commit(part, &record, secs)?)
                },
            );
            progress.run_done();
            if result.is_err() {
                progress.run_failed();
            }
            match result {
                Ok(()) => {}
                Err(Stopped::Run(message)) => failed.lock().expect("no holder panics").push((spec, message)),
                Err(Stopped::Input(problems)) => *bad.lock().expect("no holder panics") = Some(problems),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    match bad.into_inner().expect("no holder panics") {
        Some(problems) => Err(problems),
        None => Ok(failed.into_inner().expect("no holder panics")),
    }
}

/// Carries out one run; a panic of the policy or the engine is a failure of this run alone.
fn attempt(
    scenario: &Scenario,
    source: &Source,
    spec: RunSpec,
    tables: Tables,
    progress: &dyn Progress,
    begin: impl FnOnce(&RunKey, bool) -> Result<RunPart, StoreError>,
) -> Result<(RunPart, analysis::RunRecord, f64), Stopped> {
    let point = &scenario.points[spec.point];
    let key = key(scenario, source, spec);
    let part = begin(&key, has_files(point, tables))?;
    let run = || run_one(point, source, spec, &key, tables, &part, progress);
    let (record, secs) =
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(stopped_by(panic, progress)))?;
    Ok((part, record, secs))
}

/// What a panic in a run stops: that run, unless a policy says by it that everything is to end.
fn stopped_by(panic: Box<dyn Any + Send>, progress: &dyn Progress) -> Stopped {
    match panic.downcast::<Interrupted>() {
        Ok(interrupted) => {
            progress.interrupted(interrupted.0);
            Stopped::interrupted()
        }
        Err(panic) => Stopped::Run(text_of(&*panic)),
    }
}

/// Carries out one run far from any results folder, its files under `scratch`, and adds it to `packed`.
///
/// # Errors
/// Bad input. A run that fails by itself is packed as a failure.
pub(crate) fn run_packed(
    scenario: &Scenario,
    source: &Source,
    spec: RunSpec,
    tables: Tables,
    scratch: &Path,
    progress: &dyn Progress,
    packed: &mut Vec<u8>,
) -> Result<(), Problems> {
    let begin = |key: &RunKey, has_files| RunPart::begin(scratch, key, has_files);
    match attempt(scenario, source, spec, tables, progress, begin) {
        Ok((part, record, secs)) => {
            part.pack(&record, secs, packed).map_err(|error| store_problem(&error).into())
        }
        Err(Stopped::Run(message)) => {
            analysis::pack_failure(&key(scenario, source, spec), &message, packed);
            Ok(())
        }
        Err(Stopped::Input(problems)) => Err(problems),
    }
}

/// How many jobs a run has, if the workload says so.
fn jobs_per_run(scenario: &Scenario, sources: &[Source]) -> Option<u64> {
    let of_point = |(point, source): (&Point, &Source)| {
        let audited = source.audit().map(|audit| audit.jobs);
        audited.or_else(|| Some(point.workload.1.int_opt("jobs")?.unsigned_abs()))
    };
    let jobs: Option<Vec<u64>> = scenario.points.iter().zip(sources).map(of_point).collect();
    jobs.and_then(|jobs| Some(jobs.iter().sum::<u64>() / u64::try_from(jobs.len()).ok()?))
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
}

/// Takes away the folder of a sweep that came to nothing: one that holds neither finished runs nor tables.
pub fn remove_if_empty(folder: &Path) {
    let parts = std::fs::read_dir(folder.join("parts")).into_iter().flatten().flatten();
    let has_runs =
        parts.map(|part| part.path()).any(|path| path.extension().is_some_and(|ending| ending == "runs"));
    if !has_runs && !folder.join("manifest.json").exists() {
        // If that fails there is nothing more to be done about it.
        drop(std::fs::remove_dir_all(folder));
    }
}
