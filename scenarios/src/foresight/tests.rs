//! Oracles against the truth.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sim_core::{Event, EventMask, Observer, ResultSink, SinkError, View};

use super::*;
use crate::run::engine_of;
use crate::scenario::{Overrides, Scenario, load};

const SCENARIO: &str = r#"
# Question: a test
name = "foresight"
workload = { type = "lublin", jobs = 300, load = 1.0, estimates = { type = "factor", mean = 3.0 } }
cluster = { type = "uniform", nodes = 64, cpu = 1 }
[[policy]]
order = "sjf"
[[policy]]
order = "sjf"
predictor = "oracle"
[[policy]]
name = "noisy"
order = "sjf"
predictor = { type = "noisy", sigma = 0.7 }
"#;

fn scenario(text: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    std::fs::write(&path, text).unwrap();
    load(path.to_str().unwrap(), &Overrides::default()).unwrap()
}

/// What one run under the policy predicted at submission, and the run's fingerprint.
fn told(scenario: &Scenario, policy: usize, forks_at: Option<u64>) -> (BTreeMap<u64, Estimate>, u128) {
    let point = &scenario.points[0];
    let source = Source::prepare(point, 1).unwrap();
    let told = Arc::<Mutex<BTreeMap<u64, Estimate>>>::default();
    let observer = Told(Arc::clone(&told));
    let spec = &point.policies[policy];
    let mut engine = engine_of(point, spec, &source, 1, vec![Box::new(observer)]).unwrap();
    let mut policy = spec.build(&source);
    engine.attach(&mut *policy);
    let mut decisions = 0;
    while engine.advance().unwrap() == sim_core::Step::Decide {
        policy.decide(&mut engine.decision());
        engine.commit();
        decisions += 1;
        if forks_at == Some(decisions) {
            engine = engine.clone();
        }
    }
    let fingerprint = engine.fingerprint();
    (told.lock().unwrap().clone(), fingerprint)
}

/// Remembers estimates at submission, by the number of the job.
#[derive(Clone)]
struct Told(Arc<Mutex<BTreeMap<u64, Estimate>>>);

impl Observer for Told {
    fn mask(&self) -> EventMask {
        EventMask::SUBMITTED
    }

    fn on_event(&mut self, _: SimTime, event: &Event, view: View<'_>) {
        let Event::Submitted(job) = *event else { return };
        let job = view.job(job);
        self.0.lock().unwrap().insert(job.facts().id, job.predicted());
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        Some(Box::new(self.clone()))
    }
}

fn truths(scenario: &Scenario) -> Vec<(Job, Truth)> {
    let point = &scenario.points[0];
    let mut jobs = Source::prepare(point, 1).unwrap().workload(point, 1).unwrap();
    let (mut words, mut all) = (Vocabulary::default(), Vec::new());
    while let Some(job) = jobs.next_job(&mut words).unwrap() {
        all.push(job);
    }
    all
}

#[test]
fn the_oracle_tells_the_truth_and_the_request_does_not() {
    let scenario = scenario(SCENARIO);
    let (requested, _) = told(&scenario, 0, None);
    let (oracle, _) = told(&scenario, 1, None);
    for (job, truth) in truths(&scenario) {
        assert_eq!(oracle[&job.id], Estimate::exactly(truth.service()));
        assert_eq!(requested[&job.id], Estimate::exactly(job.walltime));
        assert!(job.walltime > truth.service());
    }
}

#[test]
fn noise_is_lognormal_and_its_90th_percentile_is_one() {
    let mut scenario =
        scenario(&SCENARIO.replace("jobs = 300", "jobs = 4000").replace("mean = 3.0", "mean = 1e6"));
    scenario.points[0].rules.kill_at_walltime = false;
    let (noisy, _) = told(&scenario, 2, None);
    let truths = truths(&scenario);
    let logs: Vec<f64> = truths
        .iter()
        .map(|(job, truth)| (noisy[&job.id].p50.as_secs_f64() / truth.service().as_secs_f64()).ln())
        .collect();
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let deviation = (logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / n).sqrt();
    let covered = truths.iter().filter(|(job, truth)| truth.service() <= noisy[&job.id].p90).count() as f64;
    // Standard errors: 0.7 / sqrt(4000) = 0.011, 0.008, and sqrt(0.09 / 4000) = 0.005.
    assert!(mean.abs() < 0.045 && (deviation - 0.7).abs() < 0.035, "{mean} {deviation}");
    assert!((covered / n - 0.9).abs() < 0.02, "{covered} of {n}");
}

#[test]
fn a_fork_foresees_what_its_origin_does() {
    let scenario = scenario(SCENARIO);
    for policy in 0..3 {
        assert_eq!(told(&scenario, policy, Some(150)), told(&scenario, policy, None), "policy {policy}");
    }
}

#[test]
fn results_say_what_a_policy_could_know() {
    let labels = |text: &str| -> Vec<(String, &'static str)> {
        let scenario = scenario(text);
        let point = &scenario.points[0];
        let source = Source::prepare(point, 1).unwrap();
        point.policies.iter().map(|spec| (spec.name.clone(), information(point, spec, &source))).collect()
    };
    let known =
        [("sjf/first-fit", "declared"), ("sjf/first-fit+oracle", "oracle"), ("noisy", "noisy-oracle")];
    assert_eq!(labels(SCENARIO), known.map(|(name, label)| (name.to_owned(), label)));
    let learning = SCENARIO.replace("predictor = \"oracle\"", "predictor = \"knn\"");
    assert_eq!(labels(&learning)[1], ("sjf/first-fit+knn".to_owned(), "online"));
    // Exact requests are the truth, whoever looks at them.
    let exact = learning.replace("{ type = \"factor\", mean = 3.0 }", "\"exact\"");
    assert_eq!(
        labels(&exact).iter().map(|label| label.1).collect::<Vec<_>>(),
        ["oracle", "oracle", "noisy-oracle"]
    );
}

#[test]
fn what_a_job_runs_for_is_bounded_by_its_failure_and_by_an_enforced_request() {
    let secs = SimDuration::from_secs;
    let foresight = |kills| {
        let none = Box::new(sim_core::testkit::ListedJobs::new(Vec::new()));
        Foresight::new(none, kills, None)
    };
    let mut job = Job { tasks: 3, ..Job::new(1, SimTime::ZERO, sim_core::ShapeId(0)) };
    let truth = Truth::runs_for(secs(50)).with_task_services(vec![secs(20), secs(90)]);
    // Two tasks of their own, the third as long as the job says.
    assert_eq!(foresight(true).run_time(&job, &truth), secs(90));
    assert_eq!(foresight(true).run_time(&job, &Truth::runs_for(secs(50)).failing_after(secs(8))), secs(8));
    job.walltime = secs(30);
    assert_eq!(foresight(true).run_time(&job, &truth), secs(30));
    assert_eq!(foresight(false).run_time(&job, &truth), secs(90));
}
