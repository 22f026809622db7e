//! One run of a sweep: its observers, and the loop that drives it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use analysis::{
    ArrivedLoad, DecisionLog, JobTable, MetricOptions, RunKey, RunMetrics, RunPart, RunRecord, Scalars,
    Series, SeriesOptions, StoreError, Tables, Window,
};
use policies::host::is_hosted;
use sim_core::{Event, EventMask, Observer, ResultSink, SimDuration, SimError, SimTime, SinkError, View};

use super::{Progress, store_problem};
use crate::problem::{Problem, Problems};
use crate::run::engine_of;
use crate::scenario::{Point, RunSpec};
use crate::source::Source;

/// Why a run has no result.
pub(super) enum Stopped {
    /// The input is bad: no run of the scenario can succeed.
    Input(Problems),
    /// This run failed; others may not.
    Run(String),
}

impl Stopped {
    pub(super) fn interrupted() -> Self {
        Self::Input(Problem::of_file("sweep", "was interrupted; finished runs are kept").into())
    }
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

/// Grid on which the largest hole is sampled; a constant one keeps runs comparable (arbitrary).
const HOLE_EVERY: SimDuration = SimDuration::from_secs(600);

/// True if observers of a run of the point write files.
pub(super) fn has_files(point: &Point, tables: Tables) -> bool {
    let measure = &point.measure;
    tables.jobs || tables.decisions || measure.series.is_some() || !measure.arrived_load.is_empty()
}

/// Carries out one run, whose files go to `part`. Yields its record and how long it took \[s\].
pub(super) fn run_one(
    point: &Point,
    source: &Source,
    spec: RunSpec,
    key: &RunKey,
    tables: Tables,
    part: &RunPart,
    progress: &dyn Progress,
) -> Result<(RunRecord, f64), Stopped> {
    let began = Instant::now();
    let mut observers = observers(point, key, tables, part, source)?;
    let (beat, ended) = Heartbeat::new();
    if progress.wants_jobs() {
        observers.push(Box::new(beat));
    }
    let spec_policy = &point.policies[spec.policy];
    let mut policy = spec_policy.build(source);
    let mut engine = engine_of(point, spec_policy, source, spec.seed, observers).map_err(Stopped::Input)?;
    engine.attach(&mut *policy);
    let summary = drive(&mut engine, &mut *policy, report_every(&spec_policy.kind), || {
        if progress.stops() {
            return Err(Stopped::interrupted());
        }
        let jobs = ended.swap(0, Ordering::Relaxed);
        if jobs > 0 {
            progress.jobs_ended(jobs);
        }
        Ok(())
    })?;
    let mut scalars = Scalars::default();
    engine.finish(&mut scalars)?;
    // The observers close their files before the run is declared complete.
    drop(engine);
    Ok((RunRecord::new(key.clone(), &summary, scalars), began.elapsed().as_secs_f64()))
}

/// Decisions between two reports of progress: a few milliseconds of a policy of ours.
const REPORT_EVERY: u32 = 1 << 14;

/// Decisions between two reports of progress of a policy of this type. One of another language may sleep in each, and
/// next to its call a look at the progress is nothing.
fn report_every(kind: &str) -> u32 {
    if is_hosted(kind) { 1 } else { REPORT_EVERY }
}

fn drive(
    engine: &mut sim_core::Engine,
    policy: &mut dyn sim_core::Policy,
    every: u32,
    mut report: impl FnMut() -> Result<(), Stopped>,
) -> Result<sim_core::Summary, Stopped> {
    for decision in 0u32.. {
        match engine.advance().map_err(of_engine)? {
            sim_core::Step::Finished(summary) => {
                report()?;
                return Ok(summary);
            }
            sim_core::Step::Decide => {
                policy.decide(&mut engine.decision());
                engine.commit();
            }
        }
        if decision % every == 0 {
            report()?;
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
            Stopped::Input(crate::typical::too_large(job, &reason).into())
        }
        SimError::Limit { .. } => Stopped::Run(error.to_string()),
    }
}

/// The measured part of a run.
fn window_of(point: &Point) -> Window {
    let measure = &point.measure;
    Window { warmup: measure.warmup, cooldown: measure.cooldown, cut_drain: !measure.drain }
}

/// The metrics of a run, as the point wants them measured.
pub(crate) fn metrics_of(point: &Point, source: &Source) -> RunMetrics {
    let measure = &point.measure;
    RunMetrics::new(MetricOptions {
        window: window_of(point),
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
    tables: Tables,
    part: &RunPart,
    source: &Source,
) -> Result<Vec<Box<dyn Observer>>, SinkError> {
    let measure = &point.measure;
    let mut observers: Vec<Box<dyn Observer>> = vec![Box::new(metrics_of(point, source))];
    if tables.jobs {
        observers.push(Box::new(JobTable::create(&part.jobs(), key)?));
    }
    if let Some(every) = measure.series {
        let (mix, alerts) = (source.mix().to_vec(), measure.alerts.clone());
        let (window, starvation) = (window_of(point), measure.starvation);
        let options = SeriesOptions { every, mix, window, starvation, alerts };
        observers.push(Box::new(Series::new(&part.series(), key, options)));
    }
    if !measure.arrived_load.is_empty() {
        let curves = ArrivedLoad::new(source.typical(), measure.arrived_load.clone());
        observers.push(Box::new(curves.with_table(&part.loads(), key)));
    }
    if tables.decisions {
        observers.push(Box::new(DecisionLog::create(&part.decisions())?));
    }
    Ok(observers)
}

/// Counts ended jobs for the progress bar.
struct Heartbeat {
    ended: Arc<AtomicU64>,
}

impl Heartbeat {
    fn new() -> (Self, Arc<AtomicU64>) {
        let ended = Arc::default();
        (Self { ended: Arc::clone(&ended) }, ended)
    }
}

impl Observer for Heartbeat {
    fn mask(&self) -> EventMask {
        EventMask::ENDED
    }

    fn on_event(&mut self, _: SimTime, _: &Event, _: View<'_>) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}
