//! Sharing among tenants: a tree of queues, each inner one with a rule that says which of its children goes first.
//!
//! A job enters the leaf of its tenant. At each decision the tree is walked from the root to the next job to try, by
//! the rule of each inner queue and the order of the leaf; limits are checked from the leaf to the root; the placer
//! looks for room. What starts is charged at once to all queues above it, so that the next walk sees it.

mod blocked;
mod check;
mod declare;
mod fraction;
mod jobs;
mod limits;
mod line;
mod meter;
mod reclaim;
mod rescale;
mod share;
mod spec;
mod tree;

use std::collections::VecDeque;

use sim_core::registry::Params;
use sim_core::{Decision, Event, JobId, Policy, Setup, SimTime, View, WakeId};

pub(crate) use check::check;
pub use declare::{ABOUT, AMOUNTS};
pub use fraction::Fraction;
pub use share::{Child, Decay, Key, Next, SHARES, ShareRule};
pub use spec::{Amounts, amounts};

use crate::list::{Tried, try_start_some};
use crate::order::Grid;
use crate::placer::{self, Placer};
use crate::prior::Prior;
use jobs::Jobs;
use limits::Room;
use spec::{Head, Spec};
use tree::{ROOT, Tree};

/// A scheduler that shares a cluster among tenants.
///
/// # Cost
/// See [`ABOUT`].
pub struct Queues {
    name: String,
    placer: Box<dyn Placer>,
    tree: Tree,
    jobs: Jobs,
    /// Jobs by the time from which their patience counts.
    patient: VecDeque<(SimTime, JobId)>,
    /// The job that everything waits for, and how often capacity had returned when it was tried last.
    holds: Option<(JobId, u64)>,
    /// When the keys of each order were last asked for.
    grids: Vec<Grid>,
    /// The wake-up that was asked for last.
    woken: SimTime,
    /// Jobs that have been ordered to stop and hold capacity still, with their place in the order of starts.
    stopping: Vec<(u64, JobId)>,
    /// Who they are stopped for: it is tried first when they have let go.
    owed: Option<JobId>,
}

/// What came of trying a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Some or all of its tasks run.
    Started,
    /// A limit refuses it.
    Refused,
    /// There is no room.
    NoRoom,
}

/// The policy that `params` declare.
///
/// # Panics
/// If they contradict each other: that is checked before.
pub(crate) fn build(params: &Params, prior: &Prior) -> Box<dyn Policy> {
    let (place, place_params) = params.plugin("place").expect("place has a default");
    let placer = placer::build(place, place_params, prior);
    let spec = Spec::new(params);
    let head = match spec.head {
        Head::Skip => "",
        Head::Queue => "/queue",
        Head::Block => "/block",
    };
    let name = format!("queues/{}/{}{head}", spec.rule_of(0).name(), placer.name());
    let grids = vec![Grid::default(); spec.orders.len()];
    Box::new(Queues {
        name,
        placer,
        tree: Tree::new(spec),
        jobs: Jobs::default(),
        patient: VecDeque::new(),
        holds: None,
        grids,
        woken: SimTime::ZERO,
        stopping: Vec::new(),
        owed: None,
    })
}

impl Queues {
    /// Enters every waiting job anew, with the key that it has now.
    fn enter_all(&mut self, view: View<'_>) {
        self.tree.clear_lines();
        for job in view.waiting() {
            self.enter(job, view);
        }
    }

    fn enter(&mut self, job: JobId, view: View<'_>) {
        let tree = &mut self.tree;
        let leaf = self.jobs.leaf(job, view, || tree.leaf(job, view));
        let order = self.tree.nodes[leaf as usize].order;
        let key = self.tree.spec.orders[order].key(job, view);
        self.tree.push(leaf, key, job, view);
    }

