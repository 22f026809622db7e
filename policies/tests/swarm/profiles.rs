//! Profiles of other simulators on random cases, which are nothing like what they were made for.

use sim_core::registry::Value;

use crate::registered::{order_value, profile};
use crate::runs::{run, run_by_steps};

/// Cases per profile that CI runs; `WINDTUNNEL_SWARM=10000` asks for more.
const CASES: u64 = 150;

#[test]
fn invariants_hold_and_drivers_agree_under_every_profile() {
    let cases =
        std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"));
    let text = |word: &str| Value::Text(word.to_owned());
    let backfill = ("backfill", Value::Bool(true));
    let profiles: [(&str, Vec<(&str, Value)>); 7] = [
        ("rlscheduler", vec![]),
        ("rlscheduler", vec![backfill.clone(), ("order", order_value("f1"))]),
        (
            "rlscheduler",
            vec![backfill.clone(), ("order", order_value("wfp3")), ("node_cores", Value::Int(4))],
        ),
        ("rlscheduler", vec![("order", order_value("unicep"))]),
        ("deeprm", vec![("horizon", Value::Int(10_000))]),
        (
            "deeprm",
            vec![("agent", text("packer")), ("slots", Value::Int(2)), ("horizon", Value::Int(10_000))],
        ),
        ("deeprm", vec![("agent", text("tetris")), ("backlog", Value::Int(3)), ("slots", Value::Int(3))]),
    ];
    for (name, given) in profiles {
        for seed in 0..cases {
            let summary = run(seed, &mut *profile(name, &given));
            let stepped = run_by_steps(seed, profile(name, &given), 1 + seed % 13);
            assert_eq!(summary, stepped, "a fork of {name} {given:?} went another way, swarm seed {seed}");
        }
    }
}
