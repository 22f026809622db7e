//! The kube-scheduler's scores, the weighted allocator and preemption, on cases worked out by hand and at random.

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
