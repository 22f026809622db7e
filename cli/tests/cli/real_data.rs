//! Real traces and published schedules, where `WINDTUNNEL_DATA` says that they are.

use std::path::Path;

use crate::support::{Bench, Done, data, json};

fn run(bench: &Bench, data: &Path, arguments: &[&str]) -> Done {
    let output = bench.command(arguments).env("WINDTUNNEL_DATA", data).output();
    let done = Done::of(&output.expect("the program can be started"));
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{arguments:?}: {}", done.stdout);
    done
}

#[test]
fn published_schedules_are_reproduced_exactly() {
    let Some(data) = data() else { return };
    let bench = Bench::new();
    let found = json(&run(&bench, &data, &["reproduce", "batch", "--format", "json"]).stdout);
    let keys: Vec<&String> = found.as_object().unwrap().keys().collect();
    for key in ["name", "cases", "exact", "max_abs_diff", "worst", "skipped"] {
        assert!(keys.iter().any(|known| *known == key), "{key} is not in {keys:?}");
    }
    assert_eq!(found["name"], "batch");
    assert_eq!(found["exact"], found["cases"], "{found}");
    assert!(found["cases"].as_u64().unwrap() >= 2, "{found}");
}

#[test]
fn catalog_scenarios_of_real_traces_are_right() {
    let Some(data) = data() else { return };
    let bench = Bench::new();
    for name in ["nasa", "philly", "openb", "dlrm", "swf"] {
        let said = run(&bench, &data, &["validate", name]).stdout;
        assert!(said.starts_with(&format!("{name} is right: ")), "{said}");
    }
}

#[test]
fn nearly_empty_clusters_are_said_to_be_so() {
    let Some(data) = data() else { return };
    let bench = Bench::new();
    let mut empty = 0;
    for name in ["nasa", "philly", "openb", "dlrm"] {
        let audit = json(&run(&bench, &data, &["trace", "inspect", name, "--format", "json"]).stdout);
        let text = run(&bench, &data, &["trace", "inspect", name]).stdout;
        let lanes = audit["lanes"].as_object().unwrap_or_else(|| panic!("no lanes in {audit}"));
        let loads = lanes.values().filter_map(|lane| lane["offered_load"].as_f64());
        let load = loads.fold(0.0, f64::max);
        assert!(load > 0.0, "{name}: {audit}");
        assert_eq!(text.contains("nearly empty"), load < 0.3, "{name} at {load}:\n{text}");
        empty += usize::from(load < 0.3);
    }
    assert!(empty > 0, "none of the four is nearly empty");
}
