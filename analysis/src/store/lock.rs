//! The lock that keeps a second process out of a results folder.

use std::fs::{File, OpenOptions};
use std::io::{Seek, Write};
use std::path::Path;

use super::disk::io;
use super::error::StoreError;

/// The lock's file. It stays, empty, when the lock is given back: taking it away could take away another's
/// lock.
pub(super) const NAME: &str = ".lock";

/// A lock of the operating system, which drops it when the process dies in whatever way.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(NAME);
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(&path).map_err(io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let pid = std::fs::read_to_string(&path).unwrap_or_default();
                let pid = if pid.is_empty() { "unknown".to_owned() } else { pid };
                return Err(StoreError::Locked { dir: dir.to_owned(), pid });
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(io(&path)(error)),
        }
        // Said for the message of whoever finds the folder locked; the lock itself is the kernel's.
        file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(io(&path))?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If that fails the number of a process stays behind, which blocks nobody.
        drop(self.file.rewind().and_then(|()| self.file.set_len(0)));
    }
}
