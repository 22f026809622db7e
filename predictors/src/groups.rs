//! State by user or by tenant: who is taken to behave alike.

use rustc_hash::FxHashMap;
use sim_core::registry::{Kind, Param, Params};

use crate::features::Features;

/// Groups that are told apart; jobs of further ones teach nothing (arbitrary).
const GROUPS_MAX: usize = 1 << 20;

/// The parameter `by`.
pub const BY: Param = Param::with_default(
    "by",
    Kind::Choice(&["user", "user+size", "tenant"]),
    "\"user\"",
    "whose jobs are taken to be alike: those of a user, of a user with the same number of tasks, or of a \
     tenant (for traces that record queues or virtual clusters, and no users)",
);

/// What makes two jobs of one group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    User,
    UserAndSize,
    Tenant,
}

/// A group's name: its user or tenant, and its number of tasks where that counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Group(u32, u32);

/// A state per group.
///
/// # Cost
/// One look-up per call; memory for each group that was seen, a million at most.
#[derive(Clone, Debug)]
pub struct Groups<T> {
    by: By,
    // Looked up, never iterated: its order must not show.
    states: FxHashMap<Group, T>,
}

impl<T: Default> Groups<T> {
    /// No groups yet, told apart as the parameter [`BY`] says.
    pub fn new(params: &Params) -> Self {
        let by = match params.text("by") {
            "user" => By::User,
            "tenant" => By::Tenant,
            _ => By::UserAndSize,
        };
        Self { by, states: FxHashMap::default() }
    }

    /// The group of a job.
    pub fn of(&self, job: &Features) -> Group {
        match self.by {
            By::User => Group(job.user.0, 0),
            By::UserAndSize => Group(job.user.0, job.tasks),
            By::Tenant => Group(job.tenant.0, 0),
        }
    }

    /// The group's state, if it has one.
    pub fn get(&self, group: Group) -> Option<&T> {
        self.states.get(&group)
    }

    /// The group's state, to be changed; `None` for a new group beyond the bound.
    pub fn enter(&mut self, group: Group) -> Option<&mut T> {
        if self.states.len() >= GROUPS_MAX && !self.states.contains_key(&group) {
            return None;
        }
        Some(self.states.entry(group).or_default())
    }
}
