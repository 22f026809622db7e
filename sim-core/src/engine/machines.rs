//! Nodes that come up, go down, boot and drain.

use crate::action::Slot;
use crate::cluster::NodeState;
use crate::engine::core::Core;
use crate::event::{End, Event};
use crate::failure::NodeFailures;
use crate::ids::{GroupId, NodeId, RunId};
use crate::queue::{Class, Ticket};
use crate::random::{Dist, Stream};
use crate::tables::RunState;
use crate::time::{SimDuration, SimTime};

impl Core {
    /// Starts or stops charging for a node.
    pub(crate) fn charge(&mut self, node: NodeId, on: bool) {
        let price = self.state.groups[self.state.nodes.group(node).index()].price_micros_per_hour;
        self.state.meter.switch(self.state.now, price, on);
    }

    /// A node has booted or is repaired.
    pub(crate) fn node_up(&mut self, node: NodeId) {
        if let Some(until) = self.state.windows.maintained_until(node, self.state.now) {
            self.state.nodes.set_state(node, NodeState::Down);
            self.outages[node.index()].1 = self.queue.push(until, Class::NodeUp, u64::from(node.0));
            return;
        }
        self.state.nodes.set_state(node, NodeState::Up);
        self.freed.push(node);
        self.emit(Event::NodeUp(node));
        self.schedule_failure(node);
    }

    /// A node fails: everything on it ends, then it is down until repaired.
    pub(crate) fn node_down(&mut self, node: NodeId) {
        if self.fell(node) {
            self.schedule_repair(node);
        }
    }

    /// Takes a node down if it was in use, with everything on it; true if it has to come up again.
    pub(crate) fn fell(&mut self, node: NodeId) -> bool {
        let state = self.state.nodes.state(node);
        if !matches!(state, NodeState::Up | NodeState::Draining) {
            return false;
        }
        self.outages[node.index()].1 = Ticket::NONE;
        // Out of the index first: nothing of what is freed now may be taken again.
        self.state.nodes.set_state(node, NodeState::Down);
        let lists = self.state.residents.as_ref().expect("residents are kept where nodes can fail");
        let mut lost: Vec<RunId> = lists[node.index()].clone();
        lost.sort_unstable_by_key(|&run| {
            let run = self.state.runs.get(run);
            (run.job, run.task)
        });
        lost.dedup();
        for run in lost {
            self.lose_run(run);
        }
        self.release_on(node);
        for id in self.state.reservations.on_node(node) {
            self.drop_reservation(id);
            self.emit(Event::ReservationBroken(id));
        }
        if state == NodeState::Draining {
            // It was to go off after its last tasks, and has told so; there is nothing to repair it for.
            self.switch_off(node);
            return false;
        }
        self.emit(Event::NodeDown(node));
        true
    }

    fn lose_run(&mut self, run: RunId) {
        let job = self.state.runs.get(run).job;
        self.end_run(run, End::NodeLost);
        self.settle(job, run, End::NodeLost);
        self.state.runs.recycle(run);
    }

    /// Draws when a node that has just come up will fail.
    fn schedule_failure(&mut self, node: NodeId) {
        let NodeFailures::Random { time_up, .. } = &self.failures.nodes else { return };
        let (count, _) = self.outages[node.index()];
        let after = draw_span(time_up, &mut self.node_fate.stream(u64::from(node.0), u64::from(count) * 2));
        self.outages[node.index()].1 = self.outage(after, Class::NodeDown, node);
    }

    /// Puts down that the node goes down or up `after` now. What would be at the end of time never is: outages would
    /// follow each other at that instant for ever.
    fn outage(&mut self, after: SimDuration, class: Class, node: NodeId) -> Ticket {
        match self.state.now.saturating_add(after) {
            SimTime::MAX => Ticket::NONE,
            at => self.queue.push(at, class, u64::from(node.0)),
        }
    }

    fn schedule_repair(&mut self, node: NodeId) {
        let (count, ticket) = &mut self.outages[node.index()];
        match &self.failures.nodes {
            NodeFailures::Never => {}
            NodeFailures::Random { time_down, .. } => {
                let mut stream = self.node_fate.stream(u64::from(node.0), u64::from(*count) * 2 + 1);
                *count += 1;
                let after = draw_span(time_down, &mut stream);
                self.outages[node.index()].1 = self.outage(after, Class::NodeUp, node);
            }
            NodeFailures::Trace(outages) => {
                let now = self.state.now;
                let outage = outages.iter().find(|outage| outage.node == node && outage.down == now);
                let up = outage.expect("a recorded outage brought the node down").up;
                *ticket = self.queue.push(up, Class::NodeUp, u64::from(node.0));
            }
        }
    }

