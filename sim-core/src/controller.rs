//! Controllers: control loops on the virtual clock, with narrower powers than a policy.

use crate::action::Refused;
use crate::engine::Core;
use crate::ids::{GroupId, JobId};
use crate::job::{Job, Truth};
use crate::random::Stream;
use crate::time::{SimDuration, SimTime};
use crate::view::View;

/// A control loop: autoscaler, cron scaling, admission control, monitor. It never places work itself.
pub trait Controller: Send {
    /// The name in results, and of its random stream.
    fn name(&self) -> &str;

    /// Time between two calls, above zero. The first call is one period after the start.
    fn period(&self) -> SimDuration;

    /// Called once per period, after the instant's events and before the policy.
    fn control(&mut self, cx: &mut ControlDecision<'_>);

    /// An independent controller in the same state.
    fn fork(&self) -> Box<dyn Controller>;
}

/// What a controller may read and do at one tick.
pub struct ControlDecision<'e> {
    pub(crate) core: &'e mut Core,
    pub(crate) stream: &'e mut Stream,
}

impl ControlDecision<'_> {
    /// The state of the run.
    pub fn view(&self) -> View<'_> {
        self.core.view()
    }

    /// The controller's own random stream.
    pub fn rng(&mut self) -> &mut Stream {
        self.stream
    }

    /// Sets how many nodes of a group are to be on.
    ///
    /// # Errors
    /// Outside the group's limits; nothing has changed.
    pub fn set_nodes(&mut self, group: GroupId, target: u32) -> Result<(), Refused> {
        self.core.check_scale(group, target)?;
        self.core.state.groups[group.index()].target = target;
        self.core.rescale(group);
        Ok(())
    }

    /// Submits a job of the controller's own, now; `job.submit` is set to this instant.
    pub fn submit(&mut self, mut job: Job, truth: Truth) -> JobId {
        job.submit = self.core.state.now;
        self.core.submit(job, truth)
    }

    /// Takes a waiting job out of the queue until an instant.
    ///
    /// # Errors
    /// If it does not wait, has tasks running, or the instant is past; nothing has changed.
    pub fn hold(&mut self, job: JobId, until: SimTime) -> Result<(), Refused> {
        self.core.hold(job, until)
    }

    /// Ends a waiting, pending or running job as killed.
    ///
    /// # Errors
    /// If it has ended already.
    pub fn cancel(&mut self, job: JobId) -> Result<(), Refused> {
        self.core.cancel(job)
    }
}
