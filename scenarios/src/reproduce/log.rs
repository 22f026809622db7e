//! What became of each job, in the order of the starts.

use std::sync::{Arc, Mutex};

use sim_core::{Event, EventMask, Observer, ResultSink, SimDuration, SimTime, SinkError, View};

/// One job that started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Started {
    /// Its number in the trace.
    pub(super) id: u64,
    pub(super) submit: SimTime,
    pub(super) start: SimTime,
    /// [`SimTime::MAX`] until it has ended.
    pub(super) end: SimTime,
    pub(super) tasks: u32,
    /// As requested; [`SimDuration::MAX`] if nothing was.
    pub(super) walltime: SimDuration,
}

/// Notes every start, in order, and every end. Clones share what they note.
#[derive(Clone, Default)]
pub(super) struct StartLog {
    started: Arc<Mutex<Vec<Started>>>,
}

impl StartLog {
    /// What was noted.
    pub(super) fn take(&self) -> Vec<Started> {
        std::mem::take(&mut *self.started.lock().expect("nothing panics while holding it"))
    }
}

impl Observer for StartLog {
    fn mask(&self) -> EventMask {
        EventMask::STARTED.or(EventMask::ENDED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        let mut started = self.started.lock().expect("nothing panics while holding it");
        match *event {
            Event::Started { job, .. } => {
                let facts = view.job(job).facts();
                let (id, submit) = (facts.id, facts.submit);
                let (tasks, walltime) = (facts.tasks, facts.walltime);
                started.push(Started { id, submit, start: at, end: SimTime::MAX, tasks, walltime });
            }
            Event::Ended { job, .. } => {
                let id = view.job(job).facts().id;
                if let Some(row) = started.iter_mut().rev().find(|row| row.id == id) {
                    row.end = at;
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}
