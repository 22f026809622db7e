//! Orders of waiting jobs.

mod classic;

use sim_core::registry::Params;
use sim_core::{JobId, Keyed, View};

pub use classic::ORDERS;

/// A job's place in the queue: the lowest key goes first, ties to the job submitted first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OrderKey(pub i64);

impl OrderKey {
    /// The key that orders unsigned amounts as they are.
    pub const fn ascending(amount: u64) -> Self {
        Self((amount ^ 1 << 63) as i64)
    }

    /// The key that orders unsigned amounts the largest first.
    pub const fn descending(amount: u64) -> Self {
        Self::ascending(!amount)
    }
}

/// An order of waiting jobs by a key that is fixed when a job enters the queue.
pub trait JobOrder: Send {
    /// The name in results.
    fn name(&self) -> &str;

    /// The job's key.
    fn key(&self, job: JobId, view: View<'_>) -> OrderKey;

    /// Gives the order its draws, once per run.
    fn seed(&mut self, _draws: Keyed) {}

    /// An independent order in the same state.
    fn fork(&self) -> Box<dyn JobOrder>;
}

/// The order of that name.
///
/// # Panics
/// If there is none: names are checked against [`ORDERS`] before.
pub fn build(name: &str, params: &Params) -> Box<dyn JobOrder> {
    classic::build(name, params).unwrap_or_else(|| panic!("no order is called {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_the_whole_range() {
        assert!(OrderKey::ascending(0) < OrderKey::ascending(u64::MAX));
        assert!(OrderKey::ascending(u64::MAX / 2) < OrderKey::ascending(u64::MAX / 2 + 1));
        assert!(OrderKey::descending(5) < OrderKey::descending(4));
    }
}
