//! Traces as workloads: the audited jobs, in order and at their times.

use std::sync::Arc;

use sim_core::registry::Params;
use sim_core::{ClusterSpec, Job, SimDuration, SimTime, Truth, Vocabulary, Workload, WorkloadError};

use super::audit::{Audit, Timing};
use super::options::{Options, ZeroDuration};
use super::translate::translate;
use super::{Reader, Record, Records};
use crate::problem::{Problem, Problems};

/// A trace that feeds a run.
///
/// A trace in the order of its submit times is read while it runs; any other is held in memory, sorted by
/// submit time and then by position in the file.
pub struct TraceWorkload {
    plan: Arc<Plan>,
    feed: Feed,
    taken: u64,
    previous: SimTime,
}

/// What does not change while the jobs go by.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) reader: &'static Reader,
    pub(super) params: Params,
    pub(super) options: Options,
    pub(super) timing: Timing,
    pub(super) oversized: Vec<u64>,
    pub(super) has_dependencies: bool,
    file: String,
}

/// A whole trace, sorted.
pub(super) struct Sorted {
    pub(super) jobs: Vec<(Job, Truth)>,
    pub(super) words: Arc<Vocabulary>,
}

pub(super) enum Feed {
    Stream { records: Box<dyn Records>, read: u64 },
    Memory { sorted: Arc<Sorted>, next: usize },
    Failed(WorkloadError),
    Over,
}

impl TraceWorkload {
    /// Audits the trace that `params` name and opens it if nothing is wrong.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn open(
        reader: &'static Reader,
        params: &Params,
        cluster: Option<&ClusterSpec>,
    ) -> Result<(Self, Audit), Problems> {
        let audit = Audit::of(reader, params, cluster);
        Ok((Self::new(reader, params, &audit)?, audit))
    }

    /// Opens the trace that `params` name, of which `audit` is an audit with the same parameters.
    ///
    /// # Errors
    /// The audit's problems; or those of a file that has changed since.
    pub fn new(reader: &'static Reader, params: &Params, audit: &Audit) -> Result<Self, Problems> {
        if !audit.problems.0.is_empty() {
            return Err(audit.problems.clone());
        }
        let plan = Plan {
            reader,
            params: params.clone(),
            options: Options::of(params),
            timing: audit.timing,
            oversized: audit.oversized.clone(),
            has_dependencies: audit.has_dependencies,
            file: audit.file.clone(),
        };
        let records = (reader.open)(params)?;
        let feed = if audit.in_order {
            plan.stream(records)?
        } else {
            Feed::Memory { sorted: Arc::new(plan.sorted(records)?), next: 0 }
        };
        Ok(Self::fed_by(plan, feed))
    }

    pub(super) fn fed_by(plan: Plan, feed: Feed) -> Self {
        Self { plan: Arc::new(plan), feed, taken: 0, previous: SimTime::ZERO }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The next job at its time; `None` at the end.
    fn timed(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        let Some((line, mut job, truth)) = self.pull(words)? else { return Ok(None) };
        // The audit has seen order and range; a file that breaks them now has changed since.
        let timing = &self.plan.timing;
        let in_order = job.submit >= self.previous && !timing.is_before_first(job.submit);
        self.previous = job.submit;
        if !in_order || timing.apply(&mut job).is_none() {
            return Err(self.plan.error(line, "the file has changed since it was audited"));
        }
        self.taken += 1;
        Ok(Some((job, truth)))
    }

    /// The next job as it is in the file; `None` at the end.
    fn pull(&mut self, words: &mut Vocabulary) -> Result<Option<(u64, Job, Truth)>, WorkloadError> {
        match &mut self.feed {
            Feed::Failed(error) => Err(error.clone()),
            Feed::Over => Ok(None),
            Feed::Memory { sorted, next } => {
                let Some((job, truth)) = sorted.jobs.get(*next) else { return Ok(None) };
                *next += 1;
                let job = translate(job, &sorted.words, words).ok_or_else(|| {
                    let rule = "brings more GPU models or labels than one run can have";
                    self.plan.error(*next as u64, rule)
                })?;
                Ok(Some((*next as u64, job, truth.clone())))
            }
            Feed::Stream { records, read } => loop {
                let Some(next) = records.next_record(words) else { return Ok(None) };
                *read += 1;
                let record = next.map_err(|problem| workload_error(&problem))?;
                if self.plan.keeps(&record) {
                    return Ok(Some((record.line, record.job, record.truth)));
                }
            },
        }
    }
}

