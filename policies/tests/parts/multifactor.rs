//! Multifactor priority: factors worked out by hand, and when they are computed.

use policies::list::{Head, ListPolicy};
use policies::{Prior, order, placer};
use sim_core::registry::{Params, Value};
use sim_core::testkit::{Case, cpu};
use sim_core::{Policy, SimDuration};

use crate::registered::{order_params, place_params};

/// A list policy in this order, with all weights zero but those given.
fn policy(weights: &[(&str, i64)], change: impl FnOnce(&mut Params)) -> Box<dyn Policy> {
    let mut params = order_params("multifactor");
    for key in ["weight_age", "weight_fair_share", "weight_job_size", "weight_priority", "weight_tenant"] {
        let given = weights.iter().find(|(name, _)| *name == key);
        params.set(key, Value::Int(given.map_or(0, |(_, weight)| *weight)));
    }
    change(&mut params);
    let order = order::build("multifactor", &params);
    let placer = placer::build("first-fit", &place_params("first-fit", &[]), &Prior::default());
    Box::new(ListPolicy::new(order, placer, Head::Block))
}

/// Starts of jobs on one node of 10 cores that another job holds until 10 s.
fn starts(policy: Box<dyn Policy>, add: impl FnOnce(&mut Case) -> Vec<u64>) -> Vec<f64> {
    let mut case = Case::new().nodes(1, cpu(10));
    case.job(0, 10).each(cpu(10)).add();
    let jobs = add(&mut case);
    case.policy(policy).run();
    jobs.iter().map(|&job| case.start(job)).collect()
}

#[test]
fn factors_add_up_with_their_weights() {
    // Two whole-machine jobs in turn. Size: 10 of 10 cores against 6 of 10. Priority: 5 of 10 against 10 of 10.
    let two = |case: &mut Case| {
        let large = case.job(1, 10).each(cpu(10)).priority(5).add();
        let urgent = case.job(1, 10).each(cpu(6)).priority(10).add();
        vec![large, urgent]
    };
    let with = |size, priority| policy(&[("weight_job_size", size), ("weight_priority", priority)], |_| {});
    // 100 x 1 + 100 x 0.5 = 150 < 100 x 0.6 + 100 x 1 = 160.
    assert_eq!(starts(with(100, 100), two), [20.0, 10.0]);
    // 140 x 1 + 100 x 0.5 = 190 > 140 x 0.6 + 100 x 1 = 184.
    assert_eq!(starts(with(140, 100), two), [10.0, 20.0]);
    let small = policy(&[("weight_job_size", 100)], |params| params.set("favor_small", Value::Bool(true)));
    assert_eq!(starts(small, two), [20.0, 10.0]);
}

#[test]
fn age_saturates() {
    // A job of priority 1 / 10 arrives 100 s after one of priority 0, both behind a job that runs until 400 s.
    let later_first = |age_max: u64| {
        let mut case = Case::new().nodes(1, cpu(1));
        case.job(0, 400).priority(10).add();
        let old = case.job(100, 10).add();
        let new = case.job(200, 10).priority(1).add();
        let weights = [("weight_age", 100), ("weight_priority", 100)];
        let span = Value::Duration(SimDuration::from_secs(age_max));
        case.policy(policy(&weights, |params| params.set("age_max", span))).run();
        case.start(new) < case.start(old)
    };
    // Computed at 300: ages 200 and 100 of 1000 are worth 20 and 10 of 100, and the new one's 10 more tie: the first.
    assert!(!later_first(1000));
    // Of 100 both count in full.
    assert!(later_first(100));
}

#[test]
fn who_has_used_less_goes_first_from_the_next_computation_on() {
    for kind in ["classic", "tree"] {
        let mut case = Case::new().nodes(1, cpu(1));
        case.job(0, 250).tenant("a").user("a").add();
        let early =
            [case.job(1, 100).tenant("a").user("a").add(), case.job(2, 100).tenant("b").user("b").add()];
        let late =
            [case.job(3, 100).tenant("a").user("a").add(), case.job(4, 100).tenant("b").user("b").add()];
        let choose = |params: &mut Params| params.set("fair_share", Value::Text(kind.to_owned()));
        case.policy(policy(&[("weight_fair_share", 1000)], choose)).run();
        // At 250 nothing has been computed yet: the earlier. At 300 a has used 300 s, b nothing.
        assert_eq!(early.map(|job| case.start(job)), [250.0, 350.0], "{kind}");
        assert_eq!(late.map(|job| case.start(job)), [550.0, 450.0], "{kind}");
    }
}
