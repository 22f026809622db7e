//! A bench for placers: nodes with something on them, one waiting task, and what each rule makes of each node.

use policies::placer::{self, Part};
use policies::{Placer, Prior};
use sim_core::registry::{Params, Value};
use sim_core::testkit::Case;
use sim_core::{Constraints, Lane, Preferences, Resources};

use crate::registered::place_params;

/// So many milli-cores and MiB.
pub(crate) fn amounts(cpu_milli: u32, mib: u32) -> Resources {
    Resources::ZERO.with(Lane::Cpu, cpu_milli).with(Lane::Memory, mib)
}

/// Nodes of these amounts, each with the label `n=NUMBER`.
pub(crate) fn bench(nodes: &[Resources]) -> Case {
    let mut case = nodes.iter().fold(Case::new(), |case, &each| case.nodes(1, each));
    for (n, node) in case.cluster().nodes.iter_mut().enumerate() {
        node.labels = vec![format!("n={n}")];
    }
    case
}

/// A job with these preferences that has to stand on a node.
pub(crate) fn put(case: &mut Case, node: usize, need: Resources, preferences: &Preferences) -> u64 {
    let words = case.words();
    let require = words.label(&format!("n={node}")).unwrap();
    let preferences = words.preferences(preferences.clone());
    case.job(0, 10_000)
        .each(need)
        .constraints(Constraints { require, preferences, ..Constraints::NONE })
        .add()
}

/// The task that is to be placed at 10 s.
pub(crate) fn ask(case: &mut Case, need: Resources, preferences: Preferences) {
    let preferences = case.words().preferences(preferences);
    case.job(10, 100).each(need).constraints(Constraints { preferences, ..Constraints::NONE }).add();
}

/// Text parameters and others.
pub(crate) fn given(place: &str, texts: &[(&str, &str)], others: &[(&str, Value)]) -> Box<dyn Placer> {
    let mut params = place_params(place, texts);
    others.iter().for_each(|(name, value)| params.set(name, value.clone()));
    placer::build(place, &params, &Prior::default())
}

/// A table of whole numbers.
pub(crate) fn table(entries: &[(&str, i64)]) -> Value {
    let mut params = Params::default();
    entries.iter().for_each(|(name, value)| params.set(name, Value::Int(*value)));
    Value::Table(params)
}

/// What `rule` makes of each node for the task of [`ask`], raw and normalised; `None` where the task cannot stand. The
/// case goes no further.
pub(crate) fn scores(case: &mut Case, placer: &mut dyn Placer, rule: &str) -> Vec<Option<(i64, i64)>> {
    let mut decision = case.decision_at(10);
    let job = decision.view().waiting().last().expect("a task is to be placed");
    placer.attach(decision.view());
    let (view, stream) = decision.view_and_rng();
    placer.place(job, view, stream);
    let of = |part: Part| (part.rule == rule).then_some((part.raw, part.score));
    view.nodes().ids().map(|node| placer.parts(job, node, view).into_iter().find_map(of)).collect()
}

/// The scores of the kube-scheduler's plug-in of that name.
pub(crate) fn kube(case: &mut Case, rule: &str) -> Vec<Option<(i64, i64)>> {
    scores(case, &mut *given("kube", &[], &[]), rule)
}

/// All nodes can hold the task, and these are their scores.
pub(crate) fn all(scores: &[(i64, i64)]) -> Vec<Option<(i64, i64)>> {
    scores.iter().copied().map(Some).collect()
}
