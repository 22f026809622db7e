//! Finished schedules, read back from a results folder.

use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{UInt32Type, UInt64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::problem::Problem;
use crate::traces::write::ScheduleRow;

/// Which run's schedule is wanted; the first one where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Pick {
    /// The policy.
    pub policy: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
}

/// The schedule of one run in `DIR/jobs.parquet`, in order of submission.
///
/// # Errors
/// If there is no such file or no such run in it.
pub fn read_schedule(folder: &Path, pick: &Pick) -> Result<Vec<ScheduleRow>, Problem> {
    let path = folder.join("jobs.parquet");
    let name = path.display().to_string();
    let failed = |error: String| Problem::of_file(&name, error);
    let file = std::fs::File::open(&path)
        .map_err(|error| failed(format!("cannot be read: {error}; runs with --jobs write it")))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build());
    let reader = reader.map_err(|error| failed(error.to_string()))?;
    let (mut rows, mut wanted): (Vec<ScheduleRow>, Option<(String, u64)>) = (Vec::new(), None);
    for batch in reader {
        let batch = batch.map_err(|error| failed(error.to_string()))?;
        read_batch(&batch, pick, &mut wanted, &mut rows)
            .ok_or_else(|| failed("is not a per-job table".into()))?;
    }
    if rows.is_empty() {
        let policy = pick.policy.as_deref().unwrap_or("any policy");
        let seed = pick.seed.map_or_else(|| "any seed".into(), |seed| format!("seed {seed}"));
        return Err(failed(format!("holds no run of {policy} with {seed}")));
    }
    rows.sort_by_key(|row| (row.submit_ns, row.job_id));
    Ok(rows)
}

/// Adds the batch's rows of the wanted run; `None` if a column is missing or of another type.
fn read_batch(
    batch: &RecordBatch,
    pick: &Pick,
    wanted: &mut Option<(String, u64)>,
    rows: &mut Vec<ScheduleRow>,
) -> Option<()> {
    let text = |name: &str| {
        let column = batch.column_by_name(name)?;
        arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).ok()
    };
    let number = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<UInt64Type>();
    let (policies, states) = (text("policy")?, text("final_state")?);
    let (policies, states) = (policies.as_string_opt::<i32>()?, states.as_string_opt::<i32>()?);
    let (seeds, jobs, submits) = (number("seed")?, number("job_id")?, number("submit_ns")?);
    let (starts, ends) = (number("start_ns")?, number("end_ns")?);
    let tasks = batch.column_by_name("tasks")?.as_primitive_opt::<UInt32Type>()?;
    let nodes = batch.column_by_name("nodes")?.as_list_opt::<i32>()?;
    for n in 0..batch.num_rows() {
        let (policy, seed) = (policies.value(n), seeds.value(n));
        let picked = pick.policy.as_deref().is_none_or(|wanted| wanted == policy)
            && pick.seed.is_none_or(|wanted| wanted == seed);
        if !picked {
            continue;
        }
        let run = wanted.get_or_insert_with(|| (policy.to_owned(), seed));
        if run.0 != policy || run.1 != seed {
            continue;
        }
        let on = nodes.value(n);
        rows.push(ScheduleRow {
            job_id: jobs.value(n),
            submit_ns: submits.value(n),
            start_ns: starts.is_valid(n).then(|| starts.value(n)),
            end_ns: ends.is_valid(n).then(|| ends.value(n)),
            tasks: tasks.value(n),
            nodes: on.as_primitive_opt::<UInt32Type>()?.values().to_vec(),
            final_state: states.value(n).to_owned(),
        });
    }
    Some(())
}
