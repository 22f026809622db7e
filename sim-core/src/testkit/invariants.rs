//! What must hold after every event of every run.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::NodeState;
use crate::event::{End, Event};
use crate::ids::{JobId, ReservationId};
use crate::job::{Gang, When};
use crate::observer::{Observer, ResultSink, SinkError};
use crate::shape::CARD_MILLI;
use crate::time::SimTime;
use crate::view::View;

/// An observer that panics with the event when an invariant is broken.
///
/// # Cost
/// O(nodes + executions) per event: for tests on small clusters.
#[derive(Clone, Debug, Default)]
pub struct Invariants {
    last: SimTime,
    submitted: BTreeSet<JobId>,
    ended: BTreeMap<u64, End>,
    due: Option<(SimTime, ReservationId)>,
}

impl Invariants {
    /// Free and used amounts of every node and card add up to what it has.
    fn check_capacity(&self, view: View<'_>) {
        let nodes = view.nodes();
        let mut used = vec![[0u64; 8]; nodes.len()];
        let mut cards: Vec<Vec<u32>> = nodes.ids().map(|node| vec![0; nodes.cards(node).len()]).collect();
        let mut tasks = vec![0; nodes.len()];
        let running = view.running().map(|(_, run)| (run.job(), run.slots()));
        for (job, slots) in running.chain(view.holding()) {
            let shape = view.shape(job);
            for slot in slots {
                let node = slot.node.index();
                tasks[node] += 1;
                for (sum, amount) in used[node].iter_mut().zip(shape.need().0) {
                    *sum += u64::from(amount);
                }
                for card in slot.cards.iter() {
                    cards[node][card as usize] += u32::from(shape.gpu().milli_each);
                }
            }
        }
        for node in nodes.ids() {
            let n = node.index();
            for (lane, &used) in used[n].iter().enumerate() {
                let (free, capacity) = (nodes.free()[n].0[lane], nodes.capacity()[n].0[lane]);
                assert_eq!(u64::from(free) + used, u64::from(capacity), "lane {lane} of node {n}");
            }
            for (card, &free) in nodes.cards(node).iter().enumerate() {
                assert_eq!(
                    u32::from(free) + cards[n][card],
                    u32::from(CARD_MILLI),
                    "card {card} of node {n}"
                );
            }
            assert_eq!(nodes.tasks(node), tasks[n], "tasks of node {n}");
        }
        let up = || nodes.ids().filter(|&node| nodes.state(node) == NodeState::Up);
        for lane in 0..8 {
            let free: u64 = up().map(|node| u64::from(nodes.free()[node.index()].0[lane])).sum();
            assert_eq!(nodes.free_total()[lane], free, "free total of lane {lane}");
        }
    }

    /// Every execution stands where its job may, with the width that its gang rule asks for.
    fn check_placement(&self, view: View<'_>) {
        let mut keyed = BTreeMap::new();
        for (_, run) in view.running() {
            let facts = view.job(run.job()).facts();
            match facts.gang {
                Gang::AllOrNothing => assert_eq!(run.slots().len(), facts.tasks as usize, "a partial gang"),
                Gang::Elastic { min } => assert!((min..=facts.tasks).contains(&(run.slots().len() as u32))),
                Gang::Independent => assert_eq!(run.slots().len(), 1),
            }
            let rule = view.words().constraints_of(facts.constraints);
            for slot in run.slots() {
                let state = view.nodes().state(slot.node);
                assert!(matches!(state, NodeState::Up | NodeState::Draining | NodeState::Down), "{state:?}");
                assert!(rule.admits_labels(view.nodes().labels(slot.node)), "labels of {:?}", slot.node);
                if let (Some(key), Some(apart)) = (rule.key, rule.anti_affinity) {
                    let domain = view.nodes().domain(slot.node, apart.level);
                    let (count, most) = keyed.entry((key, apart.level.name(), domain)).or_insert((0, 0));
                    *count += 1;
                    *most = apart.tasks_max.max(*most);
                }
            }
        }
        // The task that started last found fewer than its own cap, and since then some may only have left: where caps
        // differ, this bound is what remains of them.
        for ((key, level, domain), (count, most)) in keyed {
            assert!(count <= most, "{count} tasks of {key:?} in {level} {domain}, at most {most}");
        }
    }

    fn check_job(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        match *event {
            Event::Submitted(job) => {
                assert!(self.submitted.insert(job), "{job:?} was submitted twice");
                assert_eq!(view.job(job).facts().submit, at);
            }
            Event::Started { job, run } => {
                let own = view.run(run).slots();
                for window in view.windows().iter().filter(|window| window.from <= at && at < window.to) {
                    let stands = own.iter().any(|slot| window.nodes.contains(&slot.node));
                    let open = window.admits(view.job(job).facts().tenant);
                    assert!(!stands || open, "{job:?} started at {at} in a window that is closed to it");
                }
                for dependency in view.job(job).facts().after() {
                    let end = self.ended.get(&dependency.job);
                    let holds = match dependency.when {
                        When::Completed => end == Some(&End::Completed),
                        When::Failed => end.is_some_and(|end| end.is_failure()),
                        When::Ended => end.is_some(),
                    };
                    assert!(holds, "{job:?} started before {dependency:?}, which ended {end:?}");
                }
            }
            Event::RunEnded { job, run, .. } => {
                let run = view.run(run);
                let facts = view.job(job).facts();
                assert!(at >= run.start() && run.start() >= facts.submit);
                if view.state.rules.kill_at_walltime {
                    assert!(at.since(run.start()) <= facts.walltime, "{job:?} outran its wall time");
                }
            }
            Event::Ended { job, end } => {
                assert!(self.submitted.remove(&job), "{job:?} ended twice or was never submitted");
                assert_eq!(view.runs_of(job).count(), 0, "{job:?} ended with something running");
                assert!(self.ended.insert(view.job(job).facts().id, end).is_none());
            }
            _ => {}
        }
    }
}

impl Observer for Invariants {
    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        assert!(at >= self.last && at == view.now(), "time: {at} after {}", self.last);
        self.last = at;
        self.check_job(at, event, view);
        // A reservation that is due is followed at once by its job's start, or broken.
        if let Some((due, id)) = self.due.take() {
            let kept = matches!(event, Event::Started { .. });
            let broken = matches!(event, Event::ReservationBroken(other) if *other == id);
            assert!(at == due && (kept || broken), "reservation {id:?} was due at {due}, then {event:?}");
        }
        if let Event::ReservationDue(id) = *event {
            self.due = Some((at, id));
        }
        self.check_capacity(view);
        self.check_placement(view);
    }

    fn finish(&mut self, _: SimTime, view: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        assert_eq!(self.submitted.len(), view.unfinished().count(), "jobs were lost");
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        Some(Box::new(self.clone()))
    }
}
