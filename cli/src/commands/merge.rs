//! `merge`: shards of a sweep to one folder.

use std::io::Write;

use analysis::Merged;
use scenarios::problem::{Problem, Problems};
use scenarios::sweep::store_problem;

use super::results;
use crate::args::Merge;
use crate::failure::Failure;

/// Missing runs that are told one by one (arbitrary).
const SHOWN_MAX: usize = 10;

pub fn merge(args: &Merge) -> Result<(), Failure> {
    let mut problems = Problems::default();
    for (n, dir) in args.dirs.iter().enumerate() {
        let place = dir.display().to_string();
        if !dir.is_dir() {
            problems.push(Problem::of_file(place, "is not a folder"));
        } else if args.dirs[..n].iter().any(|other| same(other, dir)) {
            problems.push(Problem::of_file(place, "is named twice"));
        } else if same(&args.out, dir) {
            problems.push(Problem::of_file(place, "is the folder to be made: give it once"));
        }
    }
    problems.or_ok(())?;
    let merged = analysis::merge(&args.out, &args.dirs, option_env!("WINDTUNNEL_COMMIT"))
        .map_err(|error| store_problem(&error))?;
    let runs = merged.assembled.runs;
    writeln!(std::io::stdout().lock(), "{runs} runs; results in {}", args.out.display())?;
    if merged.missing.is_empty() { Ok(()) } else { Err(Failure::Runs(missing(&merged))) }
}

fn same(a: &std::path::Path, b: &std::path::Path) -> bool {
    a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a))
}

/// What is not there, and why as far as that is known.
fn missing(merged: &Merged) -> Vec<String> {
    let count = merged.missing.len();
    let all = count + merged.assembled.runs;
    let mut lines = vec![match &merged.missing_shards {
        Some((shards, of)) if !shards.is_empty() => {
            let shards: Vec<String> = shards.iter().map(|shard| format!("{shard}/{of}")).collect();
            format!("{count} of {all} runs are missing, of shards {}", shards.join(", "))
        }
        _ => format!("{count} of {all} runs are missing"),
    }];
    let unknown = |id: &&String| merged.failed.iter().all(|run| run.id != **id);
    let unknown: Vec<&String> = merged.missing.iter().filter(unknown).collect();
    lines.extend(unknown.iter().take(SHOWN_MAX).map(|id| format!("  {id}")));
    if unknown.len() > SHOWN_MAX {
        lines.push(format!("  and {} more", unknown.len() - SHOWN_MAX));
    }
    lines.extend(results::failures(&merged.failed));
    lines
}
