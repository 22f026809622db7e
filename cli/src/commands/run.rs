//! `run` and `validate`: scenarios, checked and carried out.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use analysis::{RunKey, Tables, in_shard, json_params};
use scenarios::problem::Problem;
use scenarios::scenario::{Overrides, Scenario, load};
use scenarios::source::Source;
use scenarios::sweep::{SweepOptions, Swept, key, no_shards, prepare, sweep};
use serde_json::{Value, json};

use super::{export, results};
use crate::args::{Export, Format, Run, ScenarioArgs, Validate};
use crate::failure::Failure;
use crate::progress::Bar;
use crate::session;

fn load_args(args: &ScenarioArgs) -> Result<Scenario, Failure> {
    if args.seeds == Some(0) {
        return Err(Problem::new("--seeds", "", 0, "must be at least 1").into());
    }
    let overrides = Overrides { sets: args.sets.clone(), seeds: args.seeds };
    Ok(load(&args.scenario, &overrides)?)
}

pub fn validate(args: &Validate) -> Result<(), Failure> {
    let scenario = load_args(&args.scenario)?;
    prepare(&scenario)?;
    let runs = scenario.runs().len();
    let up_to = if scenario.replication.is_some() { "up to " } else { "" };
    writeln!(std::io::stdout().lock(), "{} is right: {up_to}{runs} runs", scenario.name)?;
    Ok(())
}

/// A row per minute, as monitoring systems scrape, for runs that have no series and are to be exported with one.
const SERIES: &str = "measure.series=\"1m\"";

/// The scenario as typed, with a series if an export needs one.
fn load_run(args: &Run) -> Result<Scenario, Failure> {
    let scenario = load_args(&args.scenario)?;
    let has_series = scenario.points.iter().all(|point| point.measure.series.is_some());
    if has_series || !args.export.contains(&Export::Prometheus) {
        return Ok(scenario);
    }
    let mut sets = args.scenario.sets.clone();
    sets.push(SERIES.to_owned());
    Ok(load(&args.scenario.scenario, &Overrides { sets, seeds: args.scenario.seeds })?)
}

pub fn run(args: &Run) -> Result<(), Failure> {
    let scenario = load_run(args)?;
    let shard = args.shard.as_deref().map(shard).transpose()?;
    session::begin(args.threads)?;
    if let Some((index, of)) = shard.filter(|_| scenario.replication.is_some()) {
        return Err(no_shards(index, of).into());
    }
    let sources = prepare(&scenario)?;
    if args.dry_run {
        return dry_run(args, &scenario, &sources, shard);
    }
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("results").join(&scenario.name));
    let options = SweepOptions {
        out,
        tables: Tables {
            jobs: args.jobs || args.export.contains(&Export::Perfetto),
            decisions: args.log_decisions,
        },
        resume: args.resume,
        threads: args.threads,
        shard,
    };
    let bar = Bar::new();
    let swept = sweep(&scenario, &sources, &options, &bar);
    bar.clear();
    let swept = swept?;
    print(args, &scenario, &sources, &swept)?;
    export::write(&args.export, &options.out)?;
    if swept.failed.is_empty() { Ok(()) } else { Err(Failure::Runs(results::failures(&swept.failed))) }
}

/// `I/N`, from 1, as index and count.
fn shard(text: &str) -> Result<(usize, usize), Failure> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((i, n)) if (1..=n).contains(&i) => Ok((i - 1, n)),
        _ => Err(Problem::new("--shard", "", text, "must be I/N with I from 1 to N").into()),
    }
}

fn dry_run(
    args: &Run,
    scenario: &Scenario,
    sources: &[Source],
    shard: Option<(usize, usize)>,
) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let runs = scenario.runs().into_iter().enumerate();
    let runs = runs.filter(|(n, _)| shard.is_none_or(|(index, of)| in_shard(*n, index, of)));
    let keys = runs.map(|(_, spec)| key(scenario, &sources[spec.point], spec));
    if args.format == Format::Json {
        let run = |key: RunKey| {
            json!({ "id": key.id(), "policy": key.policy, "predictor": key.predictor, "seed": key.seed,
                    "params": json_params(&key.axes) })
        };
        let runs: Vec<Value> = keys.map(run).collect();
        let mut text =
            json!({ "scenario": scenario.name, "version": env!("CARGO_PKG_VERSION"), "runs": runs });
        if let Some(enough) = &scenario.replication {
            let (min, max) = (enough.rule.min, enough.rule.max);
            text["replication"] =
                json!({ "metric": enough.metric, "until": enough.until, "min": min, "max": max });
        }
        writeln!(out, "{text:#}")?;
        return Ok(());
    }
    if args.format == Format::Csv {
        return dry_run_csv(out, scenario, keys);
    }
    for key in keys {
        let axes: String = key.axes.iter().map(|(axis, value)| format!("  {axis} = {value}")).collect();
        writeln!(out, "{}  policy {}  seed {}{axes}", key.id(), key.policy, key.seed)?;
    }
    if let Some(enough) = &scenario.replication {
        let (min, max) = (enough.rule.min, enough.rule.max);
        writeln!(out, "from {min} to {max} seeds, until {} of {}", enough.until, enough.metric)?;
    }
    Ok(())
}

/// One line per run, with a column for each axis.
fn dry_run_csv(
    out: impl Write,
    scenario: &Scenario,
    keys: impl Iterator<Item = RunKey>,
) -> Result<(), Failure> {
    let mut csv = csv::Writer::from_writer(out);
    let axes = scenario.points[0].axes.iter().map(|(axis, _)| axis.as_str());
    let write = |error: csv::Error| Failure::from(std::io::Error::from(error));
    csv.write_record(["id", "policy", "predictor", "seed"].into_iter().chain(axes)).map_err(write)?;
    for key in keys {
        let (id, seed) = (key.id(), key.seed.to_string());
        let values = key.axes.iter().map(|(_, value)| value.as_str());
        csv.write_record(
            [&id, &key.policy, &key.predictor, &seed].into_iter().map(String::as_str).chain(values),
        )
        .map_err(write)?;
    }
    Ok(csv.flush()?)
}

fn print(args: &Run, scenario: &Scenario, sources: &[Source], swept: &Swept) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match args.format {
        Format::Json => results::json(&mut out, scenario, swept)?,
        Format::Csv => results::csv(&mut out, swept)?,
        Format::Table => {
            if !scenario.question.is_empty() {
                writeln!(out, "{}\n", analysis::question(&scenario.question).0)?;
            }
            for source in sources {
                for line in notices(source) {
                    writeln!(out, "{line}")?;
                }
            }
            results::table(&mut out, swept)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// What a reader of the table should know of the trace: what was left out, and whether it keeps the cluster busy.
fn notices(source: &Source) -> Vec<String> {
    let Some(audit) = source.audit() else { return source.notices() };
    let mut lines = vec![format!("{} jobs from {}", audit.jobs, audit.file)];
    if !audit.in_order {
        lines.push("  sorted by submit time, because the file is not".to_owned());
    }
    lines.extend(
        audit.dropped.iter().filter(|(_, n)| *n > 0).map(|(rule, n)| format!("  {n} left out: {rule}")),
    );
    let verdict = audit.verdict();
    if !verdict.is_empty() {
        lines.push(format!("  {verdict}"));
    }
    lines
}
