//! What became of each job, in the numbers that the Tiresias simulator writes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sim_core::{Event, EventMask, Observer, ResultSink, SimTime, SinkError, View};

use super::golden::Fate;

/// One job under way.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    submit: SimTime,
    start: SimTime,
    end: SimTime,
    held_ns: u64,
    starts: u32,
    stops: u32,
}

/// Watches starts, stops and ends.
#[derive(Clone, Default)]
pub(super) struct History {
    records: Arc<Mutex<BTreeMap<u64, Record>>>,
}

impl History {
    /// The numbers of every job that has ended.
    pub(super) fn fates(&self, promotions: &[(u64, u32)], counts_starts: bool) -> BTreeMap<u64, Fate> {
        let records = self.records.lock().expect("the run is over");
        // The last entry of a job is its total.
        let returns: BTreeMap<u64, u32> = promotions.iter().copied().collect();
        let fate = |(&job, record): (&u64, &Record)| {
            let seconds = |ns: u64| ns as f64 / 1e9;
            let jct = record.end.since(record.submit).as_ns();
            let fate = [
                seconds(record.start.as_ns()),
                seconds(record.end.as_ns()),
                seconds(record.end.since(record.start).as_ns()),
                seconds(jct),
                seconds(jct - record.held_ns),
                f64::from(record.stops),
                if counts_starts { f64::from(record.starts) } else { 0.0 },
                f64::from(returns.get(&job).copied().unwrap_or(0)),
            ];
            (job, fate)
        };
        records.iter().filter(|(_, record)| record.end > SimTime::ZERO).map(fate).collect()
    }
}

impl Observer for History {
    fn mask(&self) -> EventMask {
        EventMask::STARTED.or(EventMask::RUN_ENDED).or(EventMask::PREEMPTED).or(EventMask::ENDED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        let (Event::Started { job, .. }
        | Event::RunEnded { job, .. }
        | Event::Preempted { job, .. }
        | Event::Ended { job, .. }) = *event
        else {
            return;
        };
        let facts = view.job(job).facts();
        let mut records = self.records.lock().expect("nothing panics while holding it");
        let record = records.entry(facts.id).or_default();
        match *event {
            Event::Started { .. } => {
                if record.starts == 0 {
                    (record.submit, record.start) = (facts.submit, at);
                }
                record.starts += 1;
            }
            Event::RunEnded { run, .. } | Event::Preempted { run, .. } => {
                record.held_ns += at.since(view.run(run).start()).as_ns();
                record.stops += u32::from(matches!(event, Event::Preempted { .. }));
            }
            _ => record.end = at,
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}
