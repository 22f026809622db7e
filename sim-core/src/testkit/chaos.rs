//! A policy and a controller that do anything the interface allows, legal or not, in any order.

use crate::action::{Action, CardSet, Preempt, Slot};
use crate::cluster::{CardRule, FitOrder};
use crate::controller::{ControlDecision, Controller};
use crate::decision::Decision;
use crate::ids::{GroupId, JobId, NodeId, WakeId};
use crate::policy::{Policy, Ranks, Setup};
use crate::random::Stream;
use crate::testkit::digest::digest;
use crate::time::SimDuration;

/// A policy of random actions. It starts jobs often enough for runs to end, and it plans, undoes and blunders; a
/// refusal or an undone attempt that leaves a trace makes it panic.
#[derive(Clone, Debug)]
pub struct Chaos {
    stream: Stream,
    residents: bool,
}

impl Chaos {
    /// The policy that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        let mut stream = Stream::new(seed, "chaos");
        let residents = stream.below(2) == 0;
        Self { stream, residents }
    }

    fn below(&mut self, n: usize) -> usize {
        self.stream.below(n.max(1) as u64) as usize
    }

    fn some_job(&mut self, jobs: Vec<JobId>) -> Option<JobId> {
        (!jobs.is_empty()).then(|| jobs[self.below(jobs.len())])
    }

    fn slots(&mut self, cx: &Decision<'_>, tasks: usize) -> Vec<Slot> {
        let n = cx.view().nodes().len();
        let cards =
            |this: &mut Self| if this.below(3) == 0 { CardSet(this.below(8) as u32) } else { CardSet(0) };
        (0..tasks).map(|_| Slot { node: NodeId(self.below(n + 1) as u32), cards: cards(self) }).collect()
    }

    /// Starts a job properly, if it fits.
    fn start(&mut self, cx: &mut Decision<'_>, job: JobId) -> Option<()> {
        let order = [FitOrder::Rank, FitOrder::Tightest(crate::resources::Lane::Cpu)][self.below(2)];
        let facts = cx.view().job(job).facts().clone();
        let unstarted = cx.view().job(job).unstarted();
        let width = facts.width_min()
            + self.below((unstarted - facts.width_min().min(unstarted) + 1) as usize) as u32;
        let held = cx.view().held(job).len() as u32;
        cx.attempt(|cx| {
            for _ in held..width.min(unstarted) {
                let view = cx.view();
                let shape = *view.shape(job);
                let node = view.nodes().fitting(&shape, order).find(|&node| view.admits(job, node))?;
                let cards = view.nodes().pick_cards(node, shape.gpu(), CardRule::Tightest)?;
                cx.stage(job, Slot { node, cards }).ok()?;
            }
            cx.start_staged(job).ok()
        })
    }

    /// Holds what there is room for of a job, or gives back what it holds.
    fn hold(&mut self, cx: &mut Decision<'_>, job: JobId) {
        if !cx.view().held(job).is_empty() && self.below(2) == 0 {
            cx.release(job).expect("the job holds something");
            return;
        }
        let wanted = 1 + self.below(cx.view().job(job).facts().tasks as usize);
        cx.attempt(|cx| {
            for _ in 0..wanted {
                let (view, shape) = (cx.view(), *cx.view().shape(job));
                let node = view.nodes().fitting(&shape, FitOrder::Rank).find(|&node| view.admits(job, node));
                let Some(node) = node else { break };
                let cards = view.nodes().pick_cards(node, shape.gpu(), CardRule::Lowest)?;
                cx.stage(job, Slot { node, cards }).ok()?;
            }
            cx.hold_staged(job).ok()
        });
    }

    /// One random action, likely to be refused.
    fn blunder(&mut self, cx: &mut Decision<'_>) {
        let jobs: Vec<JobId> = cx.view().unfinished().map(|job| job.id()).collect();
        let Some(job) = self.some_job(jobs) else { return };
        let tasks = cx.view().job(job).facts().tasks as usize;
        let tasks = if self.below(4) == 0 { self.below(5) } else { tasks };
        let place = self.slots(cx, tasks);
        let later = cx.view().now() + SimDuration::from_secs(self.below(300) as u64);
        let group = GroupId(self.below(3) as u32);
        let how = [Preempt::Kill, Preempt::Requeue, Preempt::Suspend][self.below(3)];
        let action = match self.below(11) {
            0 => Action::Start { job, place },
            1 => Action::Preempt { job, how },
            2 => Action::Resize { job, place },
            3 => Action::Migrate { job, place },
            4 => Action::Reserve { job, start: later, place },
            5 => match cx.view().reservations().first() {
                Some(reservation) => Action::Unreserve { id: reservation.id },
                None => Action::Wake { id: WakeId(1), at: later },
            },
            6 if self.below(8) == 0 => Action::Reject { job },
            8 => Action::Hold { job, place },
            9 => Action::Release { job },
            7 => Action::Scale { group, target: self.below(12) as u32 },
            _ => Action::Wake { id: WakeId(0), at: later },
        };
        let before = digest(cx.view());
        if cx.apply(&action).is_err() {
            assert_eq!(digest(cx.view()), before, "refused, but not without a trace: {action:?}");
        }
    }

    fn plan_and_drop(&mut self, cx: &mut Decision<'_>) {
        let before = digest(cx.view());
        let depth = self.below(3);
        let dropped: Option<()> = cx.attempt(|cx| {
            for _ in 0..self.below(4) {
                self.blunder(cx);
            }
            if depth > 0 {
                self.plan_and_drop(cx);
            }
            if let Some(job) = self.some_job(cx.view().waiting().collect()) {
                self.hold(cx, job);
                self.start(cx, job);
                cx.attempt(|cx| cx.preempt(job, Preempt::Requeue).ok());
            }
            None
        });
        assert!(dropped.is_none());
        assert_eq!(digest(cx.view()), before, "an attempt was undone, but not without a trace");
    }
}

