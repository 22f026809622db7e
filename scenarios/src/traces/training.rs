//! What traces of deep-learning jobs have in common: whole GPUs, no requested times, checkpoints that nobody recorded.

use sim_core::job::Extras;
use sim_core::registry::{Kind, LANE_MAX, Param, Params};
use sim_core::shape::CARD_MILLI;
use sim_core::{GpuNeed, Job, Lane, ModelSet, Resources, Shape, SimDuration, Vocabulary};

use super::Notes;
use crate::generate::{CHECKPOINT, extras};

pub(super) const CPU_PER_GPU: Param = Param::with_default(
    "cpu_per_gpu",
    Kind::Cores,
    "0",
    "processor time of a task per GPU [cores]: the trace has none",
);
pub(super) const MEMORY_PER_GPU: Param = Param::with_default(
    "memory_per_gpu",
    Kind::Memory,
    "0",
    "memory of a task per GPU [MiB]: the trace has none",
);
pub(super) const CHECKPOINTS: Param = Param::optional(
    "checkpoint",
    Kind::Table(CHECKPOINT),
    "checkpoints that every job writes, and what a restart costs: the trace has none; left out: none, at no cost",
);
const WALLTIMES: Kind = Kind::Choice(&["run-time", "none"]);
const WALLTIME_DOC: &str = "requested time, which the trace has not: the run time, so that estimates are perfect, \
                            or none. With restarts that take time, set rules.kill_at_walltime = false too";

/// The key of requested times, with the given one of both words as its default.
pub(super) const fn missing_walltime(default: &'static str) -> Param {
    Param::with_default("missing_walltime", WALLTIMES, default, WALLTIME_DOC)
}

/// What the parameters say of every job of a trace.
#[derive(Clone, Debug)]
pub(super) struct Training {
    per_node: u32,
    cpu_per_gpu: u32,
    memory_per_gpu: u32,
    walltime_from_run_time: bool,
    extras: Option<Box<Extras>>,
}

impl Training {
    /// From checked parameters.
    pub(super) fn of(params: &Params) -> Self {
        Self {
            per_node: u32::try_from(params.int("gpus_per_node")).expect("it is declared to be at most 32"),
            cpu_per_gpu: params.amount("cpu_per_gpu"),
            memory_per_gpu: params.amount("memory_per_gpu"),
            walltime_from_run_time: params.text("missing_walltime") == "run-time",
            extras: extras(params),
        }
    }

    /// Gives the job `gpus` GPUs, cut into tasks, and what the trace does not record.
    ///
    /// # Errors
    /// The rule that the number of GPUs breaks.
    pub(super) fn describe(
        &self,
        job: &mut Job,
        gpus: u32,
        service: SimDuration,
        words: &mut Vocabulary,
    ) -> Result<Notes, String> {
        let per_task = gpus_per_task(gpus, self.per_node);
        let amount = |lane, per_gpu: u32| {
            let total = i64::from(per_gpu) * i64::from(per_task);
            let rule = || format!("asks for too much {lane} per task: {total}");
            if total <= LANE_MAX { Ok(total as u32) } else { Err(rule()) }
        };
        let need = Resources::ZERO
            .with(Lane::Cpu, amount("cpu", self.cpu_per_gpu)?)
            .with(Lane::Memory, amount("memory", self.memory_per_gpu)?);
        let cards = u16::try_from(per_task).expect("a task has at most 32 GPUs");
        let gpu = GpuNeed { cards, milli_each: CARD_MILLI, models: ModelSet::ANY };
        job.shape = words.shape(Shape::new(need).with_gpu(gpu));
        job.tasks = gpus / per_task;
        job.extras = self.extras.clone();
        let mut notes = Notes::NONE;
        if self.walltime_from_run_time {
            job.walltime = service;
            notes.add(Notes::WALLTIME_FROM_RUN_TIME);
        } else {
            notes.add(Notes::NO_WALLTIME);
        }
        Ok(notes)
    }
}

/// GPUs of each task: all if they fit a node, else the largest divisor that does, so that tasks are equal and
/// few.
fn gpus_per_task(gpus: u32, per_node: u32) -> u32 {
    (1..=per_node.min(gpus))
        .rev()
        .find(|each| gpus.is_multiple_of(*each))
        .expect("every number is divisible by 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_cut_into_few_equal_tasks() {
        let cuts: Vec<_> = [1, 7, 8, 12, 24, 13].map(|gpus| gpus_per_task(gpus, 8)).into();
        assert_eq!(cuts, [1, 7, 8, 6, 8, 1]);
    }
}
