//! From a job without room to victims: candidate nodes by price, one task after the other, all or nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sim_core::{Decision, Gang, JobId, NodeId, NodeState, Note, Setup, ShapeId, Slot, View};

use super::nodes::Lowest;
use super::room::Room;
use super::victims::{Judge, Price};
use super::{Made, Preemptor};
use crate::placer::Placer;

/// A candidate node: its price, its place in the search, and how often it had changed when it was priced.
type Offer = Reverse<(Price, u32, NodeId, u32)>;

/// Makes room by stopping jobs.
///
/// # Cost
/// Per job that finds no room: O(nodes) comparisons of one number, and the executions of the nodes that are candidates,
/// of which a tenth, or 100, are looked for; a gang looks once for all of its tasks.
pub(super) struct Planner {
    name: &'static str,
    judge: Judge,
    percent: usize,
    least: usize,
    lowest: Lowest,
    /// By node.
    known: Vec<Known>,
    /// Jobs for which victims were told to stop, with these victims.
    awaited: Vec<(JobId, Vec<JobId>)>,
    // What follows is of one plan.
    offers: BinaryHeap<Offer>,
    /// How often each node's offer was overtaken.
    version: Vec<u32>,
    /// Nodes whose room is not what the engine says, as victims take their time to go.
    rooms: Vec<(NodeId, Room)>,
    stopped: Vec<JobId>,
    touched: Vec<NodeId>,
}

/// What a node offered last, to whom, and the number of its last change then.
#[derive(Clone, Copy, Debug)]
struct Known {
    change: u64,
    for_whom: (ShapeId, i32),
    price: Option<Price>,
}

/// Nothing: no change has this number.
const UNKNOWN: Known = Known { change: u64::MAX, for_whom: (ShapeId(0), 0), price: None };

/// The job that wants room.
#[derive(Clone, Copy, Debug)]
struct Wants {
    job: JobId,
    priority: i32,
    /// Tasks that have to start together.
    tasks: u32,
}

/// The search for candidate nodes: how many were looked at, and how many offer something.
#[derive(Clone, Copy, Debug, Default)]
struct Search {
    looked_at: usize,
    found: usize,
}

/// True if one of the victims has not let go yet.
fn still_stop(victims: &[JobId], view: View<'_>) -> bool {
    victims.iter().any(|&victim| view.runs_of(victim).any(|run| view.run(run).is_stopping()))
}

impl Planner {
    pub(super) fn new(name: &'static str, judge: Judge, percent: usize, least: usize) -> Self {
        Self {
            name,
            judge,
            percent,
            least,
            lowest: Lowest::default(),
            known: Vec::new(),
            awaited: Vec::new(),
            offers: BinaryHeap::new(),
            version: Vec::new(),
            rooms: Vec::new(),
            stopped: Vec::new(),
            touched: Vec::new(),
        }
    }

    /// The same as [`Planner::price`] for nodes that no plan has touched yet, remembered until the node changes; the
    /// judge's victims mean nothing after it.
    fn known_price(&mut self, node: NodeId, wants: Wants, view: View<'_>) -> Option<Price> {
        let (change, shape) = (view.nodes().last_change(node), view.job(wants.job).facts().shape);
        let known = &self.known[node.index()];
        let is_settled = self.rooms.is_empty();
        if is_settled && known.for_whom == (shape, wants.priority) && known.change == change {
            return if view.admits(wants.job, node) { known.price } else { None };
        }
        self.judge.lasts = false;
        let price = self.price(node, wants, view);
        if self.judge.lasts && is_settled {
            self.known[node.index()] = Known { change, for_whom: (shape, wants.priority), price };
        }
        price
    }

    /// What a node offers for one task, with whom to stop left with the judge; `None` if it cannot hold one.
    fn price(&mut self, node: NodeId, wants: Wants, view: View<'_>) -> Option<Price> {
        let shape = view.shape(wants.job);
        let nodes = view.nodes();
        if nodes.state(node) != NodeState::Up
            || !nodes.could_fit(node, shape)
            || !view.admits(wants.job, node)
        {
            return None;
        }
        let planned = self.rooms.iter().find(|(other, _)| *other == node);
        let room = planned.map_or_else(|| Room::of(view, node), |(_, room)| *room);
        self.judge.price(node, room, shape, wants.priority, view)
    }

