//! The words of one run: interned shapes and constraints, and the names behind small numbers.

mod preferences;

use rustc_hash::FxHashMap;

use crate::constraint::{AffinityKey, Constraints, LABELS_MAX, LabelSet};
use crate::ids::{ConstraintsId, ShapeId, TenantId, UserId};
use crate::preference::{Preferences, PreferencesId, Taint};
use crate::resources::Lane;
use crate::shape::Shape;

/// Names that stand for dense numbers, in order of first use.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<Box<str>>,
    // Looked up, never iterated: its order must not show.
    numbers: FxHashMap<Box<str>, u32>,
}

impl Names {
    /// The number of `name`, new if it was not known.
    pub fn intern(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).expect("there are at most 2^32 names");
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    /// The number of `name`, if it is known.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The name behind `number`.
    pub fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(|name| &**name)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// True if there is no name yet.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Everything that a run's jobs and nodes refer to by number.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    shapes: Vec<Shape>,
    shape_ids: FxHashMap<Shape, ShapeId>,
    constraints: Vec<Constraints>,
    constraint_ids: FxHashMap<Constraints, ConstraintsId>,
    users: Names,
    tenants: Names,
    labels: Names,
    affinity_keys: Names,
    gpu_models: Names,
    extra_lanes: [Option<Box<str>>; 3],
    preferences: Vec<Preferences>,
    preference_ids: FxHashMap<Preferences, PreferencesId>,
    /// Taints of nodes, each with the label that marks these nodes.
    taints: Vec<(Taint, LabelSet)>,
    tags: Names,
    images: Names,
    /// Size of each image \[MiB\].
    image_mib: Vec<u32>,
    /// Some tasks may not start near certain others, or only there.
    requires_company: bool,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let mut empty = Self {
            shapes: Vec::new(),
            shape_ids: FxHashMap::default(),
            constraints: Vec::new(),
            constraint_ids: FxHashMap::default(),
            users: Names::default(),
            tenants: Names::default(),
            labels: Names::default(),
            affinity_keys: Names::default(),
            gpu_models: Names::default(),
            extra_lanes: [None, None, None],
            preferences: Vec::new(),
            preference_ids: FxHashMap::default(),
            taints: Vec::new(),
            tags: Names::default(),
            images: Names::default(),
            image_mib: Vec::new(),
            requires_company: false,
        };
        assert_eq!(empty.constraints(Constraints::NONE), ConstraintsId(0));
        assert_eq!(empty.preferences(Preferences::default()), PreferencesId(0));
        empty
    }
}

impl Vocabulary {
    /// The id of `shape`.
    #[inline]
    pub fn shape(&mut self, shape: Shape) -> ShapeId {
        if let Some(&id) = self.shape_ids.get(&shape) {
            return id;
        }
        let id = ShapeId::from_index(self.shapes.len());
        self.shapes.push(shape);
        self.shape_ids.insert(shape, id);
        id
    }

    /// The shape behind `id`.
    #[inline]
    pub fn shape_of(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.index()]
    }

    /// All shapes, by id.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The id of `rule`; id 0 is "no constraints".
    pub fn constraints(&mut self, rule: Constraints) -> ConstraintsId {
        if let Some(&id) = self.constraint_ids.get(&rule) {
            return id;
        }
        let id = ConstraintsId::from_index(self.constraints.len());
        self.constraints.push(rule);
        self.constraint_ids.insert(rule, id);
        id
    }

    /// The constraints behind `id`.
    #[inline]
    pub fn constraints_of(&self, id: ConstraintsId) -> &Constraints {
        &self.constraints[id.index()]
    }

    /// The user of that name.
    pub fn user(&mut self, name: &str) -> UserId {
        UserId(self.users.intern(name))
    }

    /// The tenant of that name.
    pub fn tenant(&mut self, name: &str) -> TenantId {
        TenantId(self.tenants.intern(name))
    }

    /// Names of users, by [`UserId`].
    pub fn users(&self) -> &Names {
        &self.users
    }

    /// Names of tenants, by [`TenantId`].
    pub fn tenants(&self) -> &Names {
        &self.tenants
    }

    /// The one-element set of that label, or `None` beyond [`LABELS_MAX`] distinct ones.
    pub fn label(&mut self, label: &str) -> Option<LabelSet> {
        let number = self.labels.intern(label) as usize;
        (number < LABELS_MAX).then(|| LabelSet(1 << number))
    }

    /// Names of labels, by bit.
    pub fn labels(&self) -> &Names {
        &self.labels
    }

    /// The affinity key of that name.
    pub fn affinity_key(&mut self, name: &str) -> AffinityKey {
        AffinityKey(self.affinity_keys.intern(name))
    }

    /// Names of affinity keys, by number.
    pub fn affinity_keys(&self) -> &Names {
        &self.affinity_keys
    }

    /// The number of a GPU model, or `None` beyond 31 distinct ones (bit 31 is kept for "any model").
    pub fn gpu_model(&mut self, name: &str) -> Option<u8> {
        let number = self.gpu_models.intern(name);
        (number < 31).then_some(number as u8)
    }

    /// Names of GPU models, by number.
    pub fn gpu_models(&self) -> &Names {
        &self.gpu_models
    }

    /// Names one of the three spare lanes.
    ///
    /// # Panics
    /// If `lane` is not a spare one.
    pub fn name_lane(&mut self, lane: Lane, name: &str) {
        let spare = lane.index().checked_sub(5).expect("only the last three lanes can be named");
        self.extra_lanes[spare] = Some(name.into());
    }

    /// The lane's name in this run.
    pub fn lane_name(&self, lane: Lane) -> &str {
        let spare = lane.index().checked_sub(5).and_then(|spare| self.extra_lanes[spare].as_deref());
        spare.unwrap_or(lane.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Resources;

    #[test]
    fn equal_words_share_a_number() {
        let mut words = Vocabulary::default();
        let shape = Shape::new(Resources::ZERO.with(Lane::Cpu, 7));
        assert_eq!(words.shape(shape), words.shape(shape));
        assert_eq!((words.user("a"), words.user("b"), words.user("a")), (UserId(0), UserId(1), UserId(0)));
        assert_eq!(words.constraints_of(ConstraintsId(0)), &Constraints::NONE);
    }

    #[test]
    fn labels_end_at_their_limit() {
        let mut words = Vocabulary::default();
        for n in 0..LABELS_MAX {
            assert!(words.label(&format!("k={n}")).is_some());
        }
        assert!(words.label("one=more").is_none());
    }
}
