//! Sweeps: all runs of a scenario, in parallel, into a folder that survives a crash.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use analysis::{
    ArrivedLoad, DecisionLog, JobTable, MetricOptions, ResultStore, Resume, RunKey, RunMetrics, RunPart,
    RunRecord, Scalars, ScenarioStamp, Series, StoreError, Window,
};
use rayon::prelude::*;
use sim_core::{Event, EventMask, Observer, ResultSink, SimDuration, SimError, SimTime, SinkError, View};

use crate::foresight;
use crate::problem::{Problem, Problems};
use crate::run::engine_of;
use crate::scenario::{Point, RunSpec, Scenario};
use crate::source::Source;

/// How a sweep is done. Nothing here changes a number.
#[derive(Clone, Debug)]
pub struct SweepOptions {
    /// The results folder.
    pub out: PathBuf,
    /// Writes the per-job table.
    pub jobs: bool,
    /// Writes the decision log.
    pub log_decisions: bool,
    /// Keeps finished runs of the folder.
    pub resume: bool,
    /// Runs at a time; `None`: one per processor.
    pub threads: Option<usize>,
    /// Only every n-th run, beginning with the i-th, from 0.
    pub shard: Option<(usize, usize)>,
}

/// Who is told how far a sweep has come. Called from several threads.
pub trait Progress: Sync {
    /// The sweep begins: so many runs, of about so many jobs each if that is known.
    fn begin(&self, runs: usize, jobs_per_run: Option<u64>);
    /// So many more jobs have ended.
    fn jobs_ended(&self, jobs: u64);
    /// A run is complete, now or from an earlier session.
    fn run_done(&self);
    /// True if [`Progress::jobs_ended`] should be called at all.
    fn wants_jobs(&self) -> bool;
}

/// What a sweep came to.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Complete runs, in the order of the scenario, earlier ones included.
    pub records: Vec<RunRecord>,
    /// Runs that failed, each with its message.
    pub failed: Vec<String>,
    /// Runs of `records` that were complete before.
    pub resumed: usize,
}

/// The sources of a scenario's points, in order: every trace is audited here.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn prepare(scenario: &Scenario) -> Result<Vec<Source>, Problems> {
    let (mut sources, mut problems) = (Vec::new(), Problems::default());
    for point in &scenario.points {
        let first = scenario.seeds.first().copied().unwrap_or(1);
        let source = Source::prepare(point, first).and_then(|source| {
            source.check_seeds(&scenario.seeds)?;
            Ok(source)
        });
        match source {
            Ok(source) => sources.push(source),
            Err(found) => problems
                .0
                .extend(found.0.into_iter().filter(|new| !problems.0.contains(new)).collect::<Vec<_>>()),
        }
    }
    problems.or_ok(sources)
}

/// The identity of a run in results.
pub fn key(scenario: &Scenario, sources: &[Source], spec: RunSpec) -> RunKey {
    let point = &scenario.points[spec.point];
    let policy = &point.policies[spec.policy];
    RunKey {
        policy: policy.name.clone(),
        predictor: policy.predictor.0.clone(),
        information: foresight::information(point, policy, &sources[spec.point]).to_owned(),
        seed: spec.seed,
        axes: point.axes.clone(),
    }
}

/// Why a run has no result.
enum Stopped {
    /// The input is bad: no run of the scenario can succeed.
    Input(Problems),
    /// This run failed; others may not.
    Run(String),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Input(store_problem(&error).into())
    }
}

