//! The cycle: find feasible nodes, let every plug-in score them, take the one with the largest weighted sum.

use sim_core::{CardRule, FitOrder, JobId, NodeId, Setup, Slot, Stream, View};

use super::nodes::{Sampling, Search};
use crate::placer::{Part, Placer, Reason, Ties, keep_order, set_ranks, slot_on};

/// A part of the score.
pub(super) trait Plugin: Send {
    /// A run begins.
    fn attach(&mut self, _view: View<'_>) {}

    /// Fills `column`, which is empty, with what the plug-in makes of each node for one more task of the job; all of
    /// them can hold it. Nothing is filled in where every node is worth the same, which is then returned, normalised.
    fn score(&mut self, job: JobId, nodes: &[NodeId], view: View<'_>, column: &mut Vec<i64>) -> Option<i64>;

    /// Turns raw scores into 0 to 100.
    fn normalize(&self, _column: &mut [i64]) {}

    /// An independent plug-in in the same state.
    fn fork(&self) -> Box<dyn Plugin>;
}

/// A plug-in with its name and weight.
pub(super) struct Entry {
    name: &'static str,
    weight: i64,
    plugin: Box<dyn Plugin>,
}

impl Entry {
    pub(super) fn new(name: &'static str, weight: i64, plugin: Box<dyn Plugin>) -> Self {
        Self { name, weight, plugin }
    }
}

/// A placer by plug-ins.
///
/// # Cost
/// O(nodes scored x plug-ins) per task, without allocation.
pub(super) struct Pipeline {
    name: &'static str,
    plugins: Vec<Entry>,
    search: Search,
    ties: Ties,
    cards: CardRule,
    /// The nodes that were scored last, and their sums.
    found: Vec<NodeId>,
    totals: Vec<i64>,
    column: Vec<i64>,
}

impl Pipeline {
    pub(super) fn new(
        name: &'static str,
        plugins: Vec<Entry>,
        sampling: Sampling,
        ties: Ties,
        cards: CardRule,
    ) -> Self {
        let (found, totals, column) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, plugins, search: Search::new(sampling), ties, cards, found, totals, column }
    }

    /// Sums up what the plug-ins make of the nodes that were found.
    fn score(&mut self, job: JobId, view: View<'_>) {
        self.totals.clear();
        self.totals.resize(self.found.len(), 0);
        for Entry { weight, plugin, .. } in self.plugins.iter_mut().filter(|entry| entry.weight != 0) {
            self.column.clear();
            if let Some(same) = plugin.score(job, &self.found, view, &mut self.column) {
                self.totals.iter_mut().for_each(|total| *total += *weight * same);
                continue;
            }
            plugin.normalize(&mut self.column);
            for (total, score) in self.totals.iter_mut().zip(&self.column) {
                *total += *weight * score;
            }
        }
    }

    /// The node with the largest sum: the first by rank, or a draw among equals.
    fn best(&self, view: View<'_>, stream: &mut Stream) -> Option<NodeId> {
        let most = *self.totals.iter().max()?;
        let equals = self.found.iter().zip(&self.totals).filter(|(_, total)| **total == most);
        let mut equals = equals.map(|(node, _)| *node);
        if self.ties != Ties::SeededRandom {
            return equals.min_by_key(|&node| view.nodes().rank(node));
        }
        let mut chosen = equals.next()?;
        for (seen, node) in equals.enumerate() {
            if stream.below(seen as u64 + 2) == 0 {
                chosen = node;
            }
        }
        Some(chosen)
    }
}

impl Placer for Pipeline {
    fn name(&self) -> &str {
        self.name
    }

    fn setup(&self, setup: &mut Setup) {
        set_ranks(setup, self.ties);
        keep_order(setup, FitOrder::Rank);
    }

    fn attach(&mut self, view: View<'_>) {
        self.search.reset();
        self.plugins.iter_mut().for_each(|entry| entry.plugin.attach(view));
    }

    fn place(&mut self, job: JobId, view: View<'_>, stream: &mut Stream) -> Option<Slot> {
        self.search.feasible(job, view, &mut self.found);
        // The kube-scheduler does not score a single feasible node; the outcome is the same.
        self.score(job, view);
        let node = self.best(view, stream)?;
        Some(slot_on(view, view.shape(job), node, self.cards))
    }

    fn reason(&self, _job: JobId, chosen: Slot, view: View<'_>) -> Reason {
        let scored = || self.found.iter().zip(&self.totals).map(|(node, total)| (-total, *node));
        let score = scored().find(|(_, node)| *node == chosen.node).map_or(0, |(score, _)| score);
        let others = scored().filter(|(_, node)| *node != chosen.node);
        let next = others.min_by_key(|&(score, node)| (score, view.nodes().rank(node)));
        Reason { score, next: next.map(|(score, node)| (node, score)) }
    }

    fn parts(&mut self, job: JobId, node: NodeId, view: View<'_>) -> Vec<Part> {
        let Some(at) = self.found.iter().position(|&found| found == node) else { return Vec::new() };
        let mut parts = Vec::new();
        for Entry { name, weight, plugin } in &mut self.plugins {
            self.column.clear();
            let same = plugin.score(job, &self.found, view, &mut self.column);
            let raw = same.unwrap_or_else(|| self.column[at]);
            plugin.normalize(&mut self.column);
            let score = same.unwrap_or_else(|| self.column[at]);
            parts.push(Part { rule: name, raw, score, weight: *weight });
        }
        parts
    }

    fn fork(&self) -> Box<dyn Placer> {
        let entry = |entry: &Entry| Entry { plugin: entry.plugin.fork(), ..*entry };
        Box::new(Self {
            name: self.name,
            plugins: self.plugins.iter().map(entry).collect(),
            search: self.search.clone(),
            ties: self.ties,
            cards: self.cards,
            found: self.found.clone(),
            totals: self.totals.clone(),
            column: Vec::new(),
        })
    }
}

/// Raw scores as hundredths of the largest; if `reverse`, the largest becomes 0. All 0, or 100 reversed, if none is
/// positive.
///
/// # Source
/// DefaultNormalizeScore of the kube-scheduler.
pub(super) fn relative_to_most(column: &mut [i64], reverse: bool) {
    let most = column.iter().copied().max().unwrap_or(0);
    for score in column {
        let share = if most == 0 { 0 } else { 100 * *score / most };
        *score = if reverse { 100 - share } else { share };
    }
}
