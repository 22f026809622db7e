//! Episodes: runs in which an agent outside chooses, step by step.
//!
//! An [`Episode`] drives an engine through `advance`, `decision` and `commit`, as every driver does, and asks at each
//! choice of a [`Picker`]. It is one run: of a point of a scenario, under a seed, with the fingerprint that
//! a policy with the same choices would leave.
//!
//! A step is one action: the number of a slot, or the number of slots, which waits. A job that fits starts, and time
//! stands still; one that does not fit blocks all others, and time goes on until it has started. An action that is not
//! legal (an empty slot, waiting while nothing runs) is counted as invalid and waits if that is legal, else it picks
//! slot 0: so every episode comes to its end, whatever is chosen.

mod reward;
mod setting;
mod text;

use std::borrow::Cow;
use std::sync::Arc;

use analysis::{LiveTotals, MetricValue, Scalars, Totals, TotalsHandle};
use policies::learned::{Done, Picker, length};
use sim_core::{Engine, JobId, Observer, SimDuration, SimError, Step, View};
use thiserror::Error;

pub use reward::{Cost, NamedReward, REWARDS, Reward};
pub use setting::{EpisodeOptions, Setting};

use crate::problem::Problems;
use crate::run::engine_of;
use crate::sweep::one::metrics_of;
use reward::{Paid, count_cut_off};

/// Why an episode cannot begin or go on.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum EpisodeError {
    /// Bad input: for instance a seed for which a workload has no file.
    #[error(transparent)]
    Input(#[from] Problems),
    /// The run itself failed.
    #[error(transparent)]
    Run(#[from] SimError),
}

/// What a step came to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stepped {
    /// What it was worth.
    pub reward: f64,
    /// Simulated time that it took.
    pub dt: SimDuration,
    /// The run is over and every job has ended.
    pub terminated: bool,
    /// The episode was cut off: by a limit, or because jobs are left for which nothing more can happen.
    pub truncated: bool,
}

/// What an episode came to, of all its jobs.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Digest of all events of the run, those after a cut left out.
    pub fingerprint: u128,
    /// The sums over its jobs.
    pub totals: Totals,
    /// The metrics that a run of the scenario has, where the options ask for them.
    pub metrics: Vec<MetricValue>,
}

/// One run under an agent.
pub struct Episode {
    setting: Arc<Setting>,
    seed: u64,
    start: Option<u64>,
    engine: Engine,
    picker: Picker,
    totals: TotalsHandle,
    paid: Paid,
    actions: Vec<u32>,
    invalid: u64,
    end: Option<Stepped>,
    metrics: Vec<MetricValue>,
}

impl Episode {
    /// An episode at its first choice. `start` says where its window of the trace begins, if episodes play windows;
    /// `None`: where the seed says.
    ///
    /// # Errors
    /// If there is no workload for this seed, or it is a bad one; if there is no window from `start` on.
    pub fn begin(setting: &Arc<Setting>, seed: u64, start: Option<u64>) -> Result<Self, EpisodeError> {
        setting.source.check_seeds(&[seed])?;
        let window = setting.window(seed, start)?;
        let source = window.as_ref().map_or(&setting.source, |window| &window.source);
        let mut point = Cow::Borrowed(&setting.point);
        if let Some(until) = window.as_ref().and_then(|window| window.until) {
            let limits = &mut point.to_mut().limits;
            limits.until = limits.until.min(until);
        }
        let (live, totals) = LiveTotals::new(point.measure.tau);
        let mut observers: Vec<Box<dyn Observer>> = vec![Box::new(live)];
        if setting.options.metrics {
            observers.push(Box::new(metrics_of(&point, source)));
        }
        let mut engine = engine_of(&point, &setting.policy, source, seed, observers)?;
        let mut picker = Picker::new(setting.placer(), setting.options.slots);
        engine.attach(&mut picker);
        let mut episode = Self {
            setting: Arc::clone(setting),
            seed,
            start: window.map(|window| window.start),
            engine,
            picker,
            totals,
            paid: Paid::default(),
            actions: Vec::new(),
            invalid: 0,
            end: None,
            metrics: Vec::new(),
        };
        episode.go_on()?;
        Ok(episode)
    }

