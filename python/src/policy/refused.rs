//! Refusals as values: a normal answer, which is false where an applied action is true.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use sim_core::Refused;

/// Why an action was not applied; nothing has changed. It counts as false, so that `if decision.start(...)` reads well.
///
/// Attributes
/// ----------
/// kind : str
///     The rule that stood against it, such as ``"does-not-fit"`` or ``"not-waiting"``.
/// reason : str
///     The same in a sentence, with the numbers.
///
/// Examples
/// --------
/// >>> import windtunnel
/// >>> class Asking(windtunnel.Policy):
/// ...     def decide(self, decision):
/// ...         for job in decision.waiting:
/// ...             answer = decision.start(job, [0] * job.unstarted)
/// ...             if not answer and answer.kind != "does-not-fit":
/// ...                 raise AssertionError(answer.reason)
/// >>> windtunnel.run("quickstart", policies=[Asking()], seeds=1, set={"workload.duration": "2h"}).failed
/// []
#[pyclass(frozen, eq, name = "Refused", module = "windtunnel")]
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PyRefused {
    /// The rule that stood against it, such as ``"does-not-fit"``.
    #[pyo3(get)]
    kind: &'static str,
    /// The same in a sentence, with the numbers.
    #[pyo3(get)]
    reason: String,
}

#[pymethods]
impl PyRefused {
    fn __bool__(&self) -> bool {
        false
    }

    fn __repr__(&self) -> String {
        format!("Refused({}: {})", self.kind, self.reason)
    }
}

fn kind(refused: &Refused) -> &'static str {
    match refused {
        Refused::NotWaiting(_) => "not-waiting",
        Refused::NotRunning(_) => "not-running",
        Refused::HoldsNothing(_) => "holds-nothing",
        Refused::WrongWidth { .. } => "wrong-width",
        Refused::DoesNotFit { .. } => "does-not-fit",
        Refused::WrongCards { .. } => "wrong-cards",
        Refused::Forbidden { .. } => "forbidden",
        Refused::NodeDown(_) => "node-down",
        Refused::NoSuchNode(_) => "no-such-node",
        Refused::Reserved { .. } => "reserved",
        Refused::NoSuchReservation(_) => "no-such-reservation",
        Refused::InThePast { .. } => "in-the-past",
        Refused::ScaleOutOfRange { .. } => "scale-out-of-range",
    }
}

/// `true`, or the refusal.
pub(super) fn answer(py: Python<'_>, result: Result<(), Refused>) -> PyResult<Py<PyAny>> {
    answer_of(py, result.map(|()| true))
}

/// The value, or the refusal.
pub(super) fn answer_of<'py, T: IntoPyObjectExt<'py>>(
    py: Python<'py>,
    result: Result<T, Refused>,
) -> PyResult<Py<PyAny>> {
    match result {
        Ok(value) => value.into_py_any(py),
        Err(refused) => {
            let refused = PyRefused { kind: kind(&refused), reason: refused.to_string() };
            Ok(Py::new(py, refused)?.into_any())
        }
    }
}
