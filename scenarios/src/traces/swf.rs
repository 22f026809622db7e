//! The Standard Workload Format of the Parallel Workloads Archive.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{
    Dependency, Extras, GpuNeed, Job, Lane, Resources, Shape, SimDuration, SimTime, Truth, Vocabulary, When,
};

use super::number::{SECS_MAX, of_secs, whole, within};
use super::source::Lines;
use super::{Header, Notes, Record, Records};
use crate::problem::{Problem, Problems};

/// The reader `swf`.
pub const ABOUT: About = About {
    name: "swf",
    doc: "Standard Workload Format, 18 fields a line, plain or gzip. Each processor is one task of one core, \
          and all tasks of a job start together. Processors are the larger of allocated (field 5) and \
          requested (field 8). The status (field 11) is ignored: a job that failed or was cancelled while it \
          ran occupied its processors all the same. The queue (field 15) is the tenant.",
    source: "https://www.cs.huji.ac.il/labs/parallel/workload/swf.html",
    params: &[
        Param::required("path", Kind::Path, "the file"),
        Param::with_default(
            "missing_walltime",
            Kind::Choice(&["run-time", "none"]),
            "\"run-time\"",
            "requested time where field 9 is -1 or 0, unless `estimates` says: the run time, so that estimates are \
             perfect, or none",
        ),
        Param::with_default(
            "missing_run_time",
            Kind::Choice(&["refuse", "drop", "10s"]),
            "\"refuse\"",
            "what to do with records that have no run time or no processors; `10s`: those without run time run for \
             10 s, as in RLScheduler",
        ),
        Param::with_default(
            "memory",
            Kind::Choice(&["ignore", "requested"]),
            "\"ignore\"",
            "memory of each task: none, or field 10 [KB per processor], rounded up to MiB",
        ),
        Param::with_default(
            "dependencies",
            Kind::Bool,
            "false",
            "true: a job waits for the end of its preceding job (field 17), however that ends; the think \
             time (field 18) is ignored",
        ),
    ],
};

/// Processors that one job may have. The archive's largest machine has fewer than 2^21.
const PROCS_MAX: i64 = 1 << 31;

/// Run time of records without one under `missing_run_time = "10s"` [s]: what RLScheduler's reader puts there.
const RUN_OF_UNKNOWN: i64 = 10;

/// Names of the 18 fields.
const FIELDS: [&str; 18] = [
    "job number",
    "submit time",
    "wait time",
    "run time",
    "allocated processors",
    "average CPU time",
    "used memory",
    "requested processors",
    "requested time",
    "requested memory",
    "status",
    "user",
    "group",
    "executable",
    "queue",
    "partition",
    "preceding job",
    "think time",
];

/// Opens the file that `params` name.
///
/// # Errors
/// If it cannot be opened.
pub fn open(params: &Params) -> Result<Box<dyn Records>, Problems> {
    Ok(Box::new(Swf {
        lines: Lines::open(params.text("path"))?,
        walltime_from_run_time: params.text("missing_walltime") == "run-time"
            && params.plugin("estimates").is_none(),
        drop_incomplete: params.text("missing_run_time") == "drop",
        unknown_runs_10s: params.text("missing_run_time") == "10s",
        with_memory: params.text("memory") == "requested",
        with_dependencies: params.bool("dependencies"),
        header: Header::default(),
        dropped: 0,
    }))
}

struct Swf {
    lines: Lines,
    walltime_from_run_time: bool,
    drop_incomplete: bool,
    unknown_runs_10s: bool,
    with_memory: bool,
    with_dependencies: bool,
    header: Header,
    dropped: u64,
}

impl Records for Swf {
    fn next_record(&mut self, words: &mut Vocabulary) -> Option<Result<Record, Problem>> {
        loop {
            if let Err(problem) = self.lines.advance()? {
                return Some(Err(problem));
            }
            let text = self.lines.text().trim();
            if let Some(comment) = text.strip_prefix(';') {
                note_header(&mut self.header, comment);
                continue;
            }
            if text.is_empty() {
                continue;
            }
            let parsed =
                parse_fields(text, self.lines.is_cut()).and_then(|fields| self.record(&fields, words));
            match parsed {
                Ok(Some(record)) => return Some(Ok(record)),
                Ok(None) => self.dropped += 1,
                Err(wrong) => return Some(Err(wrong.at(self.lines.file(), self.lines.number()))),
            }
        }
    }

