//! What is known of a workload before it runs, as an operator knows it from history.

use std::sync::Arc;

use sim_core::TypicalTasks;

/// Knowledge that policies may be built with.
#[derive(Clone, Debug, Default)]
pub struct Prior {
    /// What the cluster is asked for most.
    pub typical: Arc<TypicalTasks>,
}
