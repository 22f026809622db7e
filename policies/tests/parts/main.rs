//! Each placer, order and head rule on cases small enough to be worked out by hand.

#[path = "../shared/ranked.rs"]
mod ranked;
#[path = "../shared/registered.rs"]
mod registered;

mod chance;
mod deeprm;
mod gangs;
mod gpu_placers;
mod heads;
mod multifactor;
mod orders;
mod placers;
mod places;
mod preemptive;
mod rlscheduler;
mod scores;
mod tiresias;
