//! Episodes for Python: a row of them, stepped one by one or together, that write into the caller's NumPy arrays.

use std::sync::{Arc, Mutex, MutexGuard, Weak};

use numpy::{PyArray1, PyReadonlyArray1, PyReadwriteArray1, PyReadwriteArray2, ToPyArray};
use policies::learned::{CLUSTER_FEATURES, Feature, JOB_FEATURES};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rayon::prelude::*;
use scenarios::episode::{Episode, EpisodeError, EpisodeOptions, REWARDS, Setting, Stepped};
use scenarios::scenario::Scenario;
use sim_core::{SimDuration, SimTime};

use crate::errors::scenario_error;
use crate::scenario::PyScenario;

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

fn contiguous<E>(_: E) -> PyErr {
    PyValueError::new_err("the arrays must be contiguous")
}

/// The action that no slot has: what a number outside the action space counts as.
const NONE: u32 = u32::MAX;

fn action_of(action: i64) -> u32 {
    u32::try_from(action).unwrap_or(NONE)
}

/// What a step came to: reward, terminated, truncated, dt [s], time [s], waiting jobs, running executions, and actions
/// so far that were not legal.
type Row = (f64, bool, bool, f64, f64, usize, usize, u64);

fn row(episode: &Episode, stepped: Stepped) -> Row {
    let view = episode.view();
    let time = view.now().as_secs_f64();
    let Stepped { reward, dt, terminated, truncated } = stepped;
    let (waiting, running) = (view.waiting_len(), view.running_len());
    (reward, terminated, truncated, dt.as_secs_f64(), time, waiting, running, episode.invalid())
}

