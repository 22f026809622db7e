//! Episodes for Python: a row of them, stepped one by one or together, that write into the caller's NumPy arrays.

mod facts;
mod line;

use std::sync::{Arc, Mutex, MutexGuard, Weak};

use numpy::{PyArray1, PyReadonlyArray1, PyReadwriteArray1, PyReadwriteArray2, ToPyArray};
use policies::learned::{CLUSTER_FEATURES, Feature, JOB_FEATURES};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rayon::prelude::*;
use scenarios::episode::{Episode, EpisodeError, EpisodeOptions, REWARDS, Setting, Stepped};
use scenarios::scenario::Scenario;
use sim_core::SimDuration;

use crate::errors::scenario_error;
use crate::scenario::PyScenario;
use line::{Arrays, Line, Row, action_of, contiguous, observe, row};

/// Adds what the package needs of episodes to the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Episodes>()?;
    module.add_function(wrap_pyfunction!(env_features, module)?)?;
    module.add_function(wrap_pyfunction!(env_rewards, module)?)
}

/// What is observed: the cluster's features and those of each slot, as (name, low, high, documentation).
#[pyfunction]
fn env_features() -> [Vec<(&'static str, f32, f32, &'static str)>; 2] {
    let rows = |features: &[Feature]| features.iter().map(|of| (of.name, of.low, of.high, of.doc)).collect();
    [rows(CLUSTER_FEATURES), rows(JOB_FEATURES)]
}

/// The rewards that there are, as (name, documentation).
#[pyfunction]
fn env_rewards() -> Vec<(&'static str, &'static str)> {
    REWARDS.iter().map(|named| (named.name, named.doc)).collect()
}

/// Settings in use, so that environments of one process read a trace once.
static SHARED: Mutex<Vec<(String, Weak<Setting>)>> = Mutex::new(Vec::new());

fn shared_setting(scenario: &Scenario, options: EpisodeOptions) -> Result<Arc<Setting>, EpisodeError> {
    let mut shared = SHARED.lock().expect("preparing does not panic");
    shared.retain(|(_, setting)| setting.strong_count() > 0);
    let known = shared.iter().filter(|(text, _)| *text == scenario.text);
    let mut known = known.filter_map(|(_, setting)| setting.upgrade());
    if let Some(setting) = known.find(|setting| *setting.options() == options) {
        return Ok(setting);
    }
    let setting = Arc::new(Setting::prepare(scenario.clone(), options)?);
    shared.push((scenario.text.clone(), Arc::downgrade(&setting)));
    Ok(setting)
}

fn error(py: Python<'_>, error: &EpisodeError) -> PyErr {
    match error {
        EpisodeError::Input(problems) => scenario_error(py, problems),
        EpisodeError::Run(error) => PyRuntimeError::new_err(error.to_string()),
    }
}

/// A seed, the start of a window, and actions.
type History<'py> = (u64, Option<u64>, Bound<'py, PyArray1<u32>>);

/// What no step has come to yet.
const BEGINNING: Stepped =
    Stepped { reward: 0.0, dt: SimDuration::ZERO, terminated: false, truncated: false };

/// How episodes are played, as a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Options {
    point: usize,
    policy: Option<String>,
    slots: usize,
    reward: String,
    max_steps: Option<u64>,
    max_time: Option<f64>,
    window: Option<u64>,
    metrics: bool,
}

impl Options {
    fn checked(self) -> PyResult<EpisodeOptions> {
        let Self { point, policy, slots, reward, max_steps, max_time, window, metrics } = self;
        let time_max = max_time.map(|secs| {
            SimDuration::try_from_secs_f64(secs).ok_or_else(|| {
                PyValueError::new_err(format!("environment: max_time = {secs}: must be a time in seconds"))
            })
        });
        let time_max = time_max.transpose()?;
        Ok(EpisodeOptions { point, policy, slots, reward, steps_max: max_steps, time_max, window, metrics })
    }
}

/// Episodes of one setting, by number.
#[pyclass(module = "windtunnel._windtunnel", frozen)]
struct Episodes {
    setting: Arc<Setting>,
    // Episodes hold streams that are not shared between threads.
    row: Mutex<Vec<Option<Episode>>>,
    pool: Option<rayon::ThreadPool>,
}

