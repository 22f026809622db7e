//! The predictor around a model: memory of live jobs, fallback, bounds, spread and corrections.

use rustc_hash::FxHashMap;
use sim_core::registry::{Kind, Param, Params};
use sim_core::{End, Estimate, Job, JobId, Outcome, RuntimePredictor, SimDuration, SimTime, Vocabulary};

use crate::correction::corrected;
use crate::features::Features;
use crate::recent::Recent;

/// What a predictor learns and guesses; all else is done by the [`Learner`].
pub trait Model: Clone + Send + 'static {
    /// What the model keeps of a job from submission to end, to learn from.
    type Seen: Clone + Send + 'static;

    /// What it looks at, at submission.
    fn see(&mut self, job: &Features) -> Self::Seen;

    /// The run time to expect \[s\], more than zero; `None` if it has no idea. Called once, right after
    /// [`Model::see`].
    fn point(&mut self, seen: &Self::Seen) -> Option<f64>;

    /// A job that was seen so has run for `ran_s` seconds, more than zero. Called in the order of ends.
    fn learn(&mut self, seen: Self::Seen, ran_s: f64);
}

/// The parameter `spread`.
pub const SPREAD: Param = Param::with_default(
    "spread",
    Kind::Bool,
    "true",
    "makes the 90th percentile from the errors of late: the guess times the ratio of run time to guess that \
     nine in ten of the last 500 guesses kept; false: it is the guess itself, as in papers with one number \
     per job",
);

/// The parameter `correct`.
pub const CORRECT: Param = Param::with_default(
    "correct",
    Kind::Bool,
    "true",
    "revises the guess for a job that outlives its 90th percentile, by 1, 5, 15, 30 minutes, 1, 2, 5, 10, \
     20, 50, 100 hours in turn, within the request",
);

/// The parameters that all learning predictors have, as values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    spread: bool,
    correct: bool,
}

impl Options {
    /// The values of [`SPREAD`] and [`CORRECT`].
    pub fn of(params: &Params) -> Self {
        Self { spread: params.bool("spread"), correct: params.bool("correct") }
    }
}

/// Guesses that errors are taken from (arbitrary; the text of [`SPREAD`] names it).
const WINDOW: usize = 500;

/// Errors that must be known before they say anything of the 90th percentile: the least of which it is a rank.
const ERRORS_MIN: usize = 9;

/// A ratio of one, as it is kept: run time / guess in millionths.
const ONE: u64 = 1_000_000;

/// A [`Model`] as a predictor.
///
/// It learns from jobs that completed or reached their wall time; what failed or was stopped says little of how long
/// it would have run.
///
/// # Cost
/// Beside the model's, a look-up per submission and end, and a shift of 4 kB per end. Memory for the jobs that have
/// not ended and 16 kB.
#[derive(Clone)]
pub struct Learner<M: Model> {
    name: &'static str,
    model: M,
    options: Options,
    // Looked up, never iterated: its order must not show.
    live: FxHashMap<JobId, Live<M::Seen>>,
    /// Run time / guess of the latest guesses of the model, in millionths.
    ratios: Recent,
    /// The latest run times [ns].
    run_times: Recent,
    ended: u64,
    /// Run time of all of them [ns].
    ran_ns: u128,
}

#[derive(Clone)]
struct Live<S> {
    seen: S,
    /// The model's guess.
    point: Option<SimDuration>,
    corrections: u32,
}

impl<M: Model> Learner<M> {
    /// `model`, called `name` in results, before any job.
    pub fn new(name: &'static str, model: M, options: Options) -> Self {
        Self {
            name,
            model,
            options,
            live: FxHashMap::default(),
            ratios: Recent::new(WINDOW),
            run_times: Recent::new(WINDOW),
            ended: 0,
            ran_ns: 0,
        }
    }

    /// The model's guess with its spread, before the request bounds it.
    fn spread(&self, point: SimDuration, requested: Option<SimDuration>) -> Estimate {
        if !self.options.spread {
            return Estimate::exactly(point);
        }
        let known = self.ratios.len() >= ERRORS_MIN;
        let p90 = match self.ratios.quantile(90).filter(|_| known) {
            Some(ratio) => point.scale_ceil(ratio.max(ONE), ONE),
            None => requested.unwrap_or(point),
        };
        Estimate { p50: point, p90: p90.max(point) }
    }

    /// What there is to say without the model: the request, else the mean of what has run, else nothing.
    fn fallback(&self, requested: Option<SimDuration>) -> Estimate {
        if let Some(requested) = requested {
            return Estimate::exactly(requested);
        }
        let Some(mean_ns) = self.ran_ns.checked_div(u128::from(self.ended)) else { return Estimate::UNKNOWN };
        // A mean of 64-bit numbers is one.
        let mean = SimDuration::from_ns(mean_ns as u64);
        if !self.options.spread {
            return Estimate::exactly(mean);
        }
        let most = SimDuration::from_ns(self.run_times.quantile(90).expect("jobs have run"));
        Estimate { p50: mean, p90: most.max(mean) }
    }
}

impl<M: Model> RuntimePredictor for Learner<M> {
    fn name(&self) -> &str {
        self.name
    }

    fn predict(&mut self, job: JobId, facts: &Job, words: &Vocabulary, now: SimTime) -> Estimate {
        let seen = self.model.see(&Features::of(facts, words, now));
        let requested = facts.requested();
        let bound = |span: SimDuration| requested.map_or(span, |requested| span.min(requested));
        let point = self.model.point(&seen).map(|point_s| bound(millis(point_s)));
        let Estimate { p50, p90 } =
            point.map_or_else(|| self.fallback(requested), |point| self.spread(point, requested));
        self.live.insert(job, Live { seen, point, corrections: 0 });
        Estimate { p50: bound(p50), p90: bound(p90) }
    }

    fn revises(&self) -> bool {
        self.options.correct
    }

    fn revise(&mut self, job: JobId, facts: &Job, last: Estimate, ran_for: SimDuration) -> Estimate {
        let live = self.live.get_mut(&job).expect("jobs are predicted before they run");
        let estimate = corrected(last, ran_for, facts.requested(), live.corrections);
        live.corrections += 1;
        estimate
    }

    fn learn(&mut self, outcome: &Outcome<'_>) {
        let live = self.live.remove(&outcome.job).expect("jobs are predicted before they end");
        let has_run = matches!(outcome.end, End::Completed | End::Timeout);
        if !has_run || outcome.ran_for == SimDuration::ZERO {
            return;
        }
        let ran_ns = outcome.ran_for.as_ns();
        self.ended += 1;
        self.ran_ns += u128::from(ran_ns);
        self.run_times.add(ran_ns);
        if let Some(point) = live.point {
            let ratio = u128::from(ran_ns) * u128::from(ONE) / u128::from(point.as_ns().max(1));
            self.ratios.add(u64::try_from(ratio).unwrap_or(u64::MAX));
        }
        self.model.learn(live.seen, outcome.ran_for.as_secs_f64());
    }

    fn fork(&self) -> Box<dyn RuntimePredictor> {
        Box::new(self.clone())
    }
}

/// So many seconds, rounded to milliseconds, at least one: what differs in the last bits is not told apart.
///
/// # Panics
/// If it is not a number.
fn millis(secs: f64) -> SimDuration {
    assert!(!secs.is_nan(), "a model guessed what is not a number");
    // The cast saturates; a span of 146 years leaves room for its spread.
    let millis = (libm::round(secs * 1e3) as u64).clamp(1, u64::MAX / 4_000_000);
    SimDuration::from_ns(millis * 1_000_000)
}