    /// Takes in what has happened since the last decision.
    fn follow(&mut self, cx: &Decision<'_>) {
        let (view, events) = (cx.view(), cx.trigger().events);
        let now = view.now();
        self.tree.read_usage(now);
        self.tree.follow_capacity(view);
        for order in &mut self.tree.spec.orders {
            order.observe(events, view);
        }
        for event in events {
            if let Some((entry, tasks)) = self.jobs.follow(event, view) {
                self.tree.charge(entry.leaf, &entry.need, tasks, now);
            }
            // A job may have been queued and ended again since.
            if let Event::Queued(job) = *event
                && view.is_waiting(job)
            {
                self.enter(job, view);
                if self.tree.spec.patience.is_some() {
                    self.patient.push_back((view.job(job).queued(), job));
                }
            }
        }
        let jobs = &self.jobs;
        self.stopping.retain(|&(start, job)| jobs.holds_since(job, start));
        let mut is_due = false;
        for (grid, order) in self.grids.iter_mut().zip(&self.tree.spec.orders) {
            is_due |= order.moves() || grid.is_due(order.period(), now);
        }
        if is_due {
            self.enter_all(view);
        }
        self.tree.reopen_changed();
        self.tree.blocked.unblock(cx);
    }

    /// Starts as many tasks of a waiting job as its limits and the nodes admit.
    fn try_job(&mut self, leaf: u32, job: JobId, cx: &mut Decision<'_>) -> Outcome {
        let view = cx.view();
        let (row, need) = (view.job(job), *view.shape(job).need());
        let (least, most, request) = (row.facts().width_min(), row.unstarted(), row.request());
        let tasks = match self.tree.room(leaf, &need, least, most) {
            Room::For(tasks) => tasks,
            Room::None { refused_by, until } => {
                self.tree.refuse(refused_by, request, until);
                return Outcome::Refused;
            }
        };
        let (tried, placed) = try_start_some(&mut *self.placer, job, tasks, cx);
        if placed > 0 {
            self.charge(leaf, job, placed, cx.view().now());
        }
        match tried {
            Tried::Started => Outcome::Started,
            // The rest is for the limits to refuse.
            Tried::Partly if placed == tasks => Outcome::Started,
            Tried::Partly | Tried::NoRoom | Tried::Away | Tried::Awaits => Outcome::NoRoom,
        }
    }

    fn charge(&mut self, leaf: u32, job: JobId, tasks: u32, now: SimTime) {
        let entry = self.jobs.started(job, tasks);
        self.tree.charge(leaf, &entry.need, i64::from(tasks), now);
        if self.tree.spec.reclaim.is_some() {
            self.list_started(leaf, entry.start, job);
        }
    }

    /// Tries the job that others were stopped for, before anybody else takes their place.
    fn serve_owed(&mut self, cx: &mut Decision<'_>) {
        if !self.stopping.is_empty() {
            return;
        }
        if let Some(job) = self.owed.take()
            && cx.view().is_waiting(job)
        {
            self.try_out_of_turn(job, cx);
        }
    }

    fn try_out_of_turn(&mut self, job: JobId, cx: &mut Decision<'_>) -> Outcome {
        let view = cx.view();
        let (tree, request) = (&mut self.tree, view.job(job).request());
        let leaf = self.jobs.leaf(job, view, || tree.leaf(job, view));
        let outcome = self.try_job(leaf, job, cx);
        self.tree.refresh(leaf, request, cx.view());
        outcome
    }

    /// Tries the jobs whose patience is over. True if one of them does not fit, so that all others wait.
    fn serve_overdue(&mut self, cx: &mut Decision<'_>) -> bool {
        let Some(patience) = self.tree.spec.patience else { return false };
        let now = cx.view().now();
        while let Some(&(from, job)) = self.patient.front() {
            let view = cx.view();
            let is_current = view.is_waiting(job) && view.job(job).queued() <= from;
            if is_current && from.saturating_add(patience) > now {
                return false;
            }
            if is_current {
                if self.is_held_up(job, cx) {
                    return true;
                }
                match self.try_out_of_turn(job, cx) {
                    Outcome::Started => {}
                    Outcome::Refused => self.patient.push_back((now, job)),
                    Outcome::NoRoom => {
                        self.holds = Some((job, cx.view().nodes().freed()));
                        return true;
                    }
                }
            }
            self.patient.pop_front();
        }
        false
    }

