//! One pass over a trace: problems, and the facts that are measured afterwards.

use sim_core::registry::Params;
use sim_core::{ClusterSpec, ShapeId, SimDuration, SimTime, TenantId, UserId, Vocabulary};

use super::{Impossible, SHOWN_MAX};
use crate::problem::{Problem, Problems};
use crate::traces::options::{Options, ZeroDuration};
use crate::traces::room::Room;
use crate::traces::{Header, Notes, Reader, Record, Records};

/// Problems after which reading stops: the file is of another format. Arbitrary.
const PROBLEMS_MAX: usize = 100_000;

/// What is kept of a job.
pub(super) struct Fact {
    pub(super) line: u64,
    pub(super) id: u64,
    pub(super) submit: SimTime,
    pub(super) service: SimDuration,
    pub(super) shape: ShapeId,
    pub(super) tasks: u32,
    pub(super) user: UserId,
    pub(super) tenant: TenantId,
    pub(super) notes: Notes,
    // Total service of the tasks if they are independent and differ, else service x tasks.
    pub(super) task_time: u128,
}

/// What one pass over a trace has found.
pub(super) struct Collected {
    pub(super) file: String,
    pub(super) header: Header,
    pub(super) absolute: bool,
    pub(super) in_order: bool,
    /// Kept jobs, by submit time and then in the order of the file.
    pub(super) facts: Vec<Fact>,
    /// Number and line of every dropped job.
    pub(super) dropped_ids: Vec<(u64, u64)>,
    /// Number, line and waited-for numbers of the jobs that wait.
    pub(super) waits: Vec<(u64, u64, Vec<u64>)>,
    pub(super) dropped: Vec<(&'static str, u64)>,
    pub(super) impossible: u64,
    pub(super) impossible_first: Vec<Impossible>,
    pub(super) oversized: Vec<u64>,
    pub(super) problems: Problems,
    zero_dropped: u64,
    previous: SimTime,
    // Records of the whole file, if it was read to its end.
    records: Option<u64>,
}

impl Collected {
    /// Reads the trace that `params` name.
    pub(super) fn read(
        reader: &'static Reader,
        params: &Params,
        options: &Options,
        cluster: Option<&ClusterSpec>,
        words: &mut Vocabulary,
    ) -> Self {
        let mut found = Self::nothing(params.text(reader.file_key).to_owned());
        let mut room = cluster.map(|cluster| Room::of(cluster, words));
        match (reader.open)(params) {
            Err(problems) => found.problems = problems,
            Ok(mut stream) => {
                found.all(&mut *stream, options, &mut room, words);
                found.header = stream.header();
                found.absolute = stream.absolute_times();
                found.dropped.extend(stream.dropped());
            }
        }
        found.dropped.push(("zero duration", found.zero_dropped));
        found.dropped.push(("larger than the cluster", found.oversized.len() as u64));
        found.dropped.retain(|(_, count)| *count > 0);
        found.facts.sort_by_key(|fact| fact.submit);
        found
    }

    /// The jobs that a workload would run.
    pub(super) fn selection(&self, options: &Options) -> &[Fact] {
        let at = |jobs: u64| usize::try_from(jobs).unwrap_or(usize::MAX).min(self.facts.len());
        &self.facts[at(options.skip)..at(options.end())]
    }

    /// True if the file was not read to its end.
    pub(super) fn is_cut(&self) -> bool {
        self.records.is_none()
    }

    /// Oddities that do not keep the trace from being run.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let (Some(promised), Some(records)) = (self.header.max_jobs, self.records)
            && promised != records
        {
            warnings.push(format!("the header promises {promised} jobs, the file has {records}"));
        }
        warnings
    }

    fn nothing(file: String) -> Self {
        Self {
            file,
            header: Header::default(),
            absolute: false,
            in_order: true,
            facts: Vec::new(),
            dropped_ids: Vec::new(),
            waits: Vec::new(),
            dropped: Vec::new(),
            impossible: 0,
            impossible_first: Vec::new(),
            oversized: Vec::new(),
            problems: Problems::default(),
            zero_dropped: 0,
            previous: SimTime::ZERO,
            records: None,
        }
    }

    fn all(
        &mut self,
        stream: &mut dyn Records,
        options: &Options,
        room: &mut Option<Room>,
        words: &mut Vocabulary,
    ) {
        let mut records = 0;
        while let Some(next) = stream.next_record(words) {
            match next {
                Ok(record) => self.one(&record, options, room, words),
                Err(problem) => self.problems.push(problem),
            }
            records += 1;
            if self.problems.0.len() >= PROBLEMS_MAX {
                let rule = format!("has {PROBLEMS_MAX} problems, and reading stopped there");
                return self.problems.push(Problem::of_file(&self.file, rule));
            }
            // A sorted selection may take its jobs from anywhere, any other one takes the first.
            if !options.sort && self.facts.len() as u64 == options.end() {
                return;
            }
        }
        self.records = Some(records + stream.dropped().map_or(0, |(_, count)| count));
    }

    fn one(&mut self, record: &Record, options: &Options, room: &mut Option<Room>, words: &Vocabulary) {
        let Record { line, job, truth, notes } = record;
        let problem = |at: &str, value: String, rule: &str| {
            Problem::new(&self.file, format!("{line}: {at}"), value, rule)
        };
        if truth.service() == SimDuration::ZERO {
            match options.zero_duration {
                ZeroDuration::Run => {}
                ZeroDuration::Drop => {
                    self.zero_dropped += 1;
                    return self.dropped_ids.push((job.id, *line));
                }
                ZeroDuration::Refuse => {
                    let rule =
                        "runs for no time; zero_duration = \"drop\" leaves such jobs out, \"run\" runs them";
                    self.problems.push(problem("job", job.id.to_string(), rule));
                }
            }
        }
        if let Some(reason) = room.as_mut().and_then(|room| room.objection(job, words)) {
            self.impossible += 1;
            if options.drop_oversized {
                self.oversized.push(*line);
                self.dropped_ids.push((job.id, *line));
            } else {
                let rule = format!("{reason}; oversized = \"drop\" leaves such jobs out");
                self.problems.push(problem("job", job.id.to_string(), &rule));
            }
            if self.impossible_first.len() < SHOWN_MAX {
                self.impossible_first.push(Impossible { line: *line, id: job.id, reason });
            }
            if options.drop_oversized {
                return;
            }
        }
        if job.submit < self.previous {
            self.in_order = false;
            if !options.sort {
                let rule = format!(
                    "is submitted before its predecessor, at {}; sort = true sorts the jobs",
                    self.previous
                );
                self.problems.push(problem("submit", job.submit.to_string(), &rule));
            }
        }
        self.previous = job.submit;
        if !job.after().is_empty() {
            self.waits.push((job.id, *line, job.after().iter().map(|after| after.job).collect()));
        }
        let listed = truth.task_services();
        let listed_time: u128 = listed.iter().map(|span| u128::from(span.as_ns())).sum();
        let others = u128::from(job.tasks).saturating_sub(listed.len() as u128);
        self.facts.push(Fact {
            line: *line,
            id: job.id,
            submit: job.submit,
            service: truth.service(),
            shape: job.shape,
            tasks: job.tasks,
            user: job.user,
            tenant: job.tenant,
            notes: *notes,
            task_time: listed_time + others * u128::from(truth.service().as_ns()),
        });
    }
}
