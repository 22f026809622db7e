//! Predictors that know the truth: the one legal cheat, which the results name.
//!
//! They are no [`Model`](predictors::Model)s: they learn nothing. Each reads a stream of its own, equal to the run's,
//! one job ahead of the engine; so nothing leaves the engine that has not happened, and a fork foresees what the fork
//! of the engine will be given.

use rustc_hash::FxHashMap;
use sim_core::random::normal;
use sim_core::registry::{About, Kind, Param};
use sim_core::{
    Estimate, Job, JobId, Keyed, Outcome, RuntimePredictor, SimDuration, SimTime, Truth, Vocabulary, Workload,
};

use crate::problem::{Problem, Problems};
use crate::scenario::{Point, PolicySpec};
use crate::source::Source;

const ORACLE: About = About {
    name: "oracle",
    doc: "The true run time, as no scheduler can have it: what perfect predictions would be worth. It is the \
          whole service, or the work after which the job is bound to fail, and no more than the requested \
          wall time where that is enforced. Tasks and nodes that fail by chance are not foreseen. Results \
          say `information = \"oracle\"`.",
    source: "The clairvoyant scheduler: Motwani, Phillips and Torng, Non-clairvoyant scheduling, TCS 130, 1994.",
    params: &[],
};

const NOISY: About = About {
    name: "noisy",
    doc: "The true run time times a lognormal factor of median 1, drawn from seed and job number: as often \
          too long as too short, and the same for a job under every policy. The 90th percentile is the one \
          of that error, exp(1.2816 sigma) times the guess. Guesses are at most what was requested. Results \
          say `information = \"noisy-oracle\"`.",
    source: "Multiplicative error as in algorithms with predictions: Mitzenmacher and Vassilvitskii, CACM 65(7), 2022.",
    params: &[
        Param::with_default(
            "sigma",
            Kind::Float { min: 0.0, max: 10.0 },
            "0.5",
            "standard deviation of the log of the factor",
        ),
        Param::with_default(
            "spread",
            Kind::Bool,
            "true",
            "false: the 90th percentile is the guess itself, as in papers with one number per job",
        ),
        predictors::learner::CORRECT,
    ],
};

/// The declarations of all predictors, those that know the truth last.
pub fn abouts() -> impl Iterator<Item = About> {
    let learning = predictors::registry::PREDICTORS.iter().map(|predictor| predictor.about);
    learning.chain([ORACLE, NOISY])
}

/// What a run's policy knows of run times.
///
/// * `oracle`: the truth, from the oracle or because requested times were made from it without error;
/// * `noisy-oracle`: the truth with an error;
/// * `declared`: what users requested;
/// * `online`: that, and what had ended before.
pub fn information(point: &Point, policy: &PolicySpec, source: &Source) -> &'static str {
    let is_exact = point.workload.1.plugin("estimates").is_some_and(|(name, _)| name == "exact");
    match policy.predictor.0.as_str() {
        "oracle" => "oracle",
        "noisy" => "noisy-oracle",
        _ if is_exact || source.requests_are_truth() => "oracle",
        "requested" => "declared",
        _ => "online",
    }
}

/// The predictor of a policy at the start of a run.
///
/// # Errors
/// If it is to foresee a workload that cannot be opened, or that reacts to what happens.
pub(crate) fn predictor(
    point: &Point,
    policy: &PolicySpec,
    source: &Source,
    seed: u64,
) -> Result<Box<dyn RuntimePredictor>, Problems> {
    let (name, params) = &policy.predictor;
    let error = match name.as_str() {
        "oracle" => None,
        "noisy" => Some(Error {
            draws: Keyed::new(seed, "predictor/noisy"),
            sigma: params.float("sigma"),
            has_spread: params.bool("spread"),
            corrects: params.bool("correct"),
        }),
        _ => return Ok(predictors::registry::build(name, params)),
    };
    let stream = source.workload(point, seed)?;
    if stream.reacts() {
        let rule = "cannot foresee a workload that reacts to what happens; take a predictor that learns";
        return Err(Problem::new("scenario", "predictor", name, rule).into());
    }
    Ok(Box::new(Foresight::new(stream, point.rules.kill_at_walltime, error)))
}

