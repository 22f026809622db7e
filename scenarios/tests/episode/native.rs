//! Agents that do what native policies do leave their fingerprints.

use crate::agents::{native, options, play, scenario, setting, shortest};

/// One lane, one-core nodes, and times in nanoseconds, so that no two events share an instant.
pub(crate) const CORES: &str = r#"
name = "cores"
[workload]
type = "synthetic"
jobs = 600
load = 0.95
estimates = { type = "factor", mean = 2.0, sigma = 0.7 }
durations = { type = "lognormal", mean = "30m", cv = 2.0 }
shapes = [{ cpu = 1, tasks = [1, 2, 4, 8, 16, 32] }]
[cluster]
type = "uniform"
nodes = 64
cpu = 1
[[policy]]
name = "fcfs"
order = "fcfs"
[[policy]]
name = "sjf"
order = "sjf"
[[policy]]
name = "committed-sjf"
type = "rlscheduler"
order = "sjf"
"#;

#[test]
fn slot_0_always_is_first_come_first_served() {
    for (name, sets, policy) in [
        ("quickstart", &["workload.duration=12h", "policy.1.head=block"][..], "fcfs/first-fit"),
        ("quickstart", &["workload.duration=12h", "policy.1.head=block", "policy.1.name=fcfs-bf"], "fcfs-bf"),
        // Gangs of 32 to 128 GPUs, and checkpoints.
        ("algorithms", &["workload.duration=2d"], "fifo"),
        ("backfill", &["workload.jobs=500", "sweep.axes={}"], "fcfs"),
        (CORES, &[], "fcfs"),
    ] {
        let scenario = scenario(name, sets);
        let chosen = crate::agents::setting(
            &scenario,
            scenarios::episode::EpisodeOptions { policy: Some(policy.into()), ..options() },
        );
        for seed in [1, 2, 77] {
            let (episode, _) = play(&chosen, seed, |_, _, _| 0);
            let (summary, _) = native(&scenario, policy, seed, Vec::new());
            let fingerprint = episode.outcome().unwrap().fingerprint;
            assert_eq!(fingerprint, summary.fingerprint, "{name} with {sets:?} under {policy}, seed {seed}");
            assert_eq!(episode.invalid(), 0);
        }
    }
}

/// Nodes fail, and the jobs on them come back.
const FAILURES: &str = "failures={mtbf={type='exponential',mean='2d'},mttr={type='exponential',mean='1h'}}";

#[test]
fn where_jobs_come_back_slot_0_if_it_fits_is_first_come_first_served() {
    let scenario = scenario("algorithms", &["workload.duration=2d", FAILURES]);
    let setting = setting(&scenario, options());
    let (native, _) = native(&scenario, "fifo", 1, Vec::new());
    let (patient, _) = play(&setting, 1, |_, seen, _| {
        let fits = seen[policies::learned::CLUSTER_FEATURES.len() + 1] == 1.0;
        if fits { 0 } else { 32 }
    });
    assert_eq!(patient.outcome().unwrap().fingerprint, native.fingerprint);
    // A head that was chosen is not passed by an older job, as the list scheduler would have it.
    let (committed, _) = play(&setting, 1, |_, _, _| 0);
    assert_ne!(committed.outcome().unwrap().fingerprint, native.fingerprint);
}

#[test]
fn the_shortest_if_it_fits_is_the_native_shortest_job_first() {
    let scenario = scenario(CORES, &[]);
    // All that wait have a slot.
    let setting = setting(&scenario, scenarios::episode::EpisodeOptions { slots: 600, ..options() });
    let mut waited = 0;
    for seed in 1..=3 {
        let (episode, _) = play(&setting, seed, |episode, seen, _| {
            let slot = shortest(episode);
            let jobs = &seen[policies::learned::CLUSTER_FEATURES.len()..];
            let fits = jobs[slot * policies::learned::JOB_FEATURES.len() + 1] == 1.0;
            waited += u32::from(!fits);
            if fits { slot as u32 } else { 600 }
        });
        let (summary, _) = native(&scenario, "sjf", seed, Vec::new());
        assert_eq!(episode.outcome().unwrap().fingerprint, summary.fingerprint, "seed {seed}");
        assert_eq!(episode.invalid(), 0);
    }
    assert!(waited > 100, "the case decides nothing: only {waited} steps waited");
}

#[test]
fn the_shortest_always_is_the_rule_of_rlscheduler() {
    let scenario = scenario(CORES, &[]);
    let setting = setting(&scenario, scenarios::episode::EpisodeOptions { slots: 600, ..options() });
    for seed in 1..=3 {
        let (episode, _) = play(&setting, seed, |episode, _, _| shortest(episode) as u32);
        let (committed, _) = native(&scenario, "committed-sjf", seed, Vec::new());
        assert_eq!(episode.outcome().unwrap().fingerprint, committed.fingerprint, "seed {seed}");
        let (sorted_anew, _) = native(&scenario, "sjf", seed, Vec::new());
        assert_ne!(committed.fingerprint, sorted_anew.fingerprint, "the case does not tell the two apart");
    }
}
