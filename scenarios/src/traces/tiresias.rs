//! Job traces of the Tiresias simulator.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Job, ShapeId, SimTime, Truth, Vocabulary};

use super::number::{EXACT_MAX, SECS_MAX, of_secs, seconds, within};
use super::table::Table;
use super::training::{CHECKPOINTS, CPU_PER_GPU, MEMORY_PER_GPU, Training, missing_walltime};
use super::{Notes, Record, Records};
use crate::problem::{Problem, Problems};

/// The reader `tiresias`.
pub const ABOUT: About = About {
    name: "tiresias",
    doc: "Deep-learning jobs as CSV with the columns job_id, num_gpu, submit_time [s] and duration [s]; \
          iterations, model_name and interval are ignored. All tasks of a job start together. As in the \
          simulator, which counts GPUs, each task has one GPU unless `gpus_per_node` says otherwise.",
    source: "Gu et al., Tiresias, NSDI 2019, https://github.com/SymbioticLab/Tiresias, simulator/trace-data.",
    params: &[
        Param::required("path", Kind::Path, "the file"),
        Param::with_default(
            "gpus_per_node",
            Kind::Int { min: 1, max: 32 },
            "1",
            "most GPUs that one task may have: a job is cut into equal tasks, as few as its number of GPUs can be \
             divided into",
        ),
        CPU_PER_GPU,
        MEMORY_PER_GPU,
        missing_walltime("\"run-time\""),
        CHECKPOINTS,
    ],
};

/// GPUs that one job may have. Arbitrary; the largest of the published traces has 16.
const GPUS_MAX: i64 = 1 << 20;

/// Opens the file that `params` name.
///
/// # Errors
/// If it cannot be opened or a column is missing.
pub fn open(params: &Params) -> Result<Box<dyn Records>, Problems> {
    let table = Table::open(params.text("path"))?;
    let columns = table.positions(["job_id", "num_gpu", "submit_time", "duration"])?;
    Ok(Box::new(Tiresias { table, columns, training: Training::of(params) }))
}

struct Tiresias {
    table: Table,
    columns: [usize; 4],
    training: Training,
}

impl Records for Tiresias {
    fn next_record(&mut self, words: &mut Vocabulary) -> Option<Result<Record, Problem>> {
        let line = match self.table.advance()? {
            Ok(line) => line,
            Err(problem) => return Some(Err(problem)),
        };
        Some(self.record(line, words))
    }
}

impl Tiresias {
    fn record(&self, line: u64, words: &mut Vocabulary) -> Result<Record, Problem> {
        let [id, gpus, submit, duration] = self.columns.map(|column| self.table.field(column));
        let wrong = |column: &str, value: &str, rule: String| {
            Problem::new(self.table.file(), format!("{line}: {column}"), value, rule)
        };
        let number = within(id, 0, EXACT_MAX).map_err(|rule| wrong("job_id", id, rule))?.unsigned_abs();
        let count = within(gpus, 1, GPUS_MAX).map_err(|rule| wrong("num_gpu", gpus, rule))? as u32;
        let at = within(submit, 0, SECS_MAX - 1)
            .map_err(|rule| wrong("submit_time", submit, rule))
            .map(of_secs)?;
        let service = seconds(duration).map_err(|rule| wrong("duration", duration, rule))?;
        let mut job = Job::new(number, SimTime::ZERO + at, ShapeId(0));
        (job.user, job.tenant) = (words.user(""), words.tenant(""));
        let mut notes = self
            .training
            .describe(&mut job, count, service, words)
            .map_err(|rule| wrong("num_gpu", gpus, rule))?;
        notes.add(Notes::NO_USER);
        notes.add(Notes::NO_TENANT);
        Ok(Record { line, job, truth: Truth::runs_for(service), notes })
    }
}

#[cfg(test)]
mod tests {
    use sim_core::SimDuration;
    use sim_core::registry::Value;

    use super::*;
    use crate::traces::Reader;
    use crate::traces::testing::{read_all, text};

    const HEAD: &str = "job_id,num_gpu,submit_time,iterations,model_name,duration,interval\n";

    fn reader() -> &'static Reader {
        Reader::named("tiresias").unwrap()
    }

    #[test]
    fn a_row_becomes_a_gang_of_single_gpus() {
        let content = format!("{HEAD}7,8,30,133,vgg11,147,23\n");
        let (records, problems, words) = read_all(reader(), &content, &[]);
        assert!(problems.is_empty(), "{problems:?}");
        let Record { job, truth, notes, .. } = &records[0];
        assert_eq!((job.id, job.tasks, words.shape_of(job.shape).gpu().cards), (7, 8, 1));
        assert_eq!((job.submit, truth.service()), (SimTime::from_secs(30), SimDuration::from_secs(147)));
        assert_eq!(job.requested(), Some(SimDuration::from_secs(147)));
        assert!(notes.has(Notes::WALLTIME_FROM_RUN_TIME));
        let (records, _, words) = read_all(
            reader(),
            &content,
            &[("gpus_per_node", Value::Int(4)), ("missing_walltime", text("none"))],
        );
        let job = &records[0].job;
        assert_eq!((job.tasks, words.shape_of(job.shape).gpu().cards, job.requested()), (2, 4, None));
    }

    #[test]
    fn bad_rows_name_column_and_rule() {
        let content = format!("{HEAD}x,1,0,1,m,1,1\n1,0,0,1,m,1,1\n2,1,-1,1,m,1,1\n3,1,0,1,m,y,1\n");
        let (records, problems, _) = read_all(reader(), content, &[]);
        assert!(records.is_empty());
        let places: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
        assert_eq!(places, ["2: job_id", "3: num_gpu", "4: submit_time", "5: duration"]);
    }
}
