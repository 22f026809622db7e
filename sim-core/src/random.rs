//! Randomness: named streams, draws keyed by entity, and samplers that give the same bits everywhere.

mod dist;
mod stream;

pub use dist::{Dist, DistError, exponential, gamma, normal, std_normal_quantile};
pub use stream::{Keyed, Stream};
