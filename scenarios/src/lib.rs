//! Windtunnel's scenarios: files, traces, generators and sweeps. The one crate that sees all the others.

mod alerts;
pub mod batch;
pub mod catalog;
pub mod cluster;
pub mod episode;
pub mod explain;
mod failures;
pub mod file;
pub mod foresight;
pub mod gate;
pub mod generate;
pub mod measure;
mod measured;
mod metric;
pub mod output;
pub mod problem;
pub mod registries;
pub mod reproduce;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod source;
pub mod sweep;
pub mod trace_tasks;
pub mod traces;
pub mod tune;
pub mod typical;
mod windows;

use sim_core::registry::Params;

/// The name that a policy has in results unless it is given one: that of its parts.
pub(crate) fn policy_name(kind: &str, params: &Params) -> String {
    policies::registry::build(kind, params, &policies::Prior::default()).name().to_owned()
}
