//! The nodes as NumPy arrays.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use sim_core::{NodeId, NodeState, NodeTable, Resources};

use super::{desk, job};

/// The nodes of the cluster, by number from 0.
///
/// Arrays are copies of the state as it is when they are asked for: one pass over the nodes each.
#[pyclass(frozen, name = "Nodes", module = "windtunnel")]
pub(crate) struct PyNodes;

/// One row per node, one column per lane.
fn amounts<'py>(
    py: Python<'py>,
    read: impl FnOnce(&NodeTable) -> &[Resources],
) -> PyResult<Bound<'py, PyArray2<u32>>> {
    let (flat, nodes) = desk::with(|desk| {
        let rows = read(desk.view().nodes());
        (rows.iter().flat_map(|row| row.0).collect::<Vec<u32>>(), rows.len())
    })?;
    PyArray1::from_vec(py, flat).reshape([nodes, 8])
}

/// What `read` makes of one node.
fn of_node<R>(number: usize, read: impl FnOnce(&NodeTable, NodeId) -> R) -> PyResult<R> {
    desk::with(|desk| {
        let nodes = desk.view().nodes();
        (number < nodes.len()).then(|| read(nodes, NodeId::from_index(number)))
    })?
    .ok_or_else(|| PyIndexError::new_err(format!("there is no node {number}")))
}

#[pymethods]
impl PyNodes {
    fn __len__(&self) -> PyResult<usize> {
        desk::with(|desk| desk.view().nodes().len())
    }

    /// What each node has left: an array of ``uint32``, a row per node and a column per lane of ``windtunnel.LANES``.
    #[getter]
    fn free<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u32>>> {
        amounts(py, NodeTable::free)
    }

    /// What each node has, in the form of ``free``.
    #[getter]
    fn capacity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<u32>>> {
        amounts(py, NodeTable::capacity)
    }

    /// What each node has left in one lane: an array of ``uint32``.
    fn free_of<'py>(&self, py: Python<'py>, lane: &str) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let lane = job::lane(lane)?;
        let free = desk::with(|desk| {
            desk.view().nodes().free().iter().map(|free| free.get(lane)).collect::<Vec<u32>>()
        })?;
        Ok(PyArray1::from_vec(py, free))
    }

    /// Whether each node accepts tasks: an array of ``bool``.
    #[getter]
    fn up<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<bool>>> {
        let up = desk::with(|desk| {
            let nodes = desk.view().nodes();
            nodes.ids().map(|node| nodes.state(node) == NodeState::Up).collect::<Vec<bool>>()
        })?;
        Ok(PyArray1::from_vec(py, up))
    }

    /// Tasks that run on each node: an array of ``uint32``.
    #[getter]
    fn tasks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u32>>> {
        let tasks = desk::with(|desk| {
            let nodes = desk.view().nodes();
            nodes.ids().map(|node| nodes.tasks(node)).collect::<Vec<u32>>()
        })?;
        Ok(PyArray1::from_vec(py, tasks))
    }

    /// The node's name.
    fn name(&self, node: usize) -> PyResult<String> {
        of_node(node, |nodes, id| nodes.name(id).to_owned())
    }

    /// What each GPU card of the node has left [milli-cards].
    fn cards(&self, node: usize) -> PyResult<Vec<u16>> {
        of_node(node, |nodes, id| nodes.cards(id).to_vec())
    }

    fn __repr__(&self) -> PyResult<String> {
        Ok(format!("Nodes({})", self.__len__()?))
    }
}
