//! Reports of small folders: what they say, escape, replace and refuse.

use super::*;

use crate::record::{MetricValue, RunRecord};
use crate::store::{ResultStore, Resume, ScenarioStamp, Tables};
use crate::testing::record;

const EVIL: &str = "<script>alert('x')</script> & \"y\"";

fn run(policy: &str, seed: u64, load: &str, wait: f64) -> RunRecord {
    let mut run = record(policy, seed, wait);
    run.key.axes[0].1 = load.into();
    let more = |name: &str, unit: &str, value| MetricValue { name: name.into(), unit: unit.into(), value };
    run.metrics.push(more("utilization_cpu", "1", 0.5 + wait / 1e4));
    run
}

/// A folder with the records; `wanted` more runs are asked for and missing.
fn folder(records: &[RunRecord], is_complete: bool) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let text =
        format!("# Question: does {EVIL} pay?\nname = \"s\"\n[cluster]\ntype = \"uniform\"\nnodes = 4\n");
    let stamp = ScenarioStamp { name: EVIL.into(), text, hash: "0".into(), tables: Tables::default() };
    let store = ResultStore::open(dir.path(), stamp, Resume::No).unwrap();
    let mut order = Vec::new();
    for (n, record) in (0..).zip(records) {
        let mut record = record.clone();
        record.key.content = n;
        store.commit(store.begin(&record.key, false).unwrap(), &record, 0.0).unwrap();
        order.push(record.key.id());
    }
    if !is_complete {
        order.push(record("lost", 1, 0.0).key.id());
    }
    store.assemble(&order, &[], Some("abc")).unwrap();
    dir
}

fn page(dir: &Path) -> String {
    let written = write(dir, None, &[]).unwrap();
    for name in &written.pictures {
        for ending in ["svg", "png"] {
            let path = dir.join(PLOTS).join(format!("{name}.{ending}"));
            assert!(std::fs::metadata(&path).unwrap().len() > 1000, "{}", path.display());
        }
    }
    std::fs::read_to_string(written.page).unwrap()
}

#[test]
fn nothing_from_the_scenario_becomes_markup() {
    let records = [run(EVIL, 1, EVIL, 10.0), run("b", 1, EVIL, 20.0)];
    let dir = folder(&records, true);
    let page = page(dir.path());
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;"));
    // Nothing is loaded: every address is a name space or empty.
    let outside = ["src=", "url(", "@import", "https://", "<iframe", "<object"];
    assert!(!outside.iter().any(|word| page.contains(word)));
}

#[test]
fn a_single_run_has_a_report_without_intervals_and_without_pairs() {
    let dir = folder(&[run("a", 1, "0.5", 10.0)], true);
    let page = page(dir.path());
    assert!(page.contains("<h1>Does &lt;script"), "{page}");
    assert!(page.contains("wait_mean") && !page.contains("Pair by pair") && !page.contains('±'), "{page}");
}

#[test]
fn what_is_missing_is_said_and_named() {
    let mut records = Vec::new();
    for (policy, seed) in [("a", 1), ("a", 2), ("b", 1)] {
        records.push(run(policy, seed, "0.5", 10.0 + seed as f64));
    }
    let dir = folder(&records, false);
    let page = page(dir.path());
    assert!(page.contains("not complete: 3 of its runs") && page.contains("<li>b, seed 2</li>"), "{page}");
    let whole = folder(&records[..2], true);
    assert!(!self::page(whole.path()).contains("not complete"));
}

#[test]
fn twenty_policies_at_thirty_points_are_reported_twice_with_the_same_bytes() {
    let mut records = Vec::new();
    for policy in 0..20 {
        for load in 0..30 {
            for seed in [1, 2] {
                let wait = f64::from((policy * 7 + load * 3) % 23) + seed as f64;
                records.push(run(
                    &format!("policy-{policy}"),
                    seed,
                    &format!("{}", f64::from(load) / 10.0),
                    wait,
                ));
            }
        }
    }
    let dir = folder(&records, true);
    let first = page(dir.path());
    assert!(first.contains("Along workload.load") && first.contains("Point by point"));
    assert_eq!(first, page(dir.path()));
    // A report of fewer pictures leaves none of the earlier behind; what someone keeps there stays.
    std::fs::write(dir.path().join(PLOTS).join("mine.png"), b"mine").unwrap();
    std::fs::write(dir.path().join(PLOTS).join("nodes-7.png"), b"old").unwrap();
    page(dir.path());
    let has = |name: &str| dir.path().join(PLOTS).join(name).exists();
    assert!(has("mine.png") && !has("nodes-7.png") && has("axis-1.svg"));
}

#[test]
fn results_that_are_run_again_lose_the_report_of_the_old_ones() {
    let records = [run("a", 1, "0.5", 10.0), run("b", 1, "0.5", 11.0)];
    let dir = folder(&records, true);
    page(dir.path());
    let text = std::fs::read_to_string(dir.path().join(".scenario.json")).unwrap();
    assert!(text.contains("hash") && dir.path().join(REPORT).exists());
    let stamp =
        ScenarioStamp { name: EVIL.into(), text: String::new(), hash: "0".into(), tables: Tables::default() };
    drop(ResultStore::open(dir.path(), stamp, Resume::No).unwrap());
    assert!(!dir.path().join(REPORT).exists() && !dir.path().join(PLOTS).exists());
}

#[test]
fn what_is_known_of_run_times_tells_points_apart_and_not_policies() {
    let mut records = Vec::new();
    for (load, information) in [("0.5", "oracle"), ("0.9", "declared")] {
        for policy in ["a", "b"] {
            let mut run = run(policy, 1, load, 10.0);
            run.key.information = information.into();
            records.push(run);
        }
    }
    let dir = folder(&records, true);
    let labels = Content::read(dir.path(), &[]).unwrap().labels();
    assert_eq!(labels, ["a", "b"]);
    assert!(page(dir.path()).contains("information oracle in 2 runs"));
    // Two predictors at one point are two contestants.
    for mut run in records.clone() {
        run.key.predictor = "other".into();
        records.push(run);
    }
    let labels = Content::read(folder(&records, true).path(), &[]).unwrap().labels();
    assert_eq!(labels, ["a (none)", "a (other)", "b (none)", "b (other)"]);
}

#[test]
fn a_folder_without_results_gets_no_report() {
    let dir = tempfile::tempdir().unwrap();
    assert!(write(dir.path(), None, &[]).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn axes_that_go_side_by_side_have_one_section() {
    let at = |load: &str, nodes: &str, wait| {
        let mut run = run("a", 1, load, wait);
        run.key.axes.push(("cluster.nodes".into(), nodes.into()));
        run
    };
    let zipped = folder(&[at("0.5", "4", 10.0), at("0.7", "8", 12.0)], true);
    let text = page(zipped.path());
    assert!(text.contains("Along workload.load with cluster.nodes<"), "{text}");
    assert!(!text.contains("Along cluster.nodes") && !text.contains("other axes"), "{text}");
    assert!(!zipped.path().join(PLOTS).join("axes.svg").exists());
    // A grid has a section for each.
    let grid = [("0.5", "4", 1.0), ("0.7", "4", 2.0), ("0.5", "8", 3.0), ("0.7", "8", 4.0)]
        .map(|(l, n, w)| at(l, n, w));
    let grid = folder(&grid, true);
    let text = page(grid.path());
    assert!(text.contains("Along workload.load<") && text.contains("Along cluster.nodes<"), "{text}");
    assert!(grid.path().join(PLOTS).join("axes.svg").exists());
}
