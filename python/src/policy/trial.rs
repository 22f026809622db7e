//! Attempts: actions that are kept together or undone together.

use std::sync::Mutex;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use sim_core::Savepoint;

use super::desk;

/// What an attempt has come to.
#[derive(Clone, Copy)]
enum State {
    Made,
    Open(Savepoint),
    Closed { kept: bool },
}

/// An attempt, for ``with``: what is done in its body is undone if that calls ``undo`` or raises.
///
/// Attempts may be nested, and end in the order that ``with`` gives them.
#[pyclass(frozen, name = "Attempt", module = "windtunnel")]
pub(crate) struct PyTrial {
    state: Mutex<State>,
}

impl PyTrial {
    pub(super) fn new() -> Self {
        Self { state: Mutex::new(State::Made) }
    }

    fn change<R>(&self, change: impl FnOnce(&mut State) -> PyResult<R>) -> PyResult<R> {
        let mut state = self.state.lock().map_err(|_| PyRuntimeError::new_err("the attempt has failed"))?;
        change(&mut state)
    }
}

#[pymethods]
impl PyTrial {
    fn __enter__(this: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        this.change(|state| {
            if !matches!(state, State::Made) {
                return Err(PyRuntimeError::new_err("an attempt is made once: ask the decision for another"));
            }
            *state = State::Open(desk::with(|desk| desk.cx.savepoint())?);
            Ok(())
        })?;
        Ok(this)
    }

    #[pyo3(signature = (kind, _value, _trace))]
    fn __exit__(
        &self,
        kind: Option<Bound<'_, PyAny>>,
        _value: Option<Bound<'_, PyAny>>,
        _trace: Option<Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        self.change(|state| {
            if let State::Open(before) = *state {
                if kind.is_some() {
                    desk::with(|desk| desk.cx.roll_back(before))?;
                }
                *state = State::Closed { kept: kind.is_none() };
            }
            Ok(false)
        })
    }

    /// Undoes everything that was done since the attempt began, and ends it; the body may go on.
    fn undo(&self) -> PyResult<()> {
        self.change(|state| {
            if let State::Open(before) = *state {
                desk::with(|desk| desk.cx.roll_back(before))?;
            }
            *state = State::Closed { kept: false };
            Ok(())
        })
    }

    /// Whether what was done stands; ``None`` while that is open.
    #[getter]
    fn kept(&self) -> PyResult<Option<bool>> {
        self.change(|state| match *state {
            State::Closed { kept } => Ok(Some(kept)),
            _ => Ok(None),
        })
    }

    fn __bool__(&self) -> PyResult<bool> {
        Ok(self.kept()? == Some(true))
    }
}
