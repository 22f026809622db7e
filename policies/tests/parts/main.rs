//! Each placer, order and head rule on cases small enough to be worked out by hand.

#[path = "../shared/registered.rs"]
mod registered;

mod chance;
mod deeprm;
mod gangs;
mod gpu_placers;
mod heads;
mod orders;
mod placers;
mod places;
mod rlscheduler;
mod scores;
