//! Finished schedules in the formats of other tools: Standard Workload Format and Batsim's `jobs.csv`.

use std::path::Path;

use crate::output::{OutputFile, write_problem};
use crate::problem::Problem;

const NS_PER_SEC: u64 = 1_000_000_000;

/// A job of a finished run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScheduleRow {
    /// Its number in the trace.
    pub job_id: u64,
    /// When it was submitted \[ns\].
    pub submit_ns: u64,
    /// When it first started \[ns\]; `None` if it never did.
    pub start_ns: Option<u64>,
    /// When it ended \[ns\]; `None` if it never did.
    pub end_ns: Option<u64>,
    /// Its tasks.
    pub tasks: u32,
    /// The nodes that it ran on last, in any order, once for each task.
    pub nodes: Vec<u32>,
    /// How it ended: a word of [`sim_core::End::name`].
    pub final_state: String,
}

impl ScheduleRow {
    /// From submission to start.
    fn wait_ns(&self) -> Option<u64> {
        self.start_ns.and_then(|start| start.checked_sub(self.submit_ns))
    }

    /// From start to end.
    fn run_ns(&self) -> Option<u64> {
        self.end_ns?.checked_sub(self.start_ns?)
    }

    /// From submission to end.
    fn turnaround_ns(&self) -> Option<u64> {
        self.end_ns?.checked_sub(self.submit_ns)
    }
}

/// Writes a schedule in Standard Workload Format: one processor per task, whole seconds rounded down, wait
/// times filled in. Returns the number of jobs.
///
/// Status 1 is completed, 0 failed (by itself, by its time limit, or with its node), 5 cancelled or never
/// run.
///
/// # Errors
/// If the file cannot be written. What was there before is still there.
/// # Source
/// <https://www.cs.huji.ac.il/labs/parallel/workload/swf.html>
pub fn write_swf_schedule(path: &Path, rows: impl IntoIterator<Item = ScheduleRow>) -> Result<u64, Problem> {
    let mut file = OutputFile::create(path)?;
    file.line("; Version: 2.2")?;
    file.line("; Conversion: Windtunnel, a simulated schedule")?;
    let mut count = 0;
    for row in rows {
        // The end of the wait and the end of the run are rounded, and not the spans, so that they stay in
        // step.
        let secs = |ns: u64| ns / NS_PER_SEC;
        let submit = secs(row.submit_ns);
        let start = row.start_ns.map(secs);
        let wait = start.map_or("-1".to_owned(), |start| start.saturating_sub(submit).to_string());
        let run = match (start, row.end_ns.map(secs)) {
            (Some(start), Some(end)) => end.saturating_sub(start).to_string(),
            _ => "-1".to_owned(),
        };
        let status = match row.final_state.as_str() {
            "completed" => 1,
            "failed" | "timeout" | "node_lost" => 0,
            _ => 5,
        };
        let (id, tasks) = (row.job_id, row.tasks);
        file.line(&format!(
            "{id} {submit} {wait} {run} {tasks} -1 -1 {tasks} -1 -1 {status} -1 -1 -1 -1 -1 -1 -1"
        ))?;
        count += 1;
    }
    file.finish()?;
    Ok(count)
}

/// Columns of Batsim's table of jobs.
const BATSIM_COLUMNS: [&str; 15] = [
    "job_id",
    "workload_name",
    "profile",
    "submission_time",
    "requested_number_of_resources",
    "requested_time",
    "success",
    "final_state",
    "starting_time",
    "execution_time",
    "finish_time",
    "waiting_time",
    "turnaround_time",
    "stretch",
    "allocated_resources",
];

