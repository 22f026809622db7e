//! Episodes beside the native runs that they repeat.

#![expect(clippy::unwrap_used, reason = "a test may: what fails is the test")]

mod agents;
mod endings;
mod native;
mod rewards;
mod windows;
