//! Job numbers that occur twice, and dependencies that can never be fulfilled.

use super::collect::Collected;
use crate::problem::{Problem, Problems};
use crate::traces::options::Options;

/// Why a job that may well be in the file is not in the selection.
const CUT: &str = "which is not among the jobs that were asked for";

/// Checks numbers and dependencies of the selected jobs; true if any of them waits for another.
pub(super) fn check(collected: &mut Collected, options: &Options, problems: &mut Problems) -> bool {
    duplicates(collected, problems);
    let mut ids: Vec<u64> = collected.selection(options).iter().map(|fact| fact.id).collect();
    ids.sort_unstable();
    let mut waits = std::mem::take(&mut collected.waits);
    waits.retain(|(id, _, _)| ids.binary_search(id).is_ok());
    let sorted = |mut ids: Vec<u64>| {
        ids.sort_unstable();
        ids
    };
    let kept = sorted(collected.facts.iter().map(|fact| fact.id).collect());
    let dropped = sorted(collected.dropped_ids.iter().map(|(id, _)| *id).collect());
    let mut all_known = true;
    for (id, line, after) in &waits {
        for other in after.iter().filter(|other| ids.binary_search(other).is_err()) {
            all_known = false;
            let why = if kept.binary_search(other).is_ok() {
                CUT
            } else if dropped.binary_search(other).is_ok() {
                "which was dropped"
            } else if collected.is_cut() {
                CUT
            } else {
                "which is not in the trace"
            };
            let rule = format!("waits for job {other}, {why}");
            problems.push(Problem::new(&collected.file, format!("{line}: job"), id, rule));
        }
    }
    waits.sort_by_key(|(id, _, _)| *id);
    if let (Some(cycle), true) = (find_cycle(&waits), all_known) {
        let path: Vec<String> = cycle.iter().map(u64::to_string).collect();
        problems.push(Problem::new(
            &collected.file,
            "jobs",
            path.join(" -> "),
            "wait for each other in a cycle",
        ));
    }
    !waits.is_empty()
}

fn duplicates(collected: &Collected, problems: &mut Problems) {
    let kept = collected.facts.iter().map(|fact| (fact.id, fact.line));
    let mut ids: Vec<(u64, u64)> = kept.chain(collected.dropped_ids.iter().copied()).collect();
    ids.sort_unstable();
    let mut first = 0;
    for at in 1..ids.len() {
        if ids[at].0 != ids[first].0 {
            first = at;
            continue;
        }
        let rule = format!("was already the number of the job on line {}", ids[first].1);
        problems.push(Problem::new(&collected.file, format!("{}: job", ids[at].1), ids[at].0, rule));
    }
}

/// A cycle among jobs that are sorted by number, as a path that ends where it begins: `3, 7, 3`.
fn find_cycle(waits: &[(u64, u64, Vec<u64>)]) -> Option<Vec<u64>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnPath,
        Done,
    }
    let mut marks = vec![Mark::New; waits.len()];
    // The path from where the search began, each job with the next of its dependencies to look at.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in 0..waits.len() {
        if marks[start] == Mark::New {
            marks[start] = Mark::OnPath;
            path.push((start, 0));
        }
        while let Some((job, next)) = path.last_mut() {
            let Some(other) = waits[*job].2.get(*next) else {
                marks[*job] = Mark::Done;
                path.pop();
                continue;
            };
            *next += 1;
            // Jobs that wait for nobody are not in the list, and end the search in this direction.
            let Ok(other) = waits.binary_search_by_key(other, |(id, _, _)| *id) else { continue };
            match marks[other] {
                Mark::Done => {}
                Mark::New => {
                    marks[other] = Mark::OnPath;
                    path.push((other, 0));
                }
                Mark::OnPath => {
                    let from =
                        path.iter().position(|(job, _)| *job == other).expect("marked jobs are on the path");
                    let mut cycle: Vec<u64> = path[from..].iter().map(|(job, _)| waits[*job].0).collect();
                    cycle.push(waits[other].0);
                    return Some(cycle);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found_and_diamonds_are_not_cycles() {
        let waits = |list: &[(u64, &[u64])]| {
            list.iter().map(|(id, after)| (*id, 1, after.to_vec())).collect::<Vec<_>>()
        };
        assert_eq!(find_cycle(&waits(&[(2, &[1]), (3, &[1]), (4, &[2, 3])])), None);
        assert_eq!(find_cycle(&waits(&[(1, &[0]), (3, &[1, 7]), (7, &[3])])), Some(vec![3, 7, 3]));
        assert_eq!(find_cycle(&waits(&[(5, &[5])])), Some(vec![5, 5]));
    }
}
