//! Nodes that can hold a task, in order, for Python to walk over.

use std::sync::Mutex;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use sim_core::{FitOrder, JobId, Lane, NodeId, Shape};

use super::desk::{self, Desk};
use super::job;

/// The order that `name` says; without a lane that of GPUs for tasks that ask for some, else that of processors.
pub(super) fn order(name: &str, lane: Option<Lane>) -> PyResult<FitOrder> {
    let lane = lane.unwrap_or(Lane::Cpu);
    match name {
        "tightest" => Ok(FitOrder::Tightest(lane)),
        "loosest" => Ok(FitOrder::Loosest(lane)),
        "rank" => Ok(FitOrder::Rank),
        _ => Err(PyValueError::new_err(format!("{name:?} is no order; orders are tightest, loosest, rank"))),
    }
}

/// The lane that an order of nodes compares if none is named.
pub(super) fn lane_of(shape: &Shape) -> Lane {
    if shape.gpu().cards > 0 { Lane::Gpu } else { Lane::Cpu }
}

/// Nodes that are fetched at first. Most policies take the first one; who goes on gets twice as many each time.
const FETCH: usize = 1;

struct Walk {
    /// Nodes that were fetched and not handed out yet, the next one last.
    ahead: Vec<NodeId>,
    /// Nodes fetched so far.
    seen: usize,
    fetch: usize,
}

/// An iterator over the nodes that can hold one more task of a job now.
///
/// It follows the state of its beginning: when a node has changed since (a task was placed, say), going on raises a
/// ``RuntimeError``, as with a dict that changes while it is walked over. Ask for a new one then.
#[pyclass(frozen, name = "Fitting", module = "windtunnel")]
pub(crate) struct PyFitting {
    job: JobId,
    order: FitOrder,
    changes: u64,
    walk: Mutex<Walk>,
}

impl PyFitting {
    /// Over the nodes for a job that has not ended.
    pub(super) fn new(
        desk: &Desk<'_, '_>,
        job: JobId,
        order_name: &str,
        lane: Option<&str>,
    ) -> PyResult<Self> {
        let lane = lane.map(job::lane).transpose()?;
        let view = desk.view();
        let order = order(order_name, Some(lane.unwrap_or_else(|| lane_of(view.shape(job)))))?;
        let walk = Walk { ahead: Vec::new(), seen: 0, fetch: FETCH };
        Ok(Self { job, order, changes: view.nodes().changes(), walk: Mutex::new(walk) })
    }

    /// Fetches the next nodes, if there are more.
    fn refill(&self, walk: &mut Walk, desk: &Desk<'_, '_>) {
        let view = desk.view();
        let fitting = view.nodes().fitting(view.shape(self.job), self.order);
        let admitted = fitting.filter(|&node| view.admits(self.job, node));
        walk.ahead.extend(admitted.skip(walk.seen).take(walk.fetch));
        walk.ahead.reverse();
        walk.seen += walk.ahead.len();
        walk.fetch *= 2;
    }
}

#[pymethods]
impl PyFitting {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self) -> PyResult<Option<u32>> {
        let next = desk::with(|desk| {
            let view = desk.view();
            if view.nodes().changes() != self.changes || view.find(self.job).is_none() {
                return Err(PyRuntimeError::new_err("nodes changed while they were walked over"));
            }
            let mut walk = self.walk.lock().map_err(|_| PyRuntimeError::new_err("the walk has failed"))?;
            if walk.ahead.is_empty() {
                self.refill(&mut walk, desk);
            }
            Ok(walk.ahead.pop())
        })??;
        Ok(next.map(|node| node.0))
    }
}
