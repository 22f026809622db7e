//! Windtunnel: policies.
