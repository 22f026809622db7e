//! Jobs: what users declare about them, and the truth that only time reveals.

use crate::ids::{ConstraintsId, ShapeId, TenantId, UserId};
use crate::time::{SimDuration, SimTime};

/// How the tasks of a job belong together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Gang {
    /// All tasks start at the same instant, or none.
    #[default]
    AllOrNothing,
    /// Any width from `min` to the job's `tasks`, changed while it runs; speed is proportional to the width.
    Elastic {
        /// The least number of tasks that can make progress.
        min: u32,
    },
    /// Every task starts, ends and fails by itself.
    Independent,
}

/// How a job that this one waits for has to end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum When {
    /// It completed.
    Completed,
    /// It ended otherwise, though it had been allowed to run.
    Failed,
    /// It ended in whatever way, also without having run.
    Ended,
}

/// Released when `job` ends in a way that `when` admits: conditional branches are data, not code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// The other job, by its number in the trace.
    pub job: u64,
    /// The ending that releases.
    pub when: When,
}

/// What happens after a failure: up to `max` further attempts, with exponential backoff.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// Further attempts after the first.
    pub max: u16,
    /// Delay before the first of them.
    pub first_delay: SimDuration,
    /// Growth of the delay from one to the next [parts per million]; 2,000,000 doubles it.
    pub factor_ppm: u32,
    /// Upper bound of the delay.
    pub delay_max: SimDuration,
}

impl Retry {
    /// A failed job stays failed.
    pub const NEVER: Self =
        Self { max: 0, first_delay: SimDuration::ZERO, factor_ppm: 2_000_000, delay_max: SimDuration::MAX };

    /// Delay before further attempt number `n` (from 0): `first_delay * factor^n`, at most `delay_max`.
    pub fn delay(&self, n: u16) -> SimDuration {
        let mut delay = self.first_delay;
        for _ in 0..n {
            if delay >= self.delay_max {
                break;
            }
            delay = delay.scale_ceil(u64::from(self.factor_ppm), 1_000_000);
        }
        delay.min(self.delay_max)
    }
}

/// What survives a preemption.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// Work between two checkpoints, in service time; [`SimDuration::MAX`] if none is ever written.
    pub interval: SimDuration,
    /// Time that a restart after preemption takes before work goes on.
    pub restart_cost: SimDuration,
}

impl Checkpoint {
    /// Work that is not suspended is lost, and restarting costs nothing.
    pub const NONE: Self = Self { interval: SimDuration::MAX, restart_cost: SimDuration::ZERO };

    /// The part of `done` that a requeued job keeps: whole intervals.
    pub fn kept(&self, done: SimDuration) -> SimDuration {
        if self.interval == SimDuration::MAX || self.interval == SimDuration::ZERO {
            // Interval zero means continuous checkpoints: nothing is lost.
            return if self.interval == SimDuration::ZERO { done } else { SimDuration::ZERO };
        }
        SimDuration::from_ns(done.as_ns() / self.interval.as_ns() * self.interval.as_ns())
    }
}

/// Declarations that most jobs do not make, kept aside so that a plain job stays small.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extras {
    /// Jobs to wait for. All of them have to release.
    pub after: Vec<Dependency>,
    /// Attempts after a failure.
    pub retry: Retry,
    /// Checkpointing.
    pub checkpoint: Checkpoint,
}

impl Default for Extras {
    fn default() -> Self {
        Self { after: Vec::new(), retry: Retry::NEVER, checkpoint: Checkpoint::NONE }
    }
}

/// What the user said when submitting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The job's number in the trace. Unique within a workload.
    pub id: u64,
    /// When it was submitted.
    pub submit: SimTime,
    /// What each task asks for.
    pub shape: ShapeId,
    /// Number of tasks, at least 1.
    pub tasks: u32,
    /// How the tasks belong together.
    pub gang: Gang,
    /// Requested wall time of one attempt; [`SimDuration::MAX`] if none was requested.
    pub walltime: SimDuration,
    /// When it should be done; [`SimTime::MAX`] if never.
    pub deadline: SimTime,
    /// Who submitted it.
    pub user: UserId,
    /// On whose account it runs.
    pub tenant: TenantId,
    /// Higher is more urgent.
    pub priority: i32,
    /// Where tasks may stand.
    pub constraints: ConstraintsId,
    /// Dependencies, retries and checkpoints, if any.
    pub extras: Option<Box<Extras>>,
}

