//! Policies written in Python: the host that makes them, and the policy that the engine sees.

mod decision;
mod desk;
mod fitting;
mod group;
mod job;
mod nodes;
mod refused;
mod running;
mod slots;
mod trial;
mod waiting;

use std::collections::BTreeSet;

use policies::host::{Host, Interrupted, install};
use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use sim_core::registry::{Params, Value};
use sim_core::{Decision, Event, FitOrder, JobId, Lane, Policy, Setup, View};

use decision::PyDecision;
use desk::Desk;

/// Where the package makes objects of classes.
const MAKER: &str = "windtunnel._policy";

struct PythonHost;

impl Host for PythonHost {
    fn build(&self, params: &Params) -> Result<Box<dyn Policy>, String> {
        Python::attach(|py| {
            let policy = PythonPolicy::build(py, params);
            policy.map(|policy| Box::new(policy) as Box<dyn Policy>).map_err(|error| text_of(py, &error))
        })
    }
}

/// A Python object as a policy of the engine.
struct PythonPolicy {
    name: String,
    object: Py<PyAny>,
    /// `object.decide`, looked up once.
    decide: Py<PyAny>,
    /// The handle that every decision is given.
    handle: Py<PyDecision>,
    orders: Vec<FitOrder>,
    /// Jobs that waited when the decision began, in order of submission.
    waiting: BTreeSet<JobId>,
}

impl PythonPolicy {
    fn build(py: Python<'_>, params: &Params) -> PyResult<Self> {
        let arguments = PyDict::new(py);
        if let Some(table) = params.table("params") {
            for (key, value) in table.iter() {
                arguments.set_item(key, argument(py, value)?)?;
            }
        }
        let maker = py.import(MAKER)?.getattr("make")?;
        let object = maker.call1((params.text("class"), arguments, params.text_opt("digest")))?;
        Self::of(object, BTreeSet::new())
    }

    fn of(object: Bound<'_, PyAny>, waiting: BTreeSet<JobId>) -> PyResult<Self> {
        let py = object.py();
        let orders: Vec<String> = object.getattr("orders")?.extract()?;
        Ok(Self {
            name: object.getattr("name")?.extract()?,
            decide: object.getattr("decide")?.unbind(),
            object: object.unbind(),
            handle: Py::new(py, PyDecision)?,
            orders: orders.iter().map(|name| fitting::order(name, None)).collect::<PyResult<_>>()?,
            waiting,
        })
    }

    /// Brings the queue up to date with what has happened since the last decision.
    fn follow(&mut self, cx: &Decision<'_>) {
        for event in cx.trigger().events {
            let (Event::Queued(job) | Event::Started { job, .. } | Event::Ended { job, .. }) = *event else {
                continue;
            };
            if cx.view().is_waiting(job) {
                self.waiting.insert(job);
            } else {
                self.waiting.remove(&job);
            }
        }
    }

    /// What Python raised ends the run: as a failed run with the traceback, beside which others go on. A
    /// `KeyboardInterrupt` or a `SystemExit` is not meant for the run alone: it ends everything.
    fn fail(py: Python<'_>, error: PyErr) -> ! {
        // Not a panic: there is nothing to print, and the sweep tells it.
        if error.is_instance_of::<PyKeyboardInterrupt>(py) || error.is_instance_of::<PySystemExit>(py) {
            std::panic::resume_unwind(Box::new(Interrupted(Box::new(error))))
        }
        std::panic::resume_unwind(Box::new(text_of(py, &error)))
    }
}

impl Policy for PythonPolicy {
    fn name(&self) -> &str {
        &self.name
    }

    fn setup(&self) -> Setup {
        let mut setup = Setup::default();
        for order in &self.orders {
            // The lane of a task without GPUs is cpu, that of one with GPUs is gpu: both are asked for.
            let both = match order {
                FitOrder::Tightest(_) => vec![FitOrder::Tightest(Lane::Cpu), FitOrder::Tightest(Lane::Gpu)],
                FitOrder::Loosest(_) => vec![FitOrder::Loosest(Lane::Cpu), FitOrder::Loosest(Lane::Gpu)],
                FitOrder::Rank => vec![FitOrder::Rank],
            };
            for order in both {
                if !setup.indexes.contains(&order.index()) {
                    setup.indexes.push(order.index());
                }
            }
        }
        setup
    }

    fn attach(&mut self, view: View<'_>) {
        self.waiting = view.waiting().collect();
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        self.follow(cx);
        let (decide, handle) = (&self.decide, &self.handle);
        let mut desk = Desk { cx, waiting: &mut self.waiting };
        Python::attach(|py| {
            let decided = desk::lend(&mut desk, || decide.call1(py, (handle,)));
            if let Err(error) = decided {
                Self::fail(py, error);
            }
        });
    }

    fn fork(&self) -> Box<dyn Policy> {
        let copy = Python::attach(|py| {
            let object = py.import("copy")?.getattr("deepcopy")?.call1((&self.object,))?;
            Self::of(object, self.waiting.clone())
        });
        Box::new(copy.unwrap_or_else(|error| Python::attach(|py| Self::fail(py, error))))
    }
}

/// A parameter as a Python object.
fn argument<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Int(number) => Ok(number.into_pyobject(py)?.into_any()),
        Value::Float(number) => Ok(number.into_pyobject(py)?.into_any()),
        Value::Bool(truth) => Ok(truth.into_pyobject(py)?.to_owned().into_any()),
        Value::Text(text) => Ok(PyString::new(py, text).into_any()),
        Value::List(values) => {
            let values = values.iter().map(|value| argument(py, value)).collect::<PyResult<Vec<_>>>()?;
            Ok(values.into_pyobject(py)?.into_any())
        }
        other => panic!("parameters of classes are declared as plain values, not {other:?}"),
    }
}

/// The traceback and the exception; the exception alone if there is no traceback.
fn text_of(py: Python<'_>, error: &PyErr) -> String {
    let trace = error.traceback(py).and_then(|trace| trace.format().ok());
    let text = format!("{}{error}", trace.unwrap_or_default());
    text.trim_end().to_owned()
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    install(Box::new(PythonHost));
    module.add("LANES", Lane::ALL.map(Lane::name))?;
    module.add_class::<PyDecision>()?;
    module.add_class::<fitting::PyFitting>()?;
    module.add_class::<group::PyGroup>()?;
    module.add_class::<job::PyJob>()?;
    module.add_class::<nodes::PyNodes>()?;
    module.add_class::<refused::PyRefused>()?;
    module.add_class::<running::PyRun>()?;
    module.add_class::<trial::PyTrial>()?;
    module.add_class::<waiting::PyWaiting>()?;
    module.add_class::<waiting::PyWaitingIter>()
}
