//! The log of decisions: one line of JSON for each, with what was done and why.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sim_core::{
    Action, Event, EventMask, JobId, Note, Observer, Preempt, ResultSink, SimTime, SinkError, Slot, View,
};

use crate::parquet_file::failed;

/// Writes `{"t_ns", "queued": [..], "actions": [..], "notes": [..]}` per decision that did or noted
/// something or saw a job enter the queue, for `explain`.
///
/// Jobs go by their number in the trace (`facts.id`), nodes by their index. An action is `{"do": "start",
/// "job", "nodes"}` with `"cards"` (lists of card numbers per node) where it uses any, and likewise for the
/// others; a note is `{"why": "no_room" | "behind" | "chosen" | "part" | "victim", ..}`.
///
/// # Order
/// That of the decisions; actions and notes in the order in which the policy made them.
pub struct DecisionLog {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    /// Trace numbers of jobs that ended since the last decision: their records are gone when it is told.
    ended: Vec<(JobId, u64)>,
    /// Trace numbers of jobs that entered the queue since the last decision.
    queued: Vec<u64>,
    error: Option<SinkError>,
}

impl DecisionLog {
    /// A log in a new file at `path`.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(path: &Path) -> Result<Self, SinkError> {
        let file = File::create(path).map_err(|error| failed(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file: Some(BufWriter::new(file)),
            ended: Vec::new(),
            queued: Vec::new(),
            error: None,
        })
    }

    fn number(&self, job: JobId, view: View<'_>) -> Value {
        let gone = || self.ended.iter().rev().find(|(ended, _)| *ended == job).map(|(_, number)| *number);
        view.find(job).map(|job| job.facts().id).or_else(gone).into()
    }

    fn action(&self, action: &Action, view: View<'_>) -> Value {
        let mut line = match action {
            Action::Start { job, .. } => json!({ "do": "start", "job": self.number(*job, view) }),
            Action::Resize { job, .. } => json!({ "do": "resize", "job": self.number(*job, view) }),
            Action::Migrate { job, .. } => json!({ "do": "migrate", "job": self.number(*job, view) }),
            Action::Preempt { job, how } => {
                let how = match how {
                    Preempt::Kill => "kill",
                    Preempt::Requeue => "requeue",
                    Preempt::Suspend => "suspend",
                };
                json!({ "do": "preempt", "job": self.number(*job, view), "how": how })
            }
            Action::Reserve { job, start, .. } => {
                json!({ "do": "reserve", "job": self.number(*job, view), "start_ns": start.as_ns() })
            }
            Action::Hold { job, .. } => json!({ "do": "hold", "job": self.number(*job, view) }),
            Action::Release { job } => json!({ "do": "release", "job": self.number(*job, view) }),
            Action::Unreserve { id } => json!({ "do": "unreserve", "reservation": id.0 }),
            Action::Reject { job } => json!({ "do": "reject", "job": self.number(*job, view) }),
            Action::Scale { group, target } => json!({ "do": "scale", "group": group.0, "target": target }),
            Action::Wake { id, at } => json!({ "do": "wake", "wake": id.0, "at_ns": at.as_ns() }),
        };
        if let Action::Start { place, .. }
        | Action::Resize { place, .. }
        | Action::Migrate { place, .. }
        | Action::Hold { place, .. }
        | Action::Reserve { place, .. } = action
        {
            add_place(&mut line, place);
        }
        line
    }

    fn note(&self, note: &Note, view: View<'_>) -> Value {
        match *note {
            Note::NoRoom { job, placed, wanted } => {
                json!({ "why": "no_room", "job": self.number(job, view), "placed": placed, "wanted": wanted })
            }
            Note::Behind { head, waiting } => {
                json!({ "why": "behind", "head": self.number(head, view), "waiting": waiting })
            }
            Note::Chosen { job, node, score, next } => {
                let next = next.map(|(node, score)| json!({ "node": node.0, "score": score }));
                let job = self.number(job, view);
                json!({ "why": "chosen", "job": job, "node": node.0, "score": score, "next": next })
            }
            Note::Part { job, node, rule, raw, score, weight } => json!({
                "why": "part", "job": self.number(job, view), "node": node.0, "rule": rule, "raw": raw,
                "score": score, "weight": weight,
            }),
            Note::Victim { job, by } => {
                json!({ "why": "victim", "job": self.number(job, view), "by": self.number(by, view) })
            }
        }
    }
}

fn add_place(line: &mut Value, place: &[Slot]) {
    line["nodes"] = place.iter().map(|slot| slot.node.0).collect();
    if place.iter().any(|slot| !slot.cards.is_empty()) {
        line["cards"] = place.iter().map(|slot| slot.cards.iter().collect::<Value>()).collect();
    }
}

impl Observer for DecisionLog {
    fn mask(&self) -> EventMask {
        EventMask::ENDED.or(EventMask::QUEUED)
    }

    fn on_event(&mut self, _at: SimTime, event: &Event, view: View<'_>) {
        match *event {
            Event::Ended { job, .. } => self.ended.push((job, view.job(job).facts().id)),
            Event::Queued(job) => self.queued.push(view.job(job).facts().id),
            _ => {}
        }
    }

    fn wants_decisions(&self) -> bool {
        true
    }

    fn on_decision(&mut self, at: SimTime, actions: &[Action], notes: &[Note], view: View<'_>) {
        let Some(mut file) = self.file.take() else { return };
        if !actions.is_empty() || !notes.is_empty() || !self.queued.is_empty() {
            let actions: Value = actions.iter().map(|action| self.action(action, view)).collect();
            let notes: Value = notes.iter().map(|note| self.note(note, view)).collect();
            let line =
                json!({ "t_ns": at.as_ns(), "queued": self.queued, "actions": actions, "notes": notes });
            if let Err(error) = writeln!(file, "{line}") {
                self.error.get_or_insert(failed(&self.path, error));
            }
        }
        self.ended.clear();
        self.queued.clear();
        self.file = Some(file);
    }

    fn finish(&mut self, _at: SimTime, _view: View<'_>, _out: &mut dyn ResultSink) -> Result<(), SinkError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let Some(file) = self.file.take() else { return Ok(()) };
        let file = file.into_inner().map_err(|error| failed(&self.path, error.error()))?;
        drop(file);
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Case, Scripted};

    #[test]
    fn decisions_name_jobs_as_the_trace_does_even_when_they_are_gone() {
        let mut case = Case::new(1, 1);
        (0..3).for_each(|_| case.job(0, 1, 10).priority = 0);
        case.policy.script = vec![(5, 102, Scripted::Reject)];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decisions.jsonl");
        case.run(vec![Box::new(DecisionLog::create(&path).unwrap())]);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["actions"][1], json!({ "do": "start", "job": 100, "nodes": [0] }));
        assert_eq!(lines[0]["notes"][0], json!({ "why": "no_room", "job": 101, "placed": 0, "wanted": 1 }));
        assert_eq!(lines[1]["t_ns"], 5_000_000_000u64);
        assert_eq!(lines[1]["actions"], json!([{ "do": "reject", "job": 102 }]));
        assert_eq!(lines[2]["actions"], json!([{ "do": "start", "job": 101, "nodes": [0] }]));
    }

    #[test]
    fn a_log_that_cannot_be_made_names_its_file() {
        let error = DecisionLog::create(Path::new("/proc/none/decisions.jsonl")).err().unwrap();
        assert_eq!(error.place, "/proc/none/decisions.jsonl");
    }
}
