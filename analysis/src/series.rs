//! Time series of a run on a fixed grid, streamed to a Parquet file.

mod row;
mod table;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::Path;

use sim_core::{
    Event, EventMask, JobId, Lane, Observer, Preempt, ResultSink, Shape, SimDuration, SimTime, SinkError,
    View, Vocabulary,
};

use crate::alerts::{AlertRule, Alerts};
use crate::fragmentation::Fragmentation;
use crate::integral::{Integrals, Window};
use crate::key::RunKey;
pub(crate) use row::Row;
pub use row::Signal;
use table::Table;
pub(crate) use table::encoding;

/// What a series holds.
#[derive(Clone, PartialEq, Debug)]
pub struct SeriesOptions {
    /// The width of its grid; more than zero.
    pub every: SimDuration,
    /// The typical mix of tasks for fragmentation (empty: not measured; see [`Fragmentation`]).
    pub mix: Vec<(Shape, u32)>,
    /// The measured part of the run.
    pub window: Window,
    /// A job that waits longer for its first start is counted as starved.
    pub starvation: SimDuration,
    /// What is watched.
    pub alerts: Vec<AlertRule>,
}

/// Writes one row per instant of the grid `every, 2 * every, ...` and one for the end of the run: `policy, predictor,
/// seed`, one column per axis, `time_ns`, `utilization_<lane>` for each lane in which some node has capacity (null
/// while no node is up), `queue` (jobs waiting), `running` (executions), `nodes_up`, `fragmentation_<lane>` for the CPU
/// and GPU lanes among them if a mix was given (null while nothing is free), `cost` (currency units so far),
/// `wait_oldest` (age of the job that has waited longest since its submission \[s\]), `lost_work` (run time so far of
/// executions that failed, timed out, lost a node, or were killed or requeued \[s\]), `starved` (jobs so far that have
/// waited longer for their first start than `measure.starvation`), and, per lane,
/// `measured_allocated_<lane>` and `measured_capacity_<lane>`: integrals over the measured time so far [cores, cards or
/// the lane's unit, times seconds], which stand still after its end. The quotient of their last values is the run's
/// `utilization_<lane>`.
///
/// A row of the grid shows the state just before its instant, so that what happens at the instant itself is in the next
/// row; the one for the end shows the state in which the run ended. Rows are written when time passes their instant; a
/// quiet stretch repeats the last state.
///
/// Alerts look at every row, the time outside of the measured part included, and are handed over as scalars.
///
/// # Order
/// By time.
/// # Cost
/// A few nanoseconds per event, O(log jobs waiting) per job that joins the queue, and one row per instant of the grid.
/// With a cooldown, or a drain that is left out, rows are kept in memory from its beginning.
pub struct Series {
    every: SimDuration,
    next: SimTime,
    table: Table,
    last: Row,
    cost_micros: u128,
    oldest: Oldest,
    starving: Starving,
    integrals: Integrals,
    /// Allocated per lane, then capacity per lane.
    levels: [u64; 16],
    window: Window,
    last_submit: Option<SimTime>,
    fragmentation: Fragmentation,
    alerts: Alerts,
    is_priced: bool,
}

impl Series {
    /// A series in a new file at `path` for the run `key`. The file is made at the first event.
    ///
    /// # Panics
    /// If the grid has no width.
    pub fn new(path: &Path, key: &RunKey, options: SeriesOptions) -> Self {
        let SeriesOptions { every, mix, window, starvation, alerts } = options;
        assert!(every > SimDuration::ZERO, "the grid of the series has no width");
        Self {
            every,
            next: SimTime::ZERO.saturating_add(every),
            table: Table::new(path, key),
            last: Row::default(),
            cost_micros: 0,
            oldest: Oldest::default(),
            starving: Starving { after: starvation, due: VecDeque::new() },
            integrals: Integrals::new(16),
            levels: [0; 16],
            window,
            last_submit: None,
            fragmentation: Fragmentation::new(mix),
            alerts: Alerts::new(alerts),
            is_priced: false,
        }
    }

