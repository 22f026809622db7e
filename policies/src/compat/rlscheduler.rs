//! RLScheduler's simulator of a batch system: commit to a job and block, with its weak backfilling.
//!
//! What its event loop does, and this policy repeats:
//! - A job is chosen when a decision is due, and the choice stands: until it fits, nothing that comes is preferred.
//! - One event at a time is taken in, then the chosen job is tried again. At one instant arrivals come before ends, and
//!   ends in the order of a list of running jobs, which is in order of start but re-sorted by expected end each time
//!   that a shadow is computed.
//! - If nothing waits, the next arrival is chosen at once: others of the same instant have not been seen by then.
//! - Backfilling, while the chosen job is blocked: the shadow is the time at which enough running jobs are expected to
//!   have ended. It is computed once, when the job is found not to fit, and never again. Before each event all that
//!   wait are tried by submission; whatever fits and is expected to end strictly before the shadow starts. There is no
//!   rule of extra nodes, as EASY has one, whatever the order.
//! - There is no placement: free nodes are a number.
//!
//! The engine applies all events of an instant before it asks. So the policy keeps those that it has not taken in
//! yet, and its own count of nodes, which is never above the engine's.

mod queue;
mod running;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Decision, Event, Gang, JobId, Lane, Note, Policy, Setup, SimTime, View};

use crate::list::start::{Tried, try_start};
use crate::order::{self, JobOrder};
use crate::placer::{self, Placer};
use crate::prior::Prior;
use queue::Queue;
use running::Running;

/// The policy `rlscheduler`.
pub const ABOUT: About = About {
    name: "rlscheduler",
    doc: "RLScheduler's simulator: the first job of the order is chosen and blocks until it fits, events of one \
          instant are taken in one by one, and backfilling is weaker than EASY. Its published heuristics are \
          the orders fcfs, sjf, f1, wfp3-rlscheduler, unicep-rlscheduler.",
    source: "Zhang, Dai, He, Bao, Xie, RLScheduler, SC 2020; github.com/DIR-LAB/deep-batch-scheduler, \
             HPCSimPickJobs.py as of 2021.",
    params: &[
        Param::with_default("order", Kind::Plugin("order"), "\"fcfs\"", "which job is chosen"),
        Param::with_default("backfill", Kind::Bool, "false", "jobs pass the chosen one while it is blocked"),
        Param::with_default(
            "node_cores",
            Kind::Int { min: 1, max: 100_000 },
            "1",
            "cores are counted in whole nodes of so many: a job takes ceil(its cores / this) of them",
        ),
        Param::with_default("place", Kind::Plugin("place"), "\"first-fit\"", "which node a task gets"),
    ],
};

/// RLScheduler's simulator as a policy.
///
/// # Cost
/// O(running) per end and O(running log running) per blocked job, as in the original. O(log waiting) per choice under
/// orders of fixed keys, O(waiting) under others; O(waiting) per event while backfilling.
pub struct RlScheduler {
    name: String,
    order: Box<dyn JobOrder>,
    placer: Box<dyn Placer>,
    backfill: bool,
    /// One node [milli-cores].
    node_milli: u64,
    queue: Queue,
    running: Running,
    chosen: Option<Chosen>,
}

/// The job that was chosen and has not started.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    job: JobId,
    /// What is backfilled must have ended before; set when the job is first found not to fit.
    shadow: Option<SimTime>,
}

/// The policy from checked parameters.
pub(crate) fn build(params: &Params, prior: &Prior) -> Box<dyn Policy> {
    let (order, order_params) = params.plugin("order").expect("order has a default");
    let (place, place_params) = params.plugin("place").expect("place has a default");
    let (order, backfill) = (order::build(order, order_params), params.bool("backfill"));
    Box::new(RlScheduler {
        name: format!("rlscheduler/{}{}", order.name(), if backfill { "/backfill" } else { "" }),
        queue: Queue::new(order.moves(), backfill),
        order,
        placer: placer::build(place, place_params, prior),
        backfill,
        node_milli: 1000 * params.int("node_cores").unsigned_abs(),
        running: Running::default(),
        chosen: None,
    })
}

impl RlScheduler {
    /// Nodes that so many tasks of the job take.
    fn nodes(&self, tasks: u32, job: JobId, view: View<'_>) -> u64 {
        let milli = u64::from(tasks) * u64::from(view.shape(job).need().get(Lane::Cpu));
        milli.div_ceil(self.node_milli)
    }

    /// True if there are enough nodes for the rest of the job, by what was taken in.
    fn fits(&self, job: JobId, view: View<'_>) -> bool {
        let all = view.nodes().capacity_up()[Lane::Cpu.index()] / self.node_milli;
        self.nodes(view.job(job).unstarted(), job, view) + self.running.held() <= all
    }

