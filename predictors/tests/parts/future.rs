//! What has not happened changes no guess.

use std::collections::BTreeSet;

use predictors::registry::PREDICTORS;
use sim_core::random::Stream;
use sim_core::{Estimate, SimTime};

use crate::bench::{Record, Row, predictor, row, run_on};

/// A load under which jobs wait: 600 jobs of six users in about 6000 s, on 12 cores.
pub(crate) fn rows() -> Vec<Row> {
    let mut stream = Stream::new(11, "test");
    let mut submit = 0;
    let mut job = |_| {
        submit += stream.below(20);
        let user = stream.below(6);
        let run = 1 + (user + 1) * stream.below(40);
        let request = (stream.below(2) == 0).then(|| run + stream.below(300));
        Row { tasks: 1 + stream.below(3) as u32, request, ..row(submit, run, user as u32) }
    };
    (0..600).map(&mut job).collect()
}

type Told = Vec<(u64, SimTime, Estimate)>;

/// What was said until `until`, at submission and in corrections; and later.
fn told(record: &Record, until: SimTime) -> (Told, Told) {
    record.predicted.iter().chain(&record.revised).partition(|(_, at, _)| *at <= until)
}

#[test]
fn shuffled_futures_leave_past_predictions_alone() {
    for registered in PREDICTORS {
        let name = registered.about.name;
        let rows = rows();
        let record = run_on(12, predictor(name, &[]), &rows, None);
        for quarter in 1..4 {
            let until = SimTime::from_secs(rows[quarter * 150].submit);
            let past: BTreeSet<u64> =
                record.ended.iter().filter(|(_, at)| *at <= until).map(|(job, _)| *job).collect();
            // What has ended stays; what runs may only run longer, or it would have ended; what is to come is shuffled.
            let mut stream = Stream::new(quarter as u64, "shuffle");
            let is_open = |n: &usize| !past.contains(&(*n as u64 + 1));
            let open: Vec<usize> = (0..rows.len()).filter(is_open).collect();
            let mut runs: Vec<u64> = open.iter().map(|&n| rows[n].run).collect();
            stream.shuffle(&mut runs);
            let mut other = rows.clone();
            for (&n, run) in open.iter().zip(runs) {
                let has_come = rows[n].submit <= until.as_ns() / 1_000_000_000;
                other[n].run = if has_come { rows[n].run + 1 + stream.below(500) } else { run };
            }
            let shuffled = run_on(12, predictor(name, &[]), &other, None);
            let (past, future) = told(&record, until);
            let (past_too, other_future) = told(&shuffled, until);
            assert!(past.len() >= quarter * 150, "{name}: {} estimates until {until}", past.len());
            assert_eq!(past, past_too, "{name} knew at {until} what was to come");
            // The test could tell: what was shuffled changes what a predictor that learns says later.
            assert_eq!(future == other_future, name == "requested", "{name} after {until}");
        }
    }
}
