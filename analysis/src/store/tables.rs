//! The tables of all runs: their files joined, one for each set of columns.

use bytes::Bytes;
use parquet::schema::types::TypePtr;

use super::assemble::Input;
use super::disk::{aside, put, step};
use super::error::StoreError;
use super::part::{JOBS, LOADS, SERIES};
use super::segment::Place;
use crate::parquet_file::{Splice, failed, metadata_of};

/// A table being joined: files of these columns go to it.
struct Target {
    name: String,
    schema: TypePtr,
    splice: Splice,
}

/// Joins all tables of the runs at `places`. Yields each run's rows of each file that has any of it; no lists at all if
/// there are no tables.
pub(super) fn join_all(
    input: &mut Input<'_>,
    places: &[Place],
) -> Result<Vec<Vec<(String, u64)>>, StoreError> {
    let tables = input.store.stamp.tables;
    let mut rows = Vec::new();
    for name in [JOBS, SERIES, LOADS] {
        if name == JOBS && !tables.jobs || places.iter().all(|place| place.file(name).is_none()) {
            continue;
        }
        rows.resize(places.len(), Vec::new());
        join(input, places, name, &mut rows)?;
    }
    Ok(rows)
}

/// Joins the runs' files of that name, one file per set of columns, in the order in which these first appear.
fn join(
    input: &mut Input<'_>,
    places: &[Place],
    name: &str,
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
                step(&dir.join(&name))?;
                let splice = Splice::begin(&file, &aside(&dir.join(&name)))?;
                targets.push(Target { name, schema, splice });
                targets.last_mut().expect("it was just put there")
            }
        };
        target.splice.push(&file)?;
        rows[n].push((target.name.clone(), metadata.file_metadata().num_rows() as u64));
    }
    for target in targets {
        let path = dir.join(&target.name);
        target.splice.close()?;
        put(&aside(&path), &path)?;
    }
    Ok(())
}
