//! `compare`: policies or folders, pair by pair.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use analysis::statistics::bootstrap::RESAMPLES;
use analysis::{
    Comparison, Method, Profile, RunRecord, Side, aligned, correct, covers, default_metrics, findings,
    has_all_runs, paired_csv, paired_json, paired_text, profiles, read_results,
};
use scenarios::file::suggestion;
use scenarios::problem::{Problem, Problems};
use scenarios::sweep::store_problem;

use crate::args::{Compare, Format, Interval};
use crate::failure::Failure;

/// What the numbers of the table are.
fn legend(method: Method) -> String {
    let how = match method {
        Method::Student => "± half of the 95 % interval over seeds (Student's t)".to_owned(),
        Method::BootstrapT => {
            format!("with the 95 % interval over seeds (studentized bootstrap, {RESAMPLES} resamples)")
        }
        Method::Bca => format!("with the 95 % interval over seeds (BCa bootstrap, {RESAMPLES} resamples)"),
    };
    format!("Differences are means over pairs, {how}; pp are percent points.")
}

/// Seeds from which on BCa intervals cover about as much as they say (results/published/statistics.md).
const BCA_SEEDS: usize = 20;

/// What is to be said of BCa intervals over these seeds.
fn caution(folders: &[Folder]) -> Option<String> {
    let seeds: BTreeSet<u64> =
        folders.iter().flat_map(|folder| &folder.records).map(|record| record.key.seed).collect();
    (seeds.len() < BCA_SEEDS).then(|| {
        format!(
            "BCa intervals of {} seeds cover less than 95 %, which takes about {BCA_SEEDS}: see \
             results/published/statistics.md",
            seeds.len()
        )
    })
}

/// A results folder as it was read.
pub struct Folder {
    name: String,
    records: Vec<RunRecord>,
}

impl Folder {
    /// Says what is wrong with a folder that holds no results.
    pub fn check(dir: &Path) -> Result<(), Failure> {
        if dir.join("manifest.json").is_file() {
            return Ok(());
        }
        let rule = match () {
            () if !dir.exists() => "does not exist",
            () if !dir.is_dir() => "is not a folder",
            () => "holds no results; `windtunnel run` writes them, with --resume after an interruption",
        };
        Err(Problem::of_file(dir.display().to_string(), rule).into())
    }

    /// Reads the folder, and says in `notes` if runs are missing from it.
    pub fn read(dir: &Path, notes: &mut Vec<String>) -> Result<Self, Failure> {
        Self::check(dir)?;
        let name = dir.display().to_string();
        let records = read_results(dir).map_err(|error| store_problem(&error))?;
        if records.is_empty() {
            return Err(Problem::of_file(name, "holds no runs").into());
        }
        if !has_all_runs(dir).map_err(|error| store_problem(&error))? {
            notes.push(format!("{name} is not complete: it has {} of its runs", records.len()));
        }
        Ok(Self { name, records })
    }

    /// Its policies, in order.
    fn policies(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for record in &self.records {
            if !names.contains(&record.key.policy.as_str()) {
                names.push(&record.key.policy);
            }
        }
        names
    }

    fn side(&self, policy: &str) -> Side<'_> {
        let runs = self.records.iter().filter(|record| record.key.policy == policy).collect();
        Side { folder: self.name.clone(), policy: policy.to_owned(), runs }
    }

    /// The policies named on the command line, or all; each must be one of this folder's.
    fn pick(&self, named: &[String]) -> Result<Vec<String>, Failure> {
        let known = self.policies();
        // A name may hold a comma itself.
        let split = |text: &String| match known.contains(&text.as_str()) {
            true => vec![text.clone()],
            false => text.split(',').map(|name| name.trim().to_owned()).collect(),
        };
        let names: Vec<String> = named.iter().flat_map(split).collect();
        let mut problems = Problems::default();
        for (n, name) in names.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let rule =
                    format!("{} has no such policy; {}", self.name, suggestion(name, known.iter().copied()));
                problems.push(Problem::new("--policies", "", name, rule));
            } else if names[..n].contains(name) {
                problems.push(Problem::new("--policies", "", name, "is named twice"));
            }
        }
        let all = || known.iter().map(|&name| name.to_owned()).collect();
        Ok(problems.or_ok(if names.is_empty() { all() } else { names })?)
    }
}

