//! What steps write: a line for each episode in arrays of the caller.

use numpy::{PyReadwriteArray1, PyReadwriteArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use scenarios::episode::{Episode, EpisodeError, Stepped};

/// What a step came to: reward, terminated, truncated, dt [s], time [s], waiting jobs, running executions, and actions
/// so far that were not legal.
pub(super) type Row = (f64, bool, bool, f64, f64, usize, usize, u64);

pub(super) fn row(episode: &Episode, stepped: Stepped) -> Row {
    let view = episode.view();
    let time = view.now().as_secs_f64();
    let Stepped { reward, dt, terminated, truncated } = stepped;
    let (waiting, running) = (view.waiting_len(), view.running_len());
    (reward, terminated, truncated, dt.as_secs_f64(), time, waiting, running, episode.invalid())
}

/// The action that no slot has: what a number outside the action space counts as.
const NONE: u32 = u32::MAX;

pub(super) fn action_of(action: i64) -> u32 {
    u32::try_from(action).unwrap_or(NONE)
}

pub(super) fn contiguous<E>(_: E) -> PyErr {
    PyValueError::new_err("the arrays must be contiguous")
}

/// Writes what the agent of one episode sees, and which of its actions are legal.
pub(super) fn observe(
    episode: &mut Episode,
    seen: &mut PyReadwriteArray1<'_, f32>,
    legal: &mut PyReadwriteArray1<'_, bool>,
) -> PyResult<()> {
    episode.observe(seen.as_slice_mut().map_err(contiguous)?, legal.as_slice_mut().map_err(contiguous)?);
    Ok(())
}

/// Arrays of the caller with a line for each episode: observations, masks, (reward, dt, time), (terminated, truncated),
/// (waiting, running, invalid).
pub(super) struct Arrays<'py> {
    pub(super) seen: PyReadwriteArray2<'py, f32>,
    pub(super) legal: PyReadwriteArray2<'py, bool>,
    pub(super) numbers: PyReadwriteArray2<'py, f64>,
    pub(super) flags: PyReadwriteArray2<'py, bool>,
    pub(super) counts: PyReadwriteArray2<'py, i64>,
}

impl Arrays<'_> {
    /// The lines of the episodes that are active, with their actions.
    ///
    /// # Errors
    /// If an array has another size than the episodes need.
    pub(super) fn lines<'a>(
        &'a mut self,
        episodes: &'a mut [Option<Episode>],
        slots: usize,
        actions: &[i64],
        active: &[bool],
    ) -> PyResult<Vec<Line<'a>>> {
        let seen = self.seen.as_slice_mut().map_err(contiguous)?;
        let legal = self.legal.as_slice_mut().map_err(contiguous)?;
        let numbers = self.numbers.as_slice_mut().map_err(contiguous)?;
        let flags = self.flags.as_slice_mut().map_err(contiguous)?;
        let counts = self.counts.as_slice_mut().map_err(contiguous)?;
        let (n, width) = (episodes.len(), policies::learned::length(slots));
        let lengths =
            [actions.len(), active.len(), seen.len(), legal.len(), numbers.len(), flags.len(), counts.len()];
        if lengths != [n, n, n * width, n * (slots + 1), n * 3, n * 2, n * 3] {
            return Err(PyValueError::new_err(format!(
                "arrays for {n} episodes have other sizes: {lengths:?}"
            )));
        }
        let lines = episodes
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
            });
        Ok(lines.collect())
    }
}

/// One episode with its action, and its line of each array.
pub(super) struct Line<'a> {
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
    pub(super) fn step(&mut self) -> Result<(), Option<EpisodeError>> {
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
