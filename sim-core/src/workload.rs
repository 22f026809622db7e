//! The stream of jobs that a run is fed with.

use thiserror::Error;

use crate::event::Event;
use crate::job::{Job, Truth};
use crate::time::SimTime;
use crate::vocabulary::Vocabulary;

/// A record that cannot be turned into a job. The stream is over after it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{source_name}:{record}: {reason}")]
pub struct WorkloadError {
    /// The file or generator.
    pub source_name: String,
    /// Line of the file, or number of the job, from 1.
    pub record: u64,
    /// The value and the rule that it breaks.
    pub reason: String,
}

/// A stream of jobs in non-decreasing `submit` order.
pub trait Workload: Send {
    /// The next job with its truth, or `None` at the end.
    ///
    /// # Errors
    /// If the next record is not a job. Nothing of it was yielded.
    fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError>;

    /// True if some job may wait for another: the engine then remembers how jobs ended.
    fn has_dependencies(&self) -> bool {
        false
    }

    /// True if a job that even the empty cluster could not hold is no mistake: it then waits for ever, instead of
    /// ending the run with an error.
    fn may_not_fit(&self) -> bool {
        false
    }

    /// Events that reactive streams (sessions, feedback loops) react to; they may make `next_job` yield more.
    fn observe(&mut self, _now: SimTime, _event: &Event) {}

    /// True if [`Workload::observe`] should be called at all.
    fn reacts(&self) -> bool {
        false
    }

    /// An independent stream that yields exactly what this one would from here on.
    fn fork(&self) -> Box<dyn Workload>;
}
