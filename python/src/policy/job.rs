//! Jobs as Python sees them: what was declared, and on demand how they stand.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use sim_core::{Gang, Job, JobId, JobView, Lane, Resources, Shape, SimDuration, SimTime, View};

use super::desk;

/// A job. What was declared is read at any time, how it stands only while it has not ended and a decision is made.
///
/// Jobs are equal if they are the same job, and sort by submission. Times come twice: in seconds, and with ``_ns`` as
/// the whole nanoseconds that the engine counts in. What has ended raises ``RuntimeError`` when it is asked how it
/// stands.
///
/// Examples
/// --------
/// The one that asks for the least work goes first:
///
/// >>> import windtunnel
/// >>> def least_work(job: windtunnel.Job) -> float:
/// ...     return (job.estimate or float("inf")) * job.tasks * job.need("cpu")
/// >>> class LeastWork(windtunnel.Policy):
/// ...     def decide(self, decision):
/// ...         for job in sorted(decision.waiting, key=least_work):
/// ...             node = next(decision.fitting(job), None)
/// ...             if node is not None:
/// ...                 decision.start(job, node)
/// >>> windtunnel.run("quickstart", policies=[LeastWork()], seeds=1, set={"workload.duration": "2h"}).failed
/// []
#[pyclass(frozen, name = "Job", module = "windtunnel")]
pub(crate) struct PyJob {
    id: JobId,
    number: u64,
    submit: SimTime,
    tasks: u32,
    width_min: u32,
    gang: Gang,
    walltime: SimDuration,
    deadline: SimTime,
    priority: i32,
    need: Resources,
    cards: u16,
    card_milli: u16,
}

impl PyJob {
    pub(super) fn new(id: JobId, view: View<'_>) -> Self {
        Self::of(id, view.job(id).facts(), view.shape(id))
    }

    fn of(id: JobId, facts: &Job, shape: &Shape) -> Self {
        Self {
            id,
            number: facts.id,
            submit: facts.submit,
            tasks: facts.tasks,
            width_min: facts.width_min(),
            gang: facts.gang,
            walltime: facts.walltime,
            deadline: facts.deadline,
            priority: facts.priority,
            need: *shape.need(),
            cards: shape.gpu().cards,
            card_milli: shape.gpu().milli_each,
        }
    }

    pub(super) fn id(&self) -> JobId {
        self.id
    }

    /// Its number in the trace.
    pub(super) fn trace_number(&self) -> u64 {
        self.number
    }

    /// What `read` finds in the job's row now.
    fn now<R>(&self, read: impl FnOnce(JobView<'_>, View<'_>) -> R) -> PyResult<R> {
        let found = desk::with(|desk| {
            let view = desk.view();
            view.find(self.id).map(|row| read(row, view))
        })?;
        found.ok_or_else(|| PyRuntimeError::new_err(format!("job {} has ended", self.number)))
    }
}

/// Nanoseconds, unless that means "never".
pub(super) fn known_ns(ns: u64) -> Option<u64> {
    (ns != u64::MAX).then_some(ns)
}

/// Seconds, unless that means "never".
pub(super) fn known_secs(ns: u64) -> Option<f64> {
    known_ns(ns).map(|ns| SimDuration::from_ns(ns).as_secs_f64())
}

/// The lane of that name.
pub(super) fn lane(name: &str) -> PyResult<Lane> {
    Lane::from_name(name).ok_or_else(|| {
        let known = Lane::ALL.map(Lane::name).join(", ");
        PyValueError::new_err(format!("{name:?} is no lane; lanes are {known}"))
    })
}

#[pymethods]
impl PyJob {
    /// The job's number in the trace.
    #[getter(id)]
    fn number(&self) -> u64 {
        self.number
    }

    /// When it was submitted [s].
    #[getter]
    fn submit(&self) -> f64 {
        self.submit.as_secs_f64()
    }

    /// When it was submitted [ns].
    #[getter]
    fn submit_ns(&self) -> u64 {
        self.submit.as_ns()
    }

    /// Number of tasks.
    #[getter]
    fn tasks(&self) -> u32 {
        self.tasks
    }

    /// The fewest tasks that may start together.
    #[getter]
    fn width_min(&self) -> u32 {
        self.width_min
    }

