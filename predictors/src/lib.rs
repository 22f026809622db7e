//! Windtunnel's predictors: guessing what is not yet known.
//!
//! There is one so far, the absence of a guess: the requested wall time stands for the run time.

pub mod registry;
