//! Episodes on windows of a trace, beside native runs of the trace cut by its keys.

use std::fmt::Write;
use std::sync::Arc;

use scenarios::episode::{Episode, EpisodeOptions, Setting};
use scenarios::scenario::Scenario;
use sim_core::SimDuration;

use crate::agents::{native, options, play, scenario, setting};

/// Jobs of the log.
const JOBS: u64 = 200;

/// A log in the Standard Workload Format: some work that waits, some that does not, submitted minutes apart.
fn log() -> tempfile::NamedTempFile {
    let mut text = String::from("; MaxProcs: 16\n");
    for n in 1..=JOBS {
        let (submit, run_time, procs) = (1000 + n * 97 + n % 5, 60 + n * 7919 % 1500, 1 + n * 31 % 8);
        writeln!(
            text,
            "{n} {submit} -1 {run_time} {procs} -1 -1 {procs} 3600 -1 1 {} 1 -1 -1 -1 -1 -1",
            n % 7
        )
        .unwrap();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, text).unwrap();
    file
}

fn of_log(file: &tempfile::NamedTempFile, sets: &[&str]) -> Scenario {
    let path = file.path().to_str().unwrap();
    let text = format!(
        "name = \"log\"\nworkload = {{ type = \"swf\", path = {path:?} }}\n\
         cluster = {{ type = \"uniform\", nodes = 16, cpu = 1 }}\npolicy = [{{ name = \"fcfs\", order = \"fcfs\" }}]\n"
    );
    scenario(&text, sets)
}

fn windows(scenario: &Scenario, jobs: u64) -> Arc<Setting> {
    setting(scenario, EpisodeOptions { window: Some(jobs), ..options() })
}

/// The episode of first come, first served.
fn fcfs(setting: &Arc<Setting>, seed: u64, start: Option<u64>) -> Episode {
    let mut episode = Episode::begin(setting, seed, start).unwrap();
    while episode.outcome().is_none() {
        episode.step(0).unwrap();
    }
    episode
}

#[test]
fn a_window_is_the_native_run_of_the_trace_cut_by_its_keys() {
    let file = log();
    let played = windows(&of_log(&file, &[]), 50);
    for start in [0, 1, 77, 150] {
        let cut = of_log(&file, &[&format!("workload.skip={start}"), "workload.jobs=50"]);
        let (summary, _) = native(&cut, "fcfs", 3, Vec::new());
        let episode = fcfs(&played, 3, Some(start));
        let outcome = episode.outcome().unwrap();
        assert_eq!(outcome.fingerprint, summary.fingerprint, "from job {start} on");
        assert_eq!((episode.start(), outcome.totals.submitted), (Some(start), 50));
    }
}

#[test]
fn the_seed_draws_the_start_and_every_start_comes_up() {
    let file = log();
    let played = windows(&of_log(&file, &[]), JOBS - 9);
    let start = |seed| Episode::begin(&played, seed, None).unwrap().start().unwrap();
    let starts: Vec<u64> = (0..200).map(start).collect();
    // Ten starts: that one of them is missed by 200 draws has a chance of 10 x 0.9^200, less than 1e-8.
    assert!((0..10).all(|wanted| starts.contains(&wanted)) && starts.iter().all(|&start| start < 10));
    assert_eq!(starts, (0..200).map(start).collect::<Vec<u64>>());
    let drawn = fcfs(&played, 4, None);
    let given = fcfs(&played, 4, drawn.start());
    assert_eq!(drawn.outcome().unwrap().fingerprint, given.outcome().unwrap().fingerprint);
}

#[test]
fn the_drawn_starts_are_pinned() {
    // A change of the stream would give every agent other episodes under the same seeds.
    let file = log();
    let played = windows(&of_log(&file, &[]), 20);
    let starts: Vec<u64> =
        (1..=5).map(|seed| Episode::begin(&played, seed, None).unwrap().start().unwrap()).collect();
    assert_eq!(starts, [117, 125, 70, 178, 25]);
}

#[test]
fn time_is_cut_off_after_the_first_submission() {
    let file = log();
    let limited =
        EpisodeOptions { window: Some(50), time_max: Some(SimDuration::from_secs(3600)), ..options() };
    let limited = setting(&of_log(&file, &[]), limited);
    let (episode, steps) = {
        let mut episode = Episode::begin(&limited, 1, Some(100)).unwrap();
        let mut steps = Vec::new();
        while episode.outcome().is_none() {
            steps.push(episode.step(0).unwrap());
        }
        (episode, steps)
    };
    assert!(steps.last().unwrap().truncated);
    // Job 101 is submitted at 1000 + 101 x 97 + 101 % 5.
    assert_eq!(episode.view().now().as_secs_f64(), f64::from(1000 + 101 * 97 + 1 + 3600));
}

#[test]
fn what_cannot_be_a_window_is_said() {
    let file = log();
    let problem = |scenario: Scenario, window| {
        let options = EpisodeOptions { window: Some(window), ..options() };
        Setting::prepare(scenario, options).err().unwrap().to_string()
    };
    assert!(problem(of_log(&file, &[]), 0).contains("window = 0: must be more than 0"));
    let wide = problem(of_log(&file, &[]), JOBS + 1);
    assert!(wide.contains("window = 201: must be at most 200, the jobs of the trace"), "{wide}");
    let drawn = problem(scenario("quickstart", &[]), 10);
    assert!(drawn.contains("window = 10: needs a trace; `synthetic`"), "{drawn}");
    let begin = |setting: &Arc<Setting>, start| match Episode::begin(setting, 1, Some(start)) {
        Ok(_) => panic!("it began"),
        Err(error) => error.to_string(),
    };
    let beyond = begin(&windows(&of_log(&file, &[]), 50), 151);
    assert!(beyond.contains("start = 151: must be at most 150: of 200 jobs, windows have 50"), "{beyond}");
    let none = begin(&setting(&of_log(&file, &[]), options()), 0);
    assert!(none.contains("start = 0: needs the option `window`"), "{none}");
}

#[test]
fn windows_of_a_recorded_log_are_native_runs_too() {
    if std::env::var_os("WINDTUNNEL_DATA").is_none() {
        println!("skipped: WINDTUNNEL_DATA not set");
        return;
    }
    // The second has an oracle, which reads the jobs ahead of the engine, and requested times that are drawn.
    let oracle = "policy.0.predictor={type='oracle'}";
    for (sets, window) in [(&[][..], 256), (&["workload.estimates={type='exact'}", oracle][..], 100)] {
        let played = windows(&scenario("swf", sets), window);
        let name = played.policy().to_owned();
        for seed in [1, 2] {
            let (episode, _) = play(&played, seed, |_, _, _| 0);
            let cut = format!("workload.skip={}", episode.start().unwrap());
            let jobs = format!("workload.jobs={window}");
            let scenario = scenario("swf", &[sets, &[&cut, &jobs]].concat());
            let (summary, _) = native(&scenario, &name, seed, Vec::new());
            assert_eq!(episode.outcome().unwrap().fingerprint, summary.fingerprint, "{cut}");
        }
    }
}
