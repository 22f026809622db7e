//! Backfilling: jobs per second by load, and microseconds per job as the queue grows.
//!
//! `cargo bench -p windtunnel-scenarios --bench backfill [-- JOBS]`
//!
//! Jobs of the Lublin-Feitelson model on 256 nodes of one core, as in the catalog scenario `backfill`; a million of
//! them unless said otherwise. Growth is measured on jobs that come all at once and wait for each other. Drawing the
//! jobs is part of the run; no metrics are taken.
#![allow(clippy::disallowed_types, reason = "a benchmark needs a clock; the simulator has none")]

use std::time::Instant;

use scenarios::run::engine_of;
use scenarios::scenario::{Overrides, Point, load};
use scenarios::source::Source;
use sim_core::Step;

const LOADS: [f64; 4] = [0.5, 0.7, 0.9, 1.0];
const BURSTS: [u64; 3] = [1000, 10_000, 100_000];

fn main() {
    let jobs = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(1_000_000);
    println!(
        "{jobs} jobs, exact estimates: jobs per second, one thread (and jobs that wait at a decision, in the mean)"
    );
    let loads = LOADS.map(|load| prepare(jobs, load, "exact"));
    table(&LOADS.map(|load| format!("load {load}")), &loads, |seconds, waiting, jobs| {
        format!("{:.0} ({waiting:.0})", jobs as f64 / seconds)
    });
    let few = jobs / 10;
    println!("\n{few} jobs, up to five times too much time requested: the same");
    let loads = LOADS.map(|load| prepare(few, load, "uniform-factor"));
    table(&LOADS.map(|load| format!("load {load}")), &loads, |seconds, waiting, jobs| {
        format!("{:.0} ({waiting:.0})", jobs as f64 / seconds)
    });
    println!("\nAll jobs at once, exact estimates: microseconds per job");
    let bursts = BURSTS.map(|jobs| prepare(jobs, 1000.0, "exact"));
    table(&BURSTS.map(|jobs| format!("{jobs} jobs")), &bursts, |seconds, _, jobs| {
        format!("{:.2}", seconds * 1e6 / jobs as f64)
    });
}

fn table(heads: &[String], prepared: &[(Point, Source)], cell: impl Fn(f64, f64, u64) -> String) {
    let columns = |cells: Vec<String>| cells.iter().map(|cell| format!("{cell:>20}")).collect::<String>();
    println!("{:<18}{}", "policy", columns(heads.to_vec()));
    for n in 0..prepared[0].0.policies.len() {
        let cells = prepared.iter().map(|prepared| {
            let (seconds, waiting, jobs) = run(prepared, n);
            cell(seconds, waiting, jobs)
        });
        println!("{:<18}{}", prepared[0].0.policies[n].name, columns(cells.collect()));
    }
}

fn prepare(jobs: u64, offered: f64, estimates: &str) -> (Point, Source) {
    let sets = vec![
        format!("workload.jobs={jobs}"),
        format!("workload.load={offered:?}"),
        format!("workload.estimates={estimates}"),
        "sweep.axes={}".to_owned(),
    ];
    let scenario = load("backfill", &Overrides { sets, seeds: None }).expect("the catalog is right");
    let point = scenario.points.into_iter().next().expect("a scenario has a point");
    let source = Source::prepare(&point, 1).expect("the model fits 256 nodes");
    (point, source)
}

/// Seconds of a run, jobs that waited at a decision in the mean, and jobs in all.
fn run((point, source): &(Point, Source), policy: usize) -> (f64, f64, u64) {
    let spec = &point.policies[policy];
    let mut policy = spec.build(source);
    let (mut waiting, mut decisions) = (0, 0u64);
    let began = Instant::now();
    let mut engine = engine_of(point, spec, source, 1, Vec::new()).expect("the source is prepared");
    engine.attach(&mut *policy);
    let jobs = loop {
        match engine.advance().expect("every job is possible") {
            Step::Finished(summary) => break summary.submitted,
            Step::Decide => {
                waiting += engine.view().waiting_len() as u64;
                decisions += 1;
                policy.decide(&mut engine.decision());
                engine.commit();
            }
        }
    };
    (began.elapsed().as_secs_f64(), waiting as f64 / decisions as f64, jobs)
}
