//! Whom a node would have to stop to hold a task, and what that would cost.

use std::cmp::Reverse;

use sim_core::{CardSet, Gang, JobId, Lane, NodeId, Preempt, Run, RunId, Shape, ShapeId, SimTime, View};

use super::Rule;
use super::room::Room;

/// What stopping the victims of a node costs: compared part by part, the lowest first.
pub(super) type Price = [i128; 4];

/// Nobody has to be stopped.
pub(super) const FREE: Price = [i128::MIN; 4];

/// A running job that may be stopped, with what it holds on the node that is looked at.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    job: JobId,
    shape: ShapeId,
    priority: i32,
    /// Start of its earliest execution.
    start: SimTime,
    /// Tasks that stop with it, on all nodes.
    tasks: u64,
    /// What would be lost: GPU time, then core time [ns x thousandths].
    lost: (u128, u128),
    /// Its tasks on this node are `held[from..to]`.
    from: usize,
    to: usize,
}

/// Executions of a job that a preemption would stop.
fn active(job: JobId, view: View<'_>) -> impl Iterator<Item = RunId> {
    view.runs_of(job).filter(move |&run| !view.run(run).is_stopping())
}

/// Decides whom a node would have to stop.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    rule: Rule,
    pub(super) how: Preempt,
    /// A job of which so many executions were preempted is left alone; the largest number: never.
    protect_after: u16,
    candidates: Vec<Candidate>,
    /// Cards of the candidates' tasks on the node.
    held: Vec<CardSet>,
    /// Jobs to be stopped, after [`Judge::price`].
    pub(super) victims: Vec<JobId>,
    /// The last price stands until the node changes: it does not depend on time, nor on executions elsewhere.
    pub(super) lasts: bool,
}

impl Judge {
    pub(super) fn new(rule: Rule, how: Preempt, protect_after: u16) -> Self {
        let (candidates, held, victims) = (Vec::new(), Vec::new(), Vec::new());
        Self { rule, how, protect_after, candidates, held, victims, lasts: false }
    }

    /// The job's priority, if it may be stopped at all: it is not told to stop already, and not protected.
    #[inline]
    pub(super) fn priority(&self, run: &Run, view: View<'_>) -> Option<i32> {
        let job = view.job(run.job());
        let is_open =
            !run.is_stopping() && (self.protect_after == u16::MAX || job.preemptions() < self.protect_after);
        is_open.then(|| job.facts().priority)
    }

    /// What it costs to make `room` on the node, which is what is free there, for a task of the shape: all jobs of
    /// lower priority are taken away, and those that may stay are put back, the most worthy first. `None` if that
    /// does not help. The jobs to be stopped are left in `victims`.
    ///
    /// # Cost
    /// O(executions on the node), and of their tasks if they have cards.
    /// # Source
    /// SelectVictimsOnNode and pickOneNodeForPreemption of the kube-scheduler.
    pub(super) fn price(
        &mut self,
        node: NodeId,
        mut room: Room,
        shape: &Shape,
        below: i32,
        view: View<'_>,
    ) -> Option<Price> {
        self.victims.clear();
        self.collect(node, below, view);
        let words = view.words();
        for candidate in &self.candidates {
            let shape = words.shape_of(candidate.shape);
            self.held[candidate.from..candidate.to].iter().for_each(|&cards| room.give(shape, cards));
        }
        if !room.fits(shape) {
            return None;
        }
        match self.rule {
            Rule::Priority => {
                self.candidates.sort_unstable_by_key(|of| (Reverse(of.priority), of.start, of.job));
            }
            Rule::LostWork => self.candidates.sort_unstable_by_key(|of| (Reverse(of.lost), of.start, of.job)),
        }
        let mut kept = 0;
        for n in 0..self.candidates.len() {
            let candidate = self.candidates[n];
            let (held, theirs) = (&self.held[candidate.from..candidate.to], words.shape_of(candidate.shape));
            let before = room;
            held.iter().for_each(|&cards| room.take(theirs, cards));
            if !room.fits(shape) {
                room = before;
                self.candidates[kept] = candidate;
                kept += 1;
            }
        }
        self.candidates.truncate(kept);
        self.victims.extend(self.candidates.iter().map(|victim| victim.job));
        Some(self.sum())
    }

    /// What the candidates that are left cost together.
    fn sum(&self) -> Price {
        let victims = &self.candidates;
        let Some(highest) = victims.iter().map(|victim| victim.priority).max() else { return FREE };
        let tasks: u64 = victims.iter().map(|victim| victim.tasks).sum();
        if self.rule == Rule::LostWork {
            // Amounts are below 2^64 ns x 2^32 tasks x 2^16: the sums stay far below 2^127.
            let gpu: u128 = victims.iter().map(|victim| victim.lost.0).sum();
            let cpu: u128 = victims.iter().map(|victim| victim.lost.1).sum();
            return [gpu as i128, cpu as i128, i128::from(tasks), 0];
        }
        let shifted =
            |victim: &Candidate| (i128::from(victim.priority) + (1 << 31)) * i128::from(victim.tasks);
        let first =
            victims.iter().filter(|victim| victim.priority == highest).map(|victim| victim.start).min();
        let first = first.map_or(0, |start| i128::from(start.as_ns()));
        [i128::from(highest), victims.iter().map(shifted).sum(), i128::from(tasks), -first]
    }

    /// Lists the jobs below a priority that hold something on the node.
    fn collect(&mut self, node: NodeId, below: i32, view: View<'_>) {
        self.candidates.clear();
        self.held.clear();
        self.lasts = self.rule == Rule::Priority;
        let mut last: Option<RunId> = None;
        for &id in view.residents(node) {
            // A gang is listed once per task.
            if last.replace(id) == Some(id) {
                continue;
            }
            let run = view.run(id);
            let Some(priority) = self.priority(run, view).filter(|&priority| priority < below) else {
                continue;
            };
            if self.candidates.iter().any(|known| known.job == run.job()) {
                continue;
            }
            let from = self.held.len();
            let facts = view.job(run.job()).facts();
            let mut candidate = Candidate {
                job: run.job(),
                shape: facts.shape,
                priority,
                start: SimTime::MAX,
                tasks: 0,
                lost: (0, 0),
                from,
                to: from,
            };
            if facts.gang == Gang::AllOrNothing {
                self.add(&mut candidate, id, node, view);
            } else {
                self.lasts = false;
                active(run.job(), view).for_each(|run| self.add(&mut candidate, run, node, view));
            }
            candidate.to = self.held.len();
            self.candidates.push(candidate);
        }
    }

    /// Adds what stopping one execution of a job means: on the node, and in all.
    fn add(&mut self, candidate: &mut Candidate, id: RunId, node: NodeId, view: View<'_>) {
        let run = view.run(id);
        self.held.extend(run.slots().iter().filter(|slot| slot.node == node).map(|slot| slot.cards));
        candidate.start = candidate.start.min(run.start());
        let width = run.slots().len() as u64;
        candidate.tasks += width;
        if self.rule == Rule::LostWork {
            let checkpoint = view.job(candidate.job).facts().checkpoint();
            let restart = if self.how == Preempt::Kill { 0 } else { checkpoint.restart_cost.as_ns() };
            let ns =
                (u128::from(view.unsaved(id, self.how).as_ns()) + u128::from(restart)) * u128::from(width);
            let need = view.words().shape_of(candidate.shape).need();
            let (gpu, cpu) = (u128::from(need.get(Lane::Gpu)), u128::from(need.get(Lane::Cpu)));
            candidate.lost = (candidate.lost.0 + ns * gpu, candidate.lost.1 + ns * cpu);
        }
    }
}
