//! Observers: read-only listeners that turn events into results.

use thiserror::Error;

use crate::action::Action;
use crate::decision::Note;
use crate::event::{Event, EventMask};
use crate::time::SimTime;
use crate::view::View;

/// Which values of a metric are the good ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Better {
    /// Small ones.
    Lower,
    /// Large ones.
    Higher,
    /// Neither: it describes.
    Neither,
}

/// A metric, declared once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metric {
    /// Its name; a name that ends in `_` is completed by a lane, tenant or class.
    pub name: &'static str,
    /// Its unit; `1` for ratios.
    pub unit: &'static str,
    /// Which values are the good ones.
    pub better: Better,
    /// What it measures, exactly.
    pub doc: &'static str,
    /// Who defined it.
    pub source: &'static str,
}

/// Results could not be stored.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{place}: {reason}")]
pub struct SinkError {
    /// The file.
    pub place: String,
    /// What went wrong.
    pub reason: String,
}

/// Where observers put their results.
pub trait ResultSink {
    /// One number. `label` completes the metric's name, and is empty for metrics with a whole name.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn scalar(&mut self, metric: &'static Metric, label: &str, value: f64) -> Result<(), SinkError>;
}

/// A read-only listener. Sees every event of its mask, in order, with the state just after it.
pub trait Observer: Send {
    /// The events it wants.
    fn mask(&self) -> EventMask {
        EventMask::ALL
    }

    /// Something has happened.
    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>);

    /// True if it wants to see decisions: recording them costs time.
    fn wants_decisions(&self) -> bool {
        false
    }

    /// A decision was committed: its actions in order, and what the policy noted.
    fn on_decision(&mut self, _at: SimTime, _actions: &[Action], _notes: &[Note], _view: View<'_>) {}

    /// The run is over: hands its results over.
    ///
    /// # Errors
    /// If results could not be stored, now or before.
    fn finish(&mut self, at: SimTime, view: View<'_>, out: &mut dyn ResultSink) -> Result<(), SinkError>;

    /// An independent observer in the same state, or `None` if it cannot follow into a forked run (it writes a file).
    fn fork(&self) -> Option<Box<dyn Observer>>;
}