pub fn compare(args: &Compare) -> Result<(), Failure> {
    if args.profile && args.format == Format::Csv {
        let rule = "has no place in rows of differences: --format table or json shows it";
        return Err(Problem::new("--profile", "", "", rule).into());
    }
    let mut notes = Vec::new();
    let folders: Vec<Folder> =
        args.dirs.iter().map(|dir| Folder::read(dir, &mut notes)).collect::<Result<_, _>>()?;
    let sides = match &folders[..] {
        [a, b] => of_folders(a, b, &args.policies, &mut notes)?,
        _ => of_policies(&folders[0], &args.policies)?,
    };
    check_metrics(&args.metrics, &folders)?;
    let method = match args.interval {
        Interval::T => Method::Student,
        Interval::BootstrapT => Method::BootstrapT,
        Interval::Bca => Method::Bca,
    };
    if method == Method::Bca {
        notes.extend(caution(&folders));
    }
    let mut comparisons = Vec::new();
    for (a, b) in sides {
        let metrics = match args.metrics.is_empty() {
            true => default_metrics(&a.runs, &b.runs),
            false => args.metrics.iter().map(String::as_str).collect(),
        };
        let comparison = Comparison::new(a, b, &metrics, method);
        check_pairs(&comparison, &args.metrics)?;
        comparisons.push(comparison);
    }
    let corrected = correct(&mut comparisons);
    print(args, method, &comparisons, &notes, corrected)
}

/// Every policy with the first one.
fn of_policies<'a>(folder: &'a Folder, named: &[String]) -> Result<Vec<(Side<'a>, Side<'a>)>, Failure> {
    let names = folder.pick(named)?;
    let (first, others) = names.split_first().expect("a folder that was read has runs");
    if others.is_empty() {
        let rule = match folder.policies().len() {
            1 => format!("is the only policy of {}; a second folder can be compared to it", folder.name),
            _ => format!(
                "needs another policy beside it; {} has {}",
                folder.name,
                folder.policies().join(", ")
            ),
        };
        return Err(Problem::new("--policies", "", first, rule).into());
    }
    Ok(others.iter().map(|name| (folder.side(first), folder.side(name))).collect())
}

/// Every policy of both folders with itself. Policies of one folder alone are noted.
fn of_folders<'a>(
    a: &'a Folder,
    b: &'a Folder,
    named: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<(Side<'a>, Side<'a>)>, Failure> {
    let mut names = a.pick(named)?;
    if named.is_empty() {
        for (one, other) in [(a, b), (b, a)] {
            for policy in one.policies().into_iter().filter(|policy| !other.policies().contains(policy)) {
                let runs = one.side(policy).runs.len();
                notes.push(format!("{runs} runs of {policy} are in {} alone", one.name));
            }
        }
        names.retain(|name| b.policies().contains(&name.as_str()));
    } else {
        b.pick(named)?;
    }
    if names.is_empty() {
        let rule = format!("has no policy of {}, which has {}", a.name, a.policies().join(", "));
        return Err(Problem::of_file(&b.name, rule).into());
    }
    Ok(names.iter().map(|name| (a.side(name), b.side(name))).collect())
}

