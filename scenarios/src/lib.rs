//! Windtunnel: scenarios.

pub mod file;
pub mod problem;
