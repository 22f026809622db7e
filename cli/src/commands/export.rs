//! `export`, and what `run --export` does after its runs.

use std::path::Path;

use analysis::{export_perfetto, export_prometheus};
use scenarios::sweep::store_problem;

use crate::args::{Export, ExportArgs};
use crate::failure::Failure;

pub fn export(args: &ExportArgs) -> Result<(), Failure> {
    write(&[args.format], &args.dir)
}

/// Writes the results in `dir` in these formats, and says where.
pub fn write(formats: &[Export], dir: &Path) -> Result<(), Failure> {
    super::compare::Folder::check(dir)?;
    for format in formats {
        match format {
            Export::Prometheus => {
                let path = export_prometheus(dir).map_err(|error| store_problem(&error))?;
                eprintln!(
                    "{}: OpenMetrics, for `promtool tsdb create-blocks-from openmetrics`",
                    path.display()
                );
            }
            Export::Perfetto => {
                let paths = export_perfetto(dir).map_err(|error| store_problem(&error))?;
                let folder = paths.first().and_then(|path| path.parent()).unwrap_or(dir);
                eprintln!("{}: {} traces, for Perfetto", folder.display(), paths.len());
            }
        }
    }
    Ok(())
}
