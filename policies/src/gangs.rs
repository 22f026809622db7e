//! Scheduling task by task: gangs that hold what they have while they wait for the rest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Decision, Event, Gang, JobId, Note, Policy, Setup, SimDuration, SimTime, View, WakeId};

use crate::list::{Skipping, Tried, try_start};
use crate::order::JobOrder;
use crate::placer::Placer;

/// The policy's declaration.
pub const ABOUT: About = About {
    name: "task-by-task",
    doc: "Tasks are placed one by one, in the order of their jobs, passing over what does not fit. A gang runs when \
          all of its tasks have a place (its least number, if it is elastic). `gang` says what happens to \
          the places of an incomplete one.",
    source: "kube-scheduler with the co-scheduling plug-in (kubernetes-sigs/scheduler-plugins, PodGroup with \
             minMember, Permit and PostFilter); Volcano's gang plug-in for commit-or-discard.",
    params: &[
        Param::with_default("order", Kind::Plugin("order"), "\"priority\"", "which job goes first"),
        Param::with_default("place", Kind::Plugin("place"), "\"first-fit\"", "which node a task gets"),
        Param::with_default(
            "gang",
            Kind::Choice(&["permit", "hold", "discard"]),
            "\"permit\"",
            "an incomplete gang keeps its places for `timeout` if it misses few (`permit`, as co-scheduling does), \
             keeps them for ever (`hold`: no gang scheduling at all), or gives them back at once (`discard`, \
             as Volcano does)",
        ),
        Param::with_default(
            "timeout",
            Kind::Duration,
            "\"60s\"",
            "how long `permit` lets a gang hold places",
        ),
        Param::with_default(
            "missing_max_pct",
            Kind::Int { min: 0, max: 100 },
            "10",
            "`permit`: a gang that misses more of its tasks than this gives its places back at once [%]",
        ),
        Param::with_default(
            "backoff",
            Kind::Duration,
            "\"1s\"",
            "`permit`: delay before the second attempt; it doubles",
        ),
        Param::with_default("backoff_max", Kind::Duration, "\"10s\"", "`permit`: upper bound of the delay"),
    ],
};

/// The name under which the policy asks to be woken.
const WAKE: WakeId = WakeId(0);

/// What becomes of the places of an incomplete gang.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Incomplete {
    /// They are kept for a while, if few are missing.
    Permit(Permit),
    /// They are kept.
    Hold,
    /// They are given back.
    Discard,
}

/// The terms on which places are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permit {
    /// How long.
    pub timeout: SimDuration,
    /// Most tasks that may be missing [% of those needed].
    pub missing_max_pct: u32,
    /// Delay of the second attempt; it doubles from one to the next.
    pub backoff: SimDuration,
    /// Upper bound of the delay.
    pub backoff_max: SimDuration,
}

impl Permit {
    /// The delay after `attempts` failed ones.
    fn delay(&self, attempts: u32) -> SimDuration {
        let doubled = self.backoff.as_ns().saturating_mul(1 << (attempts - 1).min(32));
        SimDuration::from_ns(doubled).min(self.backoff_max).max(SimDuration::from_ns(1))
    }
}

impl Incomplete {
    /// True if a gang that misses so many of the tasks that it needs keeps its places.
    fn keeps(&self, missing: u32, needed: u32) -> bool {
        match self {
            Self::Hold => true,
            Self::Discard => false,
            Self::Permit(permit) => {
                u64::from(missing) * 100 <= u64::from(permit.missing_max_pct) * u64::from(needed)
            }
        }
    }
}

/// Where a gang stands between two attempts.
#[derive(Clone, Copy, Debug)]
enum Pause {
    /// It holds places until then.
    Holds(SimTime),
    /// It is not tried before then, nor before capacity has returned.
    BacksOff(SimTime),
}

#[derive(Clone, Copy, Debug, Default)]
struct Attempts {
    failed: u32,
    pause: Option<Pause>,
    /// How often capacity had returned when it last failed.
    freed: u64,
}

