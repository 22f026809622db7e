//! Every registered predictor in real runs: known answers, no knowledge of the future, forks.

mod bench;
mod corrections;
mod forks;
mod future;
mod known;
mod pinned;
mod spread;