    fn header(&self) -> Header {
        self.header
    }

    fn dropped(&self) -> Option<(&'static str, u64)> {
        self.drop_incomplete.then_some(("no run time or no processors", self.dropped))
    }
}

/// A field that breaks a rule; field 0 is the whole line.
struct Wrong {
    field: usize,
    value: String,
    rule: String,
}

impl Wrong {
    fn new(field: usize, value: impl ToString, rule: impl Into<String>) -> Self {
        Self { field, value: value.to_string(), rule: rule.into() }
    }

    fn at(self, file: &str, line: u64) -> Problem {
        let at = match self.field {
            0 => line.to_string(),
            field => format!("{line}: {} (field {field})", FIELDS[field - 1]),
        };
        Problem::new(file, at, self.value, self.rule)
    }
}

/// The fields of a line, by their number minus 1. Field 6, which may have decimals, is only checked.
fn parse_fields(text: &str, cut: bool) -> Result<[i64; 18], Wrong> {
    let count = text.split_ascii_whitespace().count();
    if count != FIELDS.len() {
        let rule = if cut && count < FIELDS.len() {
            format!("the file is truncated: its last line has {count} of 18 fields")
        } else {
            format!("must have 18 fields, has {count}")
        };
        return Err(Wrong::new(0, "", rule));
    }
    let mut fields = [-1; 18];
    for (index, token) in text.split_ascii_whitespace().enumerate() {
        let number = index + 1;
        if number == 6 {
            let value = token.parse::<f64>().ok().filter(|value| value.is_finite());
            if value.is_none_or(|value| value < 0.0 && value != -1.0) {
                return Err(Wrong::new(6, token, "must be a number, or -1 for unknown"));
            }
            continue;
        }
        let value = whole(token).map_err(|rule| Wrong::new(number, token, rule))?;
        if value < -1 {
            return Err(Wrong::new(number, token, "must not be negative, except -1 for unknown"));
        }
        let max = match number {
            2 | 3 | 4 | 9 | 18 => SECS_MAX - 1,
            5 | 8 => PROCS_MAX,
            _ => i64::MAX,
        };
        if value > max {
            return Err(Wrong::new(number, token, format!("must be at most {max}")));
        }
        fields[index] = value;
    }
    Ok(fields)
}

impl Swf {
    /// The record of a line; `None` if it is to be dropped.
    fn record(&self, fields: &[i64; 18], words: &mut Vocabulary) -> Result<Option<Record>, Wrong> {
        let field = |number: usize| fields[number - 1];
        for (number, what) in [(1, "must have a number"), (2, "must have a submit time")] {
            if field(number) < 0 {
                return Err(Wrong::new(number, field(number), what));
            }
        }
        let procs = field(5).max(field(8));
        if self.drop_incomplete && (field(4) < 0 || procs <= 0) {
            return Ok(None);
        }
        let hint = "; missing_run_time = \"drop\" leaves such records out";
        let run = if field(4) < 0 && self.unknown_runs_10s { RUN_OF_UNKNOWN } else { field(4) };
        if run < 0 {
            return Err(Wrong::new(4, run, format!("a job without run time cannot be replayed{hint}")));
        }
        if procs <= 0 {
            let rule = format!("a job without processors (fields 5 and 8) cannot be replayed{hint}");
            return Err(Wrong::new(8, field(8), rule));
        }
        let mut notes = Notes::NONE;
        let shape = words.shape(self.shape(field(10), &mut notes)?);
        let service = of_secs(run);
        let mut job = Job::new(field(1) as u64, SimTime::ZERO + of_secs(field(2)), shape);
        job.tasks = u32::try_from(procs).expect("processors were checked against 2^31");
        job.walltime = self.walltime(field(9), service, &mut notes);
        job.user = words.user(&name(field(12), Notes::NO_USER, &mut notes));
        job.tenant = words.tenant(&name(field(15), Notes::NO_TENANT, &mut notes));
        if self.with_dependencies && field(17) > 0 {
            let after = vec![Dependency { job: field(17) as u64, when: When::Ended }];
            job.extras = Some(Box::new(Extras { after, ..Extras::default() }));
            if field(18) > 0 {
                notes.add(Notes::THINK_TIME);
            }
        }
        Ok(Some(Record { line: self.lines.number(), job, truth: Truth::runs_for(service), notes }))
    }

