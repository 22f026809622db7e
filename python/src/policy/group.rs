//! Groups of like nodes as Python sees them: what `scale` may do to them.

use pyo3::prelude::*;
use sim_core::cluster::NodeGroup;

/// A group of like nodes, as it was when it was asked for.
///
/// Examples
/// --------
/// Every node is switched on as soon as a job waits:
///
/// >>> import windtunnel
/// >>> class AllOn(windtunnel.Policy):
/// ...     def decide(self, decision):
/// ...         for group in decision.groups:
/// ...             if len(decision.waiting) and group.target < group.max:
/// ...                 decision.scale(group.number, group.max)
#[pyclass(frozen, get_all, name = "Group", module = "windtunnel")]
pub(crate) struct PyGroup {
    /// Its number, for ``scale``.
    number: u32,
    /// Its name.
    name: String,
    /// Its nodes, in the order in which they are switched on.
    nodes: Vec<u32>,
    /// How many of them are to be on.
    target: u32,
    /// The fewest that may be on.
    min: u32,
    /// The most that may be on.
    max: u32,
    /// From the order to the first task [ns].
    boot_ns: u64,
    /// What a node that is not off costs [millionths of a unit of currency per hour].
    price_micros_per_hour: u64,
}

impl PyGroup {
    pub(super) fn new(group: &NodeGroup) -> Self {
        Self {
            number: group.id.0,
            name: group.name.clone(),
            nodes: group.nodes.iter().map(|node| node.0).collect(),
            target: group.target,
            min: group.min,
            max: group.max,
            boot_ns: group.boot.as_ns(),
            price_micros_per_hour: group.price_micros_per_hour,
        }
    }
}

#[pymethods]
impl PyGroup {
    fn __repr__(&self) -> String {
        let Self { number, name, target, min, max, .. } = self;
        format!("Group({number}, {name}: {target} nodes on, {min} to {max})")
    }
}
