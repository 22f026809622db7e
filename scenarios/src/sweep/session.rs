//! One session with a results folder: which runs are missing, and the folder put together when none is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use analysis::{Accepted, FailedRun, ResultStore, Resume, RunPlan, ScenarioStamp, Tables, in_shard};

use super::replicate::{self, Replicated};
use super::{SweepOptions, Swept, store_problem};
use crate::problem::{Problem, Problems};
use crate::scenario::{EnoughSeeds, RunSpec, Scenario, fnv1a};

/// A sweep under way. Whoever holds it does the missing runs, here ([`sweep`](super::sweep) does that) or in other
/// processes ([`batch`](crate::batch)), until none is missing, and then assembles.
pub struct Session<'a> {
    scenario: Cow<'a, Scenario>,
    store: ResultStore,
    shard: Option<(usize, usize)>,
    /// Seeds that are asked for so far.
    seeds: usize,
    /// The runs of these seeds with their ids, of this shard if there are shards.
    runs: Vec<(RunSpec, String)>,
    /// Runs that failed in this session, by id: they are not tried again before the next one.
    failed: BTreeMap<String, FailedRun>,
    /// Runs that are asked for and were finished when the session began.
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
    /// If it cannot be used: see [`ResultStore::open`]. If a scenario whose results decide how many seeds there are is
    /// to be cut into shards.
    pub fn open(scenario: &'a Scenario, options: &SweepOptions) -> Result<Self, Problems> {
        Self::of(Cow::Borrowed(scenario), options)
    }

    fn of(scenario: Cow<'a, Scenario>, options: &SweepOptions) -> Result<Self, Problems> {
        if let (Some((index, of)), Some(_)) = (options.shard, &scenario.replication) {
            return Err(no_shards(index, of).into());
        }
        let resume = if options.resume { Resume::Yes } else { Resume::No };
        let stamp = stamp(&scenario, options.tables);
        let store = ResultStore::open(&options.out, stamp, resume).map_err(|error| store_problem(&error))?;
        let first = scenario.replication.as_ref().and_then(|enough| enough.rule.next(0));
        let seeds = first.unwrap_or(scenario.seeds.len());
        let mut session = Self {
            scenario,
            store,
            shard: options.shard,
            seeds: 0,
            runs: Vec::new(),
            failed: BTreeMap::new(),
            resumed: 0,
        };
        session.ask_for(seeds)?;
        Ok(session)
    }

    /// Asks for the runs of so many seeds, and notes which of them are there.
    fn ask_for(&mut self, seeds: usize) -> Result<(), Problems> {
        let before: BTreeSet<String> = self.runs.iter().map(|(_, id)| id.clone()).collect();
        self.seeds = seeds;
        let runs = self.scenario.runs_of(seeds).into_iter().map(|run| (run, self.scenario.id(run)));
        let all: Vec<(RunSpec, String)> = runs.collect();
        if self.scenario.replication.is_none() {
            let ids = all.iter().map(|(_, id)| id.clone()).collect();
            let plan = RunPlan { runs: ids, shards: self.shard.map(|(_, of)| of) };
            self.store.plan(&plan).map_err(|error| store_problem(&error))?;
        }
        let is_here = |n: usize| self.shard.is_none_or(|(index, of)| in_shard(n, index, of));
        self.runs = all.into_iter().enumerate().filter(|(n, _)| is_here(*n)).map(|(_, run)| run).collect();
        let new: Vec<String> =
            self.runs.iter().map(|(_, id)| id).filter(|id| !before.contains(*id)).cloned().collect();
        self.resumed += new.len() - self.store.missing(&new).len();
        Ok(())
    }

    /// The folder.
    pub fn store(&self) -> &ResultStore {
        &self.store
    }

    /// How many runs are asked for so far.
    pub fn asked(&self) -> usize {
        self.runs.len()
    }

    /// Runs that are neither finished nor have failed in this session, in the order of the scenario. When all seeds so
    /// far are done and are not enough, these are the runs of the next ones: ask until there is none.
    ///
    /// # Errors
    /// If the folder cannot be read. If no finished run has the metric that decides how many seeds there are.
    pub fn missing(&mut self) -> Result<Vec<RunSpec>, Problems> {
        loop {
            let ids: Vec<String> = self.runs.iter().map(|(_, id)| id.clone()).collect();
            let missing: BTreeSet<String> = self.store.missing(&ids).into_iter().collect();
            let is_missing = |id: &String| missing.contains(id) && !self.failed.contains_key(id);
            let found: Vec<RunSpec> =
                self.runs.iter().filter(|(_, id)| is_missing(id)).map(|(run, _)| *run).collect();
            if !found.is_empty() {
                return Ok(found);
            }
            let Some(enough) = &self.scenario.replication else { return Ok(found) };
            let values = self.values(enough)?;
            self.check_metric(enough, &values)?;
            let is_met = replicate::judge(&self.scenario, enough, self.seeds, &values).is_met();
            match enough.rule.next(self.seeds) {
                Some(next) if !is_met => self.ask_for(next)?,
                _ => return Ok(found),
            }
        }
    }

    /// The ids of [`Session::missing`], for executors: `[]` when it is time to assemble. Ask again after each round.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn missing_ids(&mut self) -> Result<Vec<String>, Problems> {
        Ok(self.missing()?.into_iter().map(|run| self.scenario.id(run)).collect())
    }

    /// What the seeds so far have come to, if results decide how many there are.
    fn replicated(&self) -> Result<Option<Replicated>, Problems> {
        let Some(enough) = &self.scenario.replication else { return Ok(None) };
        Ok(Some(replicate::judge(&self.scenario, enough, self.seeds, &self.values(enough)?)))
    }

    /// The values of the metric that is looked at, by id of the run.
    fn values(&self, enough: &EnoughSeeds) -> Result<BTreeMap<String, f64>, Problems> {
        self.store.values(&enough.metric).map_err(|error| store_problem(&error).into())
    }

    /// Refuses a metric that none of the finished runs has: no number of seeds would be enough.
    fn check_metric(&self, enough: &EnoughSeeds, values: &BTreeMap<String, f64>) -> Result<(), Problem> {
        let mut finished =
            self.runs.iter().map(|(_, id)| id).filter(|id| !self.failed.contains_key(*id)).peekable();
        if finished.peek().is_none() || finished.any(|id| values.contains_key(id)) {
            return Ok(());
        }
        let rule = format!(
            "no run of the first {} seeds has this metric: is its lane or its tenant one of the scenario's? (finished \
             runs are kept)",
            self.seeds
        );
        Err(Problem::new(&self.scenario.name, "sweep.seeds.metric", &enough.metric, rule))
    }

    /// Says that a run of this session failed.
    pub fn failed(&mut self, run: RunSpec, message: String) {
        let id = self.scenario.id(run);
        self.failed.insert(id.clone(), FailedRun { id, message });
    }

    /// Takes what [`batch::Worker::run`](crate::batch::Worker::run) made, in whatever process: the finished runs are
    /// safe in the folder then.
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
        let replicated = self.replicated()?;
        let order: Vec<String> =
            self.scenario.runs_of(self.seeds).into_iter().map(|run| self.scenario.id(run)).collect();
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
            replicated,
        })
    }
}

/// Why a sweep whose results decide how many seeds there are has no shards; `index` counts from 0.
pub fn no_shards(index: usize, of: usize) -> Problem {
    let rule = "does not go with `sweep.seeds.until`: whether there are enough seeds shows in the results of all \
                shards; give a number of seeds";
    Problem::new("--shard", "", format!("{}/{of}", index + 1), rule)
}

/// Everything that decides the bytes of the results.
fn stamp(scenario: &Scenario, tables: Tables) -> ScenarioStamp {
    let version = env!("CARGO_PKG_VERSION");
    let mut decides = format!("{}\n{version}\n{tables:?}", scenario.text);
    // What decides a run besides its seed; the seeds stand in the text.
    for run in scenario.runs_of(1) {
        decides += &format!("\n{:016x}", scenario.content(run));
    }
    let hash = format!("{:016x}", fnv1a(decides.as_bytes()));
    // The question is a comment, which the text as meant has no place for; reports ask it.
    let question = scenario.question.replace('\n', " ");
    let opening = if question.is_empty() { String::new() } else { format!("# Question: {question}\n") };
    ScenarioStamp { name: scenario.name.clone(), text: format!("{opening}{}", scenario.text), hash, tables }
}
