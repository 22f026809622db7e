//! Shortest remaining time first is optimal for the mean completion time on one machine, with arrivals over time.

use std::collections::BTreeMap;

use sim_core::random::Stream;
use sim_core::testkit::{Case, cpu};

use crate::ranked::preemptive;

/// The least sum of completion times over all preemptive schedules that change at whole seconds, which is all that
/// matters where all times are whole.
fn least(at: u64, left: &mut Vec<(u64, u64)>, known: &mut BTreeMap<(u64, Vec<u64>), u64>) -> u64 {
    if left.iter().all(|&(_, work)| work == 0) {
        return 0;
    }
    let key = (at, left.iter().map(|&(_, work)| work).collect::<Vec<_>>());
    if let Some(&sum) = known.get(&key) {
        return sum;
    }
    let mut best = u64::MAX;
    for n in 0..left.len() {
        let (submit, work) = left[n];
        if submit > at || work == 0 {
            continue;
        }
        left[n].1 -= 1;
        let ends = if work == 1 { at + 1 } else { 0 };
        best = best.min(ends + least(at + 1, left, known));
        left[n].1 += 1;
    }
    // Nobody is there yet.
    let sum = if best == u64::MAX { least(at + 1, left, known) } else { best };
    known.insert(key, sum);
    sum
}

#[test]
fn enumeration_finds_the_best_of_two() {
    // 5 s from 0 and 1 s from 1: 2 and 6.
    assert_eq!(least(0, &mut vec![(0, 5), (1, 1)], &mut BTreeMap::new()), 8);
}

#[test]
fn no_schedule_completes_sooner_in_the_mean() {
    let mut stream = Stream::new(1, "theory/srpt");
    for _ in 0..60 {
        let mut jobs: Vec<(u64, u64)> =
            (0..2 + stream.below(4)).map(|_| (stream.below(12), 1 + stream.below(9))).collect();
        jobs.sort_unstable();
        let mut case = Case::new().nodes(1, cpu(1));
        let ids: Vec<u64> = jobs.iter().map(|&(at, work)| case.job(at, work).walltime(work).add()).collect();
        case.policy(preemptive("srpt", &[], "suspend", "skip")).run();
        let sum: f64 = ids.iter().map(|&id| case.end(id).0).sum();
        assert_eq!(sum, least(0, &mut jobs.clone(), &mut BTreeMap::new()) as f64, "{jobs:?}");
    }
}

#[test]
fn nobody_waits_beside_a_free_core_under_any_rank() {
    for rank in policies::preemptive::rank::RANKS {
        let mut stream = Stream::new(2, "theory/conserving");
        for _ in 0..10 {
            let mut case = Case::new().nodes(1, cpu(3));
            let (mut at, mut work) = (0, 0);
            for _ in 0..20 {
                let service = 1 + stream.below(3000);
                work += service;
                case.job(at, service).walltime(service).add();
                // Three cores never run dry: all of the 20 jobs are there after 20 s at most.
                at += stream.below(2);
            }
            let end = case.policy(preemptive(rank.name, &[], "suspend", "skip")).run().end.as_secs_f64();
            // The last job ends alone: no schedule without idle cores leaves more than one service idle on two cores.
            let busy = (work as f64 - 3000.0) / 3.0;
            assert!(end >= work as f64 / 3.0 && end <= busy + 3000.0 + 20.0, "{}: {end} s", rank.name);
        }
    }
}
