//! The kube-scheduler's scores, the weighted allocator and preemption, on cases worked out by hand and at random.

#![expect(clippy::unwrap_used, reason = "a test may: what fails is the test")]

#[path = "../shared/registered.rs"]
mod registered;

mod affinity;
mod choice;
mod gangs;
mod lab;
mod random;
mod resources;
mod restarts;
mod spreading;
mod taints;
mod victims;
mod weighted;
