//! A bench for placers: nodes with something on them, one waiting task, and what each rule makes of each node.

use policies::placer::{self, Part};
use policies::preempt::PREEMPTORS;
use policies::{Placer, Prior, registry};
use sim_core::registry::{Params, Value};
use sim_core::testkit::Case;
use sim_core::{Constraints, Lane, Policy, Preferences, Resources};

use crate::registered::{order_params, params, place_params};

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

/// Puts the same on several nodes.
pub(crate) fn put_each(case: &mut Case, nodes: &[usize], need: Resources, preferences: &Preferences) {
    for &node in nodes {
        put(case, node, need, preferences);
    }
}

/// A list policy by priority that stops others by a rule; the head blocks, or is skipped.
pub(crate) fn preempting(
    head: &str,
    rule: &str,
    texts: &[(&str, &str)],
    numbers: &[(&str, i64)],
) -> Box<dyn Policy> {
    preempting_by("priority", head, rule, texts, numbers)
}

/// The same in another order.
pub(crate) fn preempting_by(
    order: &str,
    head: &str,
    rule: &str,
    texts: &[(&str, &str)],
    numbers: &[(&str, i64)],
) -> Box<dyn Policy> {
    let about = PREEMPTORS.iter().find(|about| about.name == rule).unwrap();
    let mut rules = params(about, texts);
    numbers.iter().for_each(|(name, number)| rules.set(name, Value::Int(*number)));
    let mut all = Params::default();
    all.set("order", Value::Plugin(order.to_owned(), order_params(order)));
    all.set("place", Value::Plugin("first-fit".to_owned(), place_params("first-fit", &[])));
    all.set("head", Value::Text(head.to_owned()));
    all.set("preempt", Value::Plugin(rule.to_owned(), rules));
    registry::build("list", &all, &Prior::default())
}

/// Jobs, by number, that wait again at `at` seconds though they had started; a tick makes the engine stop there.
pub(crate) fn stopped(case: &mut Case, at: u64) -> Vec<u64> {
    case.job(at, 1).each(Resources::ZERO).priority(-100).add();
    let decision = case.decision_at(at);
    let view = decision.view();
    let again = view.waiting().map(|job| view.job(job)).filter(|job| job.first_start().is_some());
    let mut again: Vec<u64> = again.map(|job| job.facts().id).collect();
    again.sort_unstable();
    again
}
