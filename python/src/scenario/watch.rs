//! Native work that Python can interrupt, and that tells how far it has come.

use std::any::Any;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::prelude::*;
use scenarios::sweep::Progress;

/// Between two looks at signals and the progress: short for a person, long for a machine (arbitrary).
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How far the work has come, and whether it is to stop.
#[derive(Default)]
pub(super) struct Watch {
    total: AtomicUsize,
    done: AtomicUsize,
    stops: AtomicBool,
    /// What a policy raised to end everything; the first one stays.
    raised: Mutex<Option<PyErr>>,
}

impl Progress for Watch {
    fn begin(&self, runs: usize, _jobs_per_run: Option<u64>) {
        self.total.store(runs, Ordering::Relaxed);
    }

    fn jobs_ended(&self, _jobs: u64) {}

    fn run_done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn stops(&self) -> bool {
        self.stops.load(Ordering::Relaxed)
    }

    fn interrupted(&self, by: Box<dyn Any + Send>) {
        self.stops.store(true, Ordering::Relaxed);
        if let (Ok(error), Ok(mut raised)) = (by.downcast::<PyErr>(), self.raised.lock()) {
            raised.get_or_insert(*error);
        }
    }

    fn wants_jobs(&self) -> bool {
        false
    }
}

impl Watch {
    /// What a policy raised to end everything, if one did.
    pub(super) fn raised(&self) -> Option<PyErr> {
        self.raised.lock().ok()?.take()
    }

    /// Calls `progress(done, total)` once the total is known.
    fn tell(&self, py: Python<'_>, progress: Option<&Py<PyAny>>) -> PyResult<()> {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        match progress {
            Some(progress) if total > 0 => progress.call1(py, (done, total)).map(drop),
            _ => Ok(()),
        }
    }
}

/// What `work` yields, done on a thread of its own without the interpreter, while this thread listens for signals.
///
/// # Errors
/// `KeyboardInterrupt`, what `progress` raised, or what a policy raised to end everything, after the work was told to
/// stop and has.
pub(super) fn interruptibly<R: Send>(
    py: Python<'_>,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce(&Watch) -> R + Send,
) -> PyResult<R> {
    let watch = Watch::default();
    let listen = || {
        Python::attach(|py| {
            py.check_signals()?;
            watch.tell(py, progress)
        })
    };
    py.detach(|| {
        std::thread::scope(|scope| {
            let (done, is_done) = channel::<()>();
            let worker = scope.spawn(|| {
                let result = work(&watch);
                drop(done);
                result
            });
            let mut raised = None;
            while is_done.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                if raised.is_none()
                    && let Err(error) = listen()
                {
                    watch.stops.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            let result = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            match raised.or_else(|| watch.raised()) {
                Some(error) => Err(error),
                // Signals that came just now are heard by whoever runs Python next.
                None => Python::attach(|py| watch.tell(py, progress)).map(|()| result),
            }
        })
    })
}