impl From<SinkError> for Stopped {
    fn from(error: SinkError) -> Self {
        Self::Input(Problem::of_file(error.place, error.reason).into())
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
    let resume = if options.resume { Resume::Yes } else { Resume::No };
    let store =
        ResultStore::open(&options.out, stamp(scenario, options), resume).map_err(|e| store_problem(&e))?;
    let finished = store.finished().map_err(|error| store_problem(&error))?;
    let (index, of) = options.shard.unwrap_or((0, 1));
    let runs: Vec<RunSpec> = scenario.runs().into_iter().skip(index).step_by(of).collect();
    let keys: Vec<RunKey> = runs.iter().map(|&spec| key(scenario, sources, spec)).collect();
    let todo: Vec<usize> = (0..runs.len()).filter(|&n| !finished.contains(&keys[n].id())).collect();
    progress.begin(runs.len(), jobs_per_run(scenario, sources));
    (todo.len()..runs.len()).for_each(|_| progress.run_done());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build();
    let pool = pool.map_err(|error| Problem::new("--threads", "", "", error.to_string()))?;
    let one = |&n: &usize| {
        let (spec, key) = (runs[n], &keys[n]);
        let run = || {
            run_one(&scenario.points[spec.point], &sources[spec.point], spec, key, options, &store, progress)
        };
        let result =
            catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(Stopped::Run(text_of(&*panic))));
        progress.run_done();
        result.map_err(|stopped| (n, stopped))
    };
    // Bad input stops everything at once; a run that fails by itself does not.
    let results: Vec<Result<(), (usize, String)>> = pool.install(|| {
        todo.par_iter()
            .map(|n| match one(n) {
                Ok(()) => Ok(Ok(())),
                Err((n, Stopped::Run(message))) => Ok(Err((n, message))),
                Err((_, Stopped::Input(problems))) => Err(problems),
            })
            .collect::<Result<Vec<_>, Problems>>()
    })?;
    let failed = results.into_iter().filter_map(Result::err);
    let failed = failed.map(|(n, message)| format!("{}: {message}", keys[n].id())).collect();
    let commit = option_env!("WINDTUNNEL_COMMIT");
    let all: Vec<RunKey> = scenario.runs().into_iter().map(|spec| key(scenario, sources, spec)).collect();
    let records = store.assemble(&all, commit).map_err(|error| store_problem(&error))?;
    Ok(Swept { records, failed, resumed: runs.len() - todo.len() })
}

/// Everything that decides the bytes of the results.
fn stamp(scenario: &Scenario, options: &SweepOptions) -> ScenarioStamp {
    let version = env!("CARGO_PKG_VERSION");
    let tables = format!("jobs={} decisions={}", options.jobs, options.log_decisions);
    let decides = format!("{}\n{version}\n{tables}", scenario.text);
    let hash = crate::scenario::fnv1a(decides.as_bytes());
    ScenarioStamp { name: scenario.name.clone(), text: scenario.text.clone(), hash: format!("{hash:016x}") }
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

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
}

fn remove_if_empty(folder: &Path) {
    let parts = std::fs::read_dir(folder.join("parts")).map_or(0, Iterator::count);
    if parts == 0 && !folder.join("manifest.json").exists() {
        // If that fails there is nothing more to be done about it.
        drop(std::fs::remove_dir_all(folder));
    }
}

/// Instants at which the largest hole is sampled in a run of a day; a constant grid keeps runs comparable (arbitrary).
const HOLE_EVERY: SimDuration = SimDuration::from_secs(600);

fn run_one(
    point: &Point,
    source: &Source,
    spec: RunSpec,
    key: &RunKey,
    options: &SweepOptions,
    store: &ResultStore,
    progress: &dyn Progress,
) -> Result<(), Stopped> {
    let began = Instant::now();
    let part = store.begin(key)?;
    let mut observers = observers(point, key, options, &part, source)?;
    let (beat, ended) = Heartbeat::new();
    if progress.wants_jobs() {
        observers.push(Box::new(beat));
    }
    let spec_policy = &point.policies[spec.policy];
    let mut policy = spec_policy.build(source);
    let mut engine = engine_of(point, spec_policy, source, spec.seed, observers).map_err(Stopped::Input)?;
    engine.attach(&mut *policy);
    let summary = drive(&mut engine, &mut *policy, || {
        let jobs = ended.swap(0, std::sync::atomic::Ordering::Relaxed);
        if jobs > 0 {
            progress.jobs_ended(jobs);
        }
    })?;
    let mut scalars = Scalars::default();
    engine.finish(&mut scalars)?;
    // The observers close their files before the run is declared complete.
    drop(engine);
    part.commit(&RunRecord::new(key.clone(), &summary, scalars), began.elapsed().as_secs_f64())?;
    Ok(())
}

