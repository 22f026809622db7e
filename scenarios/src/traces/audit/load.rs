//! What a trace asks of each resource: over its whole span, and at its peak.

use sim_core::{ClusterSpec, Lane, SimDuration, SimTime, Vocabulary};

use super::collect::Fact;

/// Demand on one resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LaneLoad {
    /// Amount x tasks x service, summed over jobs [lane's unit x ns].
    pub demand: u128,
    /// What the cluster has; `None` without a cluster [lane's unit].
    pub capacity: Option<u64>,
    /// The most that would be in use at once if every job started when it was submitted [lane's unit].
    pub peak: u128,
}

impl LaneLoad {
    /// Demand / (capacity x span); `None` without capacity or span.
    pub fn offered(&self, span: SimDuration) -> Option<f64> {
        let capacity = self.capacity.filter(|&capacity| capacity > 0)?;
        let offer = u128::from(capacity) * u128::from(span.as_ns());
        (offer > 0).then(|| self.demand as f64 / offer as f64)
    }
}

/// Demand, capacity and peak of each lane, and the peaks of jobs and of tasks. `facts` are in submit order.
pub(super) fn measure(
    facts: &[Fact],
    words: &Vocabulary,
    cluster: Option<&ClusterSpec>,
) -> ([LaneLoad; 8], [u64; 2]) {
    let mut lanes = [LaneLoad::default(); 8];
    if let Some(capacity) = cluster.map(ClusterSpec::capacity) {
        for (lane, capacity) in lanes.iter_mut().zip(capacity) {
            lane.capacity = Some(capacity);
        }
    }
    for fact in facts {
        let need = words.shape_of(fact.shape).need();
        for lane in Lane::ALL {
            let demand = &mut lanes[lane.index()].demand;
            *demand = demand.saturating_add(u128::from(need.get(lane)).saturating_mul(fact.task_time));
        }
    }
    let peaks = sweep(facts, words);
    for (lane, peak) in lanes.iter_mut().zip(peaks) {
        lane.peak = peak;
    }
    (lanes, [peaks[8] as u64, peaks[9] as u64])
}

/// Peaks of the eight lanes, of jobs and of tasks, if every job started when it was submitted and all of its
/// tasks ran as long as it. A job that ends at an instant makes room for one that starts at that instant.
fn sweep(facts: &[Fact], words: &Vocabulary) -> [u128; 10] {
    let amounts = |fact: &Fact| {
        let mut amounts = [0; 10];
        for (amount, need) in amounts.iter_mut().zip(words.shape_of(fact.shape).need().0) {
            *amount = u128::from(need) * u128::from(fact.tasks);
        }
        [amounts[8], amounts[9]] = [1, fact.tasks.into()];
        amounts
    };
    // Jobs that run for no time would end before they start.
    let running = || facts.iter().filter(|fact| fact.service > SimDuration::ZERO);
    let mut ends: Vec<(SimTime, &Fact)> =
        running().map(|fact| (fact.submit.saturating_add(fact.service), fact)).collect();
    ends.sort_by_key(|(end, _)| *end);
    let mut ends = ends.into_iter().peekable();
    let (mut now, mut peaks) = ([0; 10], [0; 10]);
    for fact in running() {
        while let Some((_, ended)) = ends.next_if(|(end, _)| *end <= fact.submit) {
            for (now, amount) in now.iter_mut().zip(amounts(ended)) {
                *now -= amount;
            }
        }
        for ((now, peak), amount) in now.iter_mut().zip(&mut peaks).zip(amounts(fact)) {
            *now += amount;
            *peak = (*peak).max(*now);
        }
    }
    peaks
}