    /// ``"all-or-nothing"``, ``"elastic"`` or ``"independent"``.
    #[getter]
    fn gang(&self) -> &'static str {
        match self.gang {
            Gang::AllOrNothing => "all-or-nothing",
            Gang::Elastic { .. } => "elastic",
            Gang::Independent => "independent",
        }
    }

    /// What one task asks for, in the order of ``windtunnel.LANES``.
    #[getter]
    fn request(&self) -> [u32; 8] {
        self.need.0
    }

    /// What one task asks for in that lane [milli-cores, MiB, milli-cards, GiB, Mbit/s].
    fn need(&self, lane_name: &str) -> PyResult<u32> {
        Ok(self.need.get(lane(lane_name)?))
    }

    /// GPU cards that one task asks for.
    #[getter]
    fn cards(&self) -> u16 {
        self.cards
    }

    /// Share of each of these cards [milli-cards].
    #[getter]
    fn card_milli(&self) -> u16 {
        self.card_milli
    }

    /// Requested wall time [s], or ``None``.
    #[getter]
    fn requested(&self) -> Option<f64> {
        known_secs(self.walltime.as_ns())
    }

    /// Requested wall time [ns], or ``None``.
    #[getter]
    fn requested_ns(&self) -> Option<u64> {
        known_ns(self.walltime.as_ns())
    }

    /// When it should be done [s], or ``None``.
    #[getter]
    fn deadline(&self) -> Option<f64> {
        known_secs(self.deadline.as_ns())
    }

    /// Declared priority; higher is more urgent.
    #[getter]
    fn priority(&self) -> i32 {
        self.priority
    }

    /// On whose account it runs.
    #[getter]
    fn tenant(&self) -> PyResult<String> {
        self.now(|row, view| view.words().tenants().name(row.facts().tenant.0).unwrap_or_default().to_owned())
    }

    /// Who submitted it.
    #[getter]
    fn user(&self) -> PyResult<String> {
        self.now(|row, view| view.words().users().name(row.facts().user.0).unwrap_or_default().to_owned())
    }

    /// The predictor's guess of its run time, as likely too long as too short [s], or ``None``.
    #[getter]
    fn estimate(&self) -> PyResult<Option<f64>> {
        self.now(|row, _| known_secs(row.estimate().p50.as_ns()))
    }

    /// The predictor's guess of its run time, as likely too long as too short [ns], or ``None``.
    #[getter]
    fn estimate_ns(&self) -> PyResult<Option<u64>> {
        self.now(|row, _| known_ns(row.estimate().p50.as_ns()))
    }

    /// The predictor's guess that is exceeded in one case of ten [s], or ``None``.
    #[getter]
    fn estimate_p90(&self) -> PyResult<Option<f64>> {
        self.now(|row, _| known_secs(row.estimate().p90.as_ns()))
    }

    /// Tasks that wait for a start.
    #[getter]
    fn unstarted(&self) -> PyResult<u32> {
        self.now(|row, _| row.unstarted())
    }

    /// True while it waits for a start.
    #[getter]
    fn is_waiting(&self) -> PyResult<bool> {
        desk::with(|desk| desk.view().is_waiting(self.id))
    }

    /// When it last entered the queue [s].
    #[getter]
    fn queued(&self) -> PyResult<f64> {
        self.now(|row, _| row.queued().as_secs_f64())
    }

    /// Work that it has done [s]: service time at full width and nominal speed.
    #[getter]
    fn work_done(&self) -> PyResult<f64> {
        self.now(|row, view| view.work_done(row.id()).as_secs_f64())
    }

    /// Times it was preempted.
    #[getter]
    fn preemptions(&self) -> PyResult<u16> {
        self.now(|row, _| row.preemptions())
    }

    /// Attempts that failed and were repeated.
    #[getter]
    fn retries(&self) -> PyResult<u16> {
        self.now(|row, _| row.retries())
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyJob>().is_ok_and(|other| other.get().id == self.id)
    }

    fn __lt__(&self, other: &PyJob) -> bool {
        self.id < other.id
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.id.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self) -> String {
        let shape = self.need;
        format!("Job(id={}, submit={}, tasks={}, each {shape})", self.number, self.submit, self.tasks)
    }
}
