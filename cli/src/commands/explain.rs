//! `explain`: the story of one job.

use std::io::Write;

use scenarios::explain::explain as story_of;
use scenarios::schedule::Pick;

use crate::args::Explain;
use crate::failure::Failure;

/// Seconds with three digits, which is enough to follow a story by.
fn seconds(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000_000_000, ns % 1_000_000_000 / 1_000_000)
}

pub fn explain(args: &Explain) -> Result<(), Failure> {
    let pick = Pick { policy: args.policy.clone(), seed: args.seed };
    let story = story_of(&args.dir, args.job, &pick)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "job {} under {}, seed {}", args.job, story.policy, story.seed)?;
    for step in &story.steps {
        let until = match step.times {
            1 => String::new(),
            times => format!(" ({times} decisions, until {} s)", seconds(step.to_ns)),
        };
        writeln!(out, "{:>16} s  {}{until}", seconds(step.from_ns), step.what)?;
    }
    Ok(())
}
