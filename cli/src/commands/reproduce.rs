//! `reproduce`: a published experiment, ours beside theirs.

use std::io::Write;
use std::path::Path;

use scenarios::output::write;
use scenarios::problem::Problem;
use scenarios::reproduce::{EXPERIMENTS, Options, Reproduction, reproduce as rerun};

use crate::args::{Format, Reproduce};
use crate::failure::Failure;
use crate::progress::Bar;

pub fn reproduce(args: &Reproduce) -> Result<(), Failure> {
    if !EXPERIMENTS.iter().any(|(name, _)| *name == args.name) {
        let known: Vec<&str> = EXPERIMENTS.iter().map(|(name, _)| *name).collect();
        return Err(Problem::new(
            "reproduce",
            "",
            &args.name,
            format!("must be one of {}", known.join(", ")),
        )
        .into());
    }
    if !args.data.is_dir() {
        return Err(Problem::new("--data", "", args.data.display(), "is not a folder").into());
    }
    let options =
        Options { traces: args.traces.clone(), seeds: args.seeds.clone(), own_orders: args.own_orders };
    let bar = Bar::new();
    let found = rerun(&args.name, &args.data, &options, &bar);
    bar.clear();
    let found = found?;
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&found.to_json()).expect("a JSON value can be printed");
            writeln!(out, "{text}")?;
        }
        Format::Table => write!(out, "{}", table(&found))?,
        Format::Csv => write!(out, "{}", csv(&found))?,
    }
    if let Some(folder) = &args.write {
        write_page(folder, &found, args)?;
    }
    if found.holds() { Ok(()) } else { Err(Failure::Gate) }
}

fn table(found: &Reproduction) -> String {
    let text = if found.report.is_empty() { cases(found) } else { found.report.clone() };
    let skipped = found.skipped.iter().map(|(case, why)| format!("skipped {case}: {why}\n"));
    let exact = found.cases.iter().filter(|case| case.is_exact()).count();
    let (cases, skips) = (found.cases.len(), found.skipped.len());
    let further_exact = found.further.iter().filter(|case| case.is_exact()).count();
    let further = match found.further.len() {
        0 => String::new(),
        all => format!(", and {further_exact} of {all} further comparisons of their runs"),
    };
    let summary = format!("{exact} of {cases} cases are exact{further}; {skips} skipped\n");
    text + &skipped.collect::<String>() + &summary
}

fn cases(found: &Reproduction) -> String {
    let width = found.cases.iter().map(|case| case.name.len()).max().unwrap_or(4).max(4);
    let mut text =
        format!("{:<width$}  {:>8}  {:>9}  {:>14}\n", "case", "compared", "differing", "largest diff");
    for case in &found.cases {
        let diff = format!("{} {}", case.max_abs_diff, case.unit);
        text += &format!("{:<width$}  {:>8}  {:>9}  {diff:>14}\n", case.name, case.compared, case.differing);
        if !case.first.is_empty() {
            text += &format!("    first: {}\n", case.first);
        }
    }
    text
}

fn csv(found: &Reproduction) -> String {
    let mut text = String::from("case,compared,differing,max_abs_diff,unit\n");
    for case in found.compared() {
        let (name, unit) = (&case.name, case.unit);
        text += &format!("{name},{},{},{},{unit}\n", case.compared, case.differing, case.max_abs_diff);
    }
    text
}

/// The page and figures of the comparison. Those of own orders do not take the place of the others.
fn write_page(folder: &Path, found: &Reproduction, args: &Reproduce) -> Result<(), Failure> {
    let suffix = if args.own_orders { "-own-orders" } else { "" };
    let name = format!("{}{suffix}", found.name);
    let mut command = format!("windtunnel reproduce {}", found.name);
    if !args.traces.is_empty() {
        command += &format!(" --traces {}", args.traces.join(","));
    }
    if !args.seeds.is_empty() {
        let seeds: Vec<String> = args.seeds.iter().map(u64::to_string).collect();
        command += &format!(" --seeds {}", seeds.join(","));
    }
    if args.own_orders {
        command += " --own-orders";
    }
    let mut page = format!("# Reproduction: {name}\n\n`{command}`\n\n```text\n{}```\n", table(found));
    for figure in &found.figures {
        let file = format!("{}{suffix}.svg", figure.name);
        page += &format!("\n![{}]({file})\n", figure.caption);
        write(&folder.join(file), figure.svg.as_bytes())?;
    }
    Ok(write(&folder.join(format!("{name}.md")), page.as_bytes())?)
}
