//! The registered predictors, and how they are built from checked parameters.

use sim_core::registry::{About, Params};
use sim_core::{Requested, RuntimePredictor};

use crate::{knn, last_two, linear, user_mean};

/// One predictor: its declaration, and how it is built from checked parameters.
#[derive(Clone, Copy, Debug)]
pub struct Predictor {
    /// Its declaration.
    pub about: About,
    /// From checked parameters to the predictor at the start of a run.
    pub build: fn(&Params) -> Box<dyn RuntimePredictor>,
}

/// Run-time predictors.
pub const PREDICTORS: &[Predictor] = &[
    Predictor { about: REQUESTED, build: |_| Box::new(Requested) },
    Predictor { about: last_two::ABOUT, build: last_two::build },
    Predictor { about: user_mean::ABOUT, build: user_mean::build },
    Predictor { about: knn::ABOUT, build: knn::build },
    Predictor { about: linear::ABOUT, build: linear::build },
];

const REQUESTED: About = About {
    name: "requested",
    doc: "The requested wall time stands for the run time; jobs that requested none are of unknown length.",
    source: "What batch schedulers do: Mu'alem and Feitelson, IEEE TPDS 2001.",
    params: &[],
};

/// The predictor of that name.
///
/// # Panics
/// If there is none: names are checked against [`PREDICTORS`] before.
pub fn build(name: &str, params: &Params) -> Box<dyn RuntimePredictor> {
    let found = PREDICTORS.iter().find(|predictor| predictor.about.name == name);
    let predictor = found.unwrap_or_else(|| panic!("no predictor is called {name}"));
    (predictor.build)(params)
}
