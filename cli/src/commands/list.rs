//! `list`, `schema`, `completions` and `man`: what the program knows of itself.

use std::io::Write;

use clap::CommandFactory;
use scenarios::catalog;
use scenarios::file::reference_markdown;
use scenarios::problem::Problem;
use scenarios::registries::registries;
use scenarios::reproduce::EXPERIMENTS;
use scenarios::scenario::{ROOT, question as opening_comment};
use sim_core::Better;
use sim_core::registry::About;

use crate::args::{Cli, Completions, List};
use crate::failure::Failure;

const KEYS: &str =
    "The top level and its sections. `windtunnel list workload`, and so on, has the keys of plug-ins.";

pub fn list(args: &List) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match args.what.as_deref() {
        None => {
            writeln!(out, "scenarios\n  {}", catalog::names().collect::<Vec<_>>().join(", "))?;
            for registry in registries().names() {
                let names: Vec<&str> =
                    registries().registry(registry).iter().map(|about| about.name).collect();
                writeln!(out, "{registry}\n  {}", names.join(", "))?;
            }
            let experiments: Vec<&str> = EXPERIMENTS.iter().map(|(name, _)| *name).collect();
            writeln!(out, "experiments\n  {}", experiments.join(", "))?;
            writeln!(out, "metrics\n  {} of them", analysis::METRICS.len())?;
            writeln!(out, "keys\n  of scenario files\n")?;
            writeln!(out, "`windtunnel list place` says more of placers, and so for each of these words.")?;
        }
        Some("scenarios") => {
            for name in catalog::names() {
                let comment = opening_comment(catalog::text(name).unwrap_or_default());
                writeln!(out, "{name}\n  {}", analysis::question(&comment).0)?;
            }
        }
        Some("experiments") => {
            for (name, doc) in EXPERIMENTS {
                writeln!(out, "{name}\n  {doc}")?;
            }
        }
        Some("keys") => {
            let about = About { name: "scenario", doc: KEYS, source: "", params: ROOT };
            write!(out, "{}", reference_markdown(&[about]))?;
        }
        Some("metrics") => {
            for (n, metric) in analysis::METRICS.iter().enumerate() {
                let better = match metric.better {
                    Better::Lower => "; lower is better",
                    Better::Higher => "; higher is better",
                    Better::Neither => "",
                };
                let gap = if n > 0 { "\n" } else { "" };
                writeln!(out, "{gap}### `{}` [{}]{better}\n\n{}\n", metric.name, metric.unit, metric.doc)?;
                writeln!(out, "Source: {}", metric.source)?;
            }
        }
        Some(registry) => {
            let abouts = registries().registry(registry);
            if abouts.is_empty() {
                let known: Vec<&str> = registries().names().collect();
                let rule = format!("must be scenarios, keys, metrics, experiments, {}", known.join(", "));
                return Err(Problem::new("list", "", registry, rule).into());
            }
            write!(out, "{}", reference_markdown(abouts))?;
        }
    }
    Ok(())
}

pub fn schema() -> Result<(), Failure> {
    let schema = scenarios::scenario::schema();
    let text = serde_json::to_string_pretty(&schema).expect("a JSON value can be printed");
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}

pub fn completions(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "windtunnel", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(())
}

pub fn man() -> Result<(), Failure> {
    clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout().lock())?;
    Ok(())
}
