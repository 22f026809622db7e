//! Random cases with preferences and preemption: the invariants hold, forks agree, and gangs stay whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use policies::preempt::PREEMPTORS;
use policies::{Prior, registry};
use sim_core::registry::{Params, Value};
use sim_core::testkit::{ListedJobs, SwarmCase, run_by_steps, swarm_case};
use sim_core::{
    Action, Company, Constraints, Domain, Engine, EventMask, Gang, LikedNodes, Note, Observer, Policy,
    Preferences, ResultSink, SimDuration, SimTime, SinkError, SoftSpread, Stream, Taint, Toleration, View,
};

use crate::registered::{order_params, params, place_params};

/// Cases per combination that CI runs; `WINDTUNNEL_SWARM=200` asks for more.
const CASES: u64 = 12;

fn cases() -> u64 {
    std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"))
}

/// The swarm's case, with taints, images and preferences on top.
fn case(seed: u64) -> SwarmCase {
    let mut case = swarm_case(seed);
    let mut stream = Stream::new(seed, "preferences");
    let mut one_in = |n: u64| stream.below(n) == 0;
    for node in &mut case.cluster.nodes {
        if one_in(5) {
            node.taints.push(Taint::parse("gpu:NoSchedule").unwrap());
        }
        if one_in(3) {
            node.taints.push(Taint::parse("old=1:PreferNoSchedule").unwrap());
        }
        if one_in(2) {
            node.images.push(("a".to_owned(), 700));
        }
    }
    // Every job fits on some node, which may be tainted: half bear the taint, the others may wait for ever.
    for (job, _) in &mut case.jobs {
        let words = &mut case.words;
        let names = ["x", "y"].map(|name| words.tag(name).unwrap());
        let mut preferences = Preferences { tags: names[usize::from(one_in(2))], ..Preferences::default() };
        if one_in(4) {
            continue;
        }
        if !one_in(6) {
            preferences.tolerates.push(Toleration::parse("gpu").unwrap());
        }
        if one_in(3) {
            preferences.likes.push(LikedNodes { labels: words.label("disk=ssd").unwrap(), weight: 5 });
        }
        if one_in(3) {
            let weight = if one_in(2) { 3 } else { -3 };
            let (level, required) = (Domain::Zone, one_in(4) && weight > 0);
            preferences.company.push(Company { tags: preferences.tags, level, weight, required });
        }
        if one_in(3) {
            preferences.spread.push(SoftSpread { over: Domain::Rack, skew_max: 1, tags: preferences.tags });
        }
        if one_in(2) {
            preferences.images.push(words.image("a").unwrap());
        }
        let preferences = words.preferences(preferences);
        let rule = *words.constraints_of(job.constraints);
        job.constraints = words.constraints(Constraints { preferences, ..rule });
    }
    case
}

fn engine(seed: u64, observers: Vec<Box<dyn Observer>>) -> Engine {
    case(seed).engine_of(seed, observers, |jobs| Box::new(Tainted(jobs)))
}

/// A workload some of whose jobs may not find a node that they tolerate.
#[derive(Clone)]
struct Tainted(ListedJobs);

impl sim_core::Workload for Tainted {
    fn next_job(
        &mut self,
        words: &mut sim_core::Vocabulary,
    ) -> Result<Option<(sim_core::Job, sim_core::Truth)>, sim_core::WorkloadError> {
        self.0.next_job(words)
    }

    fn may_not_fit(&self) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn sim_core::Workload> {
        Box::new(self.clone())
    }
}

const HEADS: [&str; 3] = ["block", "skip", "reject"];
const HOW: [&str; 3] = ["requeue", "suspend", "kill"];
const ORDERS: [&str; 3] = ["priority", "fcfs", "smallest"];
const PLACES: [&str; 3] = ["kube", "weighted", "first-fit"];

