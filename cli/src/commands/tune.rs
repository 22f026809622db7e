//! `tune`: a search for parameters of a policy.

use std::io::Write;
use std::path::{Path, PathBuf};

use scenarios::scenario::Overrides;
use scenarios::tune::{self, Options};

use crate::args::{TextFormat, Tune};
use crate::failure::Failure;
use crate::progress::Bar;
use crate::session;

pub fn tune(args: &Tune) -> Result<(), Failure> {
    session::begin(args.threads)?;
    let stem = Path::new(&args.scenario).file_stem().unwrap_or_default().to_string_lossy();
    let name = if stem.starts_with("tune-") { stem.into_owned() } else { format!("tune-{stem}") };
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("results").join(name));
    let overrides = Overrides { sets: args.sets.clone(), seeds: None };
    let options = Options { out: &out, resume: args.resume, threads: args.threads };
    let bar = Bar::new();
    let tuned = tune::tune(&args.scenario, &overrides, options, &bar);
    bar.clear();
    let tuned = tuned?;
    let mut stdout = std::io::stdout().lock();
    match args.format {
        TextFormat::Table => {
            write!(stdout, "{}", tune::text(&tuned))?;
            writeln!(stdout, "results in {}", out.display())?;
        }
        TextFormat::Json => {
            let text = serde_json::to_string_pretty(&tune::json(&tuned));
            writeln!(stdout, "{}", text.expect("a JSON value can be printed"))?;
        }
    }
    if tuned.failed.is_empty() { Ok(()) } else { Err(Failure::Runs(tuned.failed)) }
}