    /// Takes an action. After the end it changes nothing.
    ///
    /// # Errors
    /// If the run cannot go on. The episode is of no more use then.
    pub fn step(&mut self, action: u32) -> Result<Stepped, EpisodeError> {
        if let Some(end) = self.end {
            return Ok(Stepped { reward: 0.0, dt: SimDuration::ZERO, ..end });
        }
        let before = self.engine.view().now();
        self.actions.push(action);
        self.invalid += u64::from(!self.is_legal(action));
        let done = self.picker.pick(action as usize, &mut self.engine.decision());
        if !(matches!(done, Done::Started(_)) && self.picker.is_asked()) {
            self.engine.commit();
            self.go_on()?;
        }
        if self.end.is_none() && self.setting.options.steps_max == Some(self.actions.len() as u64) {
            self.engine.commit();
            self.close(true);
        }
        let now = self.engine.view().now();
        let ends = self.end.unwrap_or(Stepped {
            reward: 0.0,
            dt: SimDuration::ZERO,
            terminated: false,
            truncated: false,
        });
        let mut totals = self.totals.lock();
        totals.advance(now);
        let reward = self.paid.step(self.setting.reward, &totals, self.end.is_some());
        // A cost of nothing is no negative zero.
        Ok(Stepped { reward: reward + 0.0, dt: now.since(before), ..ends })
    }

    /// Goes on to the next choice, or to the end.
    fn go_on(&mut self) -> Result<(), EpisodeError> {
        loop {
            match self.engine.advance()? {
                Step::Finished(summary) => {
                    self.close(summary.unfinished > 0);
                    return Ok(());
                }
                Step::Decide => self.picker.follow(&mut self.engine.decision()),
            }
            if self.picker.is_asked() {
                return Ok(());
            }
            self.engine.commit();
        }
    }

    /// The episode is over.
    fn close(&mut self, truncated: bool) {
        self.end = Some(Stepped { reward: 0.0, dt: SimDuration::ZERO, terminated: !truncated, truncated });
        let mut totals = self.totals.lock();
        totals.advance(self.engine.view().now());
        count_cut_off(self.engine.view(), self.setting.point.measure.tau, &mut totals);
        drop(totals);
        let mut scalars = Scalars::default();
        self.engine.finish(&mut scalars).expect("numbers in memory can be stored");
        self.metrics = scalars.0;
    }

    /// True if the action is legal now.
    pub fn is_legal(&self, action: u32) -> bool {
        let slots = self.setting.options.slots;
        match action as usize {
            slot if slot < slots => self.picker.job(slot).is_some(),
            slot => slot == slots && Picker::may_wait(self.engine.view()),
        }
    }

    /// Writes what the agent sees and which actions are legal: [`Episode::observed`] numbers, and one for each slot
    /// and for waiting. After the end all slots are empty and only waiting is legal, as a mask must not be empty.
    ///
    /// # Panics
    /// If the buffers have other lengths.
    pub fn observe(&mut self, seen: &mut [f32], legal: &mut [bool]) {
        if self.end.is_some() {
            let slots = self.setting.options.slots;
            assert_eq!((seen.len(), legal.len()), (length(slots), slots + 1), "buffers of other lengths");
            seen.fill(0.0);
            legal.fill(false);
            legal[slots] = true;
            return;
        }
        self.picker.observe(&mut self.engine.decision(), seen, legal);
    }

    /// Numbers in an observation.
    pub fn observed(&self) -> usize {
        length(self.setting.options.slots)
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The first job of its window, by its place in the trace as the scenario cuts it; `None` if it plays the whole.
    pub fn start(&self) -> Option<u64> {
        self.start
    }

    /// What could be known by now.
    pub fn view(&self) -> View<'_> {
        self.engine.view()
    }

    /// The job in a slot.
    pub fn job(&self, slot: usize) -> Option<JobId> {
        self.picker.job(slot)
    }

    /// Actions so far that were not legal.
    pub fn invalid(&self) -> u64 {
        self.invalid
    }

    /// All actions so far: with the seed and the start they give this episode again.
    pub fn actions(&self) -> &[u32] {
        &self.actions
    }

    /// What it came to, if it is over.
    pub fn outcome(&self) -> Option<Outcome> {
        self.end.map(|_| Outcome {
            fingerprint: self.engine.fingerprint(),
            totals: self.totals.lock().clone(),
            metrics: self.metrics.clone(),
        })
    }
}
