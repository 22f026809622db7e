//! Runs done elsewhere: a process that has only the text of a scenario does some of its runs, and hands them back as
//! bytes.
//!
//! The process that owns the results folder opens a [`Session`](crate::sweep::Session), cuts
//! [`missing_ids`](crate::sweep::Session::missing_ids) into batches and sends each, with
//! [`Scenario::text`](crate::scenario::Scenario), to some other process. That one calls [`run_batch`] and sends the
//! bytes back, to be given to [`accept`](crate::sweep::Session::accept). A batch that is lost is sent again; one that
//! comes twice does no harm. The assembled folder has the bytes of a local sweep.
//!
//! ```no_run
//! use scenarios::scenario::{Overrides, load};
//! use scenarios::sweep::{Session, Silent, SweepOptions};
//!
//! # fn main() -> Result<(), scenarios::problem::Problems> {
//! let scenario = load("quickstart", &Overrides::default())?;
//! let options = SweepOptions { out: "results/quickstart".into(), ..SweepOptions::default() };
//! let mut session = Session::open(&scenario, &options)?;
//! loop {
//!     let missing = session.missing_ids()?;
//!     if missing.is_empty() {
//!         break;
//!     }
//!     for ids in missing.chunks(10) {
//!         // In another process, on another machine:
//!         let packed = scenarios::batch::run_batch(&scenario.text, "quickstart", ids, options.tables, &Silent)?;
//!         session.accept(&packed)?;
//!     }
//! }
//! let swept = session.assemble()?;
//! # Ok(()) }
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use analysis::{RunKey, Tables};

use crate::problem::{Problem, Problems};
use crate::scenario::{Overrides, RunSpec, Scenario, load_text};
use crate::source::Source;
use crate::sweep::{Progress, prepare_point, run_packed};

/// A scenario made ready for batches. Traces are read when the first run of their point is done.
pub struct Worker {
    scenario: Scenario,
    file: String,
    sources: Vec<OnceLock<Result<Source, Problems>>>,
    /// The runs by id, of each seed that was asked for so far.
    runs: Mutex<BTreeMap<u64, BTreeMap<String, RunSpec>>>,
}

impl Worker {
    /// The scenario of that text; `file` is what messages call it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(text: &str, file: &str) -> Result<Self, Problems> {
        let scenario = load_text(text, file, &Overrides::default())?;
        let sources = scenario.points.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { scenario, file: file.to_owned(), sources, runs: Mutex::default() })
    }

    /// The run of that id.
    ///
    /// # Cost
    /// The ids of all runs of its seed are made when the seed is first seen: there may be very many seeds.
    fn find(&self, id: &str) -> Option<RunSpec> {
        let seed = RunKey::seed_of(id)?;
        // An entry is made in one step: the map is whole after a panic elsewhere.
        let mut known = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = known.entry(seed).or_insert_with(|| {
            let runs = self.scenario.runs_of(1).into_iter().map(|run| RunSpec { seed, ..run });
            let runs = runs.filter(|run| self.scenario.seeds.contains(&run.seed));
            runs.map(|run| (self.scenario.id(run), run)).collect()
        });
        runs.get(id).copied()
    }

    /// Does the runs of these ids, one after the other, and yields them as bytes. Failed runs come back as failures.
    /// Nothing is left on the disk. `progress` is asked whether to stop.
    ///
    /// # Errors
    /// Bad input, as far as it shows in these runs; and ids that are none of the scenario's here, as when a trace has
    /// another content than where the ids were made, or the program is of another version.
    pub fn run(&self, ids: &[String], tables: Tables, progress: &dyn Progress) -> Result<Vec<u8>, Problems> {
        let mut problems = Problems::default();
        let found = ids.iter().filter_map(|id| {
            let run = self.find(id);
            if run.is_none() {
                let rule = "is no run of this scenario here: are version and traces those of the process that \
                            asks for it?";
                problems.push(Problem::new(&self.file, "run", id, rule));
            }
            run
        });
        let runs: Vec<RunSpec> = found.collect();
        let runs = problems.or_ok(runs)?;
        let scratch = tempfile::tempdir()
            .map_err(|error| Problem::of_file("temporary folder", format!("cannot be made: {error}")))?;
        let mut packed = Vec::new();
        for run in runs {
            let source = self.sources[run.point]
                .get_or_init(|| prepare_point(&self.scenario, &self.scenario.points[run.point]));
            let source = source.as_ref().map_err(Clone::clone)?;
            run_packed(&self.scenario, source, run, tables, scratch.path(), progress, &mut packed)?;
        }
        Ok(packed)
    }
}

/// Does the runs `ids` of the scenario of that text, as [`Worker::run`] does. The worker of the text that came last is
/// kept, so that a process that gets many batches of one sweep reads its traces once.
///
/// # Errors
/// As [`Worker::new`] and [`Worker::run`].
pub fn run_batch(
    text: &str,
    file: &str,
    ids: &[String],
    tables: Tables,
    progress: &dyn Progress,
) -> Result<Vec<u8>, Problems> {
    static LAST: Mutex<Option<(String, Arc<Worker>)>> = Mutex::new(None);
    // It holds a whole worker or none, after a panic elsewhere too.
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let known = last().as_ref().filter(|(known, _)| known == text).map(|(_, worker)| Arc::clone(worker));
    let worker = match known {
        Some(worker) => worker,
        None => {
            let worker = Arc::new(Worker::new(text, file)?);
            *last() = Some((text.to_owned(), Arc::clone(&worker)));
            worker
        }
    };
    worker.run(ids, tables, progress)
}
