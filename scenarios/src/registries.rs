//! All registries in one place: what a scenario file may name.

use std::sync::OnceLock;

use sim_core::registry::{About, Kind, Param};

use crate::cluster::CLUSTERS;
use crate::file::Registries;
use crate::foresight;
use crate::generate::{self, GENERATORS};
use crate::traces::{COMMON_PARAMS, READERS};

/// Every registry of this build. Computed once.
pub fn registries() -> &'static Registries {
    static ALL: OnceLock<Registries> = OnceLock::new();
    ALL.get_or_init(|| {
        let readers = READERS.iter().map(|reader| with_params(reader.about, COMMON_PARAMS));
        let workloads = GENERATORS.iter().map(|generator| generator.about).chain(readers);
        let policies =
            policies::registry::POLICIES.iter().map(|about| with_params(*about, &[NAME, PREDICTOR]));
        let base = Registries::default()
            .with("workload", workloads)
            .with("cluster", CLUSTERS.iter().copied())
            .with("policy", policies)
            .with("order", policies::order::ORDERS.iter().copied())
            .with("place", policies::placer::PLACERS.iter().copied())
            .with("backfill", policies::list::BACKFILLS.iter().copied())
            .with("predictor", foresight::abouts());
        generate::register(base)
    })
}

const NAME: Param =
    Param::optional("name", Kind::Text, "the policy's name in results; default: that of its parts");

const PREDICTOR: Param = Param::optional(
    "predictor",
    Kind::Plugin("predictor"),
    "who guesses run times for this policy; default: the scenario's `predictor`",
);

/// `about` with further parameters after its own.
fn with_params(about: About, more: &'static [Param]) -> About {
    // Declarations live as long as the program; these few are put together at its start.
    let params: Vec<Param> = about.params.iter().chain(more).copied().collect();
    About { params: Box::leak(params.into_boxed_slice()), ..about }
}
