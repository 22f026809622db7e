//! Windtunnel: scenarios.

pub mod file;
pub mod generate;
pub mod problem;