/// Every named metric, or a member of the named family, must be in some run.
pub fn check_metrics(named: &[String], folders: &[Folder]) -> Result<(), Failure> {
    let records = folders.iter().flat_map(|folder| &folder.records);
    let mut known: Vec<&str> =
        records.flat_map(|run| &run.metrics).map(|metric| metric.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    let is_known = |name: &&String| known.iter().any(|known| covers(name, known));
    let mut problems = Problems::default();
    for name in named.iter().filter(|name| !is_known(name)) {
        let rule = format!("no run has such a metric; {}", suggestion(name, known.iter().copied()));
        problems.push(Problem::new("--metric", "", name, rule));
    }
    Ok(problems.or_ok(())?)
}

/// There must be pairs, and each metric that was asked for must be on both sides of one.
fn check_pairs(comparison: &Comparison<'_>, named: &[String]) -> Result<(), Failure> {
    let sided = |side: &Side<'_>| format!("{} of {}", side.policy, side.folder);
    let (a, b) = (sided(&comparison.a), sided(&comparison.b));
    if comparison.pairs == 0 {
        let rule = format!("no run has the seed and the axis values of a run of {a}");
        return Err(Problem::of_file(b, rule).into());
    }
    let mut problems = Problems::default();
    for name in named {
        let mut rows = comparison.rows.iter().filter(|row| covers(name, &row.metric));
        if !rows.any(|row| row.difference.is_some()) {
            let rule = format!("no pair of {a} and {b} has it on both sides");
            problems.push(Problem::new("--metric", "", name, rule));
        }
    }
    Ok(problems.or_ok(())?)
}

/// Notes go where the comparison goes, but for CSV, which has no place for them. `corrected`: rows over all points that
/// were corrected together.
fn print(
    args: &Compare,
    method: Method,
    comparisons: &[Comparison<'_>],
    notes: &[String],
    corrected: usize,
) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Json => {
            let mut report = paired_json(env!("CARGO_PKG_VERSION"), comparisons);
            report["notes"] = notes.into();
            report["interval"] = method.name().into();
            report["resamples"] = (method != Method::Student).then_some(RESAMPLES).into();
            report["corrected_together"] = corrected.into();
            for (n, one) in comparisons.iter().enumerate() {
                report["comparisons"][n]["findings"] = findings(one).into();
                if args.profile {
                    let all: Vec<_> = profiles(one).iter().map(Profile::json).collect();
                    report["comparisons"][n]["profiles"] = all.into();
                }
            }
            let text = serde_json::to_string_pretty(&report).expect("a JSON value can be printed");
            writeln!(out, "{text}")?;
        }
        Format::Csv => {
            write!(out, "{}", paired_csv(comparisons))?;
            notes.iter().for_each(|note| eprintln!("{note}"));
            for one in comparisons.iter().filter(|one| one.only_a + one.only_b > 0) {
                let (a, b) = (&one.a, &one.b);
                eprintln!(
                    "runs without a counterpart: {} of {} of {}, {} of {} of {}",
                    one.only_a, a.policy, a.folder, one.only_b, b.policy, b.folder
                );
            }
        }
        Format::Table => {
            for note in notes {
                writeln!(out, "{note}")?;
            }
            if !notes.is_empty() {
                writeln!(out)?;
            }
            for comparison in comparisons {
                writeln!(out, "{}", paired_text(comparison))?;
                if args.profile {
                    writeln!(out, "{}", profile_text(comparison))?;
                }
            }
            writeln!(out, "{}", legend(method))?;
            writeln!(out, "\nFindings over all points; p-values after Holm, over {corrected} comparisons:")?;
            for sentence in comparisons.iter().flat_map(findings) {
                writeln!(out, "  {sentence}")?;
            }
        }
    }
    Ok(())
}

/// How much better B is, over all points.
fn profile_text(comparison: &Comparison<'_>) -> String {
    let profiles = profiles(comparison);
    let mut lines = vec![Profile::head()];
    lines.extend(profiles.iter().map(Profile::cells));
    let left_out: usize = profiles.iter().map(|profile| profile.left_out).sum();
    let note = match left_out {
        0 => String::new(),
        n => format!("; {n} pairs with a zero are left out"),
    };
    format!(
        "how much better {} is than {} on the same jobs, as a ratio (1.25: a quarter better){note}\n{}",
        comparison.b.policy,
        comparison.a.policy,
        aligned(&lines, |n| n == 0)
    )
}
