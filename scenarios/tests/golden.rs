//! Golden tables of the whole catalog: every number of every scenario, on a part of its runs.

#![expect(clippy::unwrap_used, reason = "a test may: what fails is the test")]

use std::time::Instant;

use scenarios::catalog;
use scenarios::gate::{self, Baseline, Check, Judge, Tolerances};
use scenarios::sweep::Silent;

/// The catalog's baseline of that name, and what it is with further overrides.
fn checked(name: &str, sets: &[&str]) -> Check {
    let baseline = Baseline::parse(name, catalog::golden(name).unwrap()).unwrap_or_else(|problems| {
        panic!("{problems}\n`cargo xtask bless` makes the baselines of the catalog")
    });
    let mut overrides = baseline.overrides.clone();
    overrides.sets.extend(sets.iter().map(|&set| set.to_owned()));
    let folder = tempfile::tempdir().unwrap();
    let now = gate::measure(name, &overrides, &folder.path().join("runs"), None, &Silent);
    let now = now.unwrap_or_else(|problems| panic!("{problems}"));
    gate::check(&baseline, &now, &Judge::Exact(Tolerances::default())).unwrap()
}

#[test]
fn every_scenario_of_the_catalog_gives_the_numbers_of_its_baseline() {
    let has_data = std::env::var_os("WINDTUNNEL_DATA").is_some();
    let mut moved = String::new();
    for name in catalog::names() {
        if catalog::text(name).unwrap().contains("${WINDTUNNEL_DATA}") && !has_data {
            println!("skipped: WINDTUNNEL_DATA not set");
            continue;
        }
        let began = Instant::now();
        let outcome = checked(name, &[]);
        println!("{name}: {} rows in {:.1} s", outcome.rows.len(), began.elapsed().as_secs_f64());
        if !outcome.passes() {
            moved += &gate::text(&outcome);
            moved.push('\n');
        }
    }
    assert!(
        moved.is_empty(),
        "\n{moved}If that is as it should be: `cargo xtask bless`, and say so in CHANGELOG.md."
    );
}

#[test]
fn one_per_cent_of_one_parameter_is_noticed_and_its_policy_named() {
    // Six hours and one per cent.
    let set = "policy.5.share.age_every=21816s";
    let outcome = checked("algorithms", &[set]);
    assert!(!outcome.passes(), "{set} moved nothing");
    let told = gate::text(&outcome);
    assert!(told.contains("only priority-ageing moved"), "{told}");
    assert!(outcome.moved().all(|row| row.row.policy == "priority-ageing"), "{told}");
}
