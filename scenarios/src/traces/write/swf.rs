//! Jobs in Standard Workload Format.

use sim_core::constraint::Constraints;
use sim_core::{Gang, Job, Lane, Names, Retry, SimTime, Truth, Vocabulary, When};

use super::{JobSink, Written};
use crate::output::OutputFile;
use crate::problem::Problem;

const NS_PER_SEC: u64 = 1_000_000_000;

/// What the format cannot say, in the order of [`losses`].
const LOSSES: [&str; 11] = [
    "fractions of a second",
    "resources other than processors and memory",
    "tasks that are not one whole processor",
    "names of users or tenants",
    "a gang that is not all-or-nothing",
    "a deadline",
    "a priority",
    "constraints",
    "conditions of dependencies, or more than one dependency",
    "retries or checkpoints",
    "failures or services of single tasks",
];

/// Writes the 18 fields: processors are tasks x whole cores of a task, at least one, as allocated and as
/// requested; times are whole seconds, submission rounded down and spans rounded up.
pub(super) struct SwfSink {
    file: OutputFile,
    jobs: u64,
    lost: [u64; LOSSES.len()],
}

impl SwfSink {
    pub(super) fn begin(mut file: OutputFile) -> Result<Self, Problem> {
        file.line("; Version: 2.2")?;
        file.line("; Conversion: Windtunnel")?;
        Ok(Self { file, jobs: 0, lost: [0; LOSSES.len()] })
    }
}

impl JobSink for SwfSink {
    fn write(&mut self, job: &Job, truth: &Truth, words: &Vocabulary) -> Result<(), Problem> {
        for (count, lost) in self.lost.iter_mut().zip(losses(job, truth, words)) {
            *count += u64::from(lost);
        }
        self.jobs += 1;
        let need = words.shape_of(job.shape).need();
        let cores = u64::from(need.get(Lane::Cpu)).div_ceil(1000).max(1);
        let procs = u64::from(job.tasks) * cores;
        // Kilobytes per processor, rounded down so that reading rounds back up to the same MiB of one-core
        // tasks.
        let memory = u64::from(need.get(Lane::Memory)) * 1024 / cores;
        let walltime = job.requested().map(|span| span.as_ns().div_ceil(NS_PER_SEC));
        let after = job.after().first().map(|after| after.job);
        let line = format!(
            "{} {} -1 {} {procs} -1 -1 {procs} {} {} -1 {} -1 -1 {} -1 {} -1",
            job.id,
            job.submit.as_ns() / NS_PER_SEC,
            truth.service().as_ns().div_ceil(NS_PER_SEC),
            known(walltime),
            known((memory > 0).then_some(memory)),
            number(words.users(), job.user.0).0,
            number(words.tenants(), job.tenant.0).0,
            known(after),
        );
        self.file.line(&line)
    }

    fn finish(self: Box<Self>) -> Result<Written, Problem> {
        self.file.finish()?;
        let lost = LOSSES.into_iter().zip(self.lost).filter(|(_, count)| *count > 0).collect();
        Ok(Written { jobs: self.jobs, lost })
    }
}

/// A field that may be unknown.
fn known(value: Option<u64>) -> String {
    value.map_or("-1".to_owned(), |value| value.to_string())
}

/// A name as a number, and whether the name was lost: names that are numbers stay themselves, others are
/// counted from 1 in the order of their first use.
fn number(names: &Names, index: u32) -> (i64, bool) {
    let name = names.name(index).unwrap_or("");
    if name.is_empty() {
        return (-1, false);
    }
    match name.parse::<i64>() {
        Ok(number) if number >= 0 && number.to_string() == name => (number, false),
        _ => (i64::from(index) + 1, true),
    }
}

/// Which of [`LOSSES`] the job suffers.
fn losses(job: &Job, truth: &Truth, words: &Vocabulary) -> [bool; LOSSES.len()] {
    let shape = words.shape_of(job.shape);
    let need = shape.need();
    let fraction = |ns: u64| !ns.is_multiple_of(NS_PER_SEC);
    let named = number(words.users(), job.user.0).1 || number(words.tenants(), job.tenant.0).1;
    let other = Lane::ALL[2..].iter().any(|&lane| need.get(lane) > 0);
    let after = job.after();
    let waits = after.len() > 1 || after.iter().any(|after| after.when != When::Ended);
    let restarts = job.retry() != Retry::NEVER || job.checkpoint() != sim_core::Checkpoint::NONE;
    [
        fraction(job.submit.as_ns())
            || fraction(truth.service().as_ns())
            || job.requested().is_some_and(|span| fraction(span.as_ns())),
        other,
        need.get(Lane::Cpu) != 1000,
        named,
        job.gang != Gang::AllOrNothing,
        job.deadline != SimTime::MAX,
        job.priority != 0,
        *words.constraints_of(job.constraints) != Constraints::NONE,
        waits,
        restarts,
        truth.fails_after().is_some() || !truth.task_services().is_empty(),
    ]
}
