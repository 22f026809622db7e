//! A complete folder made one that runs can be added to.

use std::collections::BTreeSet;
use std::io::Write;

use super::disk::{io, sync_parent};
use super::error::StoreError;
use super::unpack::unpack;
use super::{PARTS, ResultStore, State, clear, plan, remove_dir, write_stamp};

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
        let State { index, complete: Some(complete), .. } = &mut *state else { return Ok(()) };
        let held: BTreeSet<&String> = complete.ids.iter().collect();
        index.retain(|id, _| !held.contains(id));
        if index.is_empty() { remove_dir(&self.dir.join(PARTS)) } else { Ok(()) }
    }

    /// Makes a complete folder one that can be added to: its runs go back into a segment, and then the manifest goes.
    /// Does nothing to a folder that is not complete.
    ///
    /// # Errors
    /// If something cannot be read or written; the folder is complete still.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        let State { index, complete: Some(complete), plan } = &mut *state else { return Ok(()) };
        let parts = self.dir.join(PARTS);
        std::fs::create_dir_all(&parts).map_err(io(&parts))?;
        sync_parent(&parts)?;
        if let Some(plan) = plan {
            plan::write(&parts, &self.stamp, plan)?;
        }
        unpack(&self.dir, complete.tables, |run| {
            let write = |out: &mut dyn Write| {
                run.files.iter().try_for_each(|(_, bytes)| out.write_all(bytes).map_err(io(&parts)))
            };
            let place = self.segments.append(&run.head(), &run.lengths(), write)?;
            index.insert(run.record.key.id(), place);
            Ok(())
        })?;
        self.segments.sync()?;
        write_stamp(&self.dir, &self.stamp)?;
        clear::assembled(&self.dir)?;
        state.complete = None;
        Ok(())
    }
}
