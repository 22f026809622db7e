//! The registered predictors, and how they are built from checked parameters.

use sim_core::registry::{About, Params};
use sim_core::{Requested, RuntimePredictor};

/// Run-time predictors.
pub const PREDICTORS: &[About] = &[About {
    name: "requested",
    doc: "The requested wall time stands for the run time; jobs that requested none are of unknown length.",
    source: "What batch schedulers do: Mu'alem and Feitelson, IEEE TPDS 2001.",
    params: &[],
}];

/// The predictor of that name.
///
/// # Panics
/// If there is none: names are checked against [`PREDICTORS`] before.
pub fn build(name: &str, _params: &Params) -> Box<dyn RuntimePredictor> {
    assert_eq!(name, "requested", "no predictor is called {name}");
    Box::new(Requested)
}
