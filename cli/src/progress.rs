//! The progress bar: on a terminal's stderr, for anything that takes long.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use scenarios::sweep::Progress;

/// A bar with runs done, jobs done and the time left. Shows nothing unless stdout and stderr are terminals.
pub struct Bar {
    is_shown: bool,
    bar: OnceLock<ProgressBar>,
    /// Jobs per run; 0 if not known, and then runs are what is counted.
    jobs: AtomicU64,
    runs: AtomicU64,
    done: AtomicU64,
    /// Runs that were done before, which say nothing of how fast it goes.
    resumed: AtomicU64,
    failed: AtomicU64,
}

impl Bar {
    /// A bar that begins with the sweep.
    pub fn new() -> Self {
        let is_shown = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let zero = || AtomicU64::new(0);
        Self {
            is_shown,
            bar: OnceLock::new(),
            jobs: zero(),
            runs: zero(),
            done: zero(),
            resumed: zero(),
            failed: zero(),
        }
    }

    /// Runs done, failures so far, and runs per second of this session.
    fn message(&self, bar: &ProgressBar, done: u64) -> String {
        let (runs, failed) = (self.runs.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed));
        let here = done.saturating_sub(self.resumed.load(Ordering::Relaxed));
        let per_second = here as f64 / bar.elapsed().as_secs_f64().max(1e-3);
        let failures = if failed == 0 { String::new() } else { format!(", {failed} failed") };
        format!("{done} of {runs} runs{failures}, {per_second:.1} per second")
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn begin(&self, runs: usize, jobs_per_run: Option<u64>) {
        if !self.is_shown {
            return;
        }
        let jobs = jobs_per_run.unwrap_or(0);
        self.jobs.store(jobs, Ordering::Relaxed);
        self.runs.store(runs as u64, Ordering::Relaxed);
        let bar = ProgressBar::new(runs as u64 * jobs.max(1));
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {elapsed} elapsed, {eta} left");
        bar.set_style(style.expect("the template is well-formed"));
        bar.set_message(format!("0 of {runs} runs"));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        self.bar.get_or_init(|| bar);
    }

    fn resumed(&self, runs: usize) {
        let Some(bar) = self.bar.get() else { return };
        self.resumed.store(runs as u64, Ordering::Relaxed);
        self.done.store(runs as u64, Ordering::Relaxed);
        bar.set_position(runs as u64 * self.jobs.load(Ordering::Relaxed).max(1));
        bar.reset_eta();
    }

    fn grow(&self, runs: usize) {
        let Some(bar) = self.bar.get() else { return };
        self.runs.fetch_add(runs as u64, Ordering::Relaxed);
        bar.inc_length(runs as u64 * self.jobs.load(Ordering::Relaxed).max(1));
    }

    fn jobs_ended(&self, jobs: u64) {
        if let Some(bar) = self.bar.get()
            && self.jobs.load(Ordering::Relaxed) > 0
        {
            bar.inc(jobs);
        }
    }

    fn run_done(&self) {
        let Some(bar) = self.bar.get() else { return };
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let jobs = self.jobs.load(Ordering::Relaxed);
        // Runs of an earlier session, and jobs that did not end, are made up for.
        let least = done * jobs.max(1);
        if bar.position() < least {
            bar.set_position(least);
        }
        bar.set_message(self.message(bar, done));
    }

    fn run_failed(&self) {
        let Some(bar) = self.bar.get() else { return };
        self.failed.fetch_add(1, Ordering::Relaxed);
        bar.set_message(self.message(bar, self.done.load(Ordering::Relaxed)));
    }

    fn wants_jobs(&self) -> bool {
        self.is_shown
    }
}

/// A sign that something without steps is under way, on a terminal.
pub struct Waiting(ProgressBar);

impl Waiting {
    /// A sign that begins now.
    pub fn new(what: &'static str) -> Self {
        let is_shown = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let bar = if is_shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_message(what);
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self(bar)
    }

    /// Takes the sign away.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}
