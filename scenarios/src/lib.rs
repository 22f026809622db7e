//! Windtunnel: scenarios.

pub mod problem;
