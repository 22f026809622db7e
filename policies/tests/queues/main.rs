//! Sharing among tenants: each rule and limit on cases worked out by hand, and against brute force.

#[path = "../shared/declared.rs"]
mod declared;

mod enumerated;
mod filled;
mod limits;
mod properties;
mod reclaim;
mod rules;
mod swarm;
