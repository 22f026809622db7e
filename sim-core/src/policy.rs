//! The one interface that the engine knows for scheduling.

use crate::cluster::IndexBy;
use crate::decision::Decision;
use crate::event::EventMask;
use crate::view::View;

/// Which node comes first where a placement rule sees no difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ranks {
    /// The order of the cluster description.
    #[default]
    Identity,
    /// A random order, drawn once per run from the seed.
    Seeded,
}

/// What a policy needs of the engine, said once before the run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setup {
    /// Events that call for a decision.
    pub wakes_on: EventMask,
    /// Fit indexes to keep.
    pub indexes: Vec<IndexBy>,
    /// Order of nodes that breaks ties.
    pub ranks: Ranks,
    /// Keep the list of executions per node ([`View::residents`]).
    pub residents: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            wakes_on: EventMask::SCHEDULING,
            indexes: Vec::new(),
            ranks: Ranks::Identity,
            residents: false,
        }
    }
}

/// A scheduler.
pub trait Policy: Send {
    /// The name in results.
    fn name(&self) -> &str;

    /// What it needs of the engine.
    fn setup(&self) -> Setup {
        Setup::default()
    }

    /// Called when the policy takes over an engine, at the start or in mid-run: reads in what already waits.
    fn attach(&mut self, _view: View<'_>) {}

    /// Chooses among legal actions. Called after all events of an instant, some of which it wakes on.
    fn decide(&mut self, cx: &mut Decision<'_>);

    /// An independent policy in the same state.
    fn fork(&self) -> Box<dyn Policy>;
}
