//! Traces: readers that turn recorded jobs into a workload, audits that say whether to trust it, and writers.
//!
//! A [`Reader`] opens a stream of [`Record`]s; [`Audit`] reads it once, finds everything that is wrong with
//! it and measures it; [`TraceWorkload`] then feeds the engine with exactly the jobs that the audit has seen.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Job, Truth, Vocabulary};

use crate::problem::{Problem, Problems};

pub mod audit;
pub mod dlrm;
mod estimated;
pub mod gpu_nodes;
pub mod native;
pub mod openb;
pub mod philly;
pub mod swf;
pub mod tiresias;
pub mod windows;
pub mod workload;
pub mod write;

#[cfg(test)]
mod fuzz;
mod node_list;
mod number;
mod options;
pub(crate) mod room;
mod source;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod training;
mod translate;

pub use audit::Audit;
pub use estimated::Estimated;
pub use windows::Windows;
pub use workload::TraceWorkload;

/// What a record did not say, or what was put in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Notes(u16);

impl Notes {
    /// Nothing was missing.
    pub const NONE: Self = Self(0);
    /// No requested time was recorded, and none was put in its place.
    pub const NO_WALLTIME: Self = Self(1);
    /// No requested time was recorded; the run time took its place.
    pub const WALLTIME_FROM_RUN_TIME: Self = Self(1 << 1);
    /// The record was never scheduled; its time until deletion was taken for its service.
    pub const NEVER_SCHEDULED: Self = Self(1 << 2);
    /// No user was recorded.
    pub const NO_USER: Self = Self(1 << 3);
    /// No queue, virtual cluster or account was recorded.
    pub const NO_TENANT: Self = Self(1 << 4);
    /// No amount of memory was recorded where one was asked for.
    pub const NO_MEMORY: Self = Self(1 << 5);
    /// More than one whole card per card was asked for; it was cut to one.
    pub const GPU_CLAMPED: Self = Self(1 << 6);
    /// Waits for an earlier job for a time after its end; that time is ignored.
    pub const THINK_TIME: Self = Self(1 << 7);
    /// It was there before the trace began, since when is not known; submitted at the trace's time 0.
    pub const BEFORE_TRACE: Self = Self(1 << 8);
    /// It was there when the trace ended; served until the last time in the trace.
    pub const AFTER_TRACE: Self = Self(1 << 9);

    /// Every note with its name in reports.
    pub const NAMED: [(Notes, &'static str); 10] = [
        (Notes::NO_WALLTIME, "no requested time"),
        (Notes::WALLTIME_FROM_RUN_TIME, "requested time taken from the run time"),
        (Notes::NEVER_SCHEDULED, "never scheduled, run until its deletion"),
        (Notes::NO_USER, "no user"),
        (Notes::NO_TENANT, "no queue or account"),
        (Notes::NO_MEMORY, "no requested memory"),
        (Notes::GPU_CLAMPED, "share of a card cut to the whole card"),
        (Notes::THINK_TIME, "think time ignored"),
        (Notes::BEFORE_TRACE, "there before the trace began, submitted at 0"),
        (Notes::AFTER_TRACE, "there when the trace ended, run until its last time"),
    ];

    /// The name of one note in reports.
    pub fn name(note: Notes) -> &'static str {
        let named = Notes::NAMED.iter().find(|(known, _)| *known == note);
        named.map(|(_, name)| *name).expect("every note is named")
    }

    /// Adds `note`.
    pub fn add(&mut self, note: Notes) {
        self.0 |= note.0;
    }

    /// True if all of `note` is in here.
    pub const fn has(self, note: Notes) -> bool {
        self.0 & note.0 == note.0
    }
}

/// One job as a trace records it.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Line of the file, or row of a table without lines, from 1.
    pub line: u64,
    /// What was declared.
    pub job: Job,
    /// What happened.
    pub truth: Truth,
    /// What was missing.
    pub notes: Notes,
}

/// What a file says of itself before its records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Header {
    /// Nodes of the machine.
    pub max_nodes: Option<u64>,
    /// Processors of the machine.
    pub max_procs: Option<u64>,
    /// Jobs in the file.
    pub max_jobs: Option<u64>,
}

