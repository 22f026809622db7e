//! What all episodes of an environment share: a point of a scenario with its jobs prepared, and how it is played.

use policies::{Placer, Prior};
use sim_core::{SimDuration, SimTime, Stream};

use super::reward::{REWARDS, Reward};
use crate::file::suggestion;
use crate::foresight;
use crate::problem::{Problem, Problems};
use crate::scenario::{Point, PolicySpec, Scenario};
use crate::source::Source;
use crate::traces::Windows;

/// How episodes are played.
#[derive(Clone, PartialEq, Debug)]
pub struct EpisodeOptions {
    /// Which point of the scenario, if it has axes.
    pub point: usize,
    /// The policy of the scenario whose placer and predictor serve the agent; `None`: the first.
    pub policy: Option<String>,
    /// Waiting jobs that are seen at a time.
    pub slots: usize,
    /// The name of a reward.
    pub reward: String,
    /// Steps after which an episode is cut off.
    pub steps_max: Option<u64>,
    /// Simulated time after which it is; in a window it is counted from the first submission.
    pub time_max: Option<SimDuration>,
    /// Plays so many consecutive jobs of the trace, from a start that is drawn or given; `None`: all of them.
    pub window: Option<u64>,
    /// Measures what a run of the scenario would, for the end of the episode.
    pub metrics: bool,
}

/// Slots that an agent may have: observations are held by the thousand.
const SLOTS_MAX: usize = 65_536;

/// A scenario's point, ready for any number of episodes.
pub struct Setting {
    pub(super) point: Point,
    pub(super) policy: PolicySpec,
    pub(super) source: Source,
    pub(super) reward: Reward,
    pub(super) options: EpisodeOptions,
    windows: Option<Windows>,
}

/// A window of the trace, which one episode plays.
pub(super) struct Window {
    /// Its first job, by its place in the trace as the scenario cuts it.
    pub(super) start: u64,
    pub(super) source: Source,
    /// The end that `time_max` sets.
    pub(super) until: Option<SimTime>,
}

impl Setting {
    /// Audits traces, or checks generators with the scenario's first seed.
    ///
    /// # Errors
    /// All that is wrong with the options; then all that is wrong with the workload.
    pub fn prepare(scenario: Scenario, options: EpisodeOptions) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        if options.slots == 0 || options.slots > SLOTS_MAX {
            let rule = format!("must be from 1 to {SLOTS_MAX}");
            problems.push(Problem::new("environment", "slots", options.slots, rule));
        }
        let reward = Reward::named(&options.reward);
        if reward.is_none() {
            let names: Vec<&str> = REWARDS.iter().map(|named| named.name).collect();
            let rule = format!("must be one of {}", names.join(", "));
            problems.push(Problem::new("environment", "reward", format!("{:?}", options.reward), rule));
        }
        for (name, is_zero) in [
            ("max_steps", options.steps_max == Some(0)),
            ("max_time", options.time_max == Some(SimDuration::ZERO)),
            ("window", options.window == Some(0)),
        ] {
            if is_zero {
                problems.push(Problem::new("environment", name, 0, "must be more than 0"));
            }
        }
        let (points, first_seed) = (scenario.points.len(), scenario.seeds.first().copied().unwrap_or(1));
        let point = scenario.points.into_iter().nth(options.point);
        if point.is_none() {
            let rule = format!("must be below {points}, the number of points of `{}`", scenario.name);
            problems.push(Problem::new("environment", "point", options.point, rule));
        }
        let policy =
            point.as_ref().and_then(|point| policy_of(point, options.policy.as_deref(), &mut problems));
        if let Some(policy) = policy.as_ref().filter(|policy| policy.params.plugin("place").is_none()) {
            let rule = "has no placer; name a policy of the scenario that has a `place` key";
            problems.push(Problem::new("environment", "policy", format!("{:?}", policy.name), rule));
        }
        let (Some(mut point), Some(policy), Some(reward)) = (point, policy, reward) else {
            return Err(problems);
        };
        let source = problems.or_ok(()).and_then(|()| Source::prepare(&point, first_seed))?;
        let windows = options.window.map(|jobs| windows_of(&point, &source, jobs)).transpose()?;
        if let (Some(time_max), None) = (options.time_max, &windows) {
            point.limits.until = point.limits.until.min(SimTime::ZERO.saturating_add(time_max));
        }
        Ok(Self { point, policy, source, reward, options, windows })
    }

    /// The window of the episode of that seed, from `start` on or from where the seed says; `None` if episodes play the
    /// whole workload.
    ///
    /// # Errors
    /// If there is no window from `start` on.
    pub(super) fn window(&self, seed: u64, start: Option<u64>) -> Result<Option<Window>, Problems> {
        let (Some(windows), Some(jobs)) = (&self.windows, self.options.window) else {
            return match start {
                None => Ok(None),
                Some(start) => {
                    let rule = "needs the option `window`: without it episodes play the whole workload";
                    Err(Problem::new("environment", "start", start, rule).into())
                }
            };
        };
        let last = windows.jobs() - jobs;
        let start = start.unwrap_or_else(|| Stream::new(seed, "episode/window").below(last + 1));
        if start > last {
            let rule = format!("must be at most {last}: of {} jobs, windows have {jobs}", windows.jobs());
            return Err(Problem::new("environment", "start", start, rule).into());
        }
        let until =
            self.options.time_max.map(|time_max| windows.first_submit(start).saturating_add(time_max));
        Ok(Some(Window { start, source: self.source.with_trace(windows.cut(start, jobs)), until }))
    }

    /// A fresh placer for the jobs that the agent picks.
    pub(super) fn placer(&self) -> Box<dyn Placer> {
        let (name, params) = self.policy.params.plugin("place").expect("it was checked");
        policies::placer::build(name, params, &Prior { typical: self.source.typical() })
    }

    /// How episodes are played.
    pub fn options(&self) -> &EpisodeOptions {
        &self.options
    }

    /// The name of the policy whose parts serve the agent.
    pub fn policy(&self) -> &str {
        &self.policy.name
    }

    /// What estimates are made of, as in results: `declared`, `online`, `oracle` or `noisy-oracle`.
    pub fn information(&self) -> &'static str {
        foresight::information(&self.point, &self.policy, &self.source)
    }
}

/// The trace in memory, if windows of so many jobs can be cut out of it.
fn windows_of(point: &Point, source: &Source, jobs: u64) -> Result<Windows, Problems> {
    let wrong = |rule: String| Problem::new("environment", "window", jobs, rule);
    let windows = source.windows()?.ok_or_else(|| {
        let name = &point.workload.0;
        wrong(format!("needs a trace; `{name}` makes other jobs for each seed, `workload.jobs` of them"))
    })?;
    if jobs > windows.jobs() {
        return Err(wrong(format!("must be at most {}, the jobs of the trace", windows.jobs())).into());
    }
    Ok(windows)
}

fn policy_of(point: &Point, name: Option<&str>, problems: &mut Problems) -> Option<PolicySpec> {
    let Some(name) = name else { return point.policies.first().cloned() };
    let found = point.policies.iter().find(|policy| policy.name == name).cloned();
    if found.is_none() {
        let names = point.policies.iter().map(|policy| policy.name.as_str());
        let rule = format!("is not the name of a policy of the scenario; {}", suggestion(name, names));
        problems.push(Problem::new("environment", "policy", format!("{name:?}"), rule));
    }
    found
}
