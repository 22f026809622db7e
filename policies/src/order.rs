//! Orders of waiting jobs.

mod classic;
mod grid;
mod multifactor;
mod scores;

use sim_core::registry::{About, Params};
use sim_core::{Event, JobId, Keyed, SimDuration, View};

pub(crate) use grid::Grid;

/// The registered orders, file by file.
const FAMILIES: &[&[About]] = &[classic::ORDERS, scores::ORDERS, &[multifactor::ABOUT]];

/// The registered orders.
pub const ORDERS: &[About] = &joined::<{ count(FAMILIES) }>(FAMILIES);

const fn count(families: &[&[About]]) -> usize {
    let (mut count, mut n) = (0, 0);
    while n < families.len() {
        count += families[n].len();
        n += 1;
    }
    count
}

const fn joined<const COUNT: usize>(families: &[&[About]]) -> [About; COUNT] {
    let mut all = [families[0][0]; COUNT];
    let (mut n, mut family) = (0, 0);
    while family < families.len() {
        let mut k = 0;
        while k < families[family].len() {
            all[n] = families[family][k];
            (n, k) = (n + 1, k + 1);
        }
        family += 1;
    }
    all
}

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

    /// The key that orders floats ascending: negative before positive, both zeros alike.
    ///
    /// # Panics
    /// If it is not a number.
    pub fn float(value: f64) -> Self {
        assert!(!value.is_nan(), "a key must be a number");
        let bits = (value + 0.0).to_bits() as i64;
        Self(bits ^ ((bits >> 63) as u64 >> 1) as i64)
    }
}

/// An order of waiting jobs by a key, which is fixed when a job enters the queue unless the order [moves](Self::moves).
pub trait JobOrder: Send {
    /// The name in results.
    fn name(&self) -> &str;

    /// The job's key.
    fn key(&self, job: JobId, view: View<'_>) -> OrderKey;

    /// True if keys change while jobs wait. They are asked for anew at every decision then: O(waiting) each time, so
    /// only orders whose definition demands it may say so.
    fn moves(&self) -> bool {
        false
    }

    /// Time between two instants, multiples of it, at which the keys of all waiting jobs are asked for anew.
    fn period(&self) -> Option<SimDuration> {
        None
    }

    /// Takes in what has happened since the last decision: called once at each, before keys are asked for.
    fn observe(&mut self, _events: &[Event], _view: View<'_>) {}

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
    if name == multifactor::ABOUT.name {
        return multifactor::build(params);
    }
    let order = classic::build(name, params).or_else(|| scores::build(name, params));
    order.unwrap_or_else(|| panic!("no order is called {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_floats_keep_their_order() {
        let ascending = [f64::NEG_INFINITY, -2.5, -f64::MIN_POSITIVE, 0.0, 1e-300, 1.0, f64::INFINITY];
        assert!(ascending.map(OrderKey::float).is_sorted_by(|a, b| a < b));
        assert_eq!(OrderKey::float(-0.0), OrderKey::float(0.0));
    }

    #[test]
    fn keys_order_the_whole_range() {
        assert!(OrderKey::ascending(0) < OrderKey::ascending(u64::MAX));
        assert!(OrderKey::ascending(u64::MAX / 2) < OrderKey::ascending(u64::MAX / 2 + 1));
        assert!(OrderKey::descending(5) < OrderKey::descending(4));
    }
}
