//! The Philly trace of Microsoft (2017) in the short form that the Pollux artifact publishes.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Job, ShapeId, SimTime, Truth, Vocabulary};

use super::number::{seconds, within};
use super::table::Table;
use super::training::{CHECKPOINTS, CPU_PER_GPU, MEMORY_PER_GPU, Training, missing_walltime};
use super::{Notes, Record, Records};
use crate::problem::{Problem, Problems};

/// The reader `philly`.
pub const ABOUT: About = About {
    name: "philly",
    doc: "Deep-learning jobs as CSV with the columns timestamp, duration [s], num_gpus, gpu_time (ignored: \
          it is their product) and cluster. All tasks of a job start together; a job of more GPUs than one \
          node has is cut into equal tasks, as few as the number of GPUs can be divided into. The virtual \
          cluster is the tenant. Time stamps have no time zone: differences are right except across a change \
          of clocks. Jobs are numbered by their row, from 1.",
    source: "Jeon et al., ATC 2019, https://github.com/msr-fiddle/philly-traces; short form: Qiao et al. \
             (Pollux), OSDI 2021, https://github.com/petuum/adaptdl/tree/osdi21-artifact",
    params: &[
        Param::required("path", Kind::Path, "the file"),
        Param::with_default(
            "gpus_per_node",
            Kind::Int { min: 1, max: 32 },
            "8",
            "most GPUs that one task may have",
        ),
        CPU_PER_GPU,
        MEMORY_PER_GPU,
        missing_walltime("\"none\""),
        CHECKPOINTS,
    ],
};

/// GPUs that one job may have. Arbitrary; the trace's largest has 128.
const GPUS_MAX: i64 = 1 << 20;

/// Opens the file that `params` name.
///
/// # Errors
/// If it cannot be opened or a column is missing.
pub fn open(params: &Params) -> Result<Box<dyn Records>, Problems> {
    let table = Table::open(params.text("path"))?;
    let columns = table.positions(["timestamp", "duration", "num_gpus", "cluster"])?;
    Ok(Box::new(Philly { table, columns, row: 0, training: Training::of(params) }))
}

struct Philly {
    table: Table,
    columns: [usize; 4],
    row: u64,
    training: Training,
}

impl Records for Philly {
    fn next_record(&mut self, words: &mut Vocabulary) -> Option<Result<Record, Problem>> {
        let line = match self.table.advance()? {
            Ok(line) => line,
            Err(problem) => return Some(Err(problem)),
        };
        self.row += 1;
        Some(self.record(line, words))
    }

    fn absolute_times(&self) -> bool {
        true
    }
}

impl Philly {
    fn record(&self, line: u64, words: &mut Vocabulary) -> Result<Record, Problem> {
        let [timestamp, duration, gpus, cluster] = self.columns.map(|column| self.table.field(column));
        let wrong = |column: &str, value: &str, rule: String| {
            Problem::new(self.table.file(), format!("{line}: {column}"), value, rule)
        };
        let submit = seconds_since_1970(timestamp).ok_or_else(|| {
            wrong("timestamp", timestamp, "must be YYYY-MM-DD HH:MM:SS, from 1970 to 2400".to_owned())
        })?;
        let service = seconds(duration).map_err(|rule| wrong("duration", duration, rule))?;
        let count = within(gpus, 1, GPUS_MAX).map_err(|rule| wrong("num_gpus", gpus, rule))? as u32;
        let mut job = Job::new(self.row, SimTime::from_secs(submit), ShapeId(0));
        let mut notes = self
            .training
            .describe(&mut job, count, service, words)
            .map_err(|rule| wrong("num_gpus", gpus, rule))?;
        job.user = words.user("");
        job.tenant = words.tenant(cluster);
        notes.add(Notes::NO_USER);
        if cluster.is_empty() {
            notes.add(Notes::NO_TENANT);
        }
        Ok(Record { line, job, truth: Truth::runs_for(service), notes })
    }
}

/// Seconds from 1970-01-01 00:00:00 to a date and time of the same, unstated, time zone.
///
/// # Source
/// H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`,
/// <https://howardhinnant.github.io/date_algorithms.html>.
fn seconds_since_1970(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != 19 || !text.is_ascii() {
        return None;
    }
    for (at, mark) in [(4, b'-'), (7, b'-'), (10, b' '), (13, b':'), (16, b':')] {
        if bytes[at] != mark {
            return None;
        }
    }
    let part = |from: usize, to: usize| within(&text[from..to], 0, 9999).ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    // Simulated time ends 584 years after its origin.
    if !(1970..=2400).contains(&year)
        || !(1..=length).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    // Years start in March here, so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    u64::try_from(days * 86_400 + hour * 3600 + minute * 60 + second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traces::Reader;
    use crate::traces::testing::read_all;

    const HEAD: &str = "timestamp,duration,num_gpus,gpu_time,cluster\n";

    #[test]
    fn dates_beyond_the_range_of_time_are_refused() {
        assert_eq!(seconds_since_1970("9017-10-09 07:01:55"), None);
        assert_eq!(seconds_since_1970("1969-12-31 23:59:59"), None);
    }

    #[test]
    fn dates_count_from_1970() {
        assert_eq!(seconds_since_1970("1970-01-01 00:00:00"), Some(0));
        assert_eq!(seconds_since_1970("2000-02-29 12:00:00"), Some(951_825_600));
        assert_eq!(seconds_since_1970("2017-10-09 07:01:55"), Some(1_507_532_515));
        for bad in
            ["", "2017-02-29 00:00:00", "2017-13-01 00:00:00", "2017-00-01 00:00:00", "2017-01-01T00:00:00"]
        {
            assert_eq!(seconds_since_1970(bad), None, "{bad}");
        }
        for bad in
            ["1969-12-31 00:00:00", "2017-01-01 24:00:00", "2017-01-01 00:-1:00", "2017-01-01 00:00:0é"]
        {
            assert_eq!(seconds_since_1970(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_row_becomes_a_gang() {
        let content = format!("{HEAD}2017-10-09 07:01:55,66.5,12,798.0,11cb48\n");
        let (records, problems, words) = read_all(Reader::named("philly").unwrap(), content, &[]);
        assert!(problems.is_empty(), "{problems:?}");
        let job = &records[0].job;
        assert_eq!((job.id, job.tasks, words.shape_of(job.shape).gpu().cards), (1, 2, 6));
        assert_eq!(records[0].truth.service().as_ns(), 66_500_000_000);
        assert_eq!(words.tenants().name(job.tenant.0), Some("11cb48"));
    }

    #[test]
    fn bad_rows_name_column_and_rule() {
        let content = format!("{HEAD}x,1,1,1,a\n2017-10-09 07:01:55,-1,1,1,a\n2017-10-09 07:01:55,1,0,0,a\n");
        let (_, problems, _) = read_all(Reader::named("philly").unwrap(), content, &[]);
        let texts: Vec<_> =
            problems.iter().map(|problem| format!("{}: {}", problem.at, problem.rule)).collect();
        assert_eq!(texts.len(), 3);
        assert!(texts[0].starts_with("2: timestamp: must be YYYY"));
        assert!(texts[1].starts_with("3: duration: must be at least 0"));
        assert!(texts[2].starts_with("4: num_gpus: must be at least 1"));
        let (_, problems, _) = read_all(Reader::named("philly").unwrap(), "timestamp,duration\n", &[]);
        assert_eq!(problems.len(), 2);
    }
}
