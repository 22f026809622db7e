//! Preemptive scheduling by rank: of all unfinished jobs those that rank first run, the others wait.
//!
//! At a decision waiting jobs are gone through by rank. Each takes what is free, or else the place of running jobs that
//! rank after it: those that rank last are stopped first, no more of them than it takes, and whoever can stay where it
//! is stays. Jobs that rank alike do not stop one another. With resources that are counted in one number this is the
//! greedy choice over all jobs by rank; where nodes are fragmented, a job that fits nowhere stops nobody.

mod attained;
mod gittins;
mod ledger;
mod queue;
pub mod rank;
mod room;
mod runners;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{
    Decision, End, Event, Gang, JobId, Policy, Preempt, Setup, SimDuration, SimTime, View, WakeId,
};

use crate::list::start::{Tried, try_start};
use crate::order::OrderKey;
use crate::placer::{self, Placer};
use crate::prior::Prior;
pub use ledger::Account;
use ledger::Ledger;
use queue::Queue;
use rank::Rank;
use room::{Made, Parts, Room};

/// The policy `preemptive`.
pub const ABOUT: About = About {
    name: "preemptive",
    doc: "Preemptive scheduling by rank: a job takes what is free, or the place of running jobs that rank \
          after it, those that rank last first and no more than it takes. Jobs that rank alike do not stop \
          one another, and who is not stopped stays where it is.",
    source: "Gu et al., Tiresias, NSDI 2019, section 3, for ranks; on nodes, as the preemption of kube-scheduler.",
    params: &[
        Param::with_default("rank", Kind::Plugin("rank"), "\"las-2d\"", "which job goes first"),
        Param::with_default("place", Kind::Plugin("place"), "\"best-fit\"", "which node a task gets"),
        Param::with_default(
            "how",
            Kind::Choice(&["suspend", "requeue"]),
            "\"suspend\"",
            "what a stopped job keeps: all its work, or that up to its last checkpoint; it pays its restart cost in \
             both cases",
        ),
        Param::with_default(
            "head",
            Kind::Choice(&["skip", "block"]),
            "\"skip\"",
            "what happens to jobs that rank after one that does not fit: they `skip` it, or it `block`s those that \
             wait",
        ),
    ],
};

/// A preemptive scheduler.
///
/// # Cost
/// An arrival that ranks after all that run: O(log waiting). A job that ranks before some that run and does not fit:
/// O(running x log running), once per decision. When capacity returns, each distinct request is tried once.
pub struct Preemptive {
    name: String,
    rank: Box<dyn Rank>,
    placer: Box<dyn Placer>,
    how: Preempt,
    ledger: Ledger,
    queue: Queue,
    room: Room,
    /// When ranks are to be looked at again, by job; checked against the account.
    timers: BinaryHeap<Reverse<(SimTime, JobId)>>,
    /// The latest wake-up that was asked for.
    armed: SimTime,
    /// Ends of executions so far.
    ends: u64,
}

impl Preemptive {
    /// The scheduler named `rank/placer`, with `/requeue` and `/block` added where these are not the defaults.
    pub fn new(rank: Box<dyn Rank>, placer: Box<dyn Placer>, how: Preempt, head_blocks: bool) -> Self {
        let requeue = if how == Preempt::Requeue { "/requeue" } else { "" };
        let block = if head_blocks { "/block" } else { "" };
        Self {
            name: format!("{}/{}{requeue}{block}", rank.name(), placer.name()),
            rank,
            placer,
            how,
            ledger: Ledger::default(),
            queue: Queue::new(head_blocks),
            room: Room::default(),
            timers: BinaryHeap::new(),
            armed: SimTime::ZERO,
            ends: 0,
        }
    }

    /// The scheduler that checked parameters describe.
    pub fn build(params: &Params, prior: &Prior) -> Self {
        let (rank, rank_params) = params.plugin("rank").expect("rank has a default");
        let (place, place_params) = params.plugin("place").expect("place has a default");
        let how = if params.text("how") == "requeue" { Preempt::Requeue } else { Preempt::Suspend };
        let placer = placer::build(place, place_params, prior);
        Self::new(rank::build(rank, rank_params), placer, how, params.text("head") == "block")
    }

