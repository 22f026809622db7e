//! The earliest start of a blocked job, and what of the cluster is needed for it then.

use sim_core::{
    Constraints, Domain, FitOrder, JobId, NodeId, NodeState, Resources, RunId, Shape, SimTime, Slot, View,
};

use super::ends::Ends;

/// A whole card [milli].
const WHOLE_CARD: u16 = 1000;

/// The plan for one blocked job: when it can start, and what every node that matters has free at that time.
///
/// Executions are released in the order of their expected ends on a copy of the nodes they stand on, until all nodes
/// together have room for the job. Nodes that are not in the copy have none. What has outlived its estimate counts as
/// ending now.
///
/// # Accuracy
/// Room is exact for lanes, labels, whole cards and shares of one card. For shares of several cards it is what the best
/// choice of cards could reach. Of anti-affinity, only the cap per node for the job's own tasks is looked at: where
/// tasks of its kind stand in its way, the time is too early.
#[derive(Clone, Debug, Default)]
pub(super) struct Shadow {
    /// Tasks that the job needs room for.
    wanted: u64,
    /// When there is room for it; `None` if not even the end of all that runs makes room.
    at: Option<SimTime>,
    need: Need,
    /// The job, and the time for which room is counted where windows may shut it out.
    job: Option<JobId>,
    when: SimTime,
    /// Ends of executions and of windows, to be looked at in order.
    times: Vec<(SimTime, Option<RunId>)>,
    copied: Vec<NodeId>,
    /// Room on all nodes of the copy.
    room: u64,
    generation: u32,
    copies: Vec<Copied>,
    cards: Vec<u16>,
    cards_from: Vec<u32>,
    /// Nodes that were changed for a start that is not certain, as they were.
    log: Vec<(NodeId, Resources, u32, u32)>,
    log_cards: Vec<u16>,
}

/// A node at the time of the plan.
#[derive(Clone, Copy, Debug, Default)]
struct Copied {
    generation: u32,
    room: u32,
    free: Resources,
}

/// What one task of the blocked job asks for.
#[derive(Clone, Debug)]
struct Need {
    shape: Shape,
    lanes: Vec<(usize, u32)>,
    rule: Constraints,
    /// Most of the job's tasks on one node, by its own cap.
    cap: u32,
}

impl Default for Need {
    fn default() -> Self {
        let shape = Shape::new(Resources::ZERO);
        Self { shape, lanes: Vec::new(), rule: Constraints::NONE, cap: u32::MAX }
    }
}

impl Shadow {
    /// Plans for the job, which needs room for `wanted` tasks.
    ///
    /// # Cost
    /// O(nodes with room for a task now), which are fewer than `wanted`, and O(k log k + tasks of these) for the `k`
    /// executions that end until then.
    pub(super) fn plan(&mut self, job: JobId, wanted: u32, view: View<'_>, ends: &mut Ends) {
        self.begin(job, view);
        self.wanted = u64::from(wanted);
        if !view.windows().is_empty() {
            self.plan_beside_windows(view, ends);
            return;
        }
        let shape = self.need.shape;
        for node in view.nodes().fitting(&shape, FitOrder::Rank) {
            self.copy(node, view);
            if self.room >= self.wanted {
                break;
            }
        }
        self.at = (self.room >= self.wanted).then_some(SimTime::ZERO);
        ends.visit(|end, run| {
            if self.at.is_some_and(|at| end > at.max(view.now())) {
                return false;
            }
            self.release(run, view);
            if self.at.is_none() && self.room >= self.wanted {
                self.at = Some(end);
            }
            true
        });
    }

    /// Plans where windows shut nodes and open them again, so that room comes and goes with time.
    ///
    /// # Cost
    /// O((executions + windows) x nodes with room or executions).
    fn plan_beside_windows(&mut self, view: View<'_>, ends: &mut Ends) {
        let (now, shape) = (view.now(), self.need.shape);
        self.times.clear();
        self.times.push((now, None));
        self.times.extend(view.windows().iter().filter(|window| now < window.to).map(|w| (w.to, None)));
        let times = &mut self.times;
        ends.visit(|end, run| {
            times.push((end.max(now), Some(run)));
            true
        });
        self.times.sort_unstable_by_key(|&(at, run)| (at, run.map_or(0, |run| u64::from(run.0) + 1)));
        for node in view.nodes().fitting(&shape, FitOrder::Rank) {
            self.copy(node, view);
        }
        self.at = None;
        for n in 0..self.times.len() {
            let (at, run) = self.times[n];
            self.when = at;
            match run {
                Some(run) => self.release(run, view),
                None => self.reopen(at, view),
            }
            if self.times.get(n + 1).is_some_and(|&(next, _)| next == at) {
                continue;
            }
            // As time goes on, windows shut nodes that were open.
            for n in 0..self.copied.len() {
                self.count(self.copied[n], view);
            }
            if self.room >= self.wanted {
                self.at = Some(at);
                return;
            }
        }
    }

