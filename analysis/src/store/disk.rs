//! Durable files: written aside, synced, renamed.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::StoreError;

/// Ends the names of files that are not complete.
pub(super) const TEMPORARY: &str = ".tmp";

/// Turns an error of the system into one that names the path.
pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    move |error| StoreError::Io { path: path.to_owned(), reason: error.to_string() }
}

/// The name under which a file is written before it is complete.
pub(super) fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(TEMPORARY);
    name.into()
}

/// Puts a file under its name, whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = aside(path);
    step(&temporary)?;
    let mut file = File::create(&temporary).map_err(io(&temporary))?;
    if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        // Nobody wants half a file; if it cannot be removed either, the first error is the one to tell.
        let _ = std::fs::remove_file(&temporary);
        return Err(io(&temporary)(error));
    }
    put(&temporary, path)
}

/// Gives a durable file or folder its name.
pub(super) fn put(temporary: &Path, path: &Path) -> Result<(), StoreError> {
    step(path)?;
    std::fs::rename(temporary, path).map_err(io(path))?;
    sync_parent(path)
}

/// Makes the names in the parent folder durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    step(parent)?;
    File::open(parent).and_then(|dir| dir.sync_all()).map_err(io(parent))
}

/// The CRC-32 of a file's bytes.
///
/// # Cost
/// The file is read once, a piece at a time.
pub(super) fn checksum(path: &Path) -> Result<u32, StoreError> {
    let mut file = File::open(path).map_err(io(path))?;
    let (mut sum, mut chunk) = (crc32fast::Hasher::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut chunk).map_err(io(path))? {
            0 => return Ok(sum.finalize()),
            read => sum.update(&chunk[..read]),
        }
    }
}

/// The JSON in a file.
pub(super) fn read_json(path: &Path) -> Result<Value, StoreError> {
    let text = std::fs::read_to_string(path).map_err(io(path))?;
    let damaged =
        |error: serde_json::Error| StoreError::Damaged { path: path.to_owned(), reason: error.to_string() };
    serde_json::from_str(&text).map_err(damaged)
}

/// A place where the process may be killed: tests stop here.
#[cfg(not(test))]
pub(super) fn step(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
pub(super) use faults::step;

#[cfg(test)]
pub(super) mod faults {
    //! Crashes at will.

    use super::*;

    thread_local! {
        static LEFT: std::cell::Cell<Option<u32>> = const { std::cell::Cell::new(None) };
    }

    /// The process "dies" after `steps` further steps: nothing is written or cleaned up from then on.
    pub(in super::super) fn die_after(steps: Option<u32>) {
        LEFT.set(steps);
    }

    /// True once it is dead.
    pub(in super::super) fn is_dead() -> bool {
        LEFT.get() == Some(0)
    }

    pub(in super::super) fn step(path: &Path) -> Result<(), StoreError> {
        match LEFT.get() {
            Some(0) => Err(StoreError::Io { path: path.to_owned(), reason: "killed".into() }),
            left => {
                LEFT.set(left.map(|left| left - 1));
                if is_dead() { step(path) } else { Ok(()) }
            }
        }
    }
}
