//! Where the tasks of a job may stand: labels, anti-affinity with its density caps, and spread.

use crate::preference::PreferencesId;

/// Distinct labels (`key=value`) that one scenario may use.
pub const LABELS_MAX: usize = 128;

/// A set of node labels, by their number in the [`Vocabulary`](crate::Vocabulary).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct LabelSet(pub u128);

impl LabelSet {
    /// True if every label of `self` is in `other`.
    #[inline]
    pub const fn is_subset(self, other: LabelSet) -> bool {
        self.0 & !other.0 == 0
    }

    /// True if no label is in both.
    #[inline]
    pub const fn is_disjoint(self, other: LabelSet) -> bool {
        self.0 & other.0 == 0
    }
}

/// A level of the cluster's topology.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Domain {
    /// Each node by itself.
    Node,
    /// Nodes that share a rack.
    Rack,
    /// Nodes that share a zone.
    Zone,
}

impl Domain {
    /// All levels with their names in files.
    pub const NAMED: [(&'static str, Domain); 3] =
        [("node", Domain::Node), ("rack", Domain::Rack), ("zone", Domain::Zone)];

    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Domain> {
        Domain::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, domain)| domain)
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        Domain::NAMED[self as usize].0
    }
}

/// Tasks that keep away from each other or spread out evenly: those that carry the same number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AffinityKey(pub u32);

/// Placement constraints of the tasks of one job.
///
/// # Source
/// The notions are those of the Kubernetes scheduler (node affinity, pod anti-affinity, topology spread with
/// `whenUnsatisfiable: DoNotSchedule`), restricted to hard rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Constraints {
    /// Labels that a node must have, all of them.
    pub require: LabelSet,
    /// Labels that a node must not have, none of them.
    pub forbid: LabelSet,
    /// The tasks that anti-affinity and spread count; `None` counts nothing.
    pub key: Option<AffinityKey>,
    /// Only so many tasks of `key` in one domain.
    pub anti_affinity: Option<Apart>,
    /// Tasks of `key` per domain differ by at most this many between any two domains.
    pub spread: Option<Spread>,
    /// What the tasks would rather have, kept aside.
    pub preferences: PreferencesId,
}

/// A density cap: a task starts where fewer than `tasks_max` tasks of its key stand.
///
/// It holds for the task that starts. Where tasks of one key have different caps, one with a larger cap may join one
/// with a smaller cap: what stands already is not asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Apart {
    /// What is not to be crowded.
    pub level: Domain,
    /// Most tasks of the key in one such domain, at least 1 \[tasks\]; 1 is anti-affinity in the classic sense.
    pub tasks_max: u32,
}

impl Apart {
    /// No two tasks of the key in one such domain.
    pub const fn one_per(level: Domain) -> Self {
        Self { level, tasks_max: 1 }
    }
}

/// An even spread over racks or zones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Spread {
    /// The level to spread over.
    pub over: Domain,
    /// Largest difference between the fullest and the emptiest domain, at least 1 \[tasks\].
    pub skew_max: u32,
}

impl Constraints {
    /// Any node will do.
    pub const NONE: Self = Self {
        require: LabelSet(0),
        forbid: LabelSet(0),
        key: None,
        anti_affinity: None,
        spread: None,
        preferences: PreferencesId(0),
    };

    /// True if a node with these labels is admitted, as far as labels go.
    #[inline]
    pub const fn admits_labels(&self, labels: LabelSet) -> bool {
        self.require.is_subset(labels) && self.forbid.is_disjoint(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_required_and_forbidden() {
        let rule = Constraints { require: LabelSet(0b01), forbid: LabelSet(0b10), ..Constraints::NONE };
        assert!(rule.admits_labels(LabelSet(0b101)));
        assert!(!rule.admits_labels(LabelSet(0b100)));
        assert!(!rule.admits_labels(LabelSet(0b011)));
    }

    #[test]
    fn domains_have_one_name_each() {
        for (name, domain) in Domain::NAMED {
            assert_eq!(Domain::from_name(name), Some(domain));
            assert_eq!(domain.name(), name);
        }
    }
}
