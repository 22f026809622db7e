//! Policies that repeat the schedules of other simulators, quirks included.

pub mod tiresias;
