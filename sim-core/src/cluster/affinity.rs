//! Where tasks that keep apart or spread out stand now.

use rustc_hash::FxHashMap;

use crate::cluster::company::CompanyTable;
use crate::cluster::nodes::NodeTable;
use crate::constraint::{AffinityKey, Constraints, Domain};
use crate::ids::NodeId;

/// Tasks per affinity key and domain.
#[derive(Clone, Debug, Default)]
pub(crate) struct AffinityTable {
    // Looked up, never iterated: its order must not show.
    counts: FxHashMap<(AffinityKey, Domain, u32), u32>,
    /// Tasks by their preferences.
    pub(crate) company: CompanyTable,
}

impl AffinityTable {
    fn count(&self, key: AffinityKey, level: Domain, domain: u32) -> u32 {
        self.counts.get(&(key, level, domain)).copied().unwrap_or(0)
    }

    /// True if anti-affinity and spread admit one more task of the rule's key on the node.
    ///
    /// # Cost
    /// O(domains) for a spread rule, else O(1).
    pub(crate) fn admits(&self, rule: &Constraints, node: NodeId, nodes: &NodeTable) -> bool {
        let Some(key) = rule.key else { return true };
        if let Some(apart) = rule.anti_affinity
            && self.count(key, apart.level, nodes.domain(node, apart.level)) >= apart.tasks_max
        {
            return false;
        }
        let Some(spread) = rule.spread else { return true };
        let least = (0..nodes.domains(spread.over)).map(|domain| self.count(key, spread.over, domain)).min();
        let here = self.count(key, spread.over, nodes.domain(node, spread.over));
        here + 1 - least.unwrap_or(0) <= spread.skew_max
    }

    /// Counts a task of the rule's key on the node, or counts it off.
    pub(crate) fn count_task(&mut self, rule: &Constraints, node: NodeId, nodes: &NodeTable, on: bool) {
        self.company.count_task(rule.preferences, node, nodes, on);
        let Some(key) = rule.key else { return };
        for (_, level) in Domain::NAMED {
            let count = self.counts.entry((key, level, nodes.domain(node, level))).or_insert(0);
            *count = if on { *count + 1 } else { count.checked_sub(1).expect("the task was counted on") };
        }
    }
}