/// A reader of the run's jobs, ahead of the engine.
struct Foresight {
    stream: Box<dyn Workload>,
    // The run has words of its own; those of the stream are never looked at.
    words: Vocabulary,
    /// The job after those that were predicted.
    next: Option<(Job, Truth)>,
    kills_at_walltime: bool,
    error: Option<Error>,
    /// Corrections so far of jobs that have outlived a guess.
    // Looked up, never iterated: its order must not show.
    corrections: FxHashMap<JobId, u32>,
}

#[derive(Clone, Copy)]
struct Error {
    draws: Keyed,
    sigma: f64,
    has_spread: bool,
    corrects: bool,
}

/// The 90th percentile of the standard normal distribution.
const NORMAL_P90: f64 = 1.281_551_565_544_600_4;

impl Error {
    /// What is said of a job that runs for `truth`.
    fn of(&self, job: u64, truth: SimDuration) -> Estimate {
        let factor = libm::exp(self.sigma * normal(&mut self.draws.stream(job, 0)));
        let p50 = times(truth, factor);
        let p90 = if self.has_spread { times(p50, libm::exp(self.sigma * NORMAL_P90)) } else { p50 };
        Estimate { p50, p90 }
    }
}

fn times(span: SimDuration, factor: f64) -> SimDuration {
    // The cast saturates; one less than the maximum, which would mean that nothing is known.
    SimDuration::from_ns((libm::round(span.as_ns() as f64 * factor) as u64).clamp(1, u64::MAX - 1))
}

impl Foresight {
    fn new(stream: Box<dyn Workload>, kills_at_walltime: bool, error: Option<Error>) -> Self {
        let (words, corrections) = (Vocabulary::default(), FxHashMap::default());
        Self { stream, words, next: None, kills_at_walltime, error, corrections }
    }

    /// The truth of a job that the engine has just taken; `None` if it did not come from the stream.
    fn truth_of(&mut self, facts: &Job) -> Option<Truth> {
        if self.next.is_none() {
            // The engine meets the same error at the same job, and reports it.
            self.next = self.stream.next_job(&mut self.words).ok().flatten();
        }
        let (job, truth) = self.next.take()?;
        if (job.id, job.submit) == (facts.id, facts.submit) {
            return Some(truth);
        }
        self.next = Some((job, truth));
        None
    }

    /// How long one attempt of the job runs at full width and nominal speed.
    fn run_time(&self, facts: &Job, truth: &Truth) -> SimDuration {
        let tasks = truth.task_services();
        let longest = tasks.iter().take(facts.tasks as usize).copied().max();
        let others = (tasks.len() < facts.tasks as usize).then(|| truth.service());
        let whole = longest.max(others).unwrap_or_else(|| truth.service());
        let run = truth.fails_after().map_or(whole, |work| whole.min(work));
        if self.kills_at_walltime { run.min(facts.walltime) } else { run }
    }
}

impl RuntimePredictor for Foresight {
    fn name(&self) -> &str {
        if self.error.is_some() { NOISY.name } else { ORACLE.name }
    }

    fn predict(&mut self, _: JobId, facts: &Job, _: &Vocabulary, _: SimTime) -> Estimate {
        let Some(truth) = self.truth_of(facts) else { return Estimate::exactly(facts.walltime) };
        let run = self.run_time(facts, &truth);
        let Some(error) = &self.error else { return Estimate::exactly(run) };
        let Estimate { p50, p90 } = error.of(facts.id, run);
        Estimate { p50: p50.min(facts.walltime), p90: p90.min(facts.walltime) }
    }

    fn revises(&self) -> bool {
        self.error.is_some_and(|error| error.corrects)
    }

    fn revise(&mut self, job: JobId, facts: &Job, last: Estimate, ran_for: SimDuration) -> Estimate {
        let earlier = self.corrections.entry(job).or_insert(0);
        *earlier += 1;
        predictors::correction::corrected(last, ran_for, facts.requested(), *earlier - 1)
    }

    fn learn(&mut self, outcome: &Outcome<'_>) {
        if !self.corrections.is_empty() {
            self.corrections.remove(&outcome.job);
        }
    }

    fn fork(&self) -> Box<dyn RuntimePredictor> {
        Box::new(Self {
            stream: self.stream.fork(),
            words: self.words.clone(),
            next: self.next.clone(),
            kills_at_walltime: self.kills_at_walltime,
            error: self.error,
            corrections: self.corrections.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
