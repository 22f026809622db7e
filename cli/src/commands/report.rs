//! `report`: a results folder as one page with pictures.

use std::io::Write;
use std::path::Path;

use scenarios::problem::Problem;
use scenarios::sweep::store_problem;

use super::compare::{Folder, check_metrics};
use crate::args::Report;
use crate::failure::Failure;
use crate::progress::Waiting;

pub fn report(args: &Report) -> Result<(), Failure> {
    let folder = Folder::read(&args.dir, &mut Vec::new())?;
    check_metrics(&args.metrics, std::slice::from_ref(&folder))?;
    args.out.as_deref().map(check_out).transpose()?;
    let waiting = Waiting::new("drawing");
    let written = analysis::report::write(&args.dir, args.out.as_deref(), &args.metrics);
    waiting.clear();
    let written = written.map_err(|error| store_problem(&error))?;
    let mut out = std::io::stdout().lock();
    let missing = if written.is_complete { "" } else { ", of a folder that is not complete" };
    writeln!(
        out,
        "{} runs{missing}, {} pictures: {}",
        written.runs,
        written.pictures.len(),
        written.page.display()
    )?;
    Ok(())
}

/// A page can be written there.
fn check_out(page: &Path) -> Result<(), Failure> {
    let parent = page.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let rule = match () {
        () if page.is_dir() => "is a folder; it must be the file of the page",
        () if !parent.is_dir() => "lies in a folder that does not exist",
        () => return Ok(()),
    };
    Err(Problem::new("--out", "", page.display(), rule).into())
}
