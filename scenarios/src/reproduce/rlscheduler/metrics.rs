//! The metrics of RLScheduler's repository, summed as it sums them.

use sha1_smol::Sha1;

use super::runs::Job;
use crate::reproduce::number::Number;

/// Run times below this count as this in the bounded slowdown [s].
const TAU: u64 = 10;

/// The metrics of one run, by name.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Metrics(Vec<(&'static str, Number)>);

impl Metrics {
    /// The metric of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Number> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, number)| number)
    }

    /// The metric of that name, if it is a float.
    pub(super) fn float(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Number::Float(number) => Some(*number),
            Number::Whole(_) | Number::Digest(_) => None,
        }
    }

    /// The metrics of `jobs`, in the order of their starts, on so many processors. `len` jobs were asked for.
    ///
    /// Utilization has its denominator end at the last start, not at the last end. Every value is divided before it is
    /// summed.
    pub(super) fn of(jobs: &[Job], len: u64, procs: u64) -> Self {
        let first = jobs.iter().map(|job| job.submit).min().unwrap_or(0);
        let last_start = jobs.last().map_or(first, |job| job.start);
        let last_end = jobs.iter().map(|job| job.start + job.run).max().unwrap_or(first);
        let sum = |of: &dyn Fn(&Job) -> f64, by: f64| jobs.iter().fold(0.0, |sum, job| sum + of(job) / by);
        let len = len as f64;
        let wait = |job: &Job| job.start - job.submit;
        let turnaround = |job: &Job| (wait(job) + job.run) as f64;
        let slowdown = |job: &Job| (turnaround(job) / job.run.max(TAU) as f64).max(1.0);
        let area = |job: &Job| (job.run * job.procs) as f64;
        let span = |to: u64| ((to - first) * procs) as f64;
        let waits = || jobs.iter().map(wait);
        Self(vec![
            ("bsld", Number::Float(sum(&slowdown, len))),
            ("wait", Number::Float(sum(&|job| wait(job) as f64, len))),
            ("turnaround", Number::Float(sum(&turnaround, len))),
            ("util", Number::Float(sum(&area, span(last_start)))),
            ("sld", Number::Float(sum(&|job| turnaround(job) / job.run as f64, len))),
            ("last_start_time", Number::Whole(last_start)),
            ("makespan", Number::Whole(last_end - first)),
            ("util_makespan", Number::Float(sum(&area, 1.0) / span(last_end))),
            ("max_bsld", Number::Float(jobs.iter().map(slowdown).fold(0.0, f64::max))),
            ("max_wait", Number::Whole(waits().max().unwrap_or(0))),
            ("sum_wait", Number::Whole(waits().sum())),
            ("schedule_sha1", Number::Digest(digest(jobs))),
        ])
    }
}

/// SHA-1 of `id:start,id:start,..` in the order of the starts.
fn digest(jobs: &[Job]) -> String {
    let pairs: Vec<String> = jobs.iter().map(|job| format!("{}:{}", job.id, job.start)).collect();
    Sha1::from(pairs.join(",")).hexdigest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_of_two_jobs_are_arithmetic() {
        // On 4 processors: job 7 runs at once for 20 s on 2, job 8 waits for 30 s and runs for 5 s on 4.
        let jobs = [
            Job { id: 7, submit: 100, start: 100, run: 20, requested: 20, procs: 2 },
            Job { id: 8, submit: 110, start: 140, run: 5, requested: 5, procs: 4 },
        ];
        let metrics = Metrics::of(&jobs, 2, 4);
        // 1 and 35 / 10, not 35 / 5.
        assert_eq!(metrics.float("bsld"), Some((1.0 + 3.5) / 2.0));
        assert_eq!(metrics.float("sld"), Some((1.0 + 7.0) / 2.0));
        assert_eq!(metrics.float("wait"), Some(15.0));
        assert_eq!(metrics.float("turnaround"), Some((20.0 + 35.0) / 2.0));
        // 40 + 20 processor-seconds; the last start is 40 s after the first submission, the last end 45 s.
        assert_eq!(metrics.float("util"), Some(40.0 / 160.0 + 20.0 / 160.0));
        assert_eq!(metrics.float("util_makespan"), Some(60.0 / 180.0));
        assert_eq!(metrics.get("makespan"), Some(&Number::Whole(45)));
        // sha1("7:100,8:140")
        assert_eq!(
            metrics.get("schedule_sha1").unwrap().to_string(),
            "0bfbbedbeef36701ad3613d3a1d5dab780cfc748"
        );
    }
}
