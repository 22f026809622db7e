//! Windtunnel: analysis.
