//! How episodes end, what invalid actions do, and that episodes can be repeated.

use scenarios::episode::{Episode, EpisodeOptions, Setting};
use sim_core::{SimDuration, Stream};

use crate::agents::{options, play, scenario, setting};
use crate::native::CORES;

#[test]
fn any_agent_comes_to_the_end_and_is_repeated_by_its_actions() {
    let scenario = scenario("quickstart", &["workload.duration=6h"]);
    let setting = setting(&scenario, options());
    for seed in 0..4 {
        let mut draws = Stream::new(seed, "test/agent");
        // Some actions are empty slots, waiting where nothing runs, or no actions at all.
        let (episode, steps) = play(&setting, seed, |_, _, _| draws.below(36) as u32);
        let end = steps.last().unwrap();
        assert!(end.terminated && !end.truncated && episode.invalid() > 0);
        let outcome = episode.outcome().unwrap();
        assert_eq!((outcome.totals.submitted, outcome.totals.unstarted), (outcome.totals.ended, 0));
        let mut again = Episode::begin(&setting, seed, None).unwrap();
        let repeated: Vec<_> = episode.actions().iter().map(|&action| again.step(action).unwrap()).collect();
        assert_eq!(repeated, steps);
        assert_eq!(again.outcome().unwrap().fingerprint, outcome.fingerprint);
        // Nothing happens after the end.
        let after = again.step(0).unwrap();
        assert!(after.terminated && after.reward == 0.0 && after.dt == SimDuration::ZERO);
    }
}

#[test]
fn waiting_for_ever_is_not_possible() {
    let setting = setting(&scenario(CORES, &["workload.jobs=50"]), options());
    let (episode, steps) = play(&setting, 1, |_, _, _| 32);
    assert!(steps.last().unwrap().terminated);
    assert!(episode.invalid() > 0, "waiting while nothing runs picks the oldest job");
}

#[test]
fn masks_name_exactly_the_legal_actions() {
    let setting = setting(&scenario(CORES, &["workload.jobs=200"]), EpisodeOptions { slots: 4, ..options() });
    let mut draws = Stream::new(1, "test/agent");
    let (mut full, mut idle) = (0, 0);
    let (episode, _) =
        play(&setting, 1, |episode, _, legal| {
            let waiting = episode.view().waiting_len();
            let shown = waiting.min(4);
            assert_eq!(legal.iter().filter(|legal| **legal).count(), shown + usize::from(legal[4]));
            assert!(legal[..shown].iter().all(|legal| *legal));
            assert_eq!(legal[4], episode.view().running_len() > 0);
            assert!((0..=5).all(
                |action| episode.is_legal(action) == legal.get(action as usize).copied().unwrap_or(false)
            ));
            full += u32::from(waiting > 4);
            idle += u32::from(!legal[4]);
            let legal: Vec<u32> = (0..5).filter(|&action| legal[action as usize]).collect();
            legal[draws.below(legal.len() as u64) as usize]
        });
    assert_eq!(episode.invalid(), 0);
    assert!(full > 0 && idle > 0, "the case has {full} steps with hidden jobs, {idle} on an idle cluster");
}

#[test]
fn limits_cut_an_episode_off() {
    let scenario = scenario(CORES, &[]);
    let by_steps = setting(&scenario, EpisodeOptions { steps_max: Some(100), ..options() });
    let (_, steps) = play(&by_steps, 1, |_, _, _| 0);
    let end = steps.last().unwrap();
    assert!(steps.len() == 100 && end.truncated && !end.terminated);

    let hour = SimDuration::from_secs(3600);
    let by_time = setting(&scenario, EpisodeOptions { time_max: Some(hour), ..options() });
    let (episode, steps) = play(&by_time, 1, |_, _, _| 0);
    let end = steps.last().unwrap();
    assert!(end.truncated && !end.terminated);
    assert_eq!(episode.view().now().as_secs_f64(), 3600.0);
}

#[test]
fn leaving_jobs_to_a_cut_saves_no_cost() {
    let scenario = scenario(CORES, &[]);
    let hours = SimDuration::from_secs(4 * 3600);
    for reward in ["jct_mean", "wait_mean", "bounded_slowdown_mean"] {
        let options = EpisodeOptions { time_max: Some(hours), reward: reward.into(), ..options() };
        let setting = setting(&scenario, options);
        let worth = |agent: fn(u64) -> u32| {
            let mut n = 0;
            let (_, steps) = play(&setting, 1, |_, _, _| {
                n += 1;
                agent(n)
            });
            steps.iter().map(|step| step.reward).sum::<f64>()
        };
        // One starts what comes, the other waits whenever that is legal.
        assert!(worth(|_| 0) > worth(|_| 32), "{reward} is better for an agent that waits");
    }
}

#[test]
fn all_that_is_wrong_with_the_options_is_told_at_once() {
    let bad = EpisodeOptions { point: 7, slots: 0, reward: "profit".into(), steps_max: Some(0), ..options() };
    let problems = Setting::prepare(scenario(CORES, &[]), bad).err().unwrap().to_string();
    for part in [
        "slots = 0",
        "reward = \"profit\": must be one of jct, wait",
        "max_steps = 0",
        "point = 7: must be below 1",
    ] {
        assert!(problems.contains(part), "{part} is not in:\n{problems}");
    }
    let bad = EpisodeOptions { policy: Some("fcsf".into()), ..options() };
    let problems = Setting::prepare(scenario(CORES, &[]), bad).err().unwrap().to_string();
    assert!(problems.contains("did you mean `fcfs`?"), "{problems}");
}
