//! Runs that were done elsewhere, taken into a results folder.

use std::io::Write;
use std::path::PathBuf;

use super::ResultStore;
use super::disk::io;
use super::error::StoreError;
use super::packed::{self, Entry};

/// A run without result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedRun {
    /// The run's id.
    pub id: String,
    /// Why.
    pub message: String,
}

/// What a batch held.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Accepted {
    /// Ids of its finished runs, which are in the folder now.
    pub finished: Vec<String>,
    /// Its failed runs, of which the folder knows nothing.
    pub failed: Vec<FailedRun>,
}

impl ResultStore {
    /// Takes the runs of a batch ([`RunPart::pack`](super::RunPart::pack), [`pack_failure`](super::pack_failure), one
    /// behind the other) as if they had been done here. A run that is here already is not taken twice.
    ///
    /// # Errors
    /// If the bytes are not whole to the last one: then none of them is taken. If the folder cannot be written to: the
    /// runs before are kept.
    pub fn accept(&self, packed: &[u8]) -> Result<Accepted, StoreError> {
        self.reopen()?;
        let entries = entries(packed)?;
        let mut accepted = Accepted::default();
        for (at, entry) in entries {
            if let Some(message) = entry.failed {
                accepted.failed.push(FailedRun { id: entry.id, message });
                continue;
            }
            let is_held = self.missing(std::slice::from_ref(&entry.id)).is_empty();
            if !is_held {
                let files: Vec<(&'static str, u64)> =
                    entry.files.iter().map(|file| (file.name, file.len)).collect();
                let bytes =
                    &packed[at + (entry.head_at as usize) + entry.head.len()..at + entry.len as usize - 4];
                let write = |out: &mut dyn Write| out.write_all(bytes).map_err(io(&self.dir));
                let place = self.segments.append(&entry.head, &files, write)?;
                self.state().index.insert(entry.id.clone(), place);
            }
            accepted.finished.push(entry.id);
        }
        Ok(accepted)
    }
}

/// All entries of a batch, each with its first byte.
fn entries(packed: &[u8]) -> Result<Vec<(usize, Entry)>, StoreError> {
    let memory = PathBuf::from("batch of runs");
    let (mut entries, mut at) = (Vec::new(), 0);
    while at < packed.len() {
        let mut input = &packed[at..];
        let left = input.len() as u64;
        let entry = packed::next(&mut input, left).map_err(io(&memory))?;
        let Some(entry) = entry else {
            let reason = format!("at byte {at} of {} begins no whole run", packed.len());
            return Err(StoreError::damaged(&memory, reason));
        };
        at += entry.len as usize;
        entries.push((at - entry.len as usize, entry));
    }
    Ok(entries)
}
