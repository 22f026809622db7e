//! What is told of an episode as dicts: how it ended, and the jobs that wait.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use scenarios::episode::{Episode, Outcome};
use sim_core::{SimDuration, SimTime};

/// What an episode came to; times in seconds.
pub(super) fn outcome<'py>(
    py: Python<'py>,
    episode: &Episode,
    outcome: Outcome,
) -> PyResult<Bound<'py, PyDict>> {
    let (totals, dict) = (outcome.totals, PyDict::new(py));
    let jobs = totals.submitted.max(1) as f64;
    dict.set_item("fingerprint", format!("{:032x}", outcome.fingerprint))?;
    dict.set_item("seed", episode.seed())?;
    if let Some(start) = episode.start() {
        dict.set_item("start", start)?;
    }
    dict.set_item("jobs", totals.submitted)?;
    dict.set_item("unfinished", totals.submitted - totals.ended)?;
    dict.set_item("jct_mean", totals.in_system_ns as f64 / 1e9 / jobs)?;
    dict.set_item("wait_mean", totals.waiting_ns as f64 / 1e9 / jobs)?;
    dict.set_item("bounded_slowdown_mean", totals.bounded_slowdown / jobs)?;
    if !outcome.metrics.is_empty() {
        let metrics = PyDict::new(py);
        outcome.metrics.iter().try_for_each(|metric| metrics.set_item(&*metric.name, metric.value))?;
        dict.set_item("metrics", metrics)?;
    }
    Ok(dict)
}

/// The jobs in the slots, as declared; times in seconds.
pub(super) fn jobs<'py>(py: Python<'py>, episode: &Episode) -> PyResult<Bound<'py, PyList>> {
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