    fn shape(&self, memory_kb: i64, notes: &mut Notes) -> Result<Shape, Wrong> {
        let mut need = Resources::ZERO.with(Lane::Cpu, 1000);
        if self.with_memory {
            if memory_kb < 0 {
                notes.add(Notes::NO_MEMORY);
            } else {
                let mib = u32::try_from((memory_kb as u64).div_ceil(1024))
                    .map_err(|_| Wrong::new(10, memory_kb, "must be at most 4 PiB, in KB"))?;
                need = need.with(Lane::Memory, mib);
            }
        }
        Ok(Shape::new(need).with_gpu(GpuNeed::NONE))
    }

    /// Zero seconds are taken for "not recorded" like -1: nobody asks for no time.
    fn walltime(&self, requested: i64, service: SimDuration, notes: &mut Notes) -> SimDuration {
        if requested > 0 {
            return of_secs(requested);
        }
        if self.walltime_from_run_time {
            notes.add(Notes::WALLTIME_FROM_RUN_TIME);
            service
        } else {
            notes.add(Notes::NO_WALLTIME);
            SimDuration::MAX
        }
    }
}

/// A number as a name; the empty name, and a note, where it is unknown.
fn name(number: i64, missing: Notes, notes: &mut Notes) -> String {
    if number < 0 {
        notes.add(missing);
        return String::new();
    }
    number.to_string()
}

/// Header comments are free text, so one that is not a number is no problem.
fn note_header(header: &mut Header, comment: &str) {
    let Some((key, value)) = comment.split_once(':') else { return };
    let number = value.split_ascii_whitespace().next().and_then(|value| within(value, 0, i64::MAX).ok());
    let slot = match key.trim() {
        "MaxNodes" => &mut header.max_nodes,
        "MaxProcs" => &mut header.max_procs,
        "MaxJobs" => &mut header.max_jobs,
        _ => return,
    };
    *slot = slot.or(number.map(|number| number as u64));
}

#[cfg(test)]
mod tests {
    use sim_core::registry::Value;

    use super::*;
    use crate::traces::Reader;
    use crate::traces::testing::{read_all, text};

    const GOOD: &str = "1 10 -1 60 4 -1 -1 8 120 2000 1 7 1 -1 3 -1 -1 -1";