impl Workload for TraceWorkload {
    fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        if self.taken == self.plan.options.jobs {
            self.feed = Feed::Over;
        }
        let next = self.timed(words);
        if let Err(error) = &next {
            self.feed = Feed::Failed(error.clone());
        }
        next
    }

    fn has_dependencies(&self) -> bool {
        self.plan.has_dependencies
    }

    fn fork(&self) -> Box<dyn Workload> {
        let feed = match &self.feed {
            Feed::Failed(error) => Feed::Failed(error.clone()),
            Feed::Over => Feed::Over,
            Feed::Memory { sorted, next } => Feed::Memory { sorted: Arc::clone(sorted), next: *next },
            Feed::Stream { read, .. } => self.plan.reopen(*read),
        };
        Box::new(Self { plan: Arc::clone(&self.plan), feed, taken: self.taken, previous: self.previous })
    }
}

impl Plan {
    /// False for jobs that the parameters leave out.
    fn keeps(&self, record: &Record) -> bool {
        let dropped = record.truth.service() == SimDuration::ZERO
            && self.options.zero_duration == ZeroDuration::Drop
            || self.oversized.binary_search(&record.line).is_ok();
        !dropped
    }

    /// The stream behind the jobs that are skipped, whose words no run needs.
    fn stream(&self, mut records: Box<dyn Records>) -> Result<Feed, Problems> {
        let (mut scratch, mut read, mut skipped) = (Vocabulary::default(), 0, 0);
        while skipped < self.options.skip
            && let Some(next) = records.next_record(&mut scratch)
        {
            read += 1;
            skipped += u64::from(self.keeps(&next?));
        }
        Ok(Feed::Stream { records, read })
    }

    /// All jobs that are not skipped, in memory.
    pub(super) fn sorted(&self, mut records: Box<dyn Records>) -> Result<Sorted, Problems> {
        let mut words = Vocabulary::default();
        let mut jobs = Vec::new();
        // A sorted selection may take its jobs from anywhere; of any other one the audit has seen no more than this.
        while (self.options.sort || (jobs.len() as u64) < self.options.end())
            && let Some(next) = records.next_record(&mut words)
        {
            let record = next?;
            if self.keeps(&record) {
                jobs.push((record.job, record.truth));
            }
        }
        // Stable, so that jobs of one instant stay in the order of the file.
        jobs.sort_by_key(|(job, _)| job.submit);
        let at = |jobs: u64| usize::try_from(jobs).unwrap_or(usize::MAX);
        jobs.truncate(at(self.options.end()));
        jobs.drain(..at(self.options.skip).min(jobs.len()));
        Ok(Sorted { jobs, words: Arc::new(words) })
    }

    /// A second stream of which `read` records are skipped. It fails at the next job if the file cannot be
    /// read.
    fn reopen(&self, read: u64) -> Feed {
        let mut records = match (self.reader.open)(&self.params) {
            Ok(records) => records,
            Err(problems) => {
                let problem = problems.0.into_iter().next();
                return Feed::Failed(
                    problem.map_or_else(|| self.error(0, "cannot be opened again"), |p| workload_error(&p)),
                );
            }
        };
        // Words of skipped jobs are known to the run already.
        let mut scratch = Vocabulary::default();
        for _ in 0..read {
            if records.next_record(&mut scratch).is_none() {
                return Feed::Failed(self.error(read, "the file has changed since it was audited"));
            }
        }
        Feed::Stream { records, read }
    }

    fn error(&self, record: u64, reason: &str) -> WorkloadError {
        WorkloadError { source_name: self.file.clone(), record, reason: reason.to_owned() }
    }
}

/// A problem as the engine reports it. Places begin with the line where there is one.
fn workload_error(problem: &Problem) -> WorkloadError {
    let digits = problem.at.split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    let (record, place) = match digits.parse() {
        Ok(line) => (line, problem.at[digits.len()..].trim_start_matches(':').trim()),
        Err(_) => (0, problem.at.as_str()),
    };
    let place = if place.is_empty() { String::new() } else { format!("{place} = {}: ", problem.value) };
    WorkloadError { source_name: problem.file.clone(), record, reason: format!("{place}{}", problem.rule) }
}

#[cfg(test)]
mod tests;
