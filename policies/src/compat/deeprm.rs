//! DeepRM's environment: a few visible slots, a backlog behind them, and agents that fill time step by step.
//!
//! What it does, and this policy repeats:
//! - Jobs that arrive take the first empty slot, else a place in the backlog, else they are dropped.
//! - An agent sees the slots only. It picks one job after the other while time stands still; a slot that was emptied is
//!   filled from the head of the backlog at once. When it picks nothing, time goes on.
//! - Agents pick among jobs that fit now for all of their length, the best score first, of equals the first slot; a
//!   score has to be above zero.
//! - The cluster is one pool of each resource, in so many units; lengths are whole steps.
//!
//! The environment could also allot a job room from a later step on. No agent here asks for that, as all of them
//! pick jobs that fit now, and so nothing can change between two events: the policy need not be woken at each step.
//! A job as long as the horizon finds no room in the original and stays in its slot for ever; here it is rejected.

use std::collections::VecDeque;

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{Action, Decision, Event, JobId, Note, Policy, Setup, SimDuration, View};

use crate::list::start::{Tried, try_start};
use crate::placer::{self, Placer};
use crate::prior::Prior;

/// The policy `deeprm`.
pub const ABOUT: About = About {
    name: "deeprm",
    doc: "DeepRM's environment with one of its heuristic agents: jobs stand in a few visible slots and a backlog, and \
          the agent starts jobs that fit now from the slots. Meant for one node, on which it is exact.",
    source: "Mao, Alizadeh, Menache, Kandula, Resource management with deep reinforcement learning, HotNets 2016; \
             github.com/hongzimao/deeprm, environment.py and other_agents.py.",
    params: &[
        Param::with_default(
            "agent",
            Kind::Choice(&["sjf", "packer", "tetris"]),
            "\"sjf\"",
            "who picks: the shortest; the one whose request is best aligned with what is free (dot product, in units); \
             or by the weighted sum of both scores",
        ),
        Param::with_default(
            "knob",
            Kind::Float { min: 0.0, max: 1.0 },
            "0.5",
            "tetris: weight of the alignment; the other is that of 1 / length",
        ),
        Param::with_default("slots", Kind::Int { min: 1, max: 1_000_000 }, "10", "visible jobs"),
        Param::with_default(
            "backlog",
            Kind::Int { min: 0, max: 1_000_000 },
            "60",
            "jobs behind them; whatever comes beyond is rejected",
        ),
        Param::with_default(
            "step",
            Kind::Duration,
            "\"1s\"",
            "one step: lengths are rounded up to whole ones",
        ),
        Param::with_default(
            "horizon",
            Kind::Int { min: 1, max: 1_000_000_000 },
            "20",
            "steps that are planned: jobs of as many, or of unknown length, are rejected",
        ),
        Param::with_default(
            "units",
            Kind::Int { min: 1, max: 1_000_000 },
            "10",
            "each resource of the cluster counts so many units in scores",
        ),
        Param::with_default("place", Kind::Plugin("place"), "\"first-fit\"", "which node a task gets"),
    ],
};

/// Who picks.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Agent {
    Sjf,
    Packer,
    Tetris { knob: f64 },
}

/// DeepRM's environment and one of its agents, as a policy.
///
/// # Cost
/// O(slots) per start and per decision.
pub struct DeepRm {
    name: String,
    agent: Agent,
    placer: Box<dyn Placer>,
    slots: Vec<Option<JobId>>,
    backlog: VecDeque<JobId>,
    backlog_max: usize,
    step: SimDuration,
    horizon: u64,
    units: f64,
    /// Slots whose job fitted the pool but no node; they are not tried again before the next decision.
    barred: Vec<bool>,
}

/// The policy from checked parameters.
pub(crate) fn build(params: &Params, prior: &Prior) -> Box<dyn Policy> {
    let (place, place_params) = params.plugin("place").expect("place has a default");
    let agent = match params.text("agent") {
        "packer" => Agent::Packer,
        "tetris" => Agent::Tetris { knob: params.float("knob") },
        _ => Agent::Sjf,
    };
    let count = |key: &str| usize::try_from(params.int(key)).expect("the declaration bounds it");
    Box::new(DeepRm {
        name: format!("deeprm/{}", params.text("agent")),
        agent,
        placer: placer::build(place, place_params, prior),
        slots: vec![None; count("slots")],
        backlog: VecDeque::new(),
        backlog_max: count("backlog"),
        // A step of no time would make all lengths infinite.
        step: params.duration("step").max(SimDuration::from_ns(1)),
        horizon: params.int("horizon").unsigned_abs(),
        units: params.int("units") as f64,
        barred: vec![false; count("slots")],
    })
}