impl Policy for Chaos {
    fn name(&self) -> &str {
        "chaos"
    }

    fn setup(&self) -> Setup {
        Setup {
            indexes: vec![FitOrder::Rank.index(), FitOrder::Tightest(crate::resources::Lane::Cpu).index()],
            ranks: if self.residents { Ranks::Seeded } else { Ranks::Identity },
            residents: self.residents,
            ..Setup::default()
        }
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        if self.below(3) == 0 {
            self.plan_and_drop(cx);
        }
        if self.below(4) == 0 {
            self.blunder(cx);
        }
        let mut waiting: Vec<JobId> = cx.view().waiting().collect();
        self.stream.shuffle(&mut waiting);
        for job in waiting {
            // A blunder may have withdrawn it.
            if cx.view().is_waiting(job) && self.start(cx, job).is_none() && self.below(6) == 0 {
                self.hold(cx, job);
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(self.clone())
    }
}

/// A controller that scales, holds and cancels at random.
#[derive(Clone, Copy, Debug)]
pub struct Meddler {
    /// Time between two interventions.
    pub period: SimDuration,
}

impl Controller for Meddler {
    fn name(&self) -> &str {
        "meddler"
    }

    fn period(&self) -> SimDuration {
        self.period
    }

    fn control(&mut self, cx: &mut ControlDecision<'_>) {
        let groups = cx.view().groups().len() as u64;
        let group = GroupId(cx.rng().below(groups + 1) as u32);
        let target = cx.rng().below(10) as u32;
        // A refusal is as good as an intervention here.
        let _ = cx.set_nodes(group, target);
        let jobs: Vec<JobId> = cx.view().unfinished().map(|job| job.id()).collect();
        if jobs.is_empty() {
            return;
        }
        let job = jobs[cx.rng().below(jobs.len() as u64) as usize];
        let until = cx.view().now() + SimDuration::from_secs(cx.rng().below(100));
        match cx.rng().below(8) {
            0 => drop(cx.cancel(job)),
            1 | 2 => drop(cx.hold(job, until)),
            _ => {}
        }
    }

    fn fork(&self) -> Box<dyn Controller> {
        Box::new(*self)
    }
}
