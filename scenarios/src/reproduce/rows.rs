//! Golden files: those of a folder, and their tables, plain or compressed, row by row.

use std::io::Read;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use flate2::read::MultiGzDecoder;

use crate::problem::{Problem, Problems};

/// The files of a folder, by name; none if there is no such folder.
///
/// # Errors
/// If the folder cannot be read.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let read = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
    let mut files: Vec<PathBuf> = read.map_err(|error| {
        Problem::of_file(folder.display().to_string(), format!("cannot be read: {error}"))
    })?;
    files.sort();
    Ok(files)
}

/// Calls `take` with the header and each row; rows of which it makes nothing break `rule`.
///
/// # Errors
/// Every such row, or that the file cannot be read. Rows before have been taken.
pub(super) fn rows(
    path: &Path,
    rule: &str,
    mut take: impl FnMut(&StringRecord, &StringRecord) -> Option<()>,
) -> Result<(), Problems> {
    let file = path.display().to_string();
    let mut reader = csv::Reader::from_reader(open(path)?);
    let unreadable = |line: usize, error: csv::Error| Problem::new(&file, line, "", error.to_string());
    let header = reader.headers().map_err(|error| unreadable(1, error))?.clone();
    let mut problems = Problems::default();
    for (n, row) in reader.records().enumerate() {
        let row = row.map_err(|error| unreadable(n + 2, error))?;
        if take(&header, &row).is_none() {
            problems.push(Problem::new(&file, n + 2, row.iter().collect::<Vec<_>>().join(","), rule));
        }
    }
    problems.or_ok(())
}

fn open(path: &Path) -> Result<Box<dyn Read>, Problem> {
    let file = std::fs::File::open(path);
    let file = file.map_err(|error| Problem::of_file(path.display().to_string(), error.to_string()))?;
    let is_compressed = path.extension().is_some_and(|ending| ending == "gz");
    Ok(if is_compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}