/// Writes a schedule as Batsim's `jobs.csv`: times in seconds, resources are nodes. Returns the number of
/// jobs.
///
/// Profiles are named after their jobs. `requested_time` is -1, Batsim's word for none, since a schedule does
/// not know it. `stretch` is turnaround / execution, without a bound. Times that do not exist are left empty.
///
/// # Errors
/// If the file cannot be written. What was there before is still there.
/// # Source
/// <https://batsim.readthedocs.io/en/latest/output-jobs.html>
pub fn write_batsim_jobs(
    path: &Path,
    workload_name: &str,
    rows: impl IntoIterator<Item = ScheduleRow>,
) -> Result<u64, Problem> {
    let mut writer = csv::Writer::from_writer(OutputFile::create(path)?);
    let failed = |error: csv::Error| write_problem(path, &error);
    writer.write_record(BATSIM_COLUMNS).map_err(failed)?;
    let mut count = 0;
    for row in rows {
        writer.write_record(batsim_fields(&row, workload_name)).map_err(failed)?;
        count += 1;
    }
    writer.into_inner().map_err(|error| write_problem(path, error.error()))?.finish()?;
    Ok(count)
}

fn batsim_fields(row: &ScheduleRow, workload_name: &str) -> [String; 15] {
    let state = match row.final_state.as_str() {
        "completed" => "COMPLETED_SUCCESSFULLY",
        "timeout" => "COMPLETED_WALLTIME_REACHED",
        "killed" => "COMPLETED_KILLED",
        "rejected" | "skipped" => "REJECTED",
        _ => "COMPLETED_FAILED",
    };
    let time = |ns: Option<u64>| ns.map_or(String::new(), seconds);
    let stretch = match (row.turnaround_ns(), row.run_ns()) {
        (Some(turnaround), Some(run)) if run > 0 => (turnaround as f64 / run as f64).to_string(),
        _ => String::new(),
    };
    [
        row.job_id.to_string(),
        workload_name.to_owned(),
        row.job_id.to_string(),
        seconds(row.submit_ns),
        row.tasks.to_string(),
        "-1".to_owned(),
        u8::from(row.final_state == "completed").to_string(),
        state.to_owned(),
        time(row.start_ns),
        time(row.run_ns()),
        time(row.end_ns),
        time(row.wait_ns()),
        time(row.turnaround_ns()),
        stretch,
        interval_set(&row.nodes),
    ]
}

/// Seconds with all nine decimals: no digit depends on a rounding.
fn seconds(ns: u64) -> String {
    format!("{}.{:09}", ns / NS_PER_SEC, ns % NS_PER_SEC)
}

/// A set of numbers as Batsim writes it: `0-3 5 7-8`.
fn interval_set(numbers: &[u32]) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in sorted {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let text =
        |(first, last): (u32, u32)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    runs.into_iter().map(text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(start_ns: Option<u64>, end_ns: Option<u64>, state: &str) -> ScheduleRow {
        let nodes = vec![5, 0, 1, 2, 2];
        let final_state = state.to_owned();
        ScheduleRow { job_id: 7, submit_ns: 1_500_000_000, start_ns, end_ns, tasks: 5, nodes, final_state }
    }

    #[test]
    fn number_sets_are_written_as_intervals() {
        assert_eq!(interval_set(&[5, 0, 1, 2, 2, u32::MAX]), "0-2 5 4294967295");
        assert_eq!(interval_set(&[]), "");
    }

    #[test]
    fn schedules_are_written_for_batsim() {
        let fields = batsim_fields(&row(Some(2_500_000_000), Some(4_500_000_000), "completed"), "w");
        let line = "7,w,7,1.500000000,5,-1,1,\
                    COMPLETED_SUCCESSFULLY,2.500000000,2.000000000,4.500000000,1.000000000,\
                    3.000000000,1.5,0-2 5";
        assert_eq!(fields.join(","), line);
        let never = batsim_fields(&row(None, None, "rejected"), "w");
        assert_eq!(never[6..9], ["0".to_owned(), "REJECTED".to_owned(), String::new()]);
    }

    #[test]
    fn schedules_are_written_as_swf() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.swf");
        let rows = [row(Some(2_500_000_000), Some(4_500_000_000), "completed"), row(None, None, "rejected")];
        assert_eq!(write_swf_schedule(&path, rows), Ok(2));
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(lines[0], "7 1 1 2 5 -1 -1 5 -1 -1 1 -1 -1 -1 -1 -1 -1 -1");
        assert_eq!(lines[1], "7 1 -1 -1 5 -1 -1 5 -1 -1 5 -1 -1 -1 -1 -1 -1 -1");
    }
}