impl DeepRm {
    /// Steps that the job takes, by its estimate.
    fn length(&self, job: JobId, view: View<'_>) -> u64 {
        view.job(job).estimate().p50.as_ns().div_ceil(self.step.as_ns()).max(1)
    }

    /// Puts a job that has come into a slot or the backlog, or turns it away.
    fn enter(&mut self, job: JobId, cx: &mut Decision<'_>) {
        let too_long = self.length(job, cx.view()) >= self.horizon;
        if !too_long && let Some(empty) = self.slots.iter_mut().find(|slot| slot.is_none()) {
            *empty = Some(job);
            return;
        }
        let full = too_long || self.backlog.len() >= self.backlog_max;
        // A job of which a task has come back while others run cannot be turned away.
        if !full || cx.apply(&Action::Reject { job }).is_err() {
            self.backlog.push_back(job);
        }
    }

    /// Fills a slot from the backlog.
    fn refill(&mut self, slot: usize, view: View<'_>) {
        self.slots[slot] = None;
        while self.slots[slot].is_none() {
            let Some(job) = self.backlog.pop_front() else { return };
            if view.is_waiting(job) {
                self.slots[slot] = Some(job);
            }
        }
    }

    /// The agent's score of a job, or `None` if it does not fit now.
    fn score(&self, job: JobId, view: View<'_>) -> Option<f64> {
        let (need, tasks) = (view.shape(job).need(), u64::from(view.job(job).unstarted()));
        let (free, all) = (view.nodes().free_total(), view.nodes().capacity_up());
        let mut aligned = 0.0;
        for ((&need, &free), &all) in need.0.iter().zip(free).zip(all) {
            let need = u64::from(need) * tasks;
            if need > free {
                return None;
            }
            if need > 0 {
                let units = |amount: u64| amount as f64 * self.units / all as f64;
                aligned += units(free) * units(need);
            }
        }
        let shortness = 1.0 / self.length(job, view) as f64;
        Some(match self.agent {
            Agent::Sjf => shortness,
            Agent::Packer => aligned,
            Agent::Tetris { knob } => knob * aligned + (1.0 - knob) * shortness,
        })
    }

    /// The slot that the agent picks, if any.
    fn pick(&self, view: View<'_>) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (slot, job) in self.slots.iter().enumerate() {
            if let Some(job) = *job
                && !self.barred[slot]
                && let Some(score) = self.score(job, view)
                && score > best.map_or(0.0, |(_, most)| most)
            {
                best = Some((slot, score));
            }
        }
        best.map(|(slot, _)| slot)
    }
}

impl Policy for DeepRm {
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
        self.slots.fill(None);
        let mut waiting: Vec<JobId> = view.waiting().collect();
        waiting.sort_unstable();
        self.backlog = waiting.into();
        (0..self.slots.len()).for_each(|slot| self.refill(slot, view));
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        for slot in 0..self.slots.len() {
            // Somebody else may have ended or started it.
            if self.slots[slot].is_some_and(|job| !cx.view().is_waiting(job)) {
                self.refill(slot, cx.view());
            }
        }
        for n in 0..cx.trigger().events.len() {
            if let Event::Queued(job) = cx.trigger().events[n]
                && cx.view().is_waiting(job)
                && !self.slots.contains(&Some(job))
                && !self.backlog.contains(&job)
            {
                self.enter(job, cx);
            }
        }
        self.barred.fill(false);
        while let Some(slot) = self.pick(cx.view()) {
            let job = self.slots[slot].expect("agents pick jobs");
            if try_start(&mut *self.placer, job, false, cx) == Tried::Started {
                self.refill(slot, cx.view());
            } else {
                self.barred[slot] = true;
            }
        }
        if cx.is_explained() {
            for job in self.slots.iter().flatten() {
                let wanted = cx.view().job(*job).unstarted();
                cx.note(Note::NoRoom { job: *job, placed: 0, wanted });
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self {
            name: self.name.clone(),
            agent: self.agent,
            placer: self.placer.fork(),
            slots: self.slots.clone(),
            backlog: self.backlog.clone(),
            backlog_max: self.backlog_max,
            step: self.step,
            horizon: self.horizon,
            units: self.units,
            barred: self.barred.clone(),
        })
    }
}
