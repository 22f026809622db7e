//! What commands that simulate begin with: the number of threads, and the answer to an interruption.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use scenarios::problem::Problem;

use crate::failure::{Failure, INTERRUPTED};

/// The folder that is removed at the end, and also after an interruption.
static SCRATCH: Mutex<Option<PathBuf>> = Mutex::new(None);

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Tries to remove the folder after an interruption, while others still write to it (arbitrary).
const TRIES_MAX: usize = 100;

/// Checks the number of threads, and has the process end with its own code when it is interrupted. What was finished is
/// safe on disk, so stopping at once loses nothing but the runs under way.
pub fn begin(threads: Option<usize>) -> Result<(), Failure> {
    if threads == Some(0) {
        return Err(Problem::new("--threads", "", 0, "must be at least 1").into());
    }
    let handler = ctrlc::set_handler(|| {
        IS_INTERRUPTED.store(true, Ordering::SeqCst);
        if let Some(folder) = scratch().take() {
            let _ = (0..TRIES_MAX).find(|_| std::fs::remove_dir_all(&folder).is_ok() || !folder.exists());
        }
        std::process::exit(INTERRUPTED)
    });
    Ok(handler.map_err(|error| Problem::new("signals", "", "", error.to_string()))?)
}

/// Does not return if the process was interrupted: what commands then say is of no interest.
pub fn end() {
    while IS_INTERRUPTED.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// A folder for what nobody keeps. A process has one at a time.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Result<Self, Problem> {
        let mut held = scratch();
        let folder = tempfile::Builder::new()
            .prefix("windtunnel-")
            .tempdir()
            .map_err(|error| Problem::of_file("temporary folder", format!("cannot be made: {error}")))?;
        let folder = folder.keep();
        *held = Some(folder.clone());
        Ok(Self(folder))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whoever interrupts now waits until the folder is gone.
        if let Some(folder) = scratch().take() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn scratch() -> MutexGuard<'static, Option<PathBuf>> {
    SCRATCH.lock().unwrap_or_else(PoisonError::into_inner)
}