/// A scheduler that places task by task.
///
/// # Cost
/// As passing over in the list scheduler: one heap per distinct request, and nothing for a request that failed until
/// capacity returns. Gangs that wait with places or with a delay cost O(log) per change.
pub struct TaskByTask {
    name: String,
    order: Box<dyn JobOrder>,
    placer: Box<dyn Placer>,
    queue: Skipping,
    gangs: Gangs,
}

/// What is remembered of gangs that failed.
#[derive(Clone, Debug)]
struct Gangs {
    rule: Incomplete,
    attempts: BTreeMap<JobId, Attempts>,
    timers: BinaryHeap<Reverse<(SimTime, JobId)>>,
    /// Gangs whose delay is over and that wait for capacity to return.
    parked: Vec<JobId>,
    /// How often capacity had returned at the last decision.
    freed: u64,
}

impl TaskByTask {
    /// The scheduler named `order/placer/rule`.
    pub fn new(order: Box<dyn JobOrder>, placer: Box<dyn Placer>, rule: Incomplete) -> Self {
        let suffix = match rule {
            Incomplete::Permit(_) => "permit",
            Incomplete::Hold => "hold",
            Incomplete::Discard => "discard",
        };
        let name = format!("{}/{}/{suffix}", order.name(), placer.name());
        let gangs = Gangs::new(rule);
        Self { name, order, placer, queue: Skipping::default(), gangs }
    }

    pub(crate) fn build(params: &Params, order: Box<dyn JobOrder>, placer: Box<dyn Placer>) -> Self {
        let rule = match params.text("gang") {
            "hold" => Incomplete::Hold,
            "discard" => Incomplete::Discard,
            _ => Incomplete::Permit(Permit {
                timeout: params.duration("timeout"),
                missing_max_pct: params.int("missing_max_pct") as u32,
                backoff: params.duration("backoff"),
                backoff_max: params.duration("backoff_max"),
            }),
        };
        Self::new(order, placer, rule)
    }

    fn insert(&mut self, job: JobId, view: View<'_>) {
        let key = self.order.key(job, view);
        self.queue.insert(key, job, view.job(job).request());
    }
}

impl Policy for TaskByTask {
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
        self.queue.clear();
        self.gangs = Gangs::new(self.gangs.rule);
        for job in view.waiting() {
            self.insert(job, view);
        }
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        if self.order.moves() {
            self.queue.clear();
            cx.view().waiting().for_each(|job| self.insert(job, cx.view()));
        }
        for n in 0..cx.trigger().events.len() {
            match cx.trigger().events[n] {
                Event::Queued(job) if cx.view().is_waiting(job) => self.insert(job, cx.view()),
                Event::Ended { job, .. } => drop(self.gangs.attempts.remove(&job)),
                _ => {}
            }
        }
        while let Some(job) = self.gangs.due(cx) {
            self.insert(job, cx.view());
        }
        while let Some(job) = self.gangs.unparked(cx.view()) {
            self.insert(job, cx.view());
        }
        let Self { queue, gangs, placer, .. } = self;
        queue.decide(false, cx, |job, cx| gangs.attempt(&mut **placer, job, cx));
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self {
            name: self.name.clone(),
            order: self.order.fork(),
            placer: self.placer.fork(),
            queue: self.queue.clone(),
            gangs: self.gangs.clone(),
        })
    }
}

impl Gangs {
    fn new(rule: Incomplete) -> Self {
        Self { rule, attempts: BTreeMap::new(), timers: BinaryHeap::new(), parked: Vec::new(), freed: 0 }
    }

    /// The next of the parked gangs, once capacity has returned.
    fn unparked(&mut self, view: View<'_>) -> Option<JobId> {
        if self.freed == view.nodes().freed() {
            return None;
        }
        while let Some(job) = self.parked.pop() {
            if view.is_waiting(job) {
                return Some(job);
            }
        }
        self.freed = view.nodes().freed();
        None
    }