impl Job {
    /// A one-task job of `shape`, submitted at `submit`, that declares nothing else.
    pub fn new(id: u64, submit: SimTime, shape: ShapeId) -> Self {
        Self {
            id,
            submit,
            shape,
            tasks: 1,
            gang: Gang::AllOrNothing,
            walltime: SimDuration::MAX,
            deadline: SimTime::MAX,
            user: UserId(0),
            tenant: TenantId(0),
            priority: 0,
            constraints: ConstraintsId(0),
            extras: None,
        }
    }

    /// The jobs it waits for.
    #[inline]
    pub fn after(&self) -> &[Dependency] {
        self.extras.as_ref().map_or(&[], |extras| &extras.after)
    }

    /// Its attempts after a failure.
    pub fn retry(&self) -> Retry {
        self.extras.as_ref().map_or(Retry::NEVER, |extras| extras.retry)
    }

    /// Its checkpoints.
    #[inline]
    pub fn checkpoint(&self) -> Checkpoint {
        self.extras.as_ref().map_or(Checkpoint::NONE, |extras| extras.checkpoint)
    }

    /// The requested wall time, if there is one.
    #[inline]
    pub fn requested(&self) -> Option<SimDuration> {
        (self.walltime != SimDuration::MAX).then_some(self.walltime)
    }

    /// The fewest tasks that may start together.
    #[inline]
    pub fn width_min(&self) -> u32 {
        match self.gang {
            Gang::AllOrNothing => self.tasks,
            Gang::Elastic { min } => min,
            Gang::Independent => 1,
        }
    }
}

/// What will really happen. Known to the engine only, until it has happened: no `View` method returns it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Truth {
    service: SimDuration,
    extras: Option<Box<TruthExtras>>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct TruthExtras {
    fails_after: SimDuration,
    per_task: Box<[SimDuration]>,
}

impl Truth {
    /// The job, at its full width on nodes of speed 1, runs for `service`.
    #[inline]
    pub const fn runs_for(service: SimDuration) -> Self {
        Self { service, extras: None }
    }

    /// Every attempt fails once it has done `work` of service, if that is less than the whole.
    #[must_use]
    pub fn failing_after(mut self, work: SimDuration) -> Self {
        self.extras_mut().fails_after = work;
        self
    }

    /// Independent task i runs for `services[i]`; tasks beyond the list run for the job's service.
    #[must_use]
    pub fn with_task_services(mut self, services: Vec<SimDuration>) -> Self {
        self.extras_mut().per_task = services.into_boxed_slice();
        self
    }

    /// The service of the whole job: the one declared truth that readers and analyses of traces may look at.
    #[inline]
    pub const fn service(&self) -> SimDuration {
        self.service
    }

    /// The work after which every attempt fails, if it does.
    pub fn fails_after(&self) -> Option<SimDuration> {
        let after = self.extras.as_ref().map_or(SimDuration::MAX, |extras| extras.fails_after);
        (after != SimDuration::MAX).then_some(after)
    }

    /// The services of independent tasks, where they differ from the job's.
    pub fn task_services(&self) -> &[SimDuration] {
        self.extras.as_ref().map_or(&[], |extras| &extras.per_task)
    }

    /// The service of independent task `task`.
    pub(crate) fn task_service(&self, task: u32) -> SimDuration {
        self.task_services().get(task as usize).copied().unwrap_or(self.service)
    }

    fn extras_mut(&mut self) -> &mut TruthExtras {
        self.extras.get_or_insert_with(|| {
            Box::new(TruthExtras { fails_after: SimDuration::MAX, per_task: Box::new([]) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_to_its_bound() {
        let retry = Retry {
            max: 5,
            first_delay: SimDuration::from_secs(10),
            factor_ppm: 2_000_000,
            delay_max: SimDuration::from_secs(35),
        };
        let delays: Vec<_> = (0..4).map(|n| retry.delay(n).as_ns() / 1_000_000_000).collect();
        assert_eq!(delays, [10, 20, 35, 35]);
    }

    #[test]
    fn a_requeued_job_keeps_whole_checkpoint_intervals() {
        let saving = |interval| Checkpoint { interval, restart_cost: SimDuration::ZERO };
        let done = SimDuration::from_secs(25);
        assert_eq!(saving(SimDuration::from_secs(10)).kept(done), SimDuration::from_secs(20));
        assert_eq!(saving(SimDuration::ZERO).kept(done), done);
        assert_eq!(Checkpoint::NONE.kept(done), SimDuration::ZERO);
    }

    #[test]
    fn a_plain_job_is_small() {
        assert!(size_of::<Job>() <= 80, "Job grew to {} bytes", size_of::<Job>());
        assert_eq!(size_of::<Truth>(), 16);
    }
}
