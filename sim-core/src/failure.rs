//! Failures: of tasks by chance, of nodes by distributions or by a trace.

use std::sync::Arc;

use crate::ids::NodeId;
use crate::random::Dist;
use crate::time::SimTime;

/// One outage of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outage {
    /// The node.
    pub node: NodeId,
    /// When it goes down.
    pub down: SimTime,
    /// When it is up again, after `down`.
    pub up: SimTime,
}

/// How nodes fail.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum NodeFailures {
    /// Never.
    #[default]
    Never,
    /// Each node by itself: time up, then time down, drawn anew each time.
    Random {
        /// Time between repair and the next failure \[s\].
        time_up: Dist,
        /// Time to repair \[s\].
        time_down: Dist,
    },
    /// As recorded. Outages of one node do not overlap and are in order of time.
    Trace(Arc<[Outage]>),
}

/// What may go wrong.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Failures {
    /// Chance that one attempt of one task fails, at a point of its work drawn uniformly [parts per million].
    pub task_ppm: u32,
    /// How nodes fail.
    pub nodes: NodeFailures,
}

/// Rules of the cluster that a scenario may switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// An attempt is stopped at the end of its requested wall time.
    pub kill_at_walltime: bool,
    /// A job whose node went down waits again without using up a retry. Else that counts as a failure.
    pub requeue_on_node_loss: bool,
    /// Time from the order to preempt until the nodes are free.
    pub preemption_delay: crate::time::SimDuration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            kill_at_walltime: true,
            requeue_on_node_loss: true,
            preemption_delay: crate::time::SimDuration::ZERO,
        }
    }
}
