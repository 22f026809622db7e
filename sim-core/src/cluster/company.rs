//! How many tasks of each kind of preferences stand in each domain: what inter-task affinity and soft spread count.

use crate::cluster::nodes::NodeTable;
use crate::constraint::Domain;
use crate::ids::NodeId;
use crate::preference::PreferencesId;
use crate::vocabulary::Vocabulary;

/// Tasks that hold capacity, by preferences and domain. Tasks without preferences are not counted.
#[derive(Clone, Debug, Default)]
pub struct CompanyTable {
    kinds: Vec<Counts>,
}

/// The tasks of one kind: by node, by rack, by zone, and in all.
#[derive(Clone, Debug, Default)]
struct Counts {
    by_domain: [Vec<u32>; 3],
    total: u32,
}

impl CompanyTable {
    /// Tasks with these preferences in one domain.
    #[inline]
    pub fn count(&self, kind: PreferencesId, level: Domain, domain: u32) -> u32 {
        let counts = self.kinds.get(kind.index());
        counts.and_then(|counts| counts.by_domain[level as usize].get(domain as usize)).copied().unwrap_or(0)
    }

    /// Tasks with these preferences in all.
    #[inline]
    pub fn total(&self, kind: PreferencesId) -> u32 {
        self.kinds.get(kind.index()).map_or(0, |counts| counts.total)
    }

    /// Counts a task on the node, or counts it off.
    pub(crate) fn count_task(&mut self, kind: PreferencesId, node: NodeId, nodes: &NodeTable, on: bool) {
        if kind == PreferencesId(0) {
            return;
        }
        if self.kinds.len() <= kind.index() {
            self.kinds.resize_with(kind.index() + 1, Counts::default);
        }
        let counts = &mut self.kinds[kind.index()];
        let step = |count: &mut u32| {
            *count = if on { *count + 1 } else { count.checked_sub(1).expect("the task was counted on") };
        };
        step(&mut counts.total);
        for (_, level) in Domain::NAMED {
            let column = &mut counts.by_domain[level as usize];
            if column.is_empty() {
                column.resize(nodes.domains(level) as usize, 0);
            }
            step(&mut column[nodes.domain(node, level) as usize]);
        }
    }

    /// True if the required terms of the kind, and those of tasks that run, admit one more of its tasks on the node.
    ///
    /// The first task of a group that wants to be near its own kind is admitted anywhere.
    /// # Cost
    /// O(kinds x terms), and nothing where no job has a required term.
    pub(crate) fn admits(
        &self,
        kind: PreferencesId,
        node: NodeId,
        words: &Vocabulary,
        nodes: &NodeTable,
    ) -> bool {
        if kind == PreferencesId(0) || !words.requires_company() {
            return true;
        }
        let own = words.preferences_of(kind);
        let all = words.all_preferences();
        let here =
            |of: usize, level: Domain| self.count(PreferencesId(of as u32), level, nodes.domain(node, level));
        for term in own.company.iter().filter(|term| term.required) {
            let selected = || (0..self.kinds.len()).filter(|&of| term.tags.selects(all[of].tags));
            let is_here = selected().any(|of| here(of, term.level) > 0);
            let is_first = || term.tags.selects(own.tags) && selected().all(|of| self.kinds[of].total == 0);
            let holds = if term.weight < 0 { !is_here } else { is_here || is_first() };
            if !holds {
                return false;
            }
        }
        (0..self.kinds.len()).filter(|&of| self.kinds[of].total > 0).all(|of| {
            let keeps_off = |term: &&crate::preference::Company| {
                term.required && term.weight < 0 && term.tags.selects(own.tags)
            };
            all[of].company.iter().filter(keeps_off).all(|term| here(of, term.level) == 0)
        })
    }
}
