//! `check`: the numbers of a scenario against its baseline.

use std::io::Write;
use std::path::{Path, PathBuf};

use scenarios::catalog;
use scenarios::gate::{self, Baseline, Judge, Tolerances};
use scenarios::problem::{Problem, Problems};
use scenarios::scenario::{Overrides, load};

use crate::args::{Check, TextFormat};
use crate::failure::Failure;
use crate::progress::Bar;
use crate::session::{self, Scratch};

/// Where the baseline is.
enum Source {
    File(PathBuf),
    /// The built-in one of the catalog.
    Catalog(&'static str),
}

impl Source {
    fn of(args: &Check) -> Self {
        let reference = &args.scenario.scenario;
        let built_in = || catalog::golden(reference).filter(|_| !Path::new(reference).is_file());
        match (&args.baseline, built_in()) {
            (Some(path), _) => Self::File(path.clone()),
            (None, Some(text)) => Self::Catalog(text),
            (None, None) => Self::File(Path::new(reference).with_extension("snap")),
        }
    }

    /// The baseline; `None` if there is no such file.
    fn read(&self, scenario: &str) -> Result<Option<Baseline>, Problems> {
        match self {
            Self::Catalog(text) => Baseline::parse(&format!("golden/{scenario}.snap"), text).map(Some),
            Self::File(path) => {
                let name = path.display().to_string();
                match std::fs::read_to_string(path) {
                    Ok(text) => Baseline::parse(&name, &text).map(Some),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(Problem::of_file(name, format!("cannot be read: {error}")).into()),
                }
            }
        }
    }

    /// The baseline must be that of the scenario, by name.
    fn must_be_of(&self, args: &Check, baseline: &Baseline, overrides: &Overrides) -> Result<(), Problems> {
        let name = load(&args.scenario.scenario, overrides)?.name;
        if baseline.scenario == name {
            return Ok(());
        }
        let file = match self {
            Self::File(path) => path.display().to_string(),
            Self::Catalog(_) => format!("golden/{}.snap", args.scenario.scenario),
        };
        let rule = format!("is the baseline of another scenario, not of `{name}`; --baseline FILE names one");
        Err(Problem::new(file, "scenario", &baseline.scenario, rule).into())
    }
}

pub fn check(args: &Check) -> Result<(), Failure> {
    if args.scenario.seeds == Some(0) {
        return Err(Problem::new("--seeds", "", 0, "must be at least 1").into());
    }
    session::begin(args.threads)?;
    let tolerances = Tolerances::parse(&args.tolerances)?;
    let source = Source::of(args);
    if args.bless {
        return bless(args, &source);
    }
    let Some(baseline) = source.read(&args.scenario.scenario)? else {
        let Source::File(path) = &source else { unreachable!("the catalog's baselines are there") };
        let rule = "is not there; the same command with --bless makes it";
        return Err(Problem::of_file(path.display().to_string(), rule).into());
    };
    let mut overrides = baseline.overrides.clone();
    overrides.sets.extend(args.scenario.sets.iter().cloned());
    let names_seeds = args.scenario.sets.iter().any(|set| set.starts_with("sweep.seeds"));
    overrides.seeds = args.scenario.seeds.or(overrides.seeds.filter(|_| !names_seeds));
    source.must_be_of(args, &baseline, &overrides)?;
    let now = measure(args, &overrides)?;
    known(&tolerances, &baseline)?;
    let judge = if args.statistical { Judge::Statistical(tolerances) } else { Judge::Exact(tolerances) };
    let outcome = gate::check(&baseline, &now, &judge)?;
    if let Some(path) = &args.junit {
        scenarios::output::write(path, gate::junit(&outcome).as_bytes())?;
    }
    let mut out = std::io::stdout().lock();
    match args.format {
        TextFormat::Table => write!(out, "{}", gate::text(&outcome))?,
        TextFormat::Json => {
            let text = serde_json::to_string_pretty(&gate::json(&outcome));
            writeln!(out, "{}", text.expect("a JSON value can be printed"))?;
        }
    }
    if outcome.passes() { Ok(()) } else { Err(Failure::Gate) }
}

fn measure(args: &Check, overrides: &Overrides) -> Result<Baseline, Problems> {
    let scratch = Scratch::new()?;
    let bar = Bar::new();
    let runs = scratch.path().join("runs");
    let measured = gate::measure(&args.scenario.scenario, overrides, &runs, args.threads, &bar);
    bar.clear();
    measured
}

/// Every metric with a tolerance must be in the baseline.
fn known(tolerances: &Tolerances, baseline: &Baseline) -> Result<(), Problems> {
    let mut metrics: Vec<&str> = baseline.rows.keys().map(|row| row.metric.as_str()).collect();
    metrics.sort_unstable();
    metrics.dedup();
    let mut problems = Problems::default();
    for name in tolerances.unknown(&metrics) {
        let rule = format!(
            "the baseline has no such metric; {}",
            scenarios::file::suggestion(name, metrics.iter().copied())
        );
        problems.push(Problem::new("--tolerance", "", name, rule));
    }
    problems.or_ok(())
}

fn bless(args: &Check, source: &Source) -> Result<(), Failure> {
    let Source::File(path) = source else {
        let rule = "needs --baseline FILE: the catalog's own baselines are part of the program";
        return Err(Problem::new("--bless", "", "", rule).into());
    };
    let told = Overrides { sets: args.scenario.sets.clone(), seeds: args.scenario.seeds };
    // A file that was made to be filled is a baseline without a word yet; so are devices.
    let is_empty = std::fs::metadata(path).is_ok_and(|file| file.len() == 0 || !file.is_file());
    let old = if is_empty { None } else { source.read(&args.scenario.scenario)? };
    let overrides = match &old {
        Some(old) if told == Overrides::default() => old.overrides.clone(),
        _ => told,
    };
    // What is overwritten is the scenario's own.
    old.map(|old| source.must_be_of(args, &old, &overrides)).transpose()?;
    let now = measure(args, &overrides)?;
    gate::bless(path, &now)?;
    let (rows, seeds) = (now.rows.len(), now.seeds.len());
    writeln!(std::io::stdout().lock(), "{}: {rows} rows of {seeds} seeds blessed", path.display())?;
    Ok(())
}
