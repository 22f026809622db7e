//! FGD's experiment: curves of allocation and fragmentation over arrived load, against the published ones.
//!
//! With the arrival orders of the published runs (`orders_TRACE.txt.gz`) the five deterministic policies must give
//! the published curves to the printed digit. `Random`, and every policy under orders of our own, can only agree in
//! the mean over seeds.

mod golden;
mod page;
mod runs;
mod statistics;

use std::path::Path;

use super::{Options, Reproduction};
use crate::problem::Problems;
use crate::sweep::Progress;
use golden::Golden;
use runs::{CaseSpec, Outcome};

/// Policies as the golden files call them, and as the scenario `fgd` does.
const POLICIES: [(&str, &str); 6] = [
    ("01-Random", "random"),
    ("02-DotProd", "dot-product"),
    ("03-GpuClustering", "gpu-clustering"),
    ("04-GpuPacking", "gpu-packing"),
    ("05-BestFit", "best-fit"),
    ("06-FGD", "fgd"),
];

/// The policy whose draws nobody can repeat.
const RANDOM: &str = "random";

pub(super) fn reproduce(
    data: &Path,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Reproduction, Problems> {
    let mut found = Reproduction { name: "fgd", ..Reproduction::default() };
    let goldens = golden::goldens(data, options, &mut found.skipped)?;
    let seeds = goldens.iter().flat_map(|golden| golden.curves.keys().map(|(_, seed)| *seed));
    let known: Vec<u64> = if options.own_orders { OWN_SEEDS.collect() } else { seeds.collect() };
    let known: Vec<String> = known.iter().map(u64::to_string).collect();
    let wanted: Vec<String> = options.seeds.iter().map(u64::to_string).collect();
    super::unknown("--seeds", &wanted, known.iter().map(String::as_str)).or_ok(())?;
    let specs: Vec<CaseSpec<'_>> = goldens.iter().flat_map(|golden| cases(golden, options)).collect();
    let outcomes = runs::run(&specs, progress)?;
    found.cases = outcomes.iter().filter_map(runs::compare).collect();
    found.statistical = statistics::compare(&outcomes);
    found.report = page::table(&outcomes, &found.statistical);
    found.figures = page::figures(&outcomes);
    Ok(found)
}

/// Seeds of runs with orders of our own, as many as the published means are over.
const OWN_SEEDS: std::ops::RangeInclusive<u64> = 1..=10;

/// The published runs of a trace, and runs with orders of our own where only means can be compared.
fn cases<'g>(golden: &'g Golden, options: &Options) -> Vec<CaseSpec<'g>> {
    let mut cases = Vec::new();
    let wanted = |seed: &u64| options.seeds.is_empty() || options.seeds.contains(seed);
    for (published, policy) in POLICIES {
        let case = |seed, theirs| CaseSpec { golden, policy, published, seed, theirs };
        if options.own_orders || policy == RANDOM {
            if golden.means.contains_key(published) {
                cases.extend(
                    OWN_SEEDS.filter(|seed| !options.own_orders || wanted(seed)).map(|seed| case(seed, None)),
                );
            }
            continue;
        }
        let curves = golden.curves.iter().filter(|((theirs, seed), _)| theirs == published && wanted(seed));
        cases.extend(curves.map(|((_, seed), curve)| case(*seed, Some(curve))));
    }
    cases
}

/// The points of a curve that tables show \[% of arrived load\].
const SHOWN: [u64; 4] = [60, 80, 100, 130];

/// The outcomes of one trace and policy.
fn groups<'a, 'g>(outcomes: &'a [Outcome<'g>]) -> Vec<&'a [Outcome<'g>]> {
    let same = |a: &Outcome<'_>, b: &Outcome<'_>| {
        (&a.spec.golden.trace, a.spec.policy) == (&b.spec.golden.trace, b.spec.policy)
    };
    outcomes.chunk_by(same).collect()
}