const BEGINNING: Stepped =
    Stepped { reward: 0.0, dt: SimDuration::ZERO, terminated: false, truncated: false };

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
    #[pyo3(signature = (
        scenario, number, *, point, policy, slots, reward, max_steps, max_time, metrics, threads
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are named where they are given")]
    fn new(
        py: Python<'_>,
        scenario: &PyScenario,
        number: usize,
        point: usize,
        policy: Option<String>,
        slots: usize,
        reward: String,
        max_steps: Option<u64>,
        max_time: Option<f64>,
        metrics: bool,
        threads: usize,
    ) -> PyResult<Self> {
        let time_max = max_time.map(|secs| {
            SimDuration::try_from_secs_f64(secs).ok_or_else(|| {
                PyValueError::new_err(format!("environment: max_time = {secs}: must be a time in seconds"))
            })
        });
        let options = EpisodeOptions {
            point,
            policy,
            slots,
            reward,
            steps_max: max_steps,
            time_max: time_max.transpose()?,
            metrics,
        };
        let setting =
            py.detach(|| shared_setting(scenario.scenario(), options)).map_err(|found| error(py, &found))?;
        let pool = (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
        let pool = pool.transpose().map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        Ok(Self { setting, row: Mutex::new((0..number).map(|_| None).collect()), pool })
    }

    /// Begins episode `index` under `seed` and writes the first observation.
    fn reset(
        &self,
        py: Python<'_>,
        index: usize,
        seed: u64,
        mut seen: PyReadwriteArray1<'_, f32>,
        mut legal: PyReadwriteArray1<'_, bool>,
    ) -> PyResult<Row> {
        let mut episode =
            py.detach(|| Episode::begin(&self.setting, seed)).map_err(|found| error(py, &found))?;
        episode.observe(seen.as_slice_mut().map_err(contiguous)?, legal.as_slice_mut().map_err(contiguous)?);
        let first = row(&episode, BEGINNING);
        self.row()[index] = Some(episode);
        Ok(first)
    }

    /// Begins episode `index` anew under `seed` and repeats these actions.
    fn replay(
        &self,
        py: Python<'_>,
        index: usize,
        seed: u64,
        actions: PyReadonlyArray1<'_, u32>,
    ) -> PyResult<()> {
        let actions = actions.as_slice().map_err(contiguous)?;
        let replayed = py.detach(|| {
            let mut episode = Episode::begin(&self.setting, seed)?;
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
        episode.observe(seen.as_slice_mut().map_err(contiguous)?, legal.as_slice_mut().map_err(contiguous)?);
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
        mut seen: PyReadwriteArray2<'_, f32>,
        mut legal: PyReadwriteArray2<'_, bool>,
        mut numbers: PyReadwriteArray2<'_, f64>,
        mut flags: PyReadwriteArray2<'_, bool>,
        mut counts: PyReadwriteArray2<'_, i64>,
    ) -> PyResult<()> {
        let slots = self.setting.options().slots;
        let (actions, active) =
            (actions.as_slice().map_err(contiguous)?, active.as_slice().map_err(contiguous)?);
        let (seen, legal) =
            (seen.as_slice_mut().map_err(contiguous)?, legal.as_slice_mut().map_err(contiguous)?);
        let numbers = numbers.as_slice_mut().map_err(contiguous)?;
        let flags = flags.as_slice_mut().map_err(contiguous)?;
        let counts = counts.as_slice_mut().map_err(contiguous)?;
        let mut episodes = self.row();
        let n = episodes.len();
        let width = policies::learned::length(slots);
        let lengths =
            [actions.len(), active.len(), seen.len(), legal.len(), numbers.len(), flags.len(), counts.len()];
        if lengths != [n, n, n * width, n * (slots + 1), n * 3, n * 2, n * 3] {
            return Err(PyValueError::new_err(format!(
                "arrays for {n} episodes have other sizes: {lengths:?}"
            )));
        }
        let mut lines: Vec<Line<'_>> = episodes
            .iter_mut()
            .zip(actions.iter().zip(active))
            .zip(seen.chunks_exact_mut(width).zip(legal.chunks_exact_mut(slots + 1)))
            .zip(numbers.chunks_exact_mut(3).zip(flags.chunks_exact_mut(2)).zip(counts.chunks_exact_mut(3)))
            .filter(|(((_, (_, active)), _), _)| **active)
            .map(|(((episode, (&action, _)), (seen, legal)), ((numbers, flags), counts))| Line {
                episode: episode.as_mut(),
                action: action_of(action),
                seen,
                legal,
                numbers,
                flags,
                counts,
            })
            .collect();
        let stepped = py.detach(|| match &self.pool {
            Some(pool) => pool.install(|| lines.par_iter_mut().try_for_each(Line::step)),
            None => lines.iter_mut().try_for_each(Line::step),
        });
        stepped.map_err(|found| found.map_or_else(not_begun, |found| error(py, &found)))
    }

    /// Writes the observation and the mask of episode `index` as it stands.
    fn observe(
        &self,
        index: usize,
        mut seen: PyReadwriteArray1<'_, f32>,
        mut legal: PyReadwriteArray1<'_, bool>,
    ) -> PyResult<()> {
        let mut episodes = self.row();
        let episode = begun(&mut episodes, index)?;
        episode.observe(seen.as_slice_mut().map_err(contiguous)?, legal.as_slice_mut().map_err(contiguous)?);
        Ok(())
    }

    /// The seed and all actions of episode `index`.
    fn history<'py>(&self, py: Python<'py>, index: usize) -> PyResult<(u64, Bound<'py, PyArray1<u32>>)> {
        let mut episodes = self.row();
        let episode = begun(&mut episodes, index)?;
        Ok((episode.seed(), episode.actions().to_pyarray(py)))
    }

    /// What episode `index` came to; `None` while it goes on.
    fn outcome<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Option<Bound<'py, PyDict>>> {
        let mut episodes = self.row();
        let episode = begun(&mut episodes, index)?;
        let Some(outcome) = episode.outcome() else { return Ok(None) };
        let (totals, dict) = (outcome.totals, PyDict::new(py));
        let jobs = totals.submitted.max(1) as f64;
        dict.set_item("fingerprint", format!("{:032x}", outcome.fingerprint))?;
        dict.set_item("seed", episode.seed())?;
        dict.set_item("jobs", totals.submitted)?;
        dict.set_item("unfinished", totals.submitted - totals.ended)?;
        dict.set_item("jct_mean", totals.in_system_ns as f64 / 1e9 / jobs)?;
        dict.set_item("wait_mean", totals.waiting_ns as f64 / 1e9 / jobs)?;
        dict.set_item("bounded_slowdown_mean", totals.bounded_slowdown / jobs)?;
        if self.setting.options().metrics {
            let metrics = PyDict::new(py);
            outcome.metrics.iter().try_for_each(|metric| metrics.set_item(&*metric.name, metric.value))?;
            dict.set_item("metrics", metrics)?;
        }
        Ok(Some(dict))
    }

    /// The jobs in the slots of episode `index`, as declared, for heuristics; times in seconds.
    fn jobs<'py>(&self, py: Python<'py>, index: usize) -> PyResult<Bound<'py, PyList>> {
        let mut episodes = self.row();
        let episode = begun(&mut episodes, index)?;
        let (view, list) = (episode.view(), PyList::empty(py));
        let known = |span: SimDuration| (span != SimDuration::MAX).then(|| span.as_secs_f64());
        for job in (0..).map_while(|slot| episode.job(slot)) {
            let (row, dict) = (view.job(job), PyDict::new(py));
            let facts = row.facts();
            dict.set_item("id", facts.id)?;
            dict.set_item("submit", facts.submit.since(SimTime::ZERO).as_secs_f64())?;
            dict.set_item("tasks", row.unstarted())?;
            dict.set_item("requested", facts.requested().and_then(known))?;
            dict.set_item("estimate", known(row.estimate().p50))?;
            dict.set_item("priority", facts.priority)?;
            dict.set_item("user", facts.user.0)?;
            dict.set_item("tenant", facts.tenant.0)?;
            let need = view.shape(job).need();
            for lane in sim_core::Lane::ALL.into_iter().filter(|&lane| need.get(lane) > 0) {
                dict.set_item(format!("{}_{}", lane.name(), lane.unit().to_lowercase()), need.get(lane))?;
            }
            list.append(dict)?;
        }
        Ok(list)
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

/// One episode of a row, with its lines of the arrays.
struct Line<'a> {
    episode: Option<&'a mut Episode>,
    action: u32,
    seen: &'a mut [f32],
    legal: &'a mut [bool],
    numbers: &'a mut [f64],
    flags: &'a mut [bool],
    counts: &'a mut [i64],
}

impl Line<'_> {
    /// Steps the episode; `None` as an error says that it was not begun.
    fn step(&mut self) -> Result<(), Option<EpisodeError>> {
        let episode = self.episode.as_deref_mut().ok_or(None)?;
        let stepped = episode.step(self.action).map_err(Some)?;
        episode.observe(self.seen, self.legal);
        let (reward, terminated, truncated, dt, time, waiting, running, invalid) = row(episode, stepped);
        self.numbers.copy_from_slice(&[reward, dt, time]);
        self.flags.copy_from_slice(&[terminated, truncated]);
        self.counts.copy_from_slice(&[waiting as i64, running as i64, invalid as i64]);
        Ok(())
    }
}
