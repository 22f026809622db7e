//! What a Python policy holds in `decide`: what it may read, and verbs that apply at once.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use sim_core::{Event, GroupId, Preempt, ReservationId, SimTime, WakeId};

use super::desk;
use super::fitting::PyFitting;
use super::group::PyGroup;
use super::job::PyJob;
use super::nodes::PyNodes;
use super::refused::{answer, answer_of};
use super::running::PyRun;
use super::slots::{Places, planned, staged};
use super::trial::PyTrial;
use super::waiting::PyWaiting;

/// One decision: the state of the cluster and the verbs that change it.
///
/// Every verb is checked and applied at once, so that what is read next shows it, and answers ``True`` or a
/// :class:`Refused`, which counts as false. Arguments that make no sense raise ``TypeError`` or ``ValueError``. A
/// decision may be used only while ``decide`` runs; later, what it is asked raises ``RuntimeError``.
///
/// Examples
/// --------
/// Whatever finds room starts on the first node that has it; jobs of several tasks are left to wait:
///
/// >>> import windtunnel
/// >>> class FirstFit(windtunnel.Policy):
/// ...     orders = ("rank",)
/// ...     def decide(self, decision):
/// ...         for job in decision.waiting:
/// ...             node = next(decision.fitting(job, "rank"), None)
/// ...             if node is not None and job.unstarted == 1:
/// ...                 decision.start(job, node)
/// >>> windtunnel.run("quickstart", policies=[FirstFit()], seeds=1, set={"workload.duration": "2h"}).failed
/// []
#[pyclass(frozen, name = "Decision", module = "windtunnel")]
pub(crate) struct PyDecision;

/// How a job is stopped.
fn how(name: &str) -> PyResult<Preempt> {
    match name {
        "requeue" => Ok(Preempt::Requeue),
        "suspend" => Ok(Preempt::Suspend),
        "kill" => Ok(Preempt::Kill),
        _ => Err(PyValueError::new_err(format!("how={name:?}: must be requeue, suspend or kill"))),
    }
}

#[pymethods]
impl PyDecision {
    /// The time [s].
    #[getter]
    fn now(&self) -> PyResult<f64> {
        desk::with(|desk| desk.view().now().as_secs_f64())
    }

    /// The time [ns].
    #[getter]
    fn now_ns(&self) -> PyResult<u64> {
        desk::with(|desk| desk.view().now().as_ns())
    }

    /// Jobs that wait for a start, in order of submission.
    #[getter]
    fn waiting(&self) -> PyWaiting {
        PyWaiting
    }

    /// Jobs that came into the queue since the last decision, in the order in which they did.
    #[getter]
    fn queued(&self) -> PyResult<Vec<PyJob>> {
        desk::with(|desk| {
            let view = desk.view();
            let came = desk.cx.trigger().events.iter().filter_map(|event| match *event {
                Event::Queued(job) if view.is_waiting(job) => Some(PyJob::new(job, view)),
                _ => None,
            });
            came.collect()
        })
    }

    /// Nodes on which capacity came back since the last decision, once per task or repair.
    #[getter]
    fn freed(&self) -> PyResult<Vec<u32>> {
        desk::with(|desk| desk.cx.trigger().freed.iter().map(|node| node.0).collect())
    }

    /// Executions that hold capacity.
    #[getter]
    fn running(&self, py: Python<'_>) -> PyResult<Vec<PyRun>> {
        desk::with(|desk| {
            let view = desk.view();
            view.running().map(|(id, run)| PyRun::new(py, id, run, view)).collect()
        })?
    }

    /// The nodes.
    #[getter]
    fn nodes(&self) -> PyNodes {
        PyNodes
    }

    /// The groups of like nodes, by number: what ``scale`` may switch on and off.
    #[getter]
    fn groups(&self) -> PyResult<Vec<PyGroup>> {
        desk::with(|desk| desk.view().groups().iter().map(PyGroup::new).collect())
    }

    /// The nodes that can hold one more task of the job now, by ``order``: ``"tightest"`` (least left of one lane
    /// first, which is best fit), ``"loosest"`` or ``"rank"``. The lane is ``gpu`` for tasks that ask for GPUs, else
    /// ``cpu``.
    #[pyo3(signature = (job, order="tightest", lane=None))]
    fn fitting(&self, job: &PyJob, order: &str, lane: Option<&str>) -> PyResult<PyFitting> {
        desk::with(|desk| {
            if desk.view().find(job.id()).is_none() {
                return Err(PyValueError::new_err(format!("job {} has ended", job.trace_number())));
            }
            PyFitting::new(desk, job.id(), order, lane)
        })?
    }

    /// Whether one more task of the job could start on the node now.
    fn fits(&self, job: &PyJob, node: u32) -> PyResult<bool> {
        desk::with(|desk| {
            let view = desk.view();
            let is_known = (node as usize) < view.nodes().len() && view.find(job.id()).is_some();
            is_known && view.can_place(job.id(), sim_core::NodeId(node))
        })
    }