    /// True if the job did not fit and no capacity has returned since. Constraints count where tasks stand: a start
    /// elsewhere may satisfy them.
    fn is_held_up(&self, job: JobId, cx: &Decision<'_>) -> bool {
        let constrained = cx.view().job(job).facts().constraints.0 != 0;
        !constrained && self.holds == Some((job, cx.view().nodes().freed()))
    }

    /// Walks the tree to one job after the other.
    fn serve(&mut self, cx: &mut Decision<'_>) {
        let blocks = self.tree.spec.head == Head::Block;
        loop {
            self.tree.rescale(cx.view());
            let Some(line) = self.tree.pick(ROOT, blocks) else { return };
            let own = &self.tree.lines[line as usize];
            let (leaf, request) = (own.node, own.request);
            let job = own.next.expect("a line that is picked has a job").job;
            if !cx.view().is_waiting(job) {
                self.tree.clean(line, cx.view());
                continue;
            }
            if blocks && self.is_held_up(job, cx) {
                return;
            }
            match self.try_job(leaf, job, cx) {
                Outcome::Started => self.tree.clean(line, cx.view()),
                Outcome::Refused => {}
                Outcome::NoRoom if blocks => {
                    self.holds = Some((job, cx.view().nodes().freed()));
                    return;
                }
                Outcome::NoRoom => self.tree.blocked.insert(request),
            }
        }
    }

    /// Asks to be woken when keys are asked for next, if a job waits that another order might let start.
    fn wake(&mut self, cx: &mut Decision<'_>) {
        let now = cx.view().now();
        let periods = self.grids.iter().zip(&self.tree.spec.orders);
        let next = periods.filter_map(|(grid, order)| grid.next(order.period(), now)).min();
        let reading = Some(self.tree.next_reading).filter(|_| !self.tree.decaying.is_empty());
        let Some(at) = next.into_iter().chain(reading).min() else { return };
        if cx.view().waiting_len() > 0 && at > now && at != self.woken && at != SimTime::MAX {
            self.woken = at;
            cx.wake(WakeId(0), at).expect("it lies ahead");
        }
    }
}

impl Policy for Queues {
    fn name(&self) -> &str {
        &self.name
    }

    fn setup(&self) -> Setup {
        let mut setup = Setup::default();
        self.placer.setup(&mut setup);
        setup
    }

    fn attach(&mut self, view: View<'_>) {
        self.tree = Tree::new(self.tree.spec.clone());
        self.tree.total = *view.nodes().capacity_up();
        self.jobs.clear();
        self.patient.clear();
        self.stopping.clear();
        (self.holds, self.woken, self.owed) = (None, SimTime::ZERO, None);
        self.grids.fill(Grid::default());
        for order in &mut self.tree.spec.orders {
            order.seed(view.draws("order"));
        }
        self.placer.attach(view);
        let mut running: Vec<_> =
            view.running().map(|(_, run)| (run.start(), run.job(), run.slots().len())).collect();
        running.sort_unstable();
        for (_, job, tasks) in running {
            let tree = &mut self.tree;
            let leaf = self.jobs.leaf(job, view, || tree.leaf(job, view));
            self.charge(leaf, job, tasks as u32, view.now());
        }
        self.enter_all(view);
        if self.tree.spec.patience.is_some() {
            self.patient.extend(view.waiting().map(|job| (view.job(job).queued(), job)));
            self.patient.make_contiguous().sort_unstable();
        }
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        self.follow(cx);
        self.serve_owed(cx);
        if !self.serve_overdue(cx) {
            self.serve(cx);
            if let Some(how) = self.tree.spec.reclaim {
                self.reclaim(how, cx);
            }
        }
        self.wake(cx);
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self {
            name: self.name.clone(),
            placer: self.placer.fork(),
            tree: self.tree.clone(),
            jobs: self.jobs.clone(),
            patient: self.patient.clone(),
            holds: self.holds,
            grids: self.grids.clone(),
            woken: self.woken,
            stopping: self.stopping.clone(),
            owed: self.owed,
        })
    }
}
