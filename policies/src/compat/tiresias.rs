//! The schedulers of the Tiresias simulator, with the order of events and the roundings that its schedules show.
//!
//! They differ from [`Preemptive`](crate::Preemptive) in what follows. GPUs are counted over the whole cluster, and
//! what was chosen by that is placed then. Every arrival, end and queue jump decides anew about all jobs, nothing else
//! does. Lists are kept between decisions and sorted stably, so that equals keep the order that they had. A job falls
//! by one queue per decision at most, and the jump to the next queue is foreseen in whole seconds.

mod rows;

use sim_core::registry::{About, Kind, Param, Params, Value};
use sim_core::{Decision, Event, JobId, Lane, Policy, Preempt, Setup, SimDuration, SimTime, View, WakeId};

use crate::list::start::{Tried, try_start};
use crate::placer::{self, Placer};
use crate::prior::Prior;
use rows::{Row, Rows};

/// The policy `tiresias`.
pub const ABOUT: About = About {
    name: "tiresias",
    doc: "A scheduler of the Tiresias simulator, quirks included. GPUs are counted over the whole cluster; \
          then the chosen jobs are placed, those that run stay where they are, and a chosen job that finds \
          no place waits.",
    source: "Gu et al., Tiresias, NSDI 2019, and its simulator, https://github.com/SymbioticLab/Tiresias.",
    params: &[
        Param::required(
            "rule",
            Kind::Choice(&["lpjf", "sjf", "shortest", "shortest-gpu", "dlas", "dlas-gpu"]),
            "who goes first. `lpjf`: by submission, without preemption, and after each start the next job is \
             passed over; `sjf`: fewest GPUs; `shortest`: least time left by the estimate; `shortest-gpu`: \
             least time left x GPUs; `dlas`: least time executed, by queues; `dlas-gpu`: least time executed \
             x GPUs, by queues",
        ),
        Param::with_default(
            "limits",
            Kind::List(&Kind::Duration),
            "[3250, 7200]",
            "time [s], or GPU time [GPU-s], at which a job falls into the next queue; ascending",
        ),
        Param::optional(
            "promote",
            Kind::Int { min: 1, max: 1_000_000 },
            "a job that has waited so many times as long as it has executed returns to the first queue; left out: \
             never",
        ),
        Param::with_default("place", Kind::Plugin("place"), "\"first-fit\"", "which node a task gets"),
    ],
};

/// Who goes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rule {
    Lpjf,
    Sjf,
    Shortest { by_gpu: bool },
    Dlas { by_gpu: bool },
}

/// A scheduler of the Tiresias simulator.
///
/// # Cost
/// O(unfinished jobs) per arrival, end and queue jump: each of them decides about all jobs.
/// # Source
/// Gu et al., "Tiresias: a GPU cluster manager for distributed deep learning", NSDI 2019, and its simulator.
pub struct Tiresias {
    name: String,
    rule: Rule,
    limits_ns: Vec<u64>,
    promote: Option<u64>,
    placer: Box<dyn Placer>,
    rows: Rows,
    /// Jobs in the order in which they are looked at; one list per queue.
    queues: Vec<Vec<JobId>>,
    /// When the state of the rows was last brought up to date.
    at: SimTime,
    /// The next jump of a job to another queue.
    jump: SimTime,
    promotions: Vec<(u64, u32)>,
}

