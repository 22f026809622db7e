//! Guessing run times: what a policy may believe before it has happened.

use crate::event::End;
use crate::ids::JobId;
use crate::job::Job;
use crate::time::{SimDuration, SimTime};
use crate::vocabulary::Vocabulary;

/// A guess of how long a job will run at full width and nominal speed. [`SimDuration::MAX`]: no idea.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// As likely too long as too short.
    pub p50: SimDuration,
    /// Exceeded in one case of ten.
    pub p90: SimDuration,
}

impl Estimate {
    /// No idea.
    pub const UNKNOWN: Self = Self { p50: SimDuration::MAX, p90: SimDuration::MAX };

    /// A guess without spread.
    pub const fn exactly(span: SimDuration) -> Self {
        Self { p50: span, p90: span }
    }
}

/// What became of a job, for learning.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The job.
    pub job: JobId,
    /// What was declared.
    pub facts: &'a Job,
    /// Work that its last attempt did, in service time; of independent tasks that of the longest.
    pub ran_for: SimDuration,
    /// How it ended.
    pub end: End,
}

/// Run-time prediction with online feedback.
pub trait RuntimePredictor: Send {
    /// The name in results.
    fn name(&self) -> &str;

    /// The guess at submission, before any policy sees the job.
    fn predict(&mut self, job: JobId, facts: &Job, words: &Vocabulary, now: SimTime) -> Estimate;

    /// True if jobs that outlive `p90` shall be revised: each costs a timer.
    fn revises(&self) -> bool {
        false
    }

    /// The new guess for a job that has outlived `last.p90`. If its `p90` is no later, the job is not revised again.
    fn revise(&mut self, _job: JobId, _facts: &Job, last: Estimate, _ran_for: SimDuration) -> Estimate {
        last
    }

    /// Called at each end, in event order, before the decision of that instant.
    fn learn(&mut self, _outcome: &Outcome<'_>) {}

    /// An independent predictor in the same state.
    fn fork(&self) -> Box<dyn RuntimePredictor>;
}

/// No guess at all: the requested wall time stands for the run time, as batch systems have it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requested;

impl RuntimePredictor for Requested {
    fn name(&self) -> &str {
        "requested"
    }

    #[inline]
    fn predict(&mut self, _job: JobId, facts: &Job, _words: &Vocabulary, _now: SimTime) -> Estimate {
        Estimate::exactly(facts.walltime)
    }

    fn fork(&self) -> Box<dyn RuntimePredictor> {
        Box::new(*self)
    }
}
