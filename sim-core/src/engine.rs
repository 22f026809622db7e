//! The engine: a pull machine that stops at every decision.

mod advance;
mod arrive;
mod commit;
mod control;
mod core;
mod depart;
mod hold;
mod machines;
mod place;
mod preempt;
mod reserve;
mod state;
mod undo;
mod windows;

use thiserror::Error;

use crate::cluster::ClusterSpec;
use crate::controller::Controller;
use crate::decision::Decision;
use crate::failure::{Failures, Rules};
use crate::observer::{Observer, ResultSink, SinkError};
use crate::policy::{Policy, Ranks, Setup};
use crate::predictor::RuntimePredictor;
use crate::random::Stream;
use crate::time::SimTime;
use crate::view::View;
use crate::vocabulary::Vocabulary;
use crate::workload::{Workload, WorkloadError};

pub(crate) use self::core::{Applied, Core};
pub(crate) use self::state::State;

/// Bounds of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The run stops here, with whatever is unfinished.
    pub until: SimTime,
    /// More events than this are an error.
    pub events_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { until: SimTime::MAX, events_max: u64::MAX }
    }
}

/// Everything that a run is made of, except its policy.
pub struct Parts {
    /// The nodes.
    pub cluster: ClusterSpec,
    /// Names that the workload and the cluster share; usually empty.
    pub words: Vocabulary,
    /// The jobs.
    pub workload: Box<dyn Workload>,
    /// Guesses of run times.
    pub predictor: Box<dyn RuntimePredictor>,
    /// Control loops, called in this order.
    pub controllers: Vec<Box<dyn Controller>>,
    /// Listeners, called in this order.
    pub observers: Vec<Box<dyn Observer>>,
    /// What may go wrong.
    pub failures: Failures,
    /// Switches of the cluster's behaviour.
    pub rules: Rules,
    /// Bounds of the run.
    pub limits: Limits,
    /// The seed of all random streams.
    pub seed: u64,
}

/// Why [`Engine::advance`] stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// A decision is due.
    Decide,
    /// The run is over.
    Finished(Summary),
}

/// What a run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// The last instant.
    pub end: SimTime,
    /// Events that happened.
    pub events: u64,
    /// Digest of all of them, in order.
    pub fingerprint: u128,
    /// Jobs that were submitted.
    pub submitted: u64,
    /// Jobs that had not ended.
    pub unfinished: u64,
}

/// A run cannot go on. Its results so far are incomplete and must not be used.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SimError {
    /// The workload gave a bad record.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    /// A job that the whole cluster cannot hold.
    #[error("job {job}: {reason}")]
    Impossible {
        /// Its number in the trace.
        job: u64,
        /// What is too large.
        reason: String,
    },
    /// A bound of [`Limits`] was reached.
    #[error("{what} exceed the limit of {limit}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: u64,
    },
}

/// A run in progress. Cloning it forks the run: both go on independently from here.
///
/// # Determinism
/// The same parts and policy give the same events, on every machine, whichever driver calls.
#[derive(Clone)]
pub struct Engine {
    core: Core,
}

impl Engine {
    /// A run at its start.
    pub fn new(parts: Parts) -> Self {
        Self { core: Core::new(parts) }
    }

    /// Readies the engine for a policy and shows the policy what waits already.
    ///
    /// Drivers call it once, before the first [`Engine::advance`], or after a fork for a new policy.
    pub fn attach(&mut self, policy: &mut dyn Policy) {
        let Setup { wakes_on, indexes, ranks, residents } = policy.setup();
        self.core.wakes_on = wakes_on;
        indexes.into_iter().for_each(|by| self.core.state.nodes.keep_index(by));
        if ranks == Ranks::Seeded && !self.core.ranks_shuffled {
            let order = std::mem::take(&mut self.core.node_order);
            if order.is_empty() {
                let mut stream = Stream::new(self.core.state.seed, "cluster/ranks");
                self.core.state.nodes.shuffle_ranks(&mut stream);
            } else {
                self.core.state.nodes.set_order(order);
            }
            self.core.ranks_shuffled = true;
        }
        if residents {
            self.core.state.keep_residents();
        }
        self.core.policy_stream = Stream::new(self.core.state.seed, "policy");
        policy.attach(self.core.view());
    }

    /// Applies events, instant by instant, until one of them calls for a decision.
    ///
    /// # Errors
    /// A bad record of the workload, or a limit. The run is over then.
    pub fn advance(&mut self) -> Result<Step, SimError> {
        self.core.advance()
    }

    /// The decision that is due.
    pub fn decision(&mut self) -> Decision<'_> {
        Decision { core: &mut self.core }
    }

    /// Makes the decision's actions final and tells the observers.
    pub fn commit(&mut self) {
        self.core.commit();
    }

    /// Runs to the end under `policy`.
    ///
    /// # Errors
    /// As [`Engine::advance`].
    pub fn run(&mut self, policy: &mut dyn Policy) -> Result<Summary, SimError> {
        self.attach(policy);
        self.resume(policy)
    }

    /// Goes on to the end under a policy that is attached already.
    ///
    /// # Errors
    /// As [`Engine::advance`].
    pub fn resume(&mut self, policy: &mut dyn Policy) -> Result<Summary, SimError> {
        loop {
            match self.advance()? {
                Step::Decide => {
                    policy.decide(&mut self.decision());
                    self.commit();
                }
                Step::Finished(summary) => return Ok(summary),
            }
        }
    }

    /// The state of the run.
    pub fn view(&self) -> View<'_> {
        self.core.view()
    }

    /// Digest of all events so far.
    pub fn fingerprint(&self) -> u128 {
        self.core.fingerprint.value()
    }

    /// Lets every observer hand its results over. Call it after [`Step::Finished`].
    ///
    /// # Errors
    /// The first failure to store them.
    pub fn finish(&mut self, out: &mut dyn ResultSink) -> Result<(), SinkError> {
        let (now, view) = (self.core.state.now, View { state: &self.core.state });
        self.core.plugins.observers.iter_mut().try_for_each(|(_, observer)| observer.finish(now, view, out))
    }
}