    /// Takes note of what has happened.
    fn learn_of(&mut self, event: Event, view: View<'_>) {
        let now = view.now();
        match event {
            Event::Queued(job) if view.is_waiting(job) => self.enter(job, view),
            Event::RunEnded { job, run, .. } => {
                self.ends += 1;
                let tasks = view.run(run).slots().len() as u32;
                if let Some(account) = self.ledger.find(job) {
                    let width = account.width.saturating_sub(tasks);
                    self.set_width(job, width, view);
                }
            }
            Event::Preempted { job, .. } | Event::Resized { job, .. }
                if view.find(job).is_some() && self.ledger.find(job).is_some() =>
            {
                self.set_width(job, width_of(job, view), view);
            }
            Event::EstimateExpired(_) => self.reopen(),
            Event::Ended { job, end } => {
                if self.ledger.find(job).is_none() {
                    return;
                }
                self.room.changes(job, &mut self.ledger);
                let account = self.ledger.close(job, now);
                if end == End::Completed && self.rank.learn(&account) {
                    self.enter_all(view);
                }
            }
            _ => {}
        }
    }

    /// The job holds capacity for so many tasks from now on.
    fn set_width(&mut self, job: JobId, width: u32, view: View<'_>) {
        let account = self.ledger.of(job);
        account.set_width(width, view.now());
        account.stopping &= width > 0;
        if account.stopping {
            return;
        }
        self.room.changes(job, &mut self.ledger);
        if width > 0 && view.find(job).is_some() {
            self.list_running(job, view);
        }
    }

    /// Lists a job that runs, with the key that it has now.
    fn list_running(&mut self, job: JobId, view: View<'_>) {
        let account = self.ledger.of(job);
        account.settle(view.now());
        let key = self.rank.key(job, account, view);
        self.room.runs(key, job, &mut self.ledger);
    }

    /// Ranks of running jobs may be worse than they were: all waiting jobs have to be looked at.
    fn reopen(&mut self) {
        self.room.worsened();
        self.queue.open_all();
    }

    /// Enters a waiting job with the key that it has now, unless it stands there with it.
    fn enter(&mut self, job: JobId, view: View<'_>) {
        if let Some(key) = self.new_key(job, view) {
            self.queue.insert(key, job, view);
        }
        self.set_timer(job, view);
    }

    fn new_key(&mut self, job: JobId, view: View<'_>) -> Option<OrderKey> {
        open(&mut self.ledger, &*self.rank, job, view).settle(view.now());
        let account = self.ledger.of(job);
        let key = self.rank.key(job, account, view);
        (account.key.replace(key) != Some(key)).then_some(key)
    }

    fn enter_all(&mut self, view: View<'_>) {
        self.queue.clear();
        self.room.worsened();
        for job in view.waiting() {
            if let Some(account) = self.ledger.find(job) {
                account.key = None;
            }
            self.enter(job, view);
        }
    }

    /// Sets the time at which the job's rank changes: by service if it runs, by patience if it waits.
    fn set_timer(&mut self, job: JobId, view: View<'_>) {
        let account = self.ledger.of(job);
        account.settle(view.now());
        let wait_ns = if account.width > 0 {
            let left = self.rank.falls_at(account).map(|at| at.saturating_sub(account.served));
            left.map(|left| left.div_ceil(u128::from(account.width)).max(1))
        } else {
            let patience = self.rank.promotes().filter(|_| account.served > 0);
            patience.map(|times| {
                let until = u128::from(times) * account.time();
                until.saturating_sub(u128::from(account.waited)).max(1)
            })
        };
        let due = wait_ns
            .and_then(|wait| u64::try_from(wait).ok())
            .map_or(SimTime::MAX, |wait| view.now().saturating_add(SimDuration::from_ns(wait)));
        if due != account.due {
            account.due = due;
            if due != SimTime::MAX {
                self.timers.push(Reverse((due, job)));
            }
        }
    }

    /// The first timer that is not stale.
    fn next_timer(&mut self) -> Option<(SimTime, JobId)> {
        while let Some(&Reverse((due, job))) = self.timers.peek() {
            if self.ledger.find(job).is_some_and(|account| account.due == due) {
                return Some((due, job));
            }
            self.timers.pop();
        }
        None
    }

    /// Jobs whose time has come: running ones have fallen, waiting ones lose their past.
    fn serve_timers(&mut self, view: View<'_>) {
        while let Some((due, job)) = self.next_timer() {
            if due > view.now() {
                return;
            }
            self.timers.pop();
            let account = self.ledger.of(job);
            account.due = SimTime::MAX;
            account.settle(view.now());
            if account.width > 0 {
                self.list_running(job, view);
                self.queue.open_all();
                self.set_timer(job, view);
            } else {
                (account.served, account.waited) = (0, 0);
                if view.is_waiting(job) {
                    self.enter(job, view);
                }
            }
        }
    }