/// A policy of parts that the number picks.
fn policy(rule: &str, number: u64) -> Box<dyn Policy> {
    let pick = |of: [&'static str; 3], digit: u32| of[(number / 3u64.pow(digit) % 3) as usize];
    let (order, place) = (pick(ORDERS, 0), pick(PLACES, 1));
    let about = PREEMPTORS.iter().find(|about| about.name == rule).unwrap();
    let mut rules = params(
        about,
        if rule == "none" { &[] } else { std::slice::from_ref(&HOW_TEXT[(number % 3) as usize]) },
    );
    if rule != "none" && number.is_multiple_of(2) {
        rules.set("protect_after", Value::Int(2));
    }
    let mut all = Params::default();
    all.set("order", Value::Plugin(order.to_owned(), order_params(order)));
    all.set("place", Value::Plugin(place.to_owned(), place_params(place, &[])));
    all.set("head", Value::Text(pick(HEADS, 2).to_owned()));
    all.set("preempt", Value::Plugin(rule.to_owned(), rules));
    registry::build("list", &all, &Prior::default())
}

const HOW_TEXT: [(&str, &str); 3] = [("how", HOW[0]), ("how", HOW[1]), ("how", HOW[2])];

#[test]
fn invariants_hold_and_forks_agree_with_preferences_and_preemption() {
    let mut submitted = 0;
    for about in PREEMPTORS {
        for number in 0..27 * cases() / 3 {
            let seed = number + 1;
            let caught = std::panic::catch_unwind(|| {
                let whole = engine(seed, Vec::new()).run(&mut *policy(about.name, number));
                let whole = whole.expect("every drawn case is possible");
                let steps = run_by_steps(engine(seed, Vec::new()), policy(about.name, number), 1 + seed % 13);
                assert_eq!(whole, steps, "a fork went another way");
                whole
            });
            let summary = caught.unwrap_or_else(|_| panic!("swarm seed {seed} failed under {}", about.name));
            submitted += summary.submitted;
        }
    }
    assert!(submitted > 1000, "{submitted} jobs are too few to mean something");
}

/// Looks at every decision: who was stopped for whom, and did that job start?
struct Whole {
    delayed: bool,
    victims: Arc<AtomicU64>,
}

impl Observer for Whole {
    fn mask(&self) -> EventMask {
        EventMask::NONE
    }

    fn wants_decisions(&self) -> bool {
        true
    }

    fn on_event(&mut self, _: SimTime, _: &sim_core::Event, _: View<'_>) {}

    fn on_decision(&mut self, _: SimTime, actions: &[Action], notes: &[Note], view: View<'_>) {
        for note in notes {
            let Note::Victim { job, by } = *note else { continue };
            self.victims.fetch_add(1, Ordering::Relaxed);
            let is_stopped =
                |action: &Action| matches!(action, Action::Preempt { job: stopped, .. } if *stopped == job);
            assert!(actions.iter().any(is_stopped), "{job:?} was to be stopped");
            // No part of a victim runs on, unless it was started again, or as more of its independent tasks are.
            let again =
                actions.iter().any(|action| matches!(action, Action::Start { job: new, .. } if *new == job));
            let rest = view.runs_of(job).filter(|&run| !view.run(run).is_stopping()).count();
            assert!(rest == 0 || again, "{rest} executions of the victim {job:?} go on");
            if self.delayed {
                continue;
            }
            // It may have been killed for another one since.
            let Some(facts) = view.find(by).map(|job| job.facts()) else { continue };
            let width = actions.iter().find_map(|action| match action {
                Action::Start { job, place } if *job == by => Some(place.len() as u32),
                _ => None,
            });
            let width =
                width.unwrap_or_else(|| panic!("{job:?} was stopped for {by:?}, which did not start"));
            match facts.gang {
                Gang::AllOrNothing => assert_eq!(width, facts.tasks),
                Gang::Elastic { min } => assert!(width >= min),
                Gang::Independent => assert!(width >= 1),
            }
        }
        let preempted = actions.iter().filter(|action| matches!(action, Action::Preempt { .. })).count();
        let named = notes.iter().filter(|note| matches!(note, Note::Victim { .. })).count();
        assert!(preempted == 0 || named > 0, "somebody was stopped for nobody");
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

#[test]
fn a_gang_is_never_partly_placed_or_partly_preempted() {
    let victims = Arc::new(AtomicU64::new(0));
    for rule in ["kube", "least-lost-work"] {
        for number in 0..9 * cases() {
            let seed = number + 1000;
            let delayed = case(seed).rules.preemption_delay > SimDuration::ZERO;
            let observer = Whole { delayed, victims: Arc::clone(&victims) };
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let mut engine = engine(seed, vec![Box::new(observer)]);
                engine.run(&mut *policy(rule, number)).expect("every drawn case is possible");
            }));
            caught.unwrap_or_else(|_| panic!("swarm seed {seed} failed under {rule}"));
        }
    }
    let victims = victims.load(Ordering::Relaxed);
    assert!(victims > 50, "{victims} victims are too few to mean something");
}
