//! Audits: everything that is wrong with a trace, and what it asks of a cluster, before anyone trusts it.

use sim_core::registry::Params;
use sim_core::{ClusterSpec, Lane, SimDuration, SimTime, Vocabulary};

use super::options::Options;
use super::{Header, Notes, Reader};
use crate::problem::{Problem, Problems};

mod collect;
mod dependencies;
mod load;
mod print;
mod timing;

use collect::{Collected, Fact};
pub use load::LaneLoad;
pub(super) use timing::Timing;

/// Below this offered load, jobs hardly ever wait for each other. Arbitrary.
const HALF_EMPTY: f64 = 0.5;
/// Below this one they practically never do. Arbitrary.
const NEARLY_EMPTY: f64 = 0.3;

/// Jobs that do not fit the empty cluster and are shown one by one.
const SHOWN_MAX: usize = 5;

/// A job that can never start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Impossible {
    /// Its line.
    pub line: u64,
    /// Its number.
    pub id: u64,
    /// Why it cannot start.
    pub reason: String,
}

/// A time without submissions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// How long it is.
    pub length: SimDuration,
    /// The submission before it.
    pub from: SimTime,
    /// The line of the submission after it.
    pub line: u64,
}

/// Jobs with between `least` and `most` tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Width {
    /// Fewest tasks.
    pub least: u32,
    /// Most tasks.
    pub most: u32,
    /// Jobs.
    pub jobs: u64,
}

