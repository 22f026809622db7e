//! What controllers may do to jobs and groups.

use crate::action::Refused;
use crate::engine::core::Core;
use crate::event::End;
use crate::ids::{GroupId, JobId};
use crate::queue::Class;
use crate::tables::Phase;
use crate::time::SimTime;

impl Core {
    /// Refuses a size outside the group's limits.
    pub(crate) fn check_scale(&self, id: GroupId, target: u32) -> Result<(), Refused> {
        let limits = self.state.groups.get(id.index()).map(|group| (group.min, group.max));
        let (min, max) = limits.unwrap_or((0, 0));
        if limits.is_none() || !(min..=max).contains(&target) {
            return Err(Refused::ScaleOutOfRange { group: id, target, min, max });
        }
        Ok(())
    }

    /// Takes a waiting job out of the queue until an instant.
    pub(crate) fn hold(&mut self, job: JobId, until: SimTime) -> Result<(), Refused> {
        let now = self.state.now;
        let row = self.state.jobs.find(job).filter(|row| row.phase == Phase::Waiting && row.running == 0);
        row.ok_or(Refused::NotWaiting(job))?;
        if until < now {
            return Err(Refused::InThePast { at: until, now });
        }
        self.release_now(job);
        self.state.waiting.unlink(&mut self.state.jobs, job);
        self.state.jobs.row_mut(job).phase = Phase::Pending;
        self.queue.push(until, Class::Submit, job.payload());
        Ok(())
    }

    /// Ends a job as killed, wherever it stands.
    pub(crate) fn cancel(&mut self, job: JobId) -> Result<(), Refused> {
        self.state.jobs.find(job).ok_or(Refused::NotRunning(job))?;
        self.release_now(job);
        let row = self.state.jobs.row(job);
        if row.phase == Phase::Waiting {
            self.state.waiting.unlink(&mut self.state.jobs, job);
        }
        self.state.jobs.row_mut(job).phase = Phase::Pending;
        while let Some(run) = self.state.jobs.row(job).first_run {
            self.end_run(run, End::Killed);
            self.state.runs.recycle(run);
        }
        self.finalize(job, End::Killed);
        Ok(())
    }
}
