//! Windtunnel's own trace format: every declaration and every truth of a job, as CSV or Parquet.

use std::fs::File;
use std::io::Read;

use sim_core::registry::{About, Kind, Param, Params};

use super::Records;
use super::source::io_problem;
use crate::problem::{Problem, Problems};

mod cells;
mod columns;
mod parquet;
mod row;
mod table;

pub(super) use cells::{Out, cells};
pub use columns::{Column, Holds};

/// The reader `native`.
pub const ABOUT: About = About {
    name: "native",
    doc: "Windtunnel's own format, CSV (plain or gzip) or Parquet, told apart by content. Columns are found \
          by name; only id, submit_ns and service_ns are needed, empty fields mean \"not declared\", and \
          unknown columns are refused. Lists are separated by |. `windtunnel trace convert` writes it.",
    source: "scenarios/src/traces/native/columns.rs",
    params: &[Param::required("path", Kind::Path, "the file")],
};

/// Opens the file that `params` name.
///
/// # Errors
/// If it cannot be opened, or its columns are not those of the format.
pub fn open(params: &Params) -> Result<Box<dyn Records>, Problems> {
    let path = params.text("path");
    if is_parquet(path)? { parquet::open(path) } else { table::open(path) }
}

fn is_parquet(path: &str) -> Result<bool, Problem> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(|error| io_problem(path, "", &error))?;
    file.take(4).read_to_end(&mut head).map_err(|error| io_problem(path, "", &error))?;
    Ok(head == b"PAR1")
}

/// Where each known column is among the columns `found` in the file.
fn locate(file: &str, found: &[String]) -> Result<[Option<usize>; Column::COUNT], Problems> {
    let mut positions = [None; Column::COUNT];
    let mut problems = Problems::default();
    for (position, name) in found.iter().enumerate() {
        match Column::named(name) {
            Some(column) => positions[column as usize] = Some(position),
            None => {
                let rule =
                    format!("is no column of this format; the nearest is \"{}\"", Column::nearest(name));
                problems.push(Problem::new(file, "column", name, rule));
            }
        }
    }
    for column in [Column::Id, Column::SubmitNs, Column::ServiceNs] {
        if positions[column as usize].is_none() {
            problems.push(Problem::new(file, "column", column.name(), "is needed and is not there"));
        }
    }
    problems.or_ok(positions)
}