impl Tiresias {
    /// The scheduler that checked parameters describe.
    pub fn new(params: &Params, prior: &Prior) -> Self {
        let word = params.text("rule");
        let rule = match word {
            "lpjf" => Rule::Lpjf,
            "sjf" => Rule::Sjf,
            "shortest" => Rule::Shortest { by_gpu: false },
            "shortest-gpu" => Rule::Shortest { by_gpu: true },
            "dlas" => Rule::Dlas { by_gpu: false },
            _ => Rule::Dlas { by_gpu: true },
        };
        let limit = |value: &Value| match value {
            Value::Duration(limit) => limit.as_ns(),
            other => panic!("limits are declared as durations, not {other:?}"),
        };
        let limits_ns: Vec<u64> = match rule {
            Rule::Dlas { .. } => params.list("limits").iter().map(limit).collect(),
            _ => Vec::new(),
        };
        let promote = params.int_opt("promote").map(i64::unsigned_abs);
        let (place, place_params) = params.plugin("place").expect("place has a default");
        let suffix = promote.map_or_else(String::new, |times| format!("-{times}"));
        Self {
            name: format!("tiresias/{word}{suffix}"),
            rule,
            queues: vec![Vec::new(); limits_ns.len() + 1],
            limits_ns,
            promote,
            placer: placer::build(place, place_params, prior),
            rows: Rows::default(),
            at: SimTime::ZERO,
            jump: SimTime::MAX,
            promotions: Vec::new(),
        }
    }

    /// Returns to the first queue, by the job's number in the trace, in order of time.
    pub fn promotions(&self) -> &[(u64, u32)] {
        &self.promotions
    }

    /// True if something happened that the simulator decides on: not what the last decision itself has caused.
    fn is_event(&self, cx: &Decision<'_>) -> bool {
        let own = |event: &Event| match *event {
            Event::Woken(_) | Event::Started { .. } | Event::Preempted { .. } | Event::Submitted(_) => true,
            Event::Queued(job) => self.rows.has(job),
            _ => false,
        };
        cx.view().now() == self.jump || cx.trigger().events.iter().any(|event| !own(event))
    }

    /// Adds the time since the last decision to all jobs, drops those that have ended and takes new ones in.
    fn catch_up(&mut self, view: View<'_>) {
        let passed = view.now().since(self.at).as_ns();
        self.at = view.now();
        self.rows.advance(passed, view);
        let rows = &self.rows;
        self.queues.iter_mut().for_each(|queue| queue.retain(|&job| rows.has(job)));
    }

    fn take_in(&mut self, job: JobId, view: View<'_>) {
        if view.is_waiting(job) && !self.rows.has(job) {
            let gpu = view.shape(job).need().get(Lane::Gpu);
            let size = u64::from(view.job(job).facts().tasks) * u64::from(gpu);
            self.rows.push(Row::new(job, size));
            self.queues[0].push(job);
        }
    }

    /// Moves jobs between queues: running ones fall, starved ones return to the first.
    fn requeue(&mut self, view: View<'_>) {
        let Rule::Dlas { by_gpu } = self.rule else { return };
        for n in 0..self.rows.len() {
            let row = self.rows.at(n);
            let (job, from) = (row.job, row.queue);
            let to = if row.running {
                let limit = self.limits_ns.get(from);
                if limit.is_some_and(|&limit| row.used(by_gpu) >= u128::from(limit)) {
                    from + 1
                } else {
                    from
                }
            } else if self.promote.is_some_and(|times| row.is_starved(times)) {
                let row = self.rows.at_mut(n);
                (row.executed_ns, row.waited_ns) = (0, 0);
                row.promotions += 1;
                self.promotions.push((view.job(job).facts().id, row.promotions));
                0
            } else {
                from
            };
            if to != from {
                self.queues[from].retain(|&other| other != job);
                self.queues[to].push(job);
                self.rows.at_mut(n).queue = to;
            }
        }
    }

    /// Sets who is to run: greedily in the order of the lists, by counting GPUs.
    fn choose(&mut self, view: View<'_>) {
        let mut free = view.nodes().capacity_up()[Lane::Gpu as usize];
        if self.rule == Rule::Lpjf {
            return self.choose_waiting_only(free);
        }
        let rows = &self.rows;
        match self.rule {
            Rule::Sjf => self.queues[0].sort_by_key(|&job| rows.of(job).size),
            Rule::Shortest { by_gpu } => self.queues[0].sort_by_key(|&job| rows.of(job).left(view, by_gpu)),
            Rule::Lpjf | Rule::Dlas { .. } => {}
        }
        for &job in self.queues.iter().flatten() {
            let row = self.rows.of_mut(job);
            row.chosen = row.size <= free;
            if row.chosen {
                free -= row.size;
            }
        }
    }

