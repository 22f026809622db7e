//! A complete folder taken apart again, so that runs can be added to it.

use std::collections::BTreeSet;

use super::disk::{io, sync_parent};
use super::error::StoreError;
use super::manifest::Records;
use super::{PARTS, ResultStore, State, Tables, clear, packed, remove_dir};

impl ResultStore {
    /// True if the folder is complete with just these runs, in this order, and with the files that are asked for.
    pub(super) fn is_complete_with(&self, order: &[String]) -> bool {
        let state = self.state();
        let (stamp, complete) = (&self.stamp, state.complete.as_ref());
        complete
            .is_some_and(|held| held.ids == order && held.tables == stamp.tables && held.hash == stamp.hash)
    }

    /// Removes the parts of a complete folder, left by a session that was cut off between the manifest and the clearing
    /// away. Parts that hold further runs stay.
    pub(super) fn drop_parts_of_complete(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        let State { index, complete: Some(complete) } = &mut *state else { return Ok(()) };
        let held: BTreeSet<&String> = complete.ids.iter().collect();
        index.retain(|id, _| !held.contains(id));
        if index.is_empty() { remove_dir(&self.dir.join(PARTS)) } else { Ok(()) }
    }

    /// Makes a complete folder one that can be added to: its runs go back into a segment, and then the manifest goes.
    /// Runs with tables are done again, so they are left out. Does nothing to a folder that is not complete.
    ///
    /// # Errors
    /// If something cannot be read or written; the folder is complete still.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        let Some(complete) = &state.complete else { return Ok(()) };
        let parts = self.dir.join(PARTS);
        std::fs::create_dir_all(&parts).map_err(io(&parts))?;
        sync_parent(&parts)?;
        if complete.tables == Tables::default() {
            let walls = super::disk::read_json(&self.dir.join(super::WALL)).unwrap_or_default();
            for record in Records::open(&self.dir)? {
                let record = record?;
                let id = record.key.id();
                let wall_secs = walls["wall_secs"][&id].as_f64().unwrap_or(0.0);
                let head = packed::head(&record, wall_secs, &[]);
                let place = self.segments.append(&head, &[], |_| Ok(()))?;
                state.index.insert(id, place);
            }
        }
        self.segments.sync()?;
        clear::assembled(&self.dir)?;
        state.complete = None;
        Ok(())
    }
}