#[pymethods]
impl Episodes {
    #[new]
    fn new(
        py: Python<'_>,
        scenario: &PyScenario,
        number: usize,
        options: Options,
        threads: usize,
    ) -> PyResult<Self> {
        let options = options.checked()?;
        let setting =
            py.detach(|| shared_setting(scenario.scenario(), options)).map_err(|found| error(py, &found))?;
        let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
        let pool = pool.transpose().map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Self { setting, row: Mutex::new((0..number).map(|_| None).collect()), pool })
    }

    /// Begins episode `index` under `seed`, on the window from `start` on if that is given, and writes the first
    /// observation.
    fn reset(
        &self,
        py: Python<'_>,
        index: usize,
        seed: u64,
        start: Option<u64>,
        mut seen: PyReadwriteArray1<'_, f32>,
        mut legal: PyReadwriteArray1<'_, bool>,
    ) -> PyResult<Row> {
        let episode = py.detach(|| Episode::begin(&self.setting, seed, start));
        let mut episode = episode.map_err(|found| error(py, &found))?;
        observe(&mut episode, &mut seen, &mut legal)?;
        let first = row(&episode, BEGINNING);
        self.row()[index] = Some(episode);
        Ok(first)
    }

    /// Begins episode `index` anew, as [`Episodes::history`] says, and repeats these actions.
    fn replay(
        &self,
        py: Python<'_>,
        index: usize,
        seed: u64,
        start: Option<u64>,
        actions: PyReadonlyArray1<'_, u32>,
    ) -> PyResult<()> {
        let actions = actions.as_slice().map_err(contiguous)?;
        let replayed = py.detach(|| {
            let mut episode = Episode::begin(&self.setting, seed, start)?;
            actions.iter().try_for_each(|&action| episode.step(action).map(drop))?;
            Ok(episode)
        });
        self.row()[index] = Some(replayed.map_err(|found| error(py, &found))?);
        Ok(())
    }

    /// Steps episode `index` and writes the observation.
    fn step(
        &self,
        py: Python<'_>,
        index: usize,
        action: i64,
        mut seen: PyReadwriteArray1<'_, f32>,
        mut legal: PyReadwriteArray1<'_, bool>,
    ) -> PyResult<Row> {
        let mut episodes = self.row();
        let episode = begun(&mut episodes, index)?;
        let stepped = episode.step(action_of(action)).map_err(|found| error(py, &found))?;
        observe(episode, &mut seen, &mut legal)?;
        Ok(row(episode, stepped))
    }

    /// Steps all episodes that are `active` and writes one line per episode into each array: observations, masks,
    /// (reward, dt, time), (terminated, truncated), (waiting, running, invalid). Lines of others are left alone.
    #[expect(clippy::too_many_arguments, reason = "one array per kind of number")]
    fn step_all(
        &self,
        py: Python<'_>,
        actions: PyReadonlyArray1<'_, i64>,
        active: PyReadonlyArray1<'_, bool>,
        seen: PyReadwriteArray2<'_, f32>,
        legal: PyReadwriteArray2<'_, bool>,
        numbers: PyReadwriteArray2<'_, f64>,
        flags: PyReadwriteArray2<'_, bool>,
        counts: PyReadwriteArray2<'_, i64>,
    ) -> PyResult<()> {
        let (actions, active) =
            (actions.as_slice().map_err(contiguous)?, active.as_slice().map_err(contiguous)?);
        let mut arrays = Arrays { seen, legal, numbers, flags, counts };
        let mut episodes = self.row();
        let mut lines = arrays.lines(&mut episodes, self.setting.options().slots, actions, active)?;
        let stepped = py.detach(|| match &self.pool {
            Some(pool) => pool.install(|| lines.par_iter_mut().try_for_each(Line::step)),
            None => lines.iter_mut().try_for_each(Line::step),
        });
        stepped.map_err(|found| found.map_or_else(not_begun, |found| error(py, &found)))
    }

    /// The seed of episode `index`, the start of its window, and all actions.
    fn history<'py>(&self, py: Python<'py>, index: usize) -> PyResult<History<'py>> {
        let mut episodes = self.row();
        let episode = begun(&mut episodes, index)?;
        Ok((episode.seed(), episode.start(), episode.actions().to_pyarray(py)))
    }

    /// What episode `index` came to; `None` while it goes on.
    fn outcome<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Option<Bound<'py, PyDict>>> {
        let mut episodes = self.row();
        let episode = begun(&mut episodes, index)?;
        episode.outcome().map(|outcome| facts::outcome(py, episode, outcome)).transpose()
    }

    /// The jobs in the slots of episode `index`, as declared, for heuristics; times in seconds.
    fn jobs<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyList>> {
        facts::jobs(py, begun(&mut self.row(), index)?)
    }

    /// Episode `index` as text.
    fn text(&self, index: usize) -> PyResult<String> {
        Ok(begun(&mut self.row(), index)?.text())
    }

    /// Numbers in an observation.
    #[getter]
    fn width(&self) -> usize {
        policies::learned::length(self.setting.options().slots)
    }

    /// The policy of the scenario whose placer and predictor serve the agent.
    #[getter]
    fn policy(&self) -> &str {
        self.setting.policy()
    }

    /// What estimates are made of: `declared`, `online`, `oracle` or `noisy-oracle`.
    #[getter]
    fn information(&self) -> &'static str {
        self.setting.information()
    }
}

impl Episodes {
    fn row(&self) -> MutexGuard<'_, Vec<Option<Episode>>> {
        self.row.lock().expect("a step that panics ends the use of its environment")
    }
}

fn not_begun() -> PyErr {
    PyRuntimeError::new_err("reset() must be called before step() and its like")
}

fn begun(episodes: &mut [Option<Episode>], index: usize) -> PyResult<&mut Episode> {
    episodes.get_mut(index).and_then(Option::as_mut).ok_or_else(not_begun)
}
