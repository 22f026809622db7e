//! Compatibility profiles: other simulators' schedulers with all their habits, driven by this engine.
//!
//! A profile repeats what a published experiment did, whether that was meant or not, so that its numbers can be had
//! again. Each file says where it departs from what one would expect. For new experiments there are better policies.

pub mod deeprm;
pub mod rlscheduler;
pub mod tiresias;
