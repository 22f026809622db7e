//! The state that views show.

use std::collections::BTreeMap;

use crate::action::Slot;
use crate::cluster::{AffinityTable, NodeGroup, NodeTable};
use crate::failure::Rules;
use crate::ids::{ConstraintsId, JobId, NodeId, RunId};
use crate::tables::{JobTable, RequestTable, ReservationTable, RunState, RunTable, WaitQueue};
use crate::time::{SimDuration, SimTime};
use crate::vocabulary::Vocabulary;
use crate::window::WindowTable;

/// The cluster and everything in it.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) now: SimTime,
    pub(crate) seed: u64,
    pub(crate) words: Vocabulary,
    pub(crate) nodes: NodeTable,
    pub(crate) groups: Vec<NodeGroup>,
    pub(crate) jobs: JobTable,
    pub(crate) requests: RequestTable,
    pub(crate) waiting: WaitQueue,
    pub(crate) runs: RunTable,
    pub(crate) reservations: ReservationTable,
    pub(crate) windows: WindowTable,
    /// Slots that waiting gangs hold, by job: few jobs at a time.
    pub(crate) held: BTreeMap<JobId, Vec<Slot>>,
    pub(crate) affinity: AffinityTable,
    /// Executions per node, one entry per task; kept only if somebody needs it.
    pub(crate) residents: Option<Vec<Vec<RunId>>>,
    pub(crate) meter: Meter,
    pub(crate) rules: Rules,
}

impl State {
    /// True if the constraints allow one more task on the node. Id 0 is "none".
    #[inline]
    pub(crate) fn admits(&self, id: ConstraintsId, node: NodeId) -> bool {
        if id == ConstraintsId(0) {
            return true;
        }
        let rule = self.words.constraints_of(id);
        rule.admits_labels(self.nodes.labels(node))
            && self.affinity.admits(rule, node, &self.nodes)
            && self.affinity.company.admits(rule.preferences, node, &self.words, &self.nodes)
    }

    /// True if no window keeps the job off the node, when it starts there at `start`.
    #[inline]
    pub(crate) fn is_open_at(&self, job: JobId, node: NodeId, start: SimTime) -> bool {
        if self.windows.is_empty() {
            return true;
        }
        let end = self.declared_end(job, start);
        self.windows.are_open(node, self.jobs.row(job).facts.tenant, start, end)
    }

    /// When a job that starts at `start` will have ended, if its declared wall time holds.
    pub(crate) fn declared_end(&self, job: JobId, start: SimTime) -> SimTime {
        let row = self.jobs.row(job);
        if row.facts.walltime == SimDuration::MAX {
            return SimTime::MAX;
        }
        start.saturating_add(row.facts.walltime.saturating_sub(row.ran))
    }

    /// When the execution must have ended, by its requested wall time.
    pub(crate) fn bound(&self, run: RunId) -> SimTime {
        let run = self.runs.get(run);
        let row = self.jobs.row(run.job);
        if !self.rules.kill_at_walltime || row.facts.walltime == SimDuration::MAX {
            return SimTime::MAX;
        }
        // The wall time of a task of an independent job counts from the task's own start.
        let ran = if run.task.is_some() { SimDuration::ZERO } else { row.ran };
        run.start.saturating_add(row.facts.walltime.saturating_sub(ran))
    }

    /// When the execution will end if the job's estimate is right.
    pub(crate) fn expected_end(&self, id: RunId) -> SimTime {
        let run = self.runs.get(id);
        if run.state == RunState::Stopping {
            return self.now;
        }
        let row = self.jobs.row(run.job);
        let work = row.estimate.p90;
        if work == SimDuration::MAX {
            return self.bound(id);
        }
        // The work of a segment is what is left of the whole: the difference was done before, and is known.
        let whole = match run.task {
            Some(task) => row.truth.task_service(task),
            None => row.truth.service(),
        };
        let left = work.saturating_sub(whole.saturating_sub(run.work));
        run.time_of(left).min(self.bound(id))
    }

    /// Keeps the list of executions per node from now on.
    pub(crate) fn keep_residents(&mut self) {
        if self.residents.is_some() {
            return;
        }
        let mut lists = vec![Vec::new(); self.nodes.len()];
        for (id, run) in self.runs.iter() {
            run.slots.iter().for_each(|slot| lists[slot.node.index()].push(id));
        }
        self.residents = Some(lists);
    }

    /// Lists an execution on the nodes of its slots.
    #[inline]
    pub(crate) fn list_resident(&mut self, id: RunId) {
        if let Some(lists) = &mut self.residents {
            for slot in &self.runs.get(id).slots {
                lists[slot.node.index()].push(id);
                self.nodes.residents_changed(slot.node);
            }
        }
    }

    /// Strikes an execution off the lists of its nodes.
    #[inline]
    pub(crate) fn strike_resident(&mut self, id: RunId) {
        if let Some(lists) = &mut self.residents {
            for slot in &self.runs.get(id).slots {
                let list = &mut lists[slot.node.index()];
                let at = list.iter().rposition(|&other| other == id).expect("every execution is listed");
                list.remove(at);
                self.nodes.residents_changed(slot.node);
            }
        }
    }
}

/// What the nodes that are not off cost, integrated over time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meter {
    rate_micros_per_hour: u64,
    since: SimTime,
    // Millionths per hour x nanoseconds.
    integral: u128,
}

const NS_PER_HOUR: u128 = 3_600_000_000_000;

impl Meter {
    /// A node with this price goes on or off.
    pub(crate) fn switch(&mut self, now: SimTime, price_micros_per_hour: u64, on: bool) {
        self.integral += u128::from(self.rate_micros_per_hour) * u128::from(now.since(self.since).as_ns());
        self.since = now;
        if on {
            let rate = self.rate_micros_per_hour.checked_add(price_micros_per_hour);
            self.rate_micros_per_hour =
                rate.expect("the prices of all nodes add up to more than 1.8e13 per hour");
        } else {
            self.rate_micros_per_hour -= price_micros_per_hour;
        }
    }

    /// The price up to now [millionths], rounded down.
    pub(crate) fn total(&self, now: SimTime) -> u128 {
        let open = u128::from(self.rate_micros_per_hour) * u128::from(now.since(self.since).as_ns());
        (self.integral + open) / NS_PER_HOUR
    }
}