/// What is in a trace. Numbers are over the jobs that a workload would run: those that were not dropped, and
/// of these `jobs` after the first `skip` if those parameters are given. Times are those of the file, before any
/// scaling.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The reader's name.
    pub reader: &'static str,
    /// The file.
    pub file: String,
    /// What the file says of itself.
    pub header: Header,
    /// Jobs.
    pub jobs: u64,
    /// Records left out, by the rule that says so.
    pub dropped: Vec<(&'static str, u64)>,
    /// The first submission.
    pub first_submit: SimTime,
    /// The last submission.
    pub last_submit: SimTime,
    /// True if times are counted from a calendar date.
    pub absolute_times: bool,
    /// True if the file is in the order of submit times.
    pub in_order: bool,
    /// True if some job waits for another.
    pub has_dependencies: bool,
    /// Demand, capacity and peak of each lane.
    pub lanes: [LaneLoad; 8],
    /// Most jobs that would run at once if each started when it was submitted.
    pub peak_jobs: u64,
    /// Most tasks that would run at once if each job started when it was submitted.
    pub peak_tasks: u64,
    /// Jobs that can never start on the cluster, dropped ones too.
    pub impossible: u64,
    /// The first of them.
    pub impossible_first: Vec<Impossible>,
    /// The three longest times without submissions, longest first.
    pub gaps: Vec<Gap>,
    /// How many records lack what.
    pub notes: Vec<(&'static str, u64)>,
    /// Distinct requests of a task.
    pub shapes: u64,
    /// Distinct users; records without one are counted in `notes`.
    pub users: u64,
    /// Distinct tenants; records without one are counted in `notes`.
    pub tenants: u64,
    /// Quantiles of the service times: the fraction \[percent\] and the shortest time that it does not exceed.
    pub service: Vec<(u32, SimDuration)>,
    /// Jobs by number of tasks.
    pub widths: Vec<Width>,
    /// Oddities that do not keep the trace from being run.
    pub warnings: Vec<String>,
    /// Everything that keeps the trace from being run.
    pub problems: Problems,
    pub(super) timing: Timing,
    // Lines of dropped jobs that can never start, ascending.
    pub(super) oversized: Vec<u64>,
}

impl Audit {
    /// Reads the trace that `params` name once, as far as a workload would read it.
    ///
    /// Without a cluster, loads and impossible jobs are not known. Problems are part of the result.
    ///
    /// # Cost
    /// O(n log n) time and about 100 bytes a job.
    pub fn of(reader: &'static Reader, params: &Params, cluster: Option<&ClusterSpec>) -> Audit {
        let options = Options::of(params);
        let mut words = Vocabulary::default();
        let mut collected = Collected::read(reader, params, &options, cluster, &mut words);
        let mut problems = std::mem::take(&mut collected.problems);
        let has_dependencies = dependencies::check(&mut collected, &options, &mut problems);
        let facts = collected.selection(&options);
        if facts.is_empty() && problems.0.is_empty() {
            let dropped: u64 = collected.dropped.iter().map(|(_, count)| count).sum();
            let rule = if !collected.facts.is_empty() || options.skip > 0 {
                format!(
                    "holds {} jobs, and skip = {} leaves all of them out",
                    collected.facts.len(),
                    options.skip
                )
            } else if dropped > 0 {
                format!("holds no jobs: all {dropped} were dropped")
            } else {
                "holds no jobs".into()
            };
            problems.push(Problem::of_file(&collected.file, rule));
        }
        let first_submit = facts.first().map_or(SimTime::ZERO, |fact| fact.submit);
        let last_submit = facts.last().map_or(SimTime::ZERO, |fact| fact.submit);
        let (lanes, [peak_jobs, peak_tasks]) = load::measure(facts, &words, cluster);
        let mut audit = Audit {
            reader: reader.about.name,
            file: collected.file.clone(),
            header: collected.header,
            jobs: facts.len() as u64,
            dropped: collected.dropped.clone(),
            first_submit,
            last_submit,
            absolute_times: collected.absolute,
            in_order: collected.in_order,
            has_dependencies,
            lanes,
            peak_jobs,
            peak_tasks,
            impossible: collected.impossible,
            impossible_first: collected.impossible_first.clone(),
            gaps: gaps(facts),
            notes: notes(facts),
            shapes: distinct(facts.iter(), |fact| fact.shape.0),
            users: distinct(facts.iter().filter(|fact| !fact.notes.has(Notes::NO_USER)), |fact| fact.user.0),
            tenants: distinct(facts.iter().filter(|fact| !fact.notes.has(Notes::NO_TENANT)), |fact| {
                fact.tenant.0
            }),
            service: quantiles(facts),
            widths: widths(facts),
            warnings: collected.warnings(),
            problems: Problems::default(),
            timing: Timing::natural(first_submit, collected.absolute),
            oversized: std::mem::take(&mut collected.oversized),
        };
        if let (Some(target), true) = (options.target, problems.0.is_empty()) {
            match audit.scaled(target, cluster.is_some()) {
                Ok(timing) => audit.timing = timing,
                Err(rule) => problems.push(Problem::new(&audit.file, "workload.load", target.load, rule)),
            }
        }
        audit.problems = problems;
        audit
    }

    /// From the first to the last submission.
    pub fn span(&self) -> SimDuration {
        self.last_submit.since(self.first_submit)
    }

    /// Offered load of a lane: demand / (capacity x span). `None` without a cluster, capacity or span.
    pub fn offered_load(&self, lane: Lane) -> Option<f64> {
        self.lanes[lane.index()].offered(self.span())
    }

    /// The lane with the highest offered load, the first of equals; `None` where no load is known.
    pub fn dominant(&self) -> Option<Lane> {
        let mut best: Option<(Lane, f64)> = None;
        for lane in Lane::ALL {
            if let Some(load) = self.offered_load(lane)
                && self.lanes[lane.index()].demand > 0
                && best.is_none_or(|(_, most)| load > most)
            {
                best = Some((lane, load));
            }
        }
        best.map(|(lane, _)| lane)
    }

    /// What the numbers mean for a run, in a sentence; empty if no load is known.
    pub fn verdict(&self) -> String {
        let Some((lane, load)) = self.dominant().and_then(|lane| Some((lane, self.offered_load(lane)?)))
        else {
            return String::new();
        };
        let busiest = format!("{}, the busiest resource, has an offered load of {load:.4}", lane.name());
        if let Some(factor) = self.timing.stretch() {
            return format!(
                "{busiest} by nature; workload.load multiplies the gaps between jobs by {factor:.6}"
            );
        }
        if load < HALF_EMPTY {
            let emptiness = if load < NEARLY_EMPTY { "nearly empty" } else { "more than half empty" };
            return format!(
                "the cluster is {emptiness}: {busiest}, so that jobs hardly ever wait and policies hardly \
                 differ; set workload.load to 0.7 or more to bring the jobs closer together"
            );
        }
        if load > 1.0 {
            return format!(
                "{busiest}: more is asked for than the cluster can do, and queues grow until the last job"
            );
        }
        busiest
    }
}

/// The three longest gaps, the earlier first among equals.
fn gaps(facts: &[Fact]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = facts
        .windows(2)
        .map(|pair| Gap {
            length: pair[1].submit.since(pair[0].submit),
            from: pair[0].submit,
            line: pair[1].line,
        })
        .collect();
    gaps.sort_by_key(|gap| std::cmp::Reverse(gap.length));
    gaps.truncate(3);
    gaps
}

fn notes(facts: &[Fact]) -> Vec<(&'static str, u64)> {
    let count = |note| facts.iter().filter(|fact| fact.notes.has(note)).count() as u64;
    let all = Notes::NAMED.into_iter().map(|(note, name)| (name, count(note)));
    all.filter(|(_, count)| *count > 0).collect()
}

fn distinct<'a>(facts: impl Iterator<Item = &'a Fact>, key: impl Fn(&Fact) -> u32) -> u64 {
    let mut seen = Vec::new();
    for key in facts.map(|fact| key(fact) as usize) {
        if seen.len() <= key {
            seen.resize(key + 1, false);
        }
        seen[key] = true;
    }
    seen.into_iter().filter(|&seen| seen).count() as u64
}

/// Nearest-rank quantiles.
fn quantiles(facts: &[Fact]) -> Vec<(u32, SimDuration)> {
    let mut services: Vec<SimDuration> = facts.iter().map(|fact| fact.service).collect();
    services.sort_unstable();
    let Some(last) = services.len().checked_sub(1) else { return Vec::new() };
    let rank = |percent: u32| (services.len() * percent as usize).div_ceil(100).saturating_sub(1).min(last);
    [0, 25, 50, 75, 90, 99, 100].into_iter().map(|percent| (percent, services[rank(percent)])).collect()
}

/// Jobs by their number of tasks, in ranges that double: 1, 2-3, 4-7, and so on.
fn widths(facts: &[Fact]) -> Vec<Width> {
    let mut counts = [0u64; 32];
    for fact in facts {
        counts[fact.tasks.ilog2() as usize] += 1;
    }
    let ranges = counts.into_iter().enumerate().map(|(power, jobs)| {
        let least = 1u32 << power;
        Width { least, most: least + (least - 1), jobs }
    });
    ranges.filter(|width| width.jobs > 0).collect()
}

#[cfg(test)]
mod tests;
