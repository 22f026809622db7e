//! One session with a results folder: which runs are missing, and the folder put together when none is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use analysis::{Accepted, FailedRun, ResultStore, Resume, ScenarioStamp, Tables};

use super::{SweepOptions, Swept, store_problem};
use crate::problem::Problems;
use crate::scenario::{RunSpec, Scenario, fnv1a};

/// A sweep under way. Whoever holds it does the missing runs, here ([`sweep`](super::sweep) does that) or in other
/// processes ([`batch`](crate::batch)), until none is missing, and then assembles.
pub struct Session<'a> {
    scenario: Cow<'a, Scenario>,
    store: ResultStore,
    shard: Option<(usize, usize)>,
    /// Runs that failed in this session, by id: they are not tried again before the next one.
    failed: BTreeMap<String, FailedRun>,
    /// Runs that were finished when the session began.
    resumed: usize,
}

impl Session<'static> {
    /// Opens the folder for a scenario that the session keeps.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn owned(scenario: Scenario, options: &SweepOptions) -> Result<Self, Problems> {
        Self::of(Cow::Owned(scenario), options)
    }
}

impl<'a> Session<'a> {
    /// Opens the folder for the scenario.
    ///
    /// # Errors
    /// If it cannot be used: see [`ResultStore::open`].
    pub fn open(scenario: &'a Scenario, options: &SweepOptions) -> Result<Self, Problems> {
        Self::of(Cow::Borrowed(scenario), options)
    }

    fn of(scenario: Cow<'a, Scenario>, options: &SweepOptions) -> Result<Self, Problems> {
        let resume = if options.resume { Resume::Yes } else { Resume::No };
        let store = ResultStore::open(&options.out, stamp(&scenario, options.tables), resume)
            .map_err(|error| store_problem(&error))?;
        let shard = options.shard;
        let mut session = Self { scenario, store, shard, failed: BTreeMap::new(), resumed: 0 };
        session.resumed = session.asked() - session.missing()?.len();
        Ok(session)
    }

    /// The folder.
    pub fn store(&self) -> &ResultStore {
        &self.store
    }

    /// The runs that are asked for, of this shard if there are shards.
    fn runs(&self) -> Vec<RunSpec> {
        let runs = self.scenario.runs();
        match self.shard {
            None => runs,
            Some((index, of)) => runs.into_iter().skip(index).step_by(of).collect(),
        }
    }

    /// How many runs are asked for so far.
    pub fn asked(&self) -> usize {
        self.runs().len()
    }

    /// Runs that are neither finished nor have failed in this session, in the order of the scenario.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn missing(&mut self) -> Result<Vec<RunSpec>, Problems> {
        let runs = self.runs();
        let ids: Vec<String> = runs.iter().map(|&run| self.scenario.id(run)).collect();
        let missing: std::collections::BTreeSet<String> = self.store.missing(&ids).into_iter().collect();
        let is_missing = |id: &String| missing.contains(id) && !self.failed.contains_key(id);
        Ok(runs.into_iter().zip(&ids).filter(|(_, id)| is_missing(id)).map(|(run, _)| run).collect())
    }

    /// The ids of [`Session::missing`], for executors: `[]` when it is time to assemble. Ask again after each round.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn missing_ids(&mut self) -> Result<Vec<String>, Problems> {
        Ok(self.missing()?.into_iter().map(|run| self.scenario.id(run)).collect())
    }

    /// Says that a run of this session failed.
    pub fn failed(&mut self, run: RunSpec, message: String) {
        let id = self.scenario.id(run);
        self.failed.insert(id.clone(), FailedRun { id, message });
    }

    /// Takes what [`batch::Worker::run`](crate::batch::Worker::run) made, in whatever process: the finished runs are safe
    /// in the folder then.
    ///
    /// # Errors
    /// If the bytes are not whole, or the folder cannot be written to.
    pub fn accept(&mut self, packed: &[u8]) -> Result<Accepted, Problems> {
        let accepted = self.store.accept(packed).map_err(|error| store_problem(&error))?;
        self.failed.extend(accepted.failed.iter().map(|run| (run.id.clone(), run.clone())));
        Ok(accepted)
    }

    /// Says that a run was lost with whoever did it: it failed.
    pub fn lost(&mut self, id: String, message: String) {
        self.failed.insert(id.clone(), FailedRun { id, message });
    }

    /// Puts the folder together out of what is finished.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn assemble(self) -> Result<Swept, Problems> {
        let order: Vec<String> = self.scenario.runs().into_iter().map(|run| self.scenario.id(run)).collect();
        let failed: Vec<FailedRun> = order.iter().filter_map(|id| self.failed.get(id).cloned()).collect();
        let commit = option_env!("WINDTUNNEL_COMMIT");
        let assembled =
            self.store.assemble(&order, &failed, commit).map_err(|error| store_problem(&error))?;
        Ok(Swept {
            dir: self.store.dir().to_owned(),
            runs: assembled.runs,
            failed,
            resumed: self.resumed,
            unasked: assembled.unasked,
        })
    }
}

/// Everything that decides the bytes of the results.
fn stamp(scenario: &Scenario, tables: Tables) -> ScenarioStamp {
    let version = env!("CARGO_PKG_VERSION");
    let mut decides = format!("{}\n{version}\n{tables:?}", scenario.text);
    for run in scenario.runs() {
        decides += &format!("\n{:016x}", scenario.content(run));
    }
    let hash = format!("{:016x}", fnv1a(decides.as_bytes()));
    // The question is a comment, which the text as meant has no place for; reports ask it.
    let question = scenario.question.replace('\n', " ");
    let opening = if question.is_empty() { String::new() } else { format!("# Question: {question}\n") };
    ScenarioStamp { name: scenario.name.clone(), text: format!("{opening}{}", scenario.text), hash, tables }
}