    /// Looks for candidate nodes from where `search` stands, until as many are found as a choice needs or `enough` more
    /// are.
    fn look(&mut self, search: &mut Search, enough: usize, wants: Wants, view: View<'_>) {
        let nodes = view.nodes();
        let from = self.lowest.from();
        let target = search.found + enough;
        while search.looked_at < nodes.len() && search.found < target {
            let node = nodes.node_at((from + search.looked_at) % nodes.len());
            search.looked_at += 1;
            if self.lowest.is_below(node, wants.priority)
                && let Some(price) = self.known_price(node, wants, view)
            {
                search.found += 1;
                self.offer(node, price, view);
            }
        }
    }

    fn offer(&mut self, node: NodeId, price: Price, view: View<'_>) {
        let all = view.nodes().len();
        let place = (view.nodes().rank(node) as usize + all - self.lowest.from()) % all;
        self.offers.push(Reverse((price, place as u32, node, self.version[node.index()])));
    }

    /// Prices a node anew whose room or executions have changed.
    fn offer_again(&mut self, node: NodeId, wants: Wants, view: View<'_>) {
        self.version[node.index()] += 1;
        if let Some(price) = self.price(node, wants, view) {
            self.offer(node, price, view);
        }
    }

    /// Finds room for all tasks and stops whom it takes. Yields `None` if that cannot be, for the caller to undo.
    fn plan(&mut self, wants: Wants, placer: &mut dyn Placer, cx: &mut Decision<'_>) -> Option<Made> {
        let mut placed = 0;
        while placed < wants.tasks {
            let (view, stream) = cx.view_and_rng();
            let Some(slot) = placer.place(wants.job, view, stream) else { break };
            if cx.stage(wants.job, slot).is_err() {
                break;
            }
            placed += 1;
        }
        self.clear(cx.view());
        let enough = (cx.view().nodes().len() * self.percent / 100).max(self.least);
        let (mut search, mut waits) = (Search::default(), false);
        self.look(&mut search, enough.max((wants.tasks - placed) as usize), wants, cx.view());
        while placed < wants.tasks {
            let Some(Reverse((offered, _, node, version))) = self.offers.pop() else {
                let before = search.looked_at;
                self.look(&mut search, enough, wants, cx.view());
                if search.looked_at == before {
                    return None;
                }
                continue;
            };
            if version != self.version[node.index()] {
                continue;
            }
            // A task that was placed since may keep this one off the node.
            let Some(price) = self.price(node, wants, cx.view()) else { continue };
            assert_eq!(price, offered, "the price of node {node:?} changed though the node did not");
            if let Some(delayed) = self.take(node, wants, cx) {
                (placed, waits) = (placed + 1, waits || delayed);
                for n in 0..self.touched.len() {
                    self.offer_again(self.touched[n], wants, cx.view());
                }
            } else {
                // A reservation or a constraint is in the way: the node is left out.
                self.version[node.index()] += 1;
            }
        }
        self.lowest.advance(search.looked_at);
        if waits {
            return Some(Made::Awaited);
        }
        cx.start_staged(wants.job).ok().map(|()| Made::Started)
    }

    fn clear(&mut self, view: View<'_>) {
        self.offers.clear();
        self.rooms.clear();
        self.stopped.clear();
        self.version.clear();
        self.version.resize(view.nodes().len(), 0);
    }

