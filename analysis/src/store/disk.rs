//! Durable files: written aside, synced, renamed.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::StoreError;
use crate::whole_file::{WholeFile, folder_of, sync_folder};

/// Ends the names of files that are not complete.
pub(super) const TEMPORARY: &str = ".tmp";

/// Turns an error of the system into one that names the path.
pub(super) fn io(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    move |error| StoreError::io(path, &error)
}

/// Begins a file under a temporary name: always the same one, because the folder is locked.
pub(super) fn begin(path: &Path) -> Result<WholeFile, StoreError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(TEMPORARY);
    let temporary = PathBuf::from(temporary);
    step(&temporary)?;
    WholeFile::create_at(path, &temporary).map_err(io(&temporary))
}

/// Makes the file durable, and then gives it its name.
pub(super) fn end(mut file: WholeFile, path: &Path) -> Result<(), StoreError> {
    file.seal().map_err(io(path))?;
    step(path)?;
    file.put().map_err(io(path))?;
    step(path)
}

/// Puts a file under its name, whole or not at all.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = begin(path)?;
    file.write_all(bytes).map_err(io(path))?;
    end(file, path)
}

/// Makes the names in the parent folder durable.
pub(super) fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let parent = folder_of(path);
    step(parent)?;
    sync_folder(parent).map_err(io(parent))
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
    serde_json::from_str(&text).map_err(|error| StoreError::damaged(path, error))
}

/// A place where the process may be killed: tests stop here.
#[cfg(not(test))]
pub(super) fn step(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
pub(super) use faults::step;

#[cfg(test)]
pub(crate) mod faults {
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
    pub(crate) fn is_dead() -> bool {
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