    /// Nodes whose maintenance is over at that time are free again.
    fn reopen(&mut self, at: SimTime, view: View<'_>) {
        let over = view.windows().iter().filter(|window| window.is_maintenance() && window.to == at);
        for &node in over.flat_map(|window| &window.nodes) {
            if view.nodes().state(node) == NodeState::Down {
                self.copy(node, view);
            }
        }
    }

    fn begin(&mut self, job: JobId, view: View<'_>) {
        (self.job, self.when) = (Some(job), view.now());
        self.copied.clear();
        let nodes = view.nodes();
        if self.copies.len() != nodes.len() {
            self.copies.clear();
            self.copies.resize(nodes.len(), Copied::default());
            self.generation = 0;
            self.cards_from.clear();
            let mut cards = 0;
            for node in nodes.ids() {
                self.cards_from.push(cards);
                cards += nodes.cards(node).len() as u32;
            }
            self.cards.resize(cards as usize, 0);
        }
        if self.generation == u32::MAX {
            self.copies.iter_mut().for_each(|copy| copy.generation = 0);
            self.generation = 0;
        }
        self.generation += 1;
        self.room = 0;
        self.commit();
        let (need, shape) = (&mut self.need, view.shape(job));
        need.shape = *shape;
        need.lanes.clear();
        let asked = shape.need().0.into_iter().enumerate();
        need.lanes.extend(asked.filter(|&(_, amount)| amount > 0));
        need.rule = *view.words().constraints_of(view.job(job).facts().constraints);
        let apart = need.rule.anti_affinity.filter(|apart| apart.level == Domain::Node);
        need.cap = apart.map_or(u32::MAX, |apart| apart.tasks_max);
    }

    /// When the job can start, as was planned; past if it outlasted that. `None`: nobody knows.
    pub(super) fn at(&self) -> Option<SimTime> {
        self.at
    }

    /// True if so many tasks of this shape, beyond the planned start, would certainly delay the job: those of its own
    /// shape take room from it one for one, wherever they stand.
    pub(super) fn rules_out(&self, shape: &Shape, tasks: u32) -> bool {
        let alike =
            self.need.shape == *shape && self.need.rule == Constraints::NONE && shape.gpu().cards <= 1;
        alike && self.room < self.wanted + u64::from(tasks)
    }

    /// Takes a slot beyond the planned start, until [`Shadow::undo`] or [`Shadow::commit`]. Takes nothing and yields
    /// false if the job would be delayed.
    pub(super) fn take(&mut self, slot: Slot, shape: &Shape, view: View<'_>) -> bool {
        let n = slot.node.index();
        let copy = &mut self.copies[n];
        if copy.generation != self.generation {
            return true;
        }
        let cards = card_range(&self.cards_from, slot.node, view);
        self.log.push((slot.node, copy.free, copy.room, self.log_cards.len() as u32));
        if !slot.cards.is_empty() {
            self.log_cards.extend_from_slice(&self.cards[cards.clone()]);
            for card in slot.cards.iter() {
                let free = &mut self.cards[cards.start + card as usize];
                *free = free.saturating_sub(shape.gpu().milli_each);
            }
        }
        for (free, need) in copy.free.0.iter_mut().zip(shape.need().0) {
            *free = free.saturating_sub(need);
        }
        self.count(slot.node, view);
        let fits = self.room >= self.wanted;
        if !fits {
            self.undo_last(view);
        }
        fits
    }

    /// Gives back all that was taken since the last [`Shadow::commit`].
    pub(super) fn undo(&mut self, view: View<'_>) {
        while !self.log.is_empty() {
            self.undo_last(view);
        }
    }