    fn swf() -> &'static Reader {
        Reader::named("swf").unwrap()
    }

    fn rule(line: &str) -> String {
        let (_, problems, _) = read_all(swf(), line, &[]);
        assert_eq!(problems.len(), 1, "{line}: {problems:?}");
        problems[0].to_string()
    }

    #[test]
    fn a_line_becomes_a_gang_of_one_core_tasks() {
        let content = format!("; MaxProcs: 128\r\n;MaxJobs: x\n\n{GOOD}\r\n");
        let (records, problems, words) = read_all(swf(), content, &[("memory", text("requested"))]);
        assert!(problems.is_empty(), "{problems:?}");
        let Record { line, job, truth, notes } = &records[0];
        assert_eq!((*line, job.id, job.submit, job.tasks), (4, 1, SimTime::from_secs(10), 8));
        assert_eq!(
            (truth.service(), job.walltime),
            (SimDuration::from_secs(60), SimDuration::from_secs(120))
        );
        assert_eq!(words.shape_of(job.shape).need(), &Resources([1000, 2, 0, 0, 0, 0, 0, 0]));
        assert_eq!(words.users().name(job.user.0), Some("7"));
        assert_eq!(words.tenants().name(job.tenant.0), Some("3"));
        assert_eq!(*notes, Notes::NONE);
    }

    #[test]
    fn what_is_missing_is_noted() {
        let line = "1 10 -1 60 4 -1 -1 -1 -1 -1 1 -1 1 -1 -1 -1 5 9";
        let (records, _, _) = read_all(swf(), line, &[("dependencies", Value::Bool(true))]);
        let notes = records[0].notes;
        for note in [Notes::WALLTIME_FROM_RUN_TIME, Notes::NO_USER, Notes::NO_TENANT, Notes::THINK_TIME] {
            assert!(notes.has(note));
        }
        assert_eq!(records[0].job.after(), [Dependency { job: 5, when: When::Ended }]);
        let (records, _, _) = read_all(swf(), line, &[("missing_walltime", text("none"))]);
        assert_eq!((records[0].job.requested(), records[0].notes.has(Notes::NO_WALLTIME)), (None, true));
        assert!(records[0].job.after().is_empty());
    }

    #[test]
    fn bad_lines_name_field_and_rule() {
        let with = |number: usize, value: &str| {
            let mut fields: Vec<&str> = GOOD.split(' ').collect();
            fields[number - 1] = value;
            rule(&(fields.join(" ") + "\n"))
        };
        assert!(with(2, "x").contains(":1: submit time (field 2) = x: must be a number"));
        assert!(with(4, "60.5").contains("run time (field 4) = 60.5: must be a whole number"));
        assert!(with(4, "-7").contains("must not be negative"));
        assert!(with(4, "-1").contains("missing_run_time"));
        assert!(with(2, "-1").contains("submit time"));
        assert!(with(4, "18446744073").contains("must be at most"));
        assert!(with(8, "2147483649").contains("must be at most"));
        assert!(with(12, "9007199254740993").contains("must be at most"));
        assert!(with(6, "cpu").contains("field 6"));
        assert!(rule(&format!("{GOOD} 1\n")).contains("must have 18 fields, has 19"));
        assert!(rule(&(GOOD.rsplit_once(' ').unwrap().0.to_owned() + "\n")).contains("has 17"));
        assert!(rule(&GOOD[..20]).contains("truncated"));
        assert!(rule("1 10 -1 60 0 -1 -1 -1 120 -1 1 7 1 -1 3 -1 -1 -1").contains("without processors"));
    }

    #[test]
    fn decimals_are_allowed_in_the_cpu_time_only() {
        let (records, problems, _) = read_all(swf(), GOOD.replacen("4 -1 -1", "4 12.75 -1", 1), &[]);
        assert_eq!((records.len(), problems.len()), (1, 0));
    }

    #[test]
    fn all_problems_of_a_file_are_found() {
        let content = format!("1 2 3\n{GOOD}\nx {}\n", &GOOD[2..]);
        let (records, problems, _) = read_all(swf(), content, &[]);
        assert_eq!((records.len(), problems.len()), (1, 2));
    }

    #[test]
    fn records_without_run_time_can_run_for_ten_seconds() {
        let line = "1 10 -1 -1 4 -1 -1 8 300 -1 5 7 1 -1 3 -1 -1 -1\n";
        let (records, problems, _) = read_all(swf(), line, &[("missing_run_time", text("10s"))]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(records[0].truth.service(), SimDuration::from_secs(10));
        assert_eq!(records[0].job.walltime, SimDuration::from_secs(300));
        let none = "1 10 -1 -1 -1 -1 -1 -1 300 -1 5 7 1 -1 3 -1 -1 -1\n";
        let (records, problems, _) = read_all(swf(), none, &[("missing_run_time", text("10s"))]);
        assert_eq!((records.len(), problems.len()), (0, 1), "{problems:?}");
    }

    #[test]
    fn records_without_run_time_can_be_dropped() {
        let content =
            "1 10 -1 -1 4 -1 -1 8 -1 -1 5 7 1 -1 3 -1 -1 -1\n2 10 -1 5 -1 -1 -1 -1 -1 -1 5 7 1 -1 3 -1 -1 -1";
        let (records, problems, _) = read_all(swf(), content, &[("missing_run_time", text("drop"))]);
        assert_eq!((records.len(), problems.len()), (0, 0));
    }
}