    fn open(&mut self, view: View<'_>) {
        if !self.table.is_waiting() {
            return;
        }
        let has = |lane: &Lane| view.nodes().capacity().iter().any(|capacity| capacity.get(*lane) > 0);
        let lanes: Vec<Lane> = Lane::ALL.into_iter().filter(has).collect();
        let signals = Signal::all(&lanes, !self.fragmentation.is_empty());
        self.alerts.resolve(&signals, view.words());
        self.table.open(lanes, signals, view.words());
        self.is_priced = view.groups().iter().any(|group| group.price_micros_per_hour > 0);
        self.last.mix_weight = self.fragmentation.weight();
    }

    /// Writes the rows of the grid up to `at`.
    fn pass(&mut self, at: SimTime, view: View<'_>) {
        let cost_now = if self.is_priced { view.cost_micros() } else { 0 };
        while self.next <= at {
            self.row(self.next, at, cost_now, view);
            self.next = self.next.saturating_add(self.every);
            if self.next == SimTime::MAX {
                return;
            }
        }
    }

    fn row(&mut self, instant: SimTime, now: SimTime, cost_now: u128, view: View<'_>) {
        self.last.starved += self.starving.settle(instant, view);
        self.integrals.advance(instant, &self.levels);
        // Prices change at events only, so cost is linear between them.
        let whole = now.since(self.last.at).as_ns().max(1);
        let part = instant.as_ns().saturating_sub(self.last.at.as_ns());
        let more = (cost_now - self.cost_micros) as f64 * (part as f64 / whole as f64);
        let (allocated, available) = halves(self.integrals.sums());
        let row = Row {
            at: instant,
            cost: (self.cost_micros as f64 + more) / 1e6,
            oldest_ns: self.oldest.submit().map_or(0, |submit| instant.since(submit).as_ns()),
            allocated,
            available,
            ..self.last.clone()
        };
        self.alerts.look(&row);
        let settled = if self.window.cuts_the_end() { self.safe_until() } else { instant };
        self.table.push(row, settled);
    }

    /// The last instant that may be measured, as far as is known: everything before it is.
    fn safe_until(&self) -> SimTime {
        let last = self.last_submit.unwrap_or(SimTime::ZERO);
        SimTime::from_ns(last.as_ns().saturating_sub(self.window.cooldown.as_ns()))
    }

    fn read(&mut self, at: SimTime, view: View<'_>) {
        let (nodes, last) = (view.nodes(), &mut self.last);
        (last.free, last.capacity) = (*nodes.free_total(), *nodes.capacity_up());
        for lane in 0..8 {
            self.levels[lane] = last.capacity[lane] - last.free[lane];
            self.levels[8 + lane] = last.capacity[lane];
        }
        (last.queue, last.nodes_up) = (view.waiting_len() as u64, u64::from(nodes.up()));
        last.stranded = self.fragmentation.stranded();
        self.oldest.settle(view);
        if at > last.at && self.is_priced {
            self.cost_micros = view.cost_micros();
        }
        last.at = at;
    }

    fn take_in(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        let ran_ns = |run| at.since(view.run(run).start()).as_ns();
        match *event {
            Event::Submitted(job) => {
                let submit = view.job(job).facts().submit.max(at);
                if self.last_submit.is_none() {
                    self.integrals.open(submit.saturating_add(self.window.warmup));
                }
                self.last_submit = Some(submit);
                self.starving.add(submit, job);
            }
            Event::Queued(job) => self.oldest.add(view.job(job).facts().submit, job),
            Event::RunEnded { run, end, .. } if end != sim_core::End::Completed => {
                self.last.lost_ns += ran_ns(run);
            }
            Event::Preempted { run, how, .. } if how != Preempt::Suspend => self.last.lost_ns += ran_ns(run),
            _ => {}
        }
        match event {
            Event::Started { .. } => self.last.running += 1,
            Event::RunEnded { .. } | Event::Preempted { .. } => self.last.running -= 1,
            _ => {}
        }
    }
}