    /// Without preemption, up to the first job that does not fit. The simulator takes a job that it starts off the list
    /// that it walks along, and so passes over the next one.
    fn choose_waiting_only(&mut self, mut free: u64) {
        let mut passes_over = false;
        for n in 0..self.rows.len() {
            let row = self.rows.at_mut(n);
            row.chosen = row.running;
            free = free.saturating_sub(if row.running { row.size } else { 0 });
        }
        for n in 0..self.rows.len() {
            let row = self.rows.at_mut(n);
            if row.running || std::mem::take(&mut passes_over) {
                continue;
            }
            if row.size > free {
                return;
            }
            free -= row.size;
            (row.chosen, passes_over) = (true, true);
        }
    }

    /// Stops who was not chosen, then starts who was, in the order of the lists.
    fn carry_out(&mut self, cx: &mut Decision<'_>) {
        for n in 0..self.rows.len() {
            let row = self.rows.at_mut(n);
            if row.running && !row.chosen {
                let stopped = cx.preempt(row.job, Preempt::Suspend);
                row.running = stopped.is_err();
            }
        }
        for queue in 0..self.queues.len() {
            for n in 0..self.queues[queue].len() {
                let job = self.queues[queue][n];
                let row = self.rows.of_mut(job);
                if row.chosen && !row.running {
                    row.running = try_start(&mut *self.placer, job, false, cx) == Tried::Started;
                }
            }
        }
    }

    /// The order of each queue for the next decision, running jobs first; and when a job will leave its queue.
    fn look_ahead(&mut self, now: SimTime) {
        let Rule::Dlas { by_gpu } = self.rule else { return };
        let rows = &self.rows;
        for queue in &mut self.queues {
            queue.sort_by_key(|&job| !rows.of(job).running);
        }
        let (limits, promote) = (&self.limits_ns, self.promote);
        let until = |row: &Row| match (row.running, promote) {
            (true, _) => row.until_limit(*limits.get(row.queue)?, by_gpu),
            (false, Some(times)) => row.until_starved(times),
            (false, None) => None,
        };
        let next = self.rows.iter().filter_map(until).min();
        self.jump = next.map_or(SimTime::MAX, |wait_ns| now.saturating_add(SimDuration::from_ns(wait_ns)));
    }
}

impl Policy for Tiresias {
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
        self.rows.clear();
        self.queues.iter_mut().for_each(Vec::clear);
        (self.at, self.jump) = (view.now(), SimTime::MAX);
        // What ran before keeps running first; its past is not known.
        for (_, run) in view.running() {
            if !self.rows.has(run.job()) {
                let gpu = view.shape(run.job()).need().get(Lane::Gpu);
                let size = run.slots().len() as u64 * u64::from(gpu);
                self.rows.push(Row { running: true, ..Row::new(run.job(), size) });
                self.queues[0].push(run.job());
            }
        }
        view.waiting().for_each(|job| self.take_in(job, view));
        self.queues[0].sort_unstable();
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        if !self.is_event(cx) {
            return;
        }
        self.catch_up(cx.view());
        for n in 0..cx.trigger().events.len() {
            if let Event::Queued(job) = cx.trigger().events[n] {
                self.take_in(job, cx.view());
            }
        }
        self.requeue(cx.view());
        self.choose(cx.view());
        self.carry_out(cx);
        self.look_ahead(cx.view().now());
        if self.jump != SimTime::MAX {
            cx.wake(WakeId(0), self.jump).expect("the jump is ahead");
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self {
            name: self.name.clone(),
            rule: self.rule,
            limits_ns: self.limits_ns.clone(),
            promote: self.promote,
            placer: self.placer.fork(),
            rows: self.rows.clone(),
            queues: self.queues.clone(),
            at: self.at,
            jump: self.jump,
            promotions: self.promotions.clone(),
        })
    }
}
