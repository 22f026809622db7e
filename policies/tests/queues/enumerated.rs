//! Fair allocations of all small cases, against the best of all allocations.

use sim_core::testkit::cpu;

use crate::declared::{queue, queues};
use crate::filled::{Crowd, crowd, fill};
use crate::properties::{Drawn, NAMES, amounts, dominant, filled, ours};

/// All lists of `len` numbers from `least` to `most`.
fn lists(len: usize, least: u64, most: u64) -> Vec<Vec<u64>> {
    let mut all = vec![Vec::new()];
    for _ in 0..len {
        let longer = all.iter().flat_map(|list| (least..=most).map(|n| [list.as_slice(), &[n]].concat()));
        all = longer.collect();
    }
    all
}

/// All demands of so many users, of 1 to 3 units of each of two lanes.
fn demands(users: usize) -> Vec<Vec<[u64; 2]>> {
    let lists = lists(2 * users, 1, 3);
    lists.into_iter().map(|list| list.chunks(2).map(|pair| [pair[0], pair[1]]).collect()).collect()
}

#[test]
fn every_small_max_min_allocation_is_the_best_of_all() {
    for (users, capacity) in [2, 3].into_iter().flat_map(|users| (1..=8).map(move |n| (users, n))) {
        for wanted in lists(users, 1, 4) {
            let jobs = NAMES.iter().zip(&wanted);
            let jobs: Vec<Crowd> = jobs.map(|(&name, &n)| crowd(name, cpu(1), n as usize)).collect();
            let found = fill(queues("fair", &[]).policy(), cpu(capacity), &jobs);
            // The one whose poorest has the most, then whose next poorest has; of these, the first user's favourite.
            let all = lists(users, 0, 4).into_iter().filter(|list| {
                list.iter().zip(&wanted).all(|(n, most)| n <= most)
                    && list.iter().sum::<u64>() <= u64::from(capacity)
            });
            let best = all.max_by_key(|list| {
                let mut sorted = list.clone();
                sorted.sort_unstable();
                (sorted, list.clone())
            });
            let found: Vec<u64> = found.into_iter().map(|n| n as u64).collect();
            assert_eq!(found, best.unwrap(), "{wanted:?} of {capacity}");
        }
    }
}

#[test]
fn every_small_drf_allocation_is_within_a_task_of_the_best_of_all() {
    for users in [2, 3] {
        let all = lists(users, 0, 6);
        for (demands, capacity) in
            demands(users).iter().flat_map(|d| lists(2, 3, 6).into_iter().map(move |c| (d, c)))
        {
            let weights = vec![1; users];
            let drawn = Drawn { capacity: [capacity[0], capacity[1]], demands: demands.clone(), weights };
            let found = ours("drf", &drawn);
            let told = format!("{demands:?} of {capacity:?}: {found:?}");
            assert_eq!(found, filled(&drawn, |n, tasks| dominant(&drawn, n, tasks)), "{told}");
            // Shares in 60ths of the cluster, exactly: capacities divide 60.
            let share = |n: usize, tasks: u64| {
                let (part, whole) = dominant(&drawn, n, tasks);
                part * 60 / whole
            };
            let fits = |list: &&Vec<u64>| {
                (0..2).all(|lane| {
                    list.iter().zip(demands).map(|(n, each)| n * each[lane]).sum::<u64>() <= capacity[lane]
                })
            };
            let poorest = |list: &Vec<u64>| (0..users).map(|n| share(n, list[n])).min().unwrap();
            let best = all.iter().filter(fits).map(poorest).max().unwrap();
            // When a task of somebody fails first, nobody has less, and all others were no richer before their last
            // task: if the best gave that one a task more, it gave nobody less than what is here, and would not fit.
            let least = (0..users).map(|n| share(n, found[n])).min().unwrap();
            let is_near = (0..users).any(|n| share(n, found[n]) == least && least + share(n, 1) > best);
            assert!(is_near, "{told}, the poorest has {least}, the best has {best}");
            // Nothing is left that anybody could use.
            let more = |n: usize| (0..users).map(|m| found[m] + u64::from(m == n)).collect::<Vec<u64>>();
            assert!((0..users).all(|n| !fits(&&more(n))), "{told}");
        }
    }
}

/// Two groups of two leaves each, filled task by task: the group with the least dominant share per weight of those with
/// a leaf whose task fits, and in it the leaf; ties to the first.
fn filled_by_groups(drawn: &Drawn, groups: [u64; 2]) -> Vec<u64> {
    let (mut tasks, mut free) = (vec![0u64; 4], drawn.capacity);
    // Per weight, in 60ths x 12: capacities divide 60, and weights 12.
    let share = |held: [u64; 2], weight: u64| {
        (0..2).map(|lane| held[lane] * 720 / drawn.capacity[lane] / weight).max().expect("two lanes")
    };
    loop {
        let held = |tasks: &[u64], n: usize| [0, 1].map(|lane| tasks[n] * drawn.demands[n][lane]);
        let fits = |n: &usize| (0..2).all(|lane| drawn.demands[*n][lane] <= free[lane]);
        let of_group = |group: usize| {
            let (a, b) = (held(&tasks, 2 * group), held(&tasks, 2 * group + 1));
            share([a[0] + b[0], a[1] + b[1]], groups[group])
        };
        let next = (0..4)
            .filter(fits)
            .min_by_key(|&n| (of_group(n / 2), n / 2, share(held(&tasks, n), drawn.weights[n]), n));
        let Some(n) = next else { return tasks };
        tasks[n] += 1;
        free = [0, 1].map(|lane| free[lane] - drawn.demands[n][lane]);
    }
}

#[test]
fn every_small_weighted_drf_allocation_of_groups_is_that_of_progressive_filling() {
    let mut seen = std::collections::BTreeSet::new();
    for (n, demands) in demands(4).into_iter().enumerate() {
        // All demands; weights and capacities change from case to case, else there were too many.
        let weights: Vec<u64> = (0..4).map(|leaf| 1 + (n as u64 >> leaf) % 2).collect();
        let groups = [1 + n as u64 % 3, 1 + n as u64 / 3 % 2];
        let capacity = [[12, 12], [12, 10], [6, 15], [5, 6], [15, 20]][n % 5];
        let drawn = Drawn { capacity, demands, weights };
        let mut tree = vec![
            queue("g").with("weight", groups[0] as f64).with("share", "drf"),
            queue("h").with("weight", groups[1] as f64).with("share", "drf"),
        ];
        for leaf in 0..4 {
            let own = queue(NAMES[leaf]).with("weight", drawn.weights[leaf] as f64);
            tree.push(own.with("parent", ["g", "h"][leaf / 2]));
        }
        let jobs = NAMES.iter().zip(&drawn.demands);
        let jobs: Vec<Crowd> = jobs.map(|(&name, &demand)| crowd(name, amounts(demand), 21)).collect();
        let found = fill(queues("drf", &tree).policy(), amounts(capacity), &jobs);
        let found: Vec<u64> = found.into_iter().map(|n| n as u64).collect();
        let expected = filled_by_groups(&drawn, groups);
        assert_eq!(found, expected, "{:?} of {capacity:?}, {groups:?}, {:?}", drawn.demands, drawn.weights);
        seen.insert(found);
    }
    assert!(seen.len() > 100, "{} kinds of allocations", seen.len());
}
