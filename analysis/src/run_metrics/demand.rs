//! Who waits for what: jobs that wait for a start, by tenant and lane.

use rustc_hash::FxHashMap;
use sim_core::{Event, JobId, Lane, View};

use super::tenants::TENANTS_MAX;

/// Waiting jobs of the first 64 tenants.
///
/// # Cost
/// A hash look-up per event of a job.
#[derive(Clone, Debug, Default)]
pub(super) struct Demand {
    /// Waiting jobs that ask for the lane, by number of the tenant.
    waiting: Vec<[u32; 8]>,
    /// Jobs that wait: tenant, and lanes that they ask for. Looked up, never iterated.
    jobs: FxHashMap<JobId, (usize, u8)>,
}

impl Demand {
    /// Takes an event in: who waits now.
    pub(super) fn follow(&mut self, event: &Event, view: View<'_>) {
        let (Event::Queued(job)
        | Event::Started { job, .. }
        | Event::RunEnded { job, .. }
        | Event::Preempted { job, .. }
        | Event::Ended { job, .. }) = *event
        else {
            return;
        };
        let waits = view.is_waiting(job) && !matches!(event, Event::Ended { .. });
        if waits && !self.jobs.contains_key(&job) {
            let tenant = view.job(job).facts().tenant.index();
            if tenant >= TENANTS_MAX {
                return;
            }
            if self.waiting.len() <= tenant {
                self.waiting.resize(tenant + 1, [0; 8]);
            }
            let need = view.shape(job).need();
            let lanes = Lane::ALL.iter().filter(|lane| need.get(**lane) > 0);
            let lanes = lanes.fold(0, |mask, lane| mask | 1 << lane.index());
            self.jobs.insert(job, (tenant, lanes));
            self.count(tenant, lanes, 1);
        } else if !waits && let Some((tenant, lanes)) = self.jobs.remove(&job) {
            self.count(tenant, lanes, -1);
        }
    }

    fn count(&mut self, tenant: usize, lanes: u8, by: i32) {
        for (lane, waiting) in self.waiting[tenant].iter_mut().enumerate() {
            if lanes >> lane & 1 == 1 {
                *waiting = waiting.checked_add_signed(by).expect("a job that leaves has waited");
            }
        }
    }

    /// True if a job of the tenant waits that asks for the lane.
    pub(super) fn is_waiting(&self, tenant: usize, lane: usize) -> bool {
        self.waiting.get(tenant).is_some_and(|waiting| waiting[lane] > 0)
    }

    /// Tenants that have had a job waiting, and those of lower number.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}
