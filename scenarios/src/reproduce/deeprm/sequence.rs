//! Sequences of jobs, one arrival per time step at most, from `deeprm_sequences.csv`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sim_core::{
    Job, Lane, Resources, Shape, SimDuration, SimTime, Truth, Vocabulary, Workload, WorkloadError,
};

use super::UNITS;
use crate::problem::Problems;
use crate::reproduce::rows::rows;

/// Milli-cores or MiB that stand for one unit of the first or second resource.
pub(super) const UNIT: [u32; 2] = [1000, 1];

/// A job of a sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Arrival {
    /// When it comes [steps].
    pub(super) at: u64,
    /// How long it runs [steps].
    pub(super) len: u64,
    /// Units of each resource.
    pub(super) needs: [u32; 2],
}

/// The jobs of one episode.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Sequence {
    /// Time steps, with an arrival or without.
    pub(super) steps: u64,
    /// In order of time. The environment numbers jobs so.
    pub(super) arrivals: Vec<Arrival>,
}

/// All sequences of a folder, by rate and number; none if it has no such file.
///
/// The environment moves on before it looks for a job, so that an arrival at step 0 is never seen.
pub(super) fn sequences(folder: &Path) -> Result<BTreeMap<(String, u64), Sequence>, Problems> {
    let mut found: BTreeMap<(String, u64), Sequence> = BTreeMap::new();
    let path = folder.join("deeprm_sequences.csv");
    if !path.exists() {
        return Ok(found);
    }
    let rule = "must be rate,ex,t,len,res0,res1, in order of t, with 0 to 10 units of each resource";
    rows(&path, rule, |_, row| {
        let whole = |column: usize| row.get(column)?.parse::<u64>().ok();
        let units = |column: usize| u32::try_from(whole(column)?).ok().filter(|&units| units <= UNITS);
        let (at, len, needs) = (whole(2)?, whole(3)?, [units(4)?, units(5)?]);
        let sequence = found.entry((row.get(0)?.to_owned(), whole(1)?)).or_default();
        if at < sequence.steps {
            return None;
        }
        sequence.steps = at.checked_add(1)?;
        if at > 0 && len > 0 {
            sequence.arrivals.push(Arrival { at, len, needs });
        }
        Some(())
    })?;
    Ok(found)
}

/// A sequence as a workload: one step is a second, and lengths are known.
pub(super) struct Arrivals {
    arrivals: Arc<[Arrival]>,
    next: usize,
}

impl Arrivals {
    pub(super) fn of(sequence: &Sequence) -> Self {
        Self { arrivals: sequence.arrivals.as_slice().into(), next: 0 }
    }
}

impl Workload for Arrivals {
    fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        let Some(arrival) = self.arrivals.get(self.next) else { return Ok(None) };
        let [cpu, memory] = [0, 1].map(|n| arrival.needs[n] * UNIT[n]);
        let need = Resources::ZERO.with(Lane::Cpu, cpu).with(Lane::Memory, memory);
        let shape = words.shape(Shape::new(need));
        let mut job = Job::new(self.next as u64, SimTime::from_secs(arrival.at), shape);
        job.walltime = SimDuration::from_secs(arrival.len);
        self.next += 1;
        Ok(Some((job, Truth::runs_for(SimDuration::from_secs(arrival.len)))))
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(Self { arrivals: Arc::clone(&self.arrivals), next: self.next })
    }
}