    /// Goes through the waiting jobs by rank.
    fn schedule(&mut self, cx: &mut Decision<'_>) {
        self.queue.begin(&mut self.ledger, cx.view());
        self.room.begin(&*self.rank);
        while let Some((key, job, n)) = self.queue.next(&mut self.ledger, cx.view()) {
            match self.start_or_make_room(key, job, cx) {
                Made::Room(Tried::Started) => {
                    self.ledger.of(job).key = None;
                    self.queue.started(n, &mut self.ledger, cx.view());
                }
                // Further tasks of the job may find room too: it is the next one again.
                Made::Room(Tried::Partly) => self.queue.again(key, job, n),
                Made::Room(Tried::NoRoom | Tried::Away | Tried::Awaits) | Made::None => self.queue.block(n),
                Made::Later => {
                    self.queue.block(n);
                    self.queue.leave();
                    return;
                }
            }
        }
    }

    fn start_or_make_room(&mut self, key: OrderKey, job: JobId, cx: &mut Decision<'_>) -> Made {
        let before = cx.view().job(job).unstarted();
        let mut made = Made::Room(try_start(&mut *self.placer, job, false, cx));
        if made == Made::Room(Tried::NoRoom) {
            let (rank, placer, ledger) = (&*self.rank, &mut *self.placer, &mut self.ledger);
            let mut parts = Parts { rank, placer, ledger, how: self.how, ends: self.ends };
            made = self.room.make(key, job, &mut parts, cx);
            if let Made::Room(_) = made {
                self.take_back(cx.view());
            }
        }
        if let Made::Room(Tried::Started | Tried::Partly) = made {
            self.has_started(job, before, cx.view());
        }
        made
    }

    /// Jobs that were stopped wait again.
    fn take_back(&mut self, view: View<'_>) {
        let room = std::mem::take(&mut self.room);
        for job in room.stopped() {
            self.enter(job, view);
        }
        self.room = room;
        self.queue.open_rest(&mut self.ledger, view);
    }

    /// A job of which `before` tasks waited has started some of them.
    fn has_started(&mut self, job: JobId, before: u32, view: View<'_>) {
        let row = view.job(job);
        let account = self.ledger.of(job);
        let width = match row.facts().gang {
            Gang::Independent => account.width + before - row.unstarted(),
            _ => view.runs_of(job).next().map_or(0, |run| view.run(run).slots().len() as u32),
        };
        self.set_width(job, width, view);
        self.set_timer(job, view);
    }
}

/// The account of a job; one that is not known yet starts with the work that it has done.
fn open<'l>(ledger: &'l mut Ledger, rank: &dyn Rank, job: JobId, view: View<'_>) -> &'l mut Account {
    let tasks = view.job(job).facts().tasks;
    let served = || u128::from(view.work_done(job).as_ns()) * u128::from(tasks);
    ledger.open(job, (tasks, rank.size(job, view)), view.now(), served)
}

/// Tasks of the job that hold capacity.
fn width_of(job: JobId, view: View<'_>) -> u32 {
    view.runs_of(job).map(|run| view.run(run).slots().len() as u32).sum()
}

impl Policy for Preemptive {
    fn name(&self) -> &str {
        &self.name
    }

    fn setup(&self) -> Setup {
        let mut setup = Setup::default();
        self.placer.setup(&mut setup);
        setup
    }

    fn attach(&mut self, view: View<'_>) {
        self.placer.attach(view);
        self.ledger.clear();
        self.room.clear();
        self.timers.clear();
        (self.armed, self.ends) = (SimTime::ZERO, 0);
        for (_, run) in view.running() {
            let job = run.job();
            open(&mut self.ledger, &*self.rank, job, view).width = width_of(job, view);
            self.list_running(job, view);
            self.set_timer(job, view);
        }
        self.enter_all(view);
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        for n in 0..cx.trigger().events.len() {
            self.learn_of(cx.trigger().events[n], cx.view());
        }
        self.serve_timers(cx.view());
        self.queue.open_constrained(cx.view());
        self.queue.open_freed(cx.trigger().freed, self.room.last(), cx.view());
        self.schedule(cx);
        // While nobody waits, ranks may change unseen: an arrival finds them as they are then.
        if cx.view().waiting_len() > 0
            && let Some((due, _)) = self.next_timer()
            && (due < self.armed || self.armed <= cx.view().now())
        {
            self.armed = due;
            cx.wake(WakeId(0), due).expect("timers are ahead");
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self {
            name: self.name.clone(),
            rank: self.rank.fork(),
            placer: self.placer.fork(),
            how: self.how,
            ledger: self.ledger.clone(),
            queue: self.queue.clone(),
            room: self.room.clone(),
            timers: self.timers.clone(),
            armed: self.armed,
            ends: self.ends,
        })
    }
}
