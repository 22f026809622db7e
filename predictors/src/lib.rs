//! Windtunnel's predictors: guessing what is not yet known.
//!
//! A predictor that learns is a [`Model`]: what it looks at when a job is submitted, what it makes of that, and what
//! an end teaches it. A [`Learner`] makes a `RuntimePredictor` of it and does what all of them need:
//!
//! * it remembers what the model saw of each job that has not ended, so that a model learns pairs of what was known at
//!   submission and what came out;
//! * it falls back where the model has no idea: to the requested wall time, else to the mean of what has run;
//! * it keeps guesses between a millisecond and the requested wall time;
//! * it makes the 90th percentile from the errors of late ([`Recent`]);
//! * it revises guesses that jobs have outlived ([`correction`]).
//!
//! Nothing here sees a `Truth`. Predictors that do are built in `scenarios`, and the results say so.

pub mod correction;
pub mod features;
pub mod groups;
mod knn;
mod last_two;
pub mod learner;
mod linear;
pub mod recent;
pub mod registry;
mod user_mean;

pub use features::Features;
pub use learner::{Learner, Model};
pub use recent::Recent;
