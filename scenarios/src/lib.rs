//! Windtunnel: scenarios.

pub mod problem;
pub mod traces;