impl Observer for Series {
    fn mask(&self) -> EventMask {
        EventMask::LEVELS.or(EventMask::SCALED).or(EventMask::SUBMITTED)
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        self.open(view);
        if self.next <= at {
            self.pass(at, view);
        }
        if at > self.last.at {
            self.integrals.advance(at, &self.levels);
            if self.window.cuts_the_end() {
                let until = self.safe_until();
                self.integrals.checkpoint(at, until, |_| {});
            }
        }
        self.last.starved += self.starving.settle(at, view);
        self.take_in(at, event, view);
        if !self.fragmentation.is_empty() {
            self.fragmentation.follow(view.nodes());
        }
        self.read(at, view);
    }

    fn finish(&mut self, at: SimTime, view: View<'_>, out: &mut dyn ResultSink) -> Result<(), SinkError> {
        self.open(view);
        if self.next <= at {
            self.pass(at, view);
        }
        if self.table.last() != Some(at) {
            let cost_now = if self.is_priced { view.cost_micros() } else { 0 };
            self.row(at, at.max(self.last.at), cost_now, view);
        }
        if self.window.cuts_the_end() {
            // As in the metrics: the measured time does not end before it begins.
            let end = self.integrals.opened().map_or(at, |from| self.safe_until().max(from));
            let (allocated, available) = halves(&self.integrals.at(end, at, self.integrals.sums()));
            self.table.hold(end, allocated, available);
        }
        self.table.close()?;
        self.alerts.finish(at, out)
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

fn halves(sums: &[u128]) -> ([u128; 8], [u128; 8]) {
    (std::array::from_fn(|n| sums[n]), std::array::from_fn(|n| sums[8 + n]))
}

/// The job that was submitted first among those that wait.
#[derive(Default)]
struct Oldest {
    /// All that joined the queue; those that have left it are dropped when they come to the top.
    joined: BinaryHeap<Reverse<(SimTime, JobId)>>,
}

impl Oldest {
    fn add(&mut self, submit: SimTime, job: JobId) {
        self.joined.push(Reverse((submit, job)));
    }

    fn settle(&mut self, view: View<'_>) {
        while self.joined.peek().is_some_and(|Reverse((_, job))| !view.is_waiting(*job)) {
            self.joined.pop();
        }
    }

    fn submit(&self) -> Option<SimTime> {
        self.joined.peek().map(|Reverse((submit, _))| *submit)
    }
}

/// Jobs whose time to start has not run out.
struct Starving {
    after: SimDuration,
    /// When it does, in order of submission.
    due: VecDeque<(SimTime, JobId)>,
}

impl Starving {
    fn add(&mut self, submit: SimTime, job: JobId) {
        self.due.push_back((submit.saturating_add(self.after), job));
    }

    /// How many more have starved before `now`. A job that has ended is asked for at its end at the latest: if it is
    /// gone, it had started in time.
    fn settle(&mut self, now: SimTime, view: View<'_>) -> u64 {
        let mut starved = 0;
        while let Some((_, job)) = self.due.front().copied().filter(|(due, _)| *due < now) {
            let Some((due, _)) = self.due.pop_front() else { break };
            let is_late = |job: sim_core::JobView<'_>| job.first_start().is_none_or(|start| start > due);
            starved += u64::from(view.find(job).is_some_and(is_late));
        }
        starved
    }
}

/// The columns of a series that alerts can watch, on a cluster with capacity in these lanes.
pub fn watchable(lanes: &[Lane], words: &Vocabulary) -> Vec<String> {
    Signal::all(lanes, true).into_iter().map(|signal| signal.name(words)).collect()
}

#[cfg(test)]
mod tests;
