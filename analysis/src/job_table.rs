//! The per-job table: one row per job and run, streamed to a Parquet file.

mod placed;
mod rows;

use std::path::Path;

use sim_core::{Event, EventMask, JobStatus, Observer, ResultSink, SimTime, SinkError, View};

use crate::key::RunKey;
use crate::parquet_file::PartFile;
use placed::Placed;
pub(crate) use rows::encoding;
use rows::{BATCH_ROWS, Row, Rows};

/// Writes one row per job: `policy, predictor, seed`, one column per axis, `job_id` (as in the trace),
/// `submit_ns, start_ns, end_ns, wait_ns, tasks, nodes, final_state, retries, preemptions, cost, user,
/// tenant`.
///
/// `start_ns` is the first start and `wait_ns` the time from submission to it; both are null for jobs that
/// never started, `end_ns` for jobs that had not ended. `nodes` are those of the last execution, one entry
/// per task in the order of its slots; for jobs whose tasks run independently, those of all executions that
/// ended, in order of end. `final_state` is how the job ended, or `waiting`, `running` or `pending` if it had
/// not. `cost` is in currency units.
///
/// # Order
/// Jobs that ended, in order of end; then the others, in order of submission.
/// # Cost
/// A few MiB while it is written. The bytes depend on the rows alone.
pub struct JobTable {
    rows: Rows,
    placed: Placed,
    file: Option<PartFile>,
    error: Option<SinkError>,
}

impl JobTable {
    /// A table in a new file at `path` for the run `key`.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(path: &Path, key: &RunKey) -> Result<Self, SinkError> {
        let rows = Rows::new(key);
        let file = PartFile::create(path, rows.schema(), encoding)?;
        Ok(Self { rows, placed: Placed::default(), file: Some(file), error: None })
    }

    fn push(&mut self, row: Row<'_>, view: View<'_>) {
        self.rows.push(row);
        if self.rows.len() >= BATCH_ROWS {
            self.flush(view);
        }
    }

    fn flush(&mut self, view: View<'_>) {
        let columns = self.rows.take(view.words());
        if let Some(file) = &mut self.file
            && let Err(error) = file.write(columns)
        {
            self.error.get_or_insert(error);
            // What follows would be lost as well.
            self.file = None;
        }
    }
}

impl Observer for JobTable {
    fn mask(&self) -> EventMask {
        EventMask::RUN_ENDED.or(EventMask::PREEMPTED).or(EventMask::ENDED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        match *event {
            Event::RunEnded { job, run, .. } => self.placed.stopped(job, view.run(run), true),
            Event::Preempted { job, run, .. } => self.placed.stopped(job, view.run(run), false),
            Event::Ended { job, end } => {
                let nodes = self.placed.take(job);
                let row = Row { job: view.job(job), end: Some(at), state: end.name(), nodes: &nodes };
                self.push(row, view);
                self.placed.reuse(nodes);
            }
            _ => {}
        }
    }

    fn finish(&mut self, _at: SimTime, view: View<'_>, _out: &mut dyn ResultSink) -> Result<(), SinkError> {
        let mut open: Vec<_> = view.unfinished().collect();
        open.sort_unstable_by_key(|job| job.id());
        for job in open {
            let mut nodes = self.placed.take(job.id());
            let mut runs = view.runs_of(job.id()).peekable();
            if runs.peek().is_some() {
                nodes.clear();
            }
            runs.for_each(|run| nodes.extend(view.run(run).slots().iter().map(|slot| slot.node.0)));
            let state = match job.status() {
                JobStatus::Pending => "pending",
                JobStatus::Waiting => "waiting",
                JobStatus::Running => "running",
            };
            self.push(Row { job, end: None, state, nodes: &nodes }, view);
            self.placed.reuse(nodes);
        }
        if self.rows.len() > 0 {
            self.flush(view);
        }
        match (self.error.take(), self.file.take()) {
            (Some(error), _) => Err(error),
            (None, file) => file.map_or(Ok(()), PartFile::close),
        }
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

#[cfg(test)]
mod tests;
