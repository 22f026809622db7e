//! Scenarios for episodes, agents that play them, and native runs to compare with.

use std::sync::Arc;

use analysis::Scalars;
use scenarios::episode::{Episode, EpisodeOptions, Setting, Stepped};
use scenarios::run::engine_of;
use scenarios::scenario::{Overrides, Scenario, load};
use scenarios::source::Source;
use sim_core::{Observer, Summary};

/// A catalog scenario with changes, or one that is written out.
pub(crate) fn scenario(reference: &str, sets: &[&str]) -> Scenario {
    let sets = sets.iter().map(|&set| set.to_owned()).collect();
    let overrides = Overrides { sets, seeds: None };
    if !reference.contains('\n') {
        return load(reference, &overrides).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, reference).unwrap();
    load(path.to_str().unwrap(), &overrides).unwrap()
}

pub(crate) fn options() -> EpisodeOptions {
    EpisodeOptions {
        point: 0,
        policy: None,
        slots: 32,
        reward: "wait".into(),
        steps_max: None,
        time_max: None,
        window: None,
        metrics: false,
    }
}

pub(crate) fn setting(scenario: &Scenario, options: EpisodeOptions) -> Arc<Setting> {
    Arc::new(Setting::prepare(scenario.clone(), options).unwrap())
}

/// Plays an episode to its end; the agent gets the episode and what it sees.
pub(crate) fn play(
    setting: &Arc<Setting>,
    seed: u64,
    mut agent: impl FnMut(&Episode, &[f32], &[bool]) -> u32,
) -> (Episode, Vec<Stepped>) {
    let mut episode = Episode::begin(setting, seed, None).unwrap();
    let (mut seen, mut legal) = (vec![0.0; episode.observed()], vec![false; setting.options().slots + 1]);
    let mut steps = Vec::new();
    while episode.outcome().is_none() {
        episode.observe(&mut seen, &mut legal);
        let action = agent(&episode, &seen, &legal);
        steps.push(episode.step(action).unwrap());
    }
    (episode, steps)
}

/// The first of the shortest jobs that are seen.
pub(crate) fn shortest(episode: &Episode) -> usize {
    let estimate = |slot: usize| Some((episode.view().job(episode.job(slot)?).estimate().p50, slot));
    (0..).map_while(estimate).min().map(|(_, slot)| slot).unwrap()
}

/// The run of the scenario's policy of that name, with observers.
pub(crate) fn native(
    scenario: &Scenario,
    policy: &str,
    seed: u64,
    observers: Vec<Box<dyn Observer>>,
) -> (Summary, Scalars) {
    let point = &scenario.points[0];
    let spec = point.policies.iter().find(|spec| spec.name == policy).expect("the scenario has the policy");
    let source = Source::prepare(point, seed).unwrap();
    let mut engine = engine_of(point, spec, &source, seed, observers).unwrap();
    let summary = engine.run(&mut *spec.build(&source)).unwrap();
    let mut scalars = Scalars::default();
    engine.finish(&mut scalars).unwrap();
    (summary, scalars)
}