    fn undo_last(&mut self, view: View<'_>) {
        let (node, free, room, cards) = self.log.pop().expect("something was taken");
        let copy = &mut self.copies[node.index()];
        self.room += u64::from(room);
        self.room -= u64::from(copy.room);
        (copy.free, copy.room) = (free, room);
        let before = self.log_cards.drain(cards as usize..);
        let place = card_range(&self.cards_from, node, view);
        before.zip(&mut self.cards[place]).for_each(|(before, card)| *card = before);
    }

    /// Makes what was taken final.
    pub(super) fn commit(&mut self) {
        self.log.clear();
        self.log_cards.clear();
    }

    /// Copies a node as it is now, unless that was done.
    fn copy(&mut self, node: NodeId, view: View<'_>) {
        let copy = &mut self.copies[node.index()];
        if copy.generation == self.generation {
            return;
        }
        *copy = Copied { generation: self.generation, room: 0, free: view.nodes().free()[node.index()] };
        let cards = card_range(&self.cards_from, node, view);
        self.cards[cards].copy_from_slice(view.nodes().cards(node));
        self.copied.push(node);
        self.count(node, view);
    }

    /// Gives an execution's capacity back on the copy.
    fn release(&mut self, run: RunId, view: View<'_>) {
        let record = view.run(run);
        let shape = view.shape(record.job());
        for &slot in record.slots() {
            if view.nodes().state(slot.node) != NodeState::Up {
                continue;
            }
            self.copy(slot.node, view);
            let copy = &mut self.copies[slot.node.index()];
            for (free, need) in copy.free.0.iter_mut().zip(shape.need().0) {
                *free += need;
            }
            if !slot.cards.is_empty() {
                let cards = card_range(&self.cards_from, slot.node, view);
                for card in slot.cards.iter() {
                    self.cards[cards.start + card as usize] += shape.gpu().milli_each;
                }
            }
            self.count(slot.node, view);
        }
    }

    /// Counts the room on a node of the copy anew.
    fn count(&mut self, node: NodeId, view: View<'_>) {
        let (copy, need) = (&mut self.copies[node.index()], &self.need);
        let mut room = need.cap;
        for &(lane, amount) in &need.lanes {
            room = room.min(copy.free.0[lane] / amount);
        }
        if room > 0 && need.rule != Constraints::NONE && !need.rule.admits_labels(view.nodes().labels(node)) {
            room = 0;
        }
        if room > 0 && self.job.is_some_and(|job| !view.is_open(job, node, self.when)) {
            room = 0;
        }
        let gpu = need.shape.gpu();
        if room > 0 && gpu.cards > 0 {
            let cards = &self.cards[card_range(&self.cards_from, node, view)];
            let admits = gpu.models.admits(view.nodes().gpu_model(node));
            room = if admits { tasks_on_cards(cards, gpu.cards, gpu.milli_each, room) } else { 0 };
        }
        self.room += u64::from(room);
        self.room -= u64::from(copy.room);
        copy.room = room;
    }
}

fn card_range(from: &[u32], node: NodeId, view: View<'_>) -> std::ops::Range<usize> {
    let first = from[node.index()] as usize;
    first..first + view.nodes().cards(node).len()
}

/// The most tasks, up to `most`, that can each have `each` milli of `count` distinct cards: `n` can if the cards, each
/// counted for `n` tasks at most, hold `n * count` shares.
fn tasks_on_cards(cards: &[u16], count: u16, each: u16, most: u32) -> u32 {
    let shares = |n: u32| cards.iter().map(|&free| u32::from(free / each).min(n)).sum::<u32>();
    let bound = cards.len() as u32 * u32::from(WHOLE_CARD / each) / u32::from(count);
    (0..=most.min(bound)).rev().find(|&n| shares(n) >= n * u32::from(count)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_need_distinct_cards() {
        // Whole cards: two of three.
        assert_eq!(tasks_on_cards(&[1000, 300, 1000, 1000], 2, 1000, 9), 1);
        // Halves of one card: 2 + 0 + 1.
        assert_eq!(tasks_on_cards(&[1000, 300, 500], 1, 500, 9), 3);
        // Halves of two cards: (a, c), (b, c).
        assert_eq!(tasks_on_cards(&[500, 500, 1000], 2, 500, 9), 2);
        // One card has room for four quarters, but not twice for one task.
        assert_eq!(tasks_on_cards(&[1000], 2, 250, 9), 0);
        assert_eq!(tasks_on_cards(&[1000; 8], 1, 100, 5), 5);
    }
}