    /// Starts a waiting job, or further tasks of an independent one: a node per task, or a pair of a node and a list of
    /// its cards. Without cards, those with the least left that have enough are taken.
    fn start(&self, py: Python<'_>, job: &PyJob, nodes: Places) -> PyResult<Py<PyAny>> {
        let (id, places) = (job.id(), nodes.0);
        answer(py, desk::with(|desk| staged(desk.cx, id, &places, |cx| cx.start_staged(id)))?)
    }

    /// Takes the capacity of one task of the job, for ``start_staged`` to start it. A stage that is not started by the
    /// end of the decision is undone.
    fn stage(&self, py: Python<'_>, job: &PyJob, node: Places) -> PyResult<Py<PyAny>> {
        let (id, places) = (job.id(), node.0);
        answer(py, desk::with(|desk| staged(desk.cx, id, &places, |_| Ok(())))?)
    }

    /// Starts the job on the slots staged for it.
    fn start_staged(&self, py: Python<'_>, job: &PyJob) -> PyResult<Py<PyAny>> {
        answer(py, desk::with(|desk| desk.cx.start_staged(job.id()))?)
    }

    /// Takes capacity for tasks of a waiting gang and keeps it beyond this decision, until it has enough to start.
    fn hold(&self, py: Python<'_>, job: &PyJob, nodes: Places) -> PyResult<Py<PyAny>> {
        let (id, places) = (job.id(), nodes.0);
        answer(py, desk::with(|desk| staged(desk.cx, id, &places, |cx| cx.hold_staged(id)))?)
    }

    /// Gives back all that a waiting gang holds.
    fn release(&self, py: Python<'_>, job: &PyJob) -> PyResult<Py<PyAny>> {
        answer(py, desk::with(|desk| desk.cx.release(job.id()))?)
    }

    /// Stops a running job: ``"requeue"`` (it waits again with the work up to its last checkpoint), ``"suspend"`` (with
    /// all of it) or ``"kill"``.
    #[pyo3(signature = (job, how="requeue"))]
    fn preempt(&self, py: Python<'_>, job: &PyJob, how: &str) -> PyResult<Py<PyAny>> {
        let how = self::how(how)?;
        answer(py, desk::with(|desk| desk.cx.preempt(job.id(), how))?)
    }

    /// Refuses a waiting job for good.
    fn reject(&self, py: Python<'_>, job: &PyJob) -> PyResult<Py<PyAny>> {
        let action = sim_core::Action::Reject { job: job.id() };
        answer(py, desk::with(|desk| desk.cx.apply(&action))?)
    }

    /// Gives a running job other nodes: an elastic one another width or place, with ``migrate`` a gang, which pays the
    /// cost of a restart.
    #[pyo3(signature = (job, nodes, migrate=false))]
    fn resize(&self, py: Python<'_>, job: &PyJob, nodes: Places, migrate: bool) -> PyResult<Py<PyAny>> {
        let (job, places) = (job.id(), nodes.0);
        let result = desk::with(|desk| {
            let place = planned(desk.cx, job, &places)?;
            let (resize, move_) = (
                sim_core::Action::Resize { job, place: place.clone() },
                sim_core::Action::Migrate { job, place },
            );
            desk.cx.apply(if migrate { &move_ } else { &resize })
        })?;
        answer(py, result)
    }

    /// Promises capacity to a waiting job from ``start_ns`` on, and answers the number of the reservation.
    fn reserve(&self, py: Python<'_>, job: &PyJob, start_ns: u64, nodes: Places) -> PyResult<Py<PyAny>> {
        let (job, places) = (job.id(), nodes.0);
        let result = desk::with(|desk| {
            let place = planned(desk.cx, job, &places)?;
            desk.cx.reserve(job, SimTime::from_ns(start_ns), &place)
        })?;
        answer_of(py, result.map(|id| id.0))
    }

    /// Gives a reservation up.
    fn unreserve(&self, py: Python<'_>, reservation: u32) -> PyResult<Py<PyAny>> {
        let action = sim_core::Action::Unreserve { id: ReservationId(reservation) };
        answer(py, desk::with(|desk| desk.cx.apply(&action))?)
    }

    /// Sets how many nodes of a group are to be on.
    fn scale(&self, py: Python<'_>, group: u32, target: u32) -> PyResult<Py<PyAny>> {
        answer(py, desk::with(|desk| desk.cx.scale(GroupId(group), target))?)
    }

    /// Asks for a decision at a later instant [ns].
    #[pyo3(signature = (at_ns, id=0))]
    fn wake(&self, py: Python<'_>, at_ns: u64, id: u32) -> PyResult<Py<PyAny>> {
        answer(py, desk::with(|desk| desk.cx.wake(WakeId(id), SimTime::from_ns(at_ns)))?)
    }

    /// An attempt, for ``with``: what is done in its body is undone if that calls ``undo`` or raises.
    fn attempt(&self) -> PyTrial {
        PyTrial::new()
    }

    /// A number from 0 up to 1, from the policy's own stream of the run: use this, and never ``random``, which knows
    /// nothing of the run's seed.
    fn random(&self) -> PyResult<f64> {
        desk::with(|desk| desk.cx.rng().unit())
    }

    fn __repr__(&self) -> PyResult<String> {
        let (now, waiting) = desk::with(|desk| (desk.view().now(), desk.view().waiting_len()))?;
        Ok(format!("Decision(at {now}, {waiting} jobs wait)"))
    }
}
