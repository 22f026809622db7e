//! Tests of the `windtunnel` command, through the built program alone.

#![allow(unreachable_pub, reason = "nothing reaches into a test: `pub` says that other files use it")]
#![expect(clippy::unwrap_used, reason = "a test may: what fails is the test")]

mod bad_input;
mod bad_traces;
mod check;
mod compare;
mod damage;
mod determinism;
mod export;
mod failed;
mod real_data;
mod report;
mod results;
mod resume;
mod steady;
mod support;
mod sweeps;
mod traces;
mod tune;
