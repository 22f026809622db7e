//! Building small cases, drawing random ones, and checking what must always hold.
//!
//! Part of the library, not of its tests, so that the crates above test their plug-ins with the same tools.

mod case;
mod chaos;
mod digest;
mod drive;
mod invariants;
mod listed;
mod swarm;

pub use case::{Case, JobBuilder, cpu, cpu_mem, greedy};
pub use chaos::{Chaos, Meddler};
pub use digest::digest;
pub use drive::run_by_steps;
pub use invariants::Invariants;
pub use listed::ListedJobs;
pub use swarm::{SwarmCase, swarm_case};
