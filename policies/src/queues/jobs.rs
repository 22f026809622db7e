//! What each job holds: followed through the events of the trigger, because records of ended jobs are gone by then.

use rustc_hash::FxHashMap;
use sim_core::{Event, Gang, JobId, Resources, View};

/// One job that has entered a queue and has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) leaf: u32,
    /// Each task's request.
    pub(super) need: Resources,
    gang: Gang,
    /// Tasks that hold capacity.
    pub(super) held: u32,
    /// Preemptions of executions that were told of by the policy itself, and are to be told by the engine.
    told: u32,
    /// Its place in the order of starts.
    pub(super) start: u64,
}

/// The jobs of all queues.
#[derive(Clone, Debug, Default)]
pub(super) struct Jobs {
    /// Looked up, never iterated.
    entries: FxHashMap<JobId, Entry>,
    starts: u64,
}

impl Entry {
    /// True if each of its tasks is an execution of its own.
    pub(super) fn is_independent(&self) -> bool {
        self.gang == Gang::Independent
    }
}

impl Jobs {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn find(&self, job: JobId) -> Option<&Entry> {
        self.entries.get(&job)
    }

    /// True if the job runs since that start.
    pub(super) fn holds_since(&self, job: JobId, start: u64) -> bool {
        self.find(job).is_some_and(|entry| entry.held > 0 && entry.start == start)
    }

    /// The job's leaf; `place` is asked for it when the job is new.
    pub(super) fn leaf(&mut self, job: JobId, view: View<'_>, place: impl FnOnce() -> u32) -> u32 {
        let entry = self.entries.entry(job).or_insert_with(|| {
            let need = *view.shape(job).need();
            let gang = view.job(job).facts().gang;
            Entry { leaf: place(), need, gang, held: 0, told: 0, start: 0 }
        });
        entry.leaf
    }

    /// So many tasks of the job have started.
    ///
    /// # Panics
    /// If it has not entered a queue.
    pub(super) fn started(&mut self, job: JobId, tasks: u32) -> Entry {
        self.starts += 1;
        let entry = self.entries.get_mut(&job).expect("a job that starts has waited");
        entry.held += tasks;
        entry.start = self.starts;
        *entry
    }

    /// The policy has stopped the job, which holds nothing any more: the entry as it was. So many executions will be
    /// told of.
    pub(super) fn stopped(&mut self, job: JobId, executions: u32) -> Option<Entry> {
        let entry = self.entries.get_mut(&job)?;
        let before = *entry;
        entry.told += executions;
        entry.held = 0;
        Some(before)
    }

    /// Takes an event in: the job's entry, and how many tasks more it holds.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) -> Option<(Entry, i64)> {
        match *event {
            Event::RunEnded { job, .. } => self.released(job, false),
            Event::Preempted { job, .. } => self.released(job, true),
            Event::Resized { job, .. } => {
                let entry = self.entries.get_mut(&job)?;
                let runs = view.runs_of(job);
                let now: usize = runs.map(|run| view.run(run).slots().len()).sum();
                let before = std::mem::replace(&mut entry.held, now as u32);
                Some((*entry, now as i64 - i64::from(before)))
            }
            Event::Ended { job, .. } => {
                let entry = self.entries.remove(&job)?;
                Some((entry, -i64::from(entry.held)))
            }
            _ => None,
        }
    }

    fn released(&mut self, job: JobId, by_order: bool) -> Option<(Entry, i64)> {
        let entry = self.entries.get_mut(&job)?;
        if by_order && entry.told > 0 {
            entry.told -= 1;
            return None;
        }
        // Tasks of an independent job run by themselves, those of others together.
        let tasks = if entry.gang == Gang::Independent { 1 } else { entry.held };
        let tasks = tasks.min(entry.held);
        entry.held -= tasks;
        Some((*entry, -i64::from(tasks)))
    }
}