    /// The next gang whose delay is over and for which capacity has returned since it failed. On the way,
    /// gangs that have held places for too long give them back.
    fn due(&mut self, cx: &mut Decision<'_>) -> Option<JobId> {
        let now = cx.view().now();
        while let Some(&Reverse((at, job))) = self.timers.peek()
            && at <= now
        {
            self.timers.pop();
            let Some(attempts) = self.attempts.get_mut(&job) else { continue };
            match attempts.pause {
                Some(Pause::BacksOff(until)) if until == at => {
                    attempts.pause = None;
                    if attempts.freed == cx.view().nodes().freed() {
                        self.parked.push(job);
                    } else if cx.view().is_waiting(job) {
                        return Some(job);
                    }
                }
                Some(Pause::Holds(until)) if until == at => self.back_off(job, cx),
                _ => {}
            }
        }
        None
    }

    /// Gives back what the gang holds, and does not try it for a while.
    fn back_off(&mut self, job: JobId, cx: &mut Decision<'_>) {
        let Incomplete::Permit(permit) = self.rule else { return };
        let now = cx.view().now();
        if cx.release(job).is_ok() {
            // Others may take the places at once.
            cx.wake(WAKE, now).expect("now is not past");
        }
        let attempts = self.attempts.entry(job).or_default();
        attempts.failed += 1;
        attempts.freed = cx.view().nodes().freed();
        let until = now.saturating_add(permit.delay(attempts.failed));
        attempts.pause = Some(Pause::BacksOff(until));
        self.timers.push(Reverse((until, job)));
        cx.wake(WAKE, until).expect("a delay ends in the future");
    }

    /// Places what there is room for of a job, and starts it if that is enough.
    fn attempt(&mut self, placer: &mut dyn Placer, job: JobId, cx: &mut Decision<'_>) -> Tried {
        let facts = cx.view().job(job).facts();
        let (gang, least, most) = (facts.gang, facts.width_min(), facts.tasks);
        if gang == Gang::Independent || self.rule == Incomplete::Discard {
            return try_start(placer, job, false, cx);
        }
        let pause = self.attempts.get(&job).and_then(|attempts| attempts.pause);
        if matches!(pause, Some(Pause::BacksOff(_))) {
            return Tried::Away;
        }
        let held = cx.view().held(job).len() as u32;
        let mut placed = held;
        let rule = self.rule;
        let started = cx.attempt(|cx| {
            while placed < most {
                let (view, stream) = cx.view_and_rng();
                let Some(slot) = placer.place(job, view, stream) else { break };
                if cx.stage(job, slot).is_err() {
                    break;
                }
                placed += 1;
            }
            if placed >= least && cx.start_staged(job).is_ok() {
                return Some(true);
            }
            if !rule.keeps(least.saturating_sub(placed), least) {
                return None;
            }
            if placed > held {
                cx.hold_staged(job).expect("the slots were just staged for a waiting gang");
            }
            Some(false)
        });
        if started == Some(true) {
            self.attempts.remove(&job);
            return Tried::Started;
        }
        cx.note(Note::NoRoom { job, placed, wanted: least });
        if started.is_none() {
            self.back_off(job, cx);
            return Tried::Away;
        }
        self.set_timeout(job, cx);
        Tried::NoRoom
    }

    /// Sets the end of the time for which a gang may hold its places, when it has got the first ones.
    fn set_timeout(&mut self, job: JobId, cx: &mut Decision<'_>) {
        let Incomplete::Permit(permit) = self.rule else { return };
        let attempts = self.attempts.entry(job).or_default();
        if attempts.pause.is_none() && !cx.view().held(job).is_empty() {
            let until = cx.view().now().saturating_add(permit.timeout);
            attempts.pause = Some(Pause::Holds(until));
            self.timers.push(Reverse((until, job)));
            cx.wake(WAKE, until).expect("the timeout ends in the future");
        }
    }
}