/// Decisions between two reports of progress.
const REPORT_EVERY: u32 = 1 << 14;

fn drive(
    engine: &mut sim_core::Engine,
    policy: &mut dyn sim_core::Policy,
    mut report: impl FnMut(),
) -> Result<sim_core::Summary, Stopped> {
    for decision in 0u32.. {
        match engine.advance().map_err(of_engine)? {
            sim_core::Step::Finished(summary) => {
                report();
                return Ok(summary);
            }
            sim_core::Step::Decide => {
                policy.decide(&mut engine.decision());
                engine.commit();
            }
        }
        if decision % REPORT_EVERY == 0 {
            report();
        }
    }
    Err(Stopped::Run("more than 2^32 decisions".into()))
}

fn of_engine(error: SimError) -> Stopped {
    match error {
        SimError::Workload(error) => {
            Stopped::Input(Problem::new(error.source_name, error.record, "", error.reason).into())
        }
        SimError::Impossible { job, reason } => {
            // Audits find such jobs of traces, so this one was generated.
            let rule = format!("{reason}: give the cluster more or larger nodes, or the job fewer tasks");
            Stopped::Input(Problem::new("workload", format!("job {job}"), "", rule).into())
        }
        SimError::Limit { .. } => Stopped::Run(error.to_string()),
    }
}

/// The metrics of a run, as the point wants them measured.
pub(crate) fn metrics_of(point: &Point, source: &Source) -> RunMetrics {
    let measure = &point.measure;
    RunMetrics::new(MetricOptions {
        window: Window { warmup: measure.warmup, cooldown: measure.cooldown, cut_drain: !measure.drain },
        tau: measure.tau,
        starvation: measure.starvation,
        mix: source.mix().to_vec(),
        typical: measure.gpu_fragmentation.then(|| source.typical()),
        hole_every: Some(HOLE_EVERY),
        entitled: measure.entitled.clone(),
        quota: measure.quota.clone(),
    })
}

fn observers(
    point: &Point,
    key: &RunKey,
    options: &SweepOptions,
    part: &RunPart,
    source: &Source,
) -> Result<Vec<Box<dyn Observer>>, SinkError> {
    let measure = &point.measure;
    let mut observers: Vec<Box<dyn Observer>> = vec![Box::new(metrics_of(point, source))];
    if options.jobs {
        observers.push(Box::new(JobTable::create(&part.jobs(), key)?));
    }
    if let Some(every) = measure.series {
        observers.push(Box::new(Series::new(&part.series(), key, every, source.mix().to_vec())));
    }
    if !measure.arrived_load.is_empty() {
        let curves = ArrivedLoad::new(source.typical(), measure.arrived_load.clone());
        observers.push(Box::new(curves.with_table(&part.loads(), key)));
    }
    if options.log_decisions {
        observers.push(Box::new(DecisionLog::create(&part.decisions())?));
    }
    Ok(observers)
}

/// Counts ended jobs for the progress bar.
struct Heartbeat {
    ended: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Heartbeat {
    fn new() -> (Self, std::sync::Arc<std::sync::atomic::AtomicU64>) {
        let ended = std::sync::Arc::default();
        (Self { ended: std::sync::Arc::clone(&ended) }, ended)
    }
}

impl Observer for Heartbeat {
    fn mask(&self) -> EventMask {
        EventMask::ENDED
    }

    fn on_event(&mut self, _: SimTime, _: &Event, _: View<'_>) {
        self.ended.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}
