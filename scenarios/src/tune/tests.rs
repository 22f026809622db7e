//! Tests of the search on a small scenario.

use super::*;
use crate::sweep::Silent;

const SCENARIO: &str = r#"
name = "small"
workload = { type = "lublin", jobs = 150, load = 0.9 }
cluster = { type = "uniform", nodes = 64, cpu = 1 }
policy = [{ name = "other" }, { order = "fcfs" }]

[tune]
metric = "bounded_slowdown_mean"
budget = 4
train = 4
validate = [11, 12, 13]
space = { "policy[1].order" = ["fcfs", "sjf", "ljf"], "policy[1].head" = ["block", "skip"] }
"#;

/// The search of [`SCENARIO`] with overrides, in a folder of its own.
fn search(sets: &[&str]) -> Result<Tuned, Problems> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.toml");
    std::fs::write(&path, SCENARIO).unwrap();
    let overrides = Overrides { sets: sets.iter().map(|&set| set.to_owned()).collect(), seeds: None };
    let options = Options { out: &folder.path().join("out"), resume: false, threads: Some(2) };
    tune(path.to_str().unwrap(), &overrides, options, &Silent)
}

#[test]
fn the_best_on_training_seeds_is_judged_on_others() {
    let tuned = search(&["tune.budget=6"]).unwrap();
    assert_eq!((tuned.candidates.len(), tuned.runs), (6, 7 * 4 + 2 * 3));
    let best = tuned.candidates[tuned.best].mean.unwrap();
    assert!(tuned.candidates.iter().all(|one| one.mean.unwrap() >= best));
    assert_eq!((tuned.train.samples, tuned.validation.samples), (4, 3));
    assert_eq!(tuned.train.mean_b, best);
    // Short jobs first, and passing a head that does not fit, are both good for mean slowdown.
    assert!(tuned.gain(&tuned.validation) > 0.0, "{}", text(&tuned));
}

#[test]
fn a_search_is_the_same_every_time() {
    assert_eq!(search(&[]).unwrap(), search(&[]).unwrap());
}

#[test]
fn a_space_with_fewer_values_than_the_budget_is_tried_as_a_whole() {
    let tuned = search(&["tune.budget=50"]).unwrap();
    assert_eq!(tuned.candidates.len(), 6);
}

#[test]
fn halving_runs_the_better_half_on_twice_as_many_seeds() {
    let tuned = search(&["tune.method=halving"]).unwrap();
    // Four candidates on seed 1, two on 2, one on 3 and 4: each time with the default.
    let mut seeds: Vec<usize> = tuned.candidates.iter().map(|one| one.seeds).collect();
    seeds.sort_unstable();
    assert_eq!(seeds, [1, 1, 2, 4]);
    assert_eq!(tuned.runs, 5 + 3 + 2 * 2 + 2 * 3);
    assert_eq!(tuned.candidates[tuned.best].seeds, 4);
}

#[test]
fn everything_that_is_wrong_with_a_search_is_told_at_once() {
    let sets = [
        "tune.validate=[4, 11]",
        "tune.space.\"policy[0].head\"=[\"block\"]",
        "tune.space.\"policy[1].patience\"={ low = 5, high = 1 }",
        "tune.space.workload=[1]",
        "sweep.axes={\"policy.0.head\" = [\"block\"]}",
    ];
    let problems = search(&sets).unwrap_err().to_string();
    for part in [
        "tune.validate = 4: are training seeds too",
        "tune.space = policy[1].head: must be of the same policy",
        "`low` must not be above `high`",
        "tune.space = workload: must be `policy[N].KEY` with N from 0 to 1",
        "sweep.axes.\"policy.0.head\" = policy.0.head: is swept",
    ] {
        assert!(problems.contains(part), "`{part}` is not in:\n{problems}");
    }
    assert!(search(&["tune.metric=jobs"]).unwrap_err().to_string().contains("neither more nor less"));
    assert!(search(&["tune.metric=jct"]).unwrap_err().to_string().contains("is no metric"));
    // A family of metrics has no value of its own, and a member that no run has has none either.
    for (name, rule) in
        [("utilization_", "is a family of metrics"), ("alert_time_none", "runs lack the metric")]
    {
        let told = search(&[&format!("tune.metric={name}")]).unwrap_err().to_string();
        assert!(
            told.contains(&format!("small.toml: tune.metric = {name}: ")) && told.contains(rule),
            "{told}"
        );
    }
    // A value that the policy refuses is a problem of the candidate's key, told once.
    let refused = search(&["tune.space={\"policy[1].head\" = [\"hop\"]}"]).unwrap_err().to_string();
    assert!(refused.contains("small.toml: tune.space.\"policy[1].head\" = \"hop\": is not"), "{refused}");
    assert_eq!(refused.lines().count(), 1, "{refused}");
}

#[test]
fn whatever_else_changes_policies_is_refused() {
    for (set, place) in [
        ("sweep.point=[{ name = 'a', set = { 'policy.0.order' = 'ljf' } }]", "sweep.point = policy.0.order"),
        ("sweep.zip={ 'policy[1].head' = ['skip'] }", "sweep.zip = policy[1].head"),
        ("sweep.zip=[{ 'policy[1].head' = ['skip'] }]", "sweep.zip[0] = policy[1].head"),
        ("sweep.axes={ policy = [1] }", "sweep.axes.\"policy\" = policy"),
    ] {
        let told = search(&[set]).unwrap_err().to_string();
        assert!(told.contains(&format!("{place}: is swept: a search changes policies")), "{told}");
    }
    // What is swept beside them is one point each, for the default too.
    let axes = "sweep.axes={ 'workload.load' = [0.8, 0.9] }";
    assert_eq!(search(&[axes, "tune.budget=1"]).unwrap().runs, 2 * (2 * 4 + 2 * 3));
}

#[test]
fn the_default_is_the_policy_as_the_scenario_has_it() {
    // The only candidate says nothing but what the policy says already: there is nothing to gain, without a sign.
    let same = search(&["tune.space={ \"policy[1].order\" = [\"fcfs\"] }"]).unwrap();
    assert_eq!(same.train.mean_a, same.train.mean_b);
    let told = text(&same);
    assert!(told.contains(" 0.000000") && !told.contains("-0.0"), "{told}");
}
