//! `trace`: inspecting, converting and generating traces.

use std::io::Write;
use std::path::Path;

use scenarios::problem::Problem;
use scenarios::schedule::{Pick, read_schedule};
use scenarios::trace_tasks::{generate, target};
use scenarios::traces::write::{Written, write_batsim_jobs, write_swf_schedule};

use crate::args::{Format, Trace, TraceCommand};
use crate::failure::Failure;

pub fn trace(args: &Trace) -> Result<(), Failure> {
    match &args.command {
        TraceCommand::Inspect { target, reader, sets, format } => {
            inspect(target, reader.as_deref(), sets, *format)
        }
        TraceCommand::Convert { source, out, reader, sets, policy, seed } => {
            if Path::new(source).is_dir() {
                return convert_schedule(
                    Path::new(source),
                    out,
                    &Pick { policy: policy.clone(), seed: *seed },
                );
            }
            report(&target(source, reader.as_deref(), sets)?.convert(out, None)?, out)
        }
        TraceCommand::Generate { scenario, out, seed, sets } => {
            report(&generate(scenario, sets, *seed, out, None)?, out)
        }
    }
}

fn inspect(name: &str, reader: Option<&str>, sets: &[String], format: Format) -> Result<(), Failure> {
    let audit = target(name, reader, sets)?.audit();
    if audit.jobs == 0 && !audit.problems.0.is_empty() {
        // There is nothing to report on: the file cannot be read at all.
        return Err(audit.problems.into());
    }
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&audit.to_json()).expect("a JSON value can be printed");
            writeln!(out, "{text}")?;
        }
        Format::Table => write!(out, "{audit}")?,
        Format::Csv => {
            return Err(Problem::new("--format", "", "csv", "an audit is printed as table or json").into());
        }
    }
    if audit.problems.0.is_empty() { Ok(()) } else { Err(audit.problems.into()) }
}

fn report(written: &Written, out: &Path) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{} jobs written to {}", written.jobs, out.display())?;
    for (what, jobs) in &written.lost {
        writeln!(stdout, "  not expressible in this format: {what} of {jobs} jobs")?;
    }
    Ok(())
}

fn convert_schedule(folder: &Path, out: &Path, pick: &Pick) -> Result<(), Failure> {
    let rows = read_schedule(folder, pick)?;
    let count = match out.extension().and_then(|ending| ending.to_str()) {
        Some("swf") => write_swf_schedule(out, rows)?,
        Some("csv") => write_batsim_jobs(out, "w0", rows)?,
        _ => {
            let rule = "a schedule is written as .swf, or as Batsim's jobs in .csv";
            return Err(Problem::of_file(out.display().to_string(), rule).into());
        }
    };
    writeln!(std::io::stdout().lock(), "{count} jobs written to {}", out.display())?;
    Ok(())
}