/// A stream of records, in the order of the file.
pub trait Records: Send {
    /// The next record, or `None` at the end.
    ///
    /// # Errors
    /// The record's first problem. The next call goes on with the next record; a file that cannot be read on
    /// yields one problem and then `None`.
    fn next_record(&mut self, words: &mut Vocabulary) -> Option<Result<Record, Problem>>;

    /// True if submit times count from a calendar date: a workload then starts at its first job.
    fn absolute_times(&self) -> bool {
        false
    }

    /// What the file has said of itself so far.
    fn header(&self) -> Header {
        Header::default()
    }

    /// Records left out so far because a parameter asks for it, with the reason.
    fn dropped(&self) -> Option<(&'static str, u64)> {
        None
    }
}

/// A trace format.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Name, parameters, documentation and source.
    pub about: About,
    /// Opens the trace that the parameters name. Keys of [`COMMON_PARAMS`] are not looked at.
    pub open: fn(&Params) -> Result<Box<dyn Records>, Problems>,
    /// The parameter that holds the file.
    pub file_key: &'static str,
}

impl Reader {
    /// The reader of that name.
    pub fn named(name: &str) -> Option<&'static Reader> {
        READERS.iter().find(|reader| reader.about.name == name)
    }
}

/// All formats.
pub const READERS: &[Reader] = &[
    Reader { about: swf::ABOUT, open: swf::open, file_key: "path" },
    Reader { about: openb::ABOUT, open: openb::open, file_key: "pods" },
    Reader { about: philly::ABOUT, open: philly::open, file_key: "path" },
    Reader { about: dlrm::ABOUT, open: dlrm::open, file_key: "instances" },
    Reader { about: native::ABOUT, open: native::open, file_key: "path" },
    Reader { about: tiresias::ABOUT, open: tiresias::open, file_key: "path" },
];

/// Parameters that every reader takes beside its own.
pub const COMMON_PARAMS: &[Param] = &[
    Param::with_default(
        "skip",
        Kind::Int { min: 0, max: i64::MAX },
        "0",
        "leaves out the first so many jobs, after sorting and dropping; the others keep their submit times",
    ),
    Param::optional(
        "jobs",
        Kind::Int { min: 1, max: i64::MAX },
        "only the first so many jobs, after sorting, dropping and skipping",
    ),
    Param::with_default(
        "sort",
        Kind::Bool,
        "false",
        "sorts by submit time, jobs of one instant in the order of the file; if false, a submit time before \
         its predecessor's is refused",
    ),
    Param::with_default(
        "zero_duration",
        Kind::Choice(&["refuse", "drop", "run"]),
        "\"refuse\"",
        "what to do with jobs that run for no time",
    ),
    Param::with_default(
        "oversized",
        Kind::Choice(&["refuse", "drop"]),
        "\"refuse\"",
        "what to do with jobs that do not fit the cluster even when it is empty",
    ),
    Param::optional(
        "load",
        Kind::Float { min: 1e-6, max: 1e6 },
        "offered load to reach: the gaps between submit times are scaled and run times are kept; offered \
         load is demand / (capacity x (last submit - first submit))",
    ),
    Param::optional(
        "estimates",
        Kind::Plugin("estimates"),
        "requested times of the jobs for which the trace has none: drawn from their run times by this model of how \
         wrong users are, from the seed and the job's number",
    ),
    Param::with_default(
        "load_lane",
        Kind::Choice(&["dominant", "cpu", "memory", "gpu", "disk", "net", "extra1", "extra2", "extra3"]),
        "\"dominant\"",
        "the resource whose offered load `load` sets; \"dominant\" is the one with the highest",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_do_not_redefine_common_parameters() {
        for reader in READERS {
            assert_eq!(Reader::named(reader.about.name).map(|found| found.file_key), Some(reader.file_key));
            assert!(reader.about.params.iter().any(|param| param.name == reader.file_key && param.required));
            for common in COMMON_PARAMS {
                assert!(reader.about.params.iter().all(|param| param.name != common.name), "{}", common.name);
            }
        }
    }

    #[test]
    fn notes_have_one_bit_each() {
        let mut all = Notes::NONE;
        for (note, name) in Notes::NAMED {
            assert!(!all.has(note), "{name}");
            all.add(note);
        }
    }
}
