//! The tables of all runs: their files joined, one for each set of columns.

use std::path::PathBuf;

use bytes::Bytes;
use parquet::schema::types::TypePtr;

use super::assemble::Input;
use super::disk::{begin, end};
use super::error::StoreError;
use super::part::{JOBS, LOADS, SERIES};
use super::segment::Place;
use crate::parquet_file::{Encode, Join, failed, metadata_of, properties};
use crate::whole_file::WholeFile;
use crate::{job_table, series};

/// The tables that runs may have, and how they are encoded.
const TABLES: [(&str, Encode); 3] =
    [(JOBS, job_table::encoding), (SERIES, series::encoding), (LOADS, properties)];

/// How the rows of the table `name` are encoded.
pub(super) fn encoding(name: &str) -> Option<Encode> {
    TABLES.iter().find(|(known, _)| *known == name).map(|(_, encoding)| *encoding)
}

/// A table being joined: files of these columns go to it.
struct Target {
    name: String,
    path: PathBuf,
    schema: TypePtr,
    join: Join<WholeFile>,
}

/// Joins all tables of the runs at `places`. Yields each run's rows of each file that has any of it; no lists at all if
/// there are no tables.
pub(super) fn join_all(
    input: &mut Input<'_>,
    places: &[Place],
) -> Result<Vec<Vec<(String, u64)>>, StoreError> {
    let tables = input.store.stamp.tables;
    let mut rows = Vec::new();
    for (name, encoding) in TABLES {
        if name == JOBS && !tables.jobs || places.iter().all(|place| place.file(name).is_none()) {
            continue;
        }
        rows.resize(places.len(), Vec::new());
        join(input, places, name, encoding, &mut rows)?;
    }
    Ok(rows)
}

/// Joins the runs' files of that name, one file per set of columns, in the order in which these first appear.
fn join(
    input: &mut Input<'_>,
    places: &[Place],
    name: &str,
    encoding: Encode,
    rows: &mut [Vec<(String, u64)>],
) -> Result<(), StoreError> {
    let dir = input.store.dir.clone();
    let (stem, ending) = name.split_once('.').expect("the names of tables have an ending");
    let mut targets: Vec<Target> = Vec::new();
    for (n, place) in places.iter().enumerate() {
        let Some(file) = input.file(place, name)?.map(Bytes::from) else { continue };
        let path = input.store.segments.path(place.segment);
        let metadata = metadata_of(&file).map_err(|error| failed(&path, error))?;
        let schema = metadata.file_metadata().schema_descr().root_schema_ptr();
        let known = targets.iter().position(|target| target.schema == schema);
        let target = match known {
            Some(known) => &mut targets[known],
            None => {
                let number =
                    if targets.is_empty() { String::new() } else { format!("-{}", targets.len() + 1) };
                let name = format!("{stem}{number}.{ending}");
                let path = dir.join(&name);
                let join = Join::begin(&metadata, &path, begin(&path)?, encoding)?;
                targets.push(Target { name, path, schema, join });
                targets.last_mut().expect("it was just put there")
            }
        };
        target.join.push(&file, &metadata)?;
        rows[n].push((target.name.clone(), metadata.file_metadata().num_rows() as u64));
    }
    targets.into_iter().try_for_each(|target| end(target.join.end()?, &target.path))
}