    /// Starts the job if it fits; true if all of it runs now.
    fn start(&mut self, job: JobId, cx: &mut Decision<'_>) -> bool {
        if !self.fits(job, cx.view()) {
            return false;
        }
        let before = cx.view().job(job).unstarted();
        let tried = try_start(&mut *self.placer, job, false, cx);
        if tried == Tried::NoRoom {
            return false;
        }
        let view = cx.view();
        let row = view.job(job);
        let runs = if row.facts().gang == Gang::Independent { before - row.unstarted() } else { 1 } as usize;
        let expected_end = view.now().saturating_add(row.estimate().p50);
        for run in view.runs_of(job).take(runs) {
            let nodes = self.nodes(view.run(run).slots().len() as u32, job, view);
            self.running.add(run, nodes, expected_end);
        }
        tried == Tried::Started
    }

    /// Takes in one event of this instant; false if there is none left.
    fn take_one(&mut self, view: View<'_>) -> bool {
        self.queue.admit_one(&*self.order, view) || self.running.release_one()
    }

    /// Starts whatever fits and is expected to have ended before the chosen job's shadow, by submission.
    fn fill(&mut self, shadow: SimTime, cx: &mut Decision<'_>) {
        let mut scan = self.queue.scan();
        while let Some(job) = self.queue.next(&mut scan, cx.view()) {
            let ends = cx.view().now().saturating_add(cx.view().job(job).estimate().p50);
            if ends < shadow && self.start(job, cx) {
                self.queue.drop_last(&mut scan);
            }
        }
    }

    /// What the engine has applied since the last decision.
    fn note_events(&mut self, cx: &Decision<'_>) {
        for event in cx.trigger().events {
            match *event {
                Event::Queued(job) => self.queue.arrive(job),
                Event::RunEnded { run, .. } | Event::Preempted { run, .. } => self.running.end(run),
                _ => {}
            }
        }
    }
}

impl Policy for RlScheduler {
    fn name(&self) -> &str {
        &self.name
    }

    fn setup(&self) -> Setup {
        let mut setup = Setup::default();
        self.placer.setup(&mut setup);
        setup
    }

    fn attach(&mut self, view: View<'_>) {
        self.order.seed(view.draws("order"));
        self.placer.attach(view);
        self.chosen = None;
        self.queue.clear();
        self.running.clear();
        let mut waiting: Vec<JobId> = view.waiting().collect();
        waiting.sort_unstable();
        waiting.into_iter().for_each(|job| self.queue.arrive(job));
        while self.queue.admit_one(&*self.order, view) {}
        for (id, run) in view.running() {
            let expected_end = run.start().saturating_add(view.job(run.job()).estimate().p50);
            self.running.add(id, self.nodes(run.slots().len() as u32, run.job(), view), expected_end);
        }
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        self.note_events(cx);
        if self.chosen.is_some() {
            // It was found not to fit, and jobs were backfilled; the next thing is an event.
            self.take_one(cx.view());
        }
        loop {
            let view = cx.view();
            let chosen = self.chosen.filter(|chosen| view.is_waiting(chosen.job));
            let first = || Some(Chosen { job: self.queue.first(&*self.order, view)?, shadow: None });
            let Some(mut chosen) = chosen.or_else(first) else {
                self.chosen = None;
                if self.take_one(view) {
                    continue;
                }
                return;
            };
            self.chosen = Some(chosen);
            if self.start(chosen.job, cx) {
                self.chosen = None;
                continue;
            }
            if self.backfill {
                let shadow = chosen.shadow.unwrap_or_else(|| self.shadow(chosen.job, cx.view()));
                chosen.shadow = Some(shadow);
                self.chosen = Some(chosen);
                self.fill(shadow, cx);
            }
            if !self.take_one(cx.view()) {
                if cx.is_explained() {
                    let waiting = cx.view().waiting_len() as u32 - 1;
                    cx.note(Note::Behind { head: chosen.job, waiting });
                }
                return;
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self {
            name: self.name.clone(),
            order: self.order.fork(),
            placer: self.placer.fork(),
            backfill: self.backfill,
            node_milli: self.node_milli,
            queue: self.queue.clone(),
            running: self.running.clone(),
            chosen: self.chosen,
        })
    }
}

impl RlScheduler {
    /// When enough nodes for the job are expected to be free.
    fn shadow(&mut self, job: JobId, view: View<'_>) -> SimTime {
        let all = view.nodes().capacity_up()[Lane::Cpu.index()] / self.node_milli;
        let free = all.saturating_sub(self.running.held());
        let need = self.nodes(view.job(job).unstarted(), job, view);
        self.running.shadow(free, need).unwrap_or_else(|| view.now())
    }
}