    pub(crate) fn schedule_recorded_outages(&mut self) {
        let NodeFailures::Trace(outages) = self.failures.nodes.clone() else { return };
        for outage in outages.iter() {
            self.queue.push(outage.down, Class::NodeDown, u64::from(outage.node.0));
        }
    }

    /// Switches off the draining nodes of an execution whose last task is gone.
    pub(crate) fn drain_emptied(&mut self, run: RunId) {
        if self.state.nodes.draining() > 0 {
            let slots = self.state.runs.get(run).slots.clone();
            self.drain_left(&slots);
        }
    }

    /// Switches off the draining nodes among those of `slots` that have no task left.
    pub(crate) fn drain_left(&mut self, slots: &[Slot]) {
        for &Slot { node, .. } in slots {
            if self.state.nodes.state(node) == NodeState::Draining && self.state.nodes.tasks(node) == 0 {
                self.switch_off(node);
            }
        }
    }

    fn switch_off(&mut self, node: NodeId) {
        let ticket = std::mem::replace(&mut self.outages[node.index()].1, Ticket::NONE);
        self.queue.cancel(ticket);
        self.state.nodes.set_state(node, NodeState::Off);
        self.charge(node, false);
    }

    /// Makes the number of nodes that are on follow the group's target.
    ///
    /// More: draining nodes come back first, then those that are off boot, the group's first ones first. Fewer:
    /// booting nodes are stopped, then failed ones, idle ones, and busy ones drain; the group's last ones first.
    pub(crate) fn rescale(&mut self, id: GroupId) {
        let group = &self.state.groups[id.index()];
        let (target, boot, nodes) = (group.target, group.boot, group.nodes.clone());
        self.emit(Event::Scaled { group: id, target });
        let state = |core: &Self, node: NodeId| core.state.nodes.state(node);
        let is_on = |state| !matches!(state, NodeState::Off | NodeState::Draining);
        let mut on = nodes.iter().filter(|&&node| is_on(state(self, node))).count() as u32;
        for wanted in [NodeState::Draining, NodeState::Off] {
            for &node in &nodes {
                if on >= target || state(self, node) != wanted {
                    continue;
                }
                self.switch_on(node, wanted, boot);
                on += 1;
            }
        }
        for wanted in [NodeState::Booting, NodeState::Down, NodeState::Up, NodeState::Draining] {
            for &node in nodes.iter().rev() {
                let idle = self.state.nodes.tasks(node) == 0;
                // The last round meets the busy nodes that the third one passed over.
                let (state, drains) = (state(self, node), wanted == NodeState::Draining);
                let chosen = if drains { state == NodeState::Up } else { state == wanted && idle };
                if on <= target || !chosen {
                    continue;
                }
                if drains {
                    self.state.nodes.set_state(node, NodeState::Draining);
                } else {
                    self.switch_off(node);
                }
                if state == NodeState::Up {
                    self.emit(Event::NodeDown(node));
                }
                on -= 1;
            }
        }
    }

    fn switch_on(&mut self, node: NodeId, from: NodeState, boot: SimDuration) {
        if from == NodeState::Draining {
            self.state.nodes.set_state(node, NodeState::Up);
            self.freed.push(node);
            self.emit(Event::NodeUp(node));
            return;
        }
        self.state.nodes.set_state(node, NodeState::Booting);
        self.charge(node, true);
        let at = self.state.now.saturating_add(boot);
        let ticket = self.queue.push(at, Class::NodeUp, u64::from(node.0));
        self.outages[node.index()].1 = ticket;
    }

    /// True if an execution still holds its capacity.
    pub(crate) fn is_active(&self, run: RunId) -> bool {
        self.state.runs.get(run).state == RunState::Active
    }
}

/// A span in seconds, drawn from a distribution; at least one nanosecond, so that time goes on.
fn draw_span(dist: &Dist, stream: &mut Stream) -> SimDuration {
    let span = SimDuration::try_from_secs_f64(dist.sample(stream)).unwrap_or(SimDuration::MAX);
    span.max(SimDuration::from_ns(1)).min(SimDuration::from_ns(SimTime::MAX.as_ns() / 2))
}
