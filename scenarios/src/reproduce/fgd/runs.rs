//! The runs of the matrix, in parallel, and their curves beside the published ones.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use analysis::{ArrivedLoad, LoadPoint, Scalars};
use rayon::prelude::*;

use super::golden::{Golden, Triple};
use crate::problem::{Problem, Problems};
use crate::reproduce::Case;
use crate::run::engine_of;
use crate::scenario::{Overrides, Point, load};
use crate::source::Source;
use crate::sweep::Progress;

/// One run of the matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct CaseSpec<'g> {
    pub(super) golden: &'g Golden,
    /// The policy's name in the scenario `fgd`.
    pub(super) policy: &'static str,
    /// The same in the golden files.
    pub(super) published: &'static str,
    pub(super) seed: u64,
    /// The curves of the run whose order is repeated; `None` for an order of our own.
    pub(super) theirs: Option<&'g BTreeMap<u64, Triple>>,
}

/// A run that is over.
#[derive(Debug)]
pub(super) struct Outcome<'g> {
    pub(super) spec: CaseSpec<'g>,
    /// By arrived load.
    pub(super) ours: BTreeMap<u64, Triple>,
}

/// A trace, with its published orders or without.
struct Prepared {
    point: Point,
    source: Source,
}

/// Runs all cases; the outcomes are in their order.
pub(super) fn run<'g>(specs: &[CaseSpec<'g>], progress: &dyn Progress) -> Result<Vec<Outcome<'g>>, Problems> {
    progress.begin(specs.len(), None);
    let key = |spec: &CaseSpec<'_>| (spec.golden.trace.clone(), spec.theirs.is_some());
    let mut prepared = BTreeMap::new();
    for spec in specs {
        if let Entry::Vacant(entry) = prepared.entry(key(spec)) {
            entry.insert(prepare(spec)?);
        }
    }
    let one = |spec: &CaseSpec<'g>| {
        let ours = curve(spec, &prepared[&key(spec)])?;
        progress.run_done();
        Ok(Outcome { spec: *spec, ours })
    };
    specs.par_iter().map(one).collect()
}

fn prepare(spec: &CaseSpec<'_>) -> Result<Prepared, Problems> {
    let golden = spec.golden;
    let mut sets = vec![
        format!("workload.pods={}", golden.pods.display()),
        format!("cluster.nodes={}", golden.nodes.display()),
        format!("sweep.seeds=[{}]", spec.seed),
    ];
    if spec.theirs.is_some() {
        sets.push(format!("workload.orders={}", golden.orders.display()));
    }
    let scenario = load("fgd", &Overrides { sets, seeds: None })?;
    let point = scenario.points.into_iter().next().expect("a scenario has a point");
    let source = Source::prepare(&point, spec.seed)?;
    Ok(Prepared { point, source })
}

fn curve(spec: &CaseSpec<'_>, prepared: &Prepared) -> Result<BTreeMap<u64, Triple>, Problems> {
    let Prepared { point, source } = prepared;
    let observer = ArrivedLoad::new(source.typical(), Vec::new());
    let curve = observer.curve();
    let policy = point.policies.iter().find(|policy| policy.name == spec.policy);
    let spec_policy = policy.expect("the scenario fgd has the published policies");
    let mut policy = spec_policy.build(source);
    let failed = |error: String| Problem::of_file(&spec.golden.trace, error);
    let mut engine = engine_of(point, spec_policy, source, spec.seed, vec![Box::new(observer)])?;
    engine.run(&mut *policy).map_err(|error| failed(error.to_string()))?;
    engine.finish(&mut Scalars::default()).map_err(|error| failed(error.to_string()))?;
    let points = curve.lock().expect("the run is over");
    let triple = |point: &LoadPoint| [point.alloc_pct, point.frag_amount_pct, point.frag_ratio_pct];
    Ok(points.iter().map(|point| (point.arrived_load_pct, triple(point))).collect())
}

/// Published means are rounded to two decimals, ours are not.
pub(super) const TOLERANCE_PP: f64 = 0.005 + 1e-9;

const NAMES: [&str; 3] = ["allocation", "fragmentation amount", "fragmentation ratio"];

/// All points of the three curves of a run that repeats a published one.
pub(super) fn compare(outcome: &Outcome<'_>) -> Option<Case> {
    let Outcome { spec, ours } = outcome;
    let mut case = Case {
        name: format!("{}/{}/{}", spec.golden.trace, spec.policy, spec.seed),
        compared: 0,
        differing: 0,
        max_abs_diff: 0.0,
        unit: "percentage points",
        must_be_exact: true,
        first: String::new(),
    };
    for (load, theirs) in spec.theirs? {
        for (n, name) in NAMES.iter().enumerate() {
            case.compared += 1;
            // A point that we do not have differs by its whole value.
            let mine = ours.get(load).map_or(f64::NAN, |triple| triple[n]);
            let diff = if mine.is_nan() { theirs[n].abs() } else { (mine - theirs[n]).abs() };
            case.max_abs_diff = case.max_abs_diff.max(diff);
            if mine.is_nan() || diff > TOLERANCE_PP {
                case.differing += 1;
                if case.first.is_empty() {
                    case.first = format!("{name} at {load} %: ours {mine:.4}, theirs {}", theirs[n]);
                }
            }
        }
    }
    Some(case)
}