    /// Stops the victims that the judge has just named and takes a slot on the node. Yields whether the room is still
    /// to be waited for; `None`, and nobody is stopped, if the slot is refused.
    fn take(&mut self, node: NodeId, wants: Wants, cx: &mut Decision<'_>) -> Option<bool> {
        self.touched.clear();
        self.touched.push(node);
        let (judge, touched) = (&self.judge, &mut self.touched);
        for &victim in &judge.victims {
            let runs = cx.view().runs_of(victim);
            let slots = runs.flat_map(|run| cx.view().run(run).slots().iter().map(|slot| slot.node));
            touched.extend(slots);
        }
        touched.sort_unstable();
        touched.dedup();
        let foreseen = !self.rooms.is_empty();
        let delayed = cx.attempt(|cx| {
            let mut delayed = foreseen;
            for &victim in &judge.victims {
                cx.preempt(victim, judge.how).ok()?;
                delayed |= cx.view().runs_of(victim).any(|run| cx.view().run(run).is_stopping());
            }
            if !delayed {
                let view = cx.view();
                let gpu = view.shape(wants.job).gpu();
                let cards = view.nodes().pick_cards(node, gpu, sim_core::CardRule::Tightest)?;
                cx.stage(wants.job, Slot { node, cards }).ok()?;
            }
            Some(delayed)
        });
        if delayed? {
            self.foresee(node, wants, cx.view());
        }
        self.stopped.extend_from_slice(&self.judge.victims);
        delayed
    }

    /// Notes what room there will be once the judge's victims are gone and a task of the job stands on the node.
    fn foresee(&mut self, node: NodeId, wants: Wants, view: View<'_>) {
        let room_on = |rooms: &mut Vec<(NodeId, Room)>, node: NodeId| -> usize {
            rooms.iter().position(|(other, _)| *other == node).unwrap_or_else(|| {
                rooms.push((node, Room::of(view, node)));
                rooms.len() - 1
            })
        };
        for &victim in &self.judge.victims {
            let shape = view.shape(victim);
            for run in view.runs_of(victim) {
                for slot in view.run(run).slots() {
                    let at = room_on(&mut self.rooms, slot.node);
                    self.rooms[at].1.give(shape, slot.cards);
                }
            }
        }
        let shape = view.shape(wants.job);
        let at = room_on(&mut self.rooms, node);
        let cards = self.rooms[at].1.pick(shape.gpu());
        self.rooms[at].1.take(shape, cards);
    }
}

impl Preemptor for Planner {
    fn name(&self) -> &str {
        self.name
    }

    fn setup(&self, setup: &mut Setup) {
        setup.residents = true;
    }

    fn attach(&mut self, view: View<'_>) {
        self.lowest.reset(view);
        self.known.clear();
        self.known.resize(view.nodes().len(), UNKNOWN);
        self.awaited.clear();
    }

    fn make_room(&mut self, job: JobId, placer: &mut dyn Placer, cx: &mut Decision<'_>) -> Made {
        let view = cx.view();
        if self.awaited.iter().any(|(waiter, victims)| *waiter == job && still_stop(victims, view)) {
            return Made::Awaited;
        }
        self.awaited.retain(|(waiter, _)| *waiter != job);
        let facts = view.job(job).facts();
        let priority = facts.priority;
        self.lowest.refresh(&self.judge, view);
        if !self.lowest.any_below(priority) {
            return Made::Nothing;
        }
        let tasks = if facts.gang == Gang::Independent { 1 } else { facts.width_min() };
        let wants = Wants { job, priority, tasks };
        let made = cx.attempt(|cx| self.plan(wants, placer, cx)).unwrap_or(Made::Nothing);
        if made == Made::Awaited {
            self.awaited.push((job, self.stopped.clone()));
        }
        if made != Made::Nothing && cx.is_explained() {
            self.stopped.iter().for_each(|&victim| cx.note(Note::Victim { job: victim, by: job }));
        }
        made
    }

    fn due(&mut self, view: View<'_>) -> Option<JobId> {
        self.awaited.retain(|(waiter, _)| view.is_waiting(*waiter));
        let at = self.awaited.iter().position(|(_, victims)| !still_stop(victims, view))?;
        Some(self.awaited.remove(at).0)
    }

    fn fork(&self) -> Box<dyn Preemptor> {
        let mut fork = Self::new(self.name, self.judge.clone(), self.percent, self.least);
        (fork.lowest, fork.awaited, fork.known) =
            (self.lowest.clone(), self.awaited.clone(), self.known.clone());
        Box::new(fork)
    }
}
