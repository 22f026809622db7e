//! Every registered predictor in real runs: known answers, no knowledge of the future, forks.
#![expect(clippy::unwrap_used, reason = "a test may: what fails is the test")]

mod bench;
mod corrections;
mod forks;
mod future;
mod known;
mod pinned;
mod spread;
