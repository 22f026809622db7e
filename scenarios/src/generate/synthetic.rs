//! The synthetic generator: arrivals, classes of jobs, durations, tenants and estimates, each by itself.

use sim_core::job::Extras;
use sim_core::registry::{About, Kind, Param};
use sim_core::{Job, SimDuration, SimTime, Stream, Truth, Vocabulary, Workload, WorkloadError};

use super::arrivals::Arrivals;
use super::estimates::Estimate;
use super::extras::{CHECKPOINT, RETRY, SLACKS, Slack, maybe_failing};
use super::residual::Residual;
use super::shapes::{CLASS, Class};
use super::tenants::{TENANT, Tenants};
use super::weighted::Weighted;

mod build;

/// The declaration.
pub(super) const ABOUT: About = About {
    name: "synthetic",
    doc: "Jobs from distributions: an arrival process, weighted classes of jobs, tenants, estimates, \
          deadlines and failures. Each attribute has a random stream of its own. Ids count from 1.",
    source: "Open queueing systems; see the sources of arrivals and durations.",
    params: &[
        Param::with_default("arrivals", Kind::Plugin("arrivals"), "\"poisson\"", "When jobs are submitted."),
        Param::optional(
            "load",
            Kind::Float { min: 1e-6, max: 1e6 },
            "Offered load: mean work per time by capacity, in the lane that is asked for most; sets the mean \
             rate. Work is what was declared: failures and retries do not count.",
        ),
        Param::optional("jobs", Kind::Int { min: 1, max: 1 << 36 }, "Ends the stream after so many jobs."),
        Param::optional("duration", Kind::Duration, "Ends the stream before this time."),
        Param::optional(
            "durations",
            Kind::Plugin("durations"),
            "How long jobs run, unless their class says.",
        ),
        Param::required("shapes", Kind::List(&Kind::Table(CLASS)), "Classes of jobs."),
        Param::optional("tenants", Kind::List(&Kind::Table(TENANT)), "Tenants; one, `default`, if left out."),
        Param::with_default("estimates", Kind::Plugin("estimates"), "\"exact\"", "Requested wall times."),
        Param::optional(
            "deadline_slack",
            SLACKS,
            "Deadline = submission + slack x service; none if left out.",
        ),
        Param::with_default(
            "fails",
            Kind::Float { min: 0.0, max: 1.0 },
            "0.0",
            "Share of jobs that fail in every attempt, after a uniform part of their service.",
        ),
        Param::optional("retry", Kind::Table(RETRY), "Attempts after a failure."),
        Param::optional("checkpoint", Kind::Table(CHECKPOINT), "What survives a preemption."),
        Param::with_default(
            "warm",
            Kind::Bool,
            "false",
            "Begins with what a stationary system would be running: round(mean rate x mean service) jobs in \
             the first moments, a nanosecond apart, their durations residual. They come on top of `jobs`.",
        ),
    ],
};

/// A stream of synthetic jobs.
#[derive(Clone, Debug)]
pub struct Synthetic {
    arrivals: Arrivals,
    classes: Vec<Class>,
    mix: Weighted,
    tenants: Tenants,
    estimate: Estimate,
    slack: Option<Slack>,
    fails: f64,
    extras: Option<Box<Extras>>,
    jobs_max: u64,
    end: SimTime,
    draws: Draws,
    initial: Option<Initial>,
    now: SimTime,
    yielded: u64,
    named: bool,
}

/// One random stream for each attribute of a job.
#[derive(Clone, Debug)]
struct Draws {
    shapes: Stream,
    durations: Stream,
    tenants: Stream,
    estimates: Stream,
    deadlines: Stream,
    failures: Stream,
}

impl Draws {
    fn new(seed: u64, prefix: &str) -> Self {
        let stream = |name: &str| Stream::new(seed, &format!("{prefix}/{name}"));
        Self {
            shapes: stream("shapes"),
            durations: stream("durations"),
            tenants: stream("tenants"),
            estimates: stream("estimates"),
            deadlines: stream("deadlines"),
            failures: stream("failures"),
        }
    }
}

/// The jobs that are there at the start, submitted within the first moments.
#[derive(Clone, Debug)]
struct Initial {
    left: u64,
    /// Classes by share of the jobs that run, not of those that arrive: longer ones weigh more.
    mix: Weighted,
    residuals: Vec<Residual>,
    /// Streams of their own, so that a warm start shifts no draw of the jobs that arrive.
    draws: Draws,
}

impl Synthetic {
    /// Mean rate of arrivals [jobs per second].
    pub fn mean_rate(&self) -> f64 {
        self.arrivals.mean_rate()
    }

    fn error(&self, reason: String) -> WorkloadError {
        WorkloadError { source_name: "synthetic".to_owned(), record: self.yielded + 1, reason }
    }

    fn name_words(&mut self, words: &mut Vocabulary) -> Result<(), WorkloadError> {
        self.tenants.name(words);
        for n in 0..self.classes.len() {
            let name = format!("shapes[{n}]");
            self.classes[n].name_words(&name, words).map_err(|reason| self.error(reason))?;
        }
        self.named = true;
        Ok(())
    }

    /// A job at `submit`: one of those that are there at the start if `initial`, else one that arrives.
    #[inline]
    fn job(
        &mut self,
        submit: SimTime,
        initial: bool,
        words: &mut Vocabulary,
    ) -> Result<(Job, Truth), WorkloadError> {
        let (draws, class, seconds) = match &mut self.initial {
            Some(start) if initial => {
                let class = start.mix.pick(&mut start.draws.shapes);
                let seconds = start.residuals[class].sample(&mut start.draws.durations);
                (&mut start.draws, &mut self.classes[class], seconds)
            }
            _ => {
                let class = &mut self.classes[self.mix.pick(&mut self.draws.shapes)];
                let seconds = class.durations.sample(&mut self.draws.durations);
                (&mut self.draws, class, seconds)
            }
        };
        let (shape, tasks, gang) = class.draw(&mut draws.shapes, words);
        let (tenant, user, priority) = self.tenants.draw(class.tenant, &mut draws.tenants);
        let priority = priority + class.priority;
        let Some(service) = service_of(seconds) else {
            return Err(self.error(format!("a duration of {seconds} s: must be at most 584 years")));
        };
        let mut truth = Truth::runs_for(service);
        if self.fails > 0.0 {
            truth = maybe_failing(truth, self.fails, &mut draws.failures);
        }
        let walltime = self.estimate.walltime(service, &mut draws.estimates);
        let slack = self.slack.map(|slack| slack.deadline(submit, service, &mut draws.deadlines));
        self.yielded += 1;
        let job = Job {
            tasks,
            gang,
            walltime,
            deadline: slack.unwrap_or(SimTime::MAX),
            user,
            tenant,
            priority,
            constraints: class.constraints,
            extras: self.extras.clone(),
            ..Job::new(self.yielded, submit, shape)
        };
        Ok((job, truth))
    }
}

/// Rounded to nanoseconds, at least one; `None` beyond what a span can hold.
#[inline]
fn service_of(seconds: f64) -> Option<SimDuration> {
    SimDuration::try_from_secs_f64(seconds).map(|span| span.max(SimDuration::from_ns(1)))
}

impl Workload for Synthetic {
    #[inline]
    fn next_job(&mut self, words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        if !self.named {
            self.name_words(words)?;
        }
        if self.yielded >= self.jobs_max {
            return Ok(None);
        }
        if let Some(start) = &mut self.initial
            && start.left > 0
        {
            start.left -= 1;
            // One nanosecond apart: a million starts at one instant would be one decision, with all of it to undo.
            self.now = SimTime::from_ns(self.yielded);
            return self.job(self.now, true, words).map(Some);
        }
        match self.arrivals.next(self.now) {
            Some(now) if now < self.end => {
                self.now = now;
                self.job(now, false, words).map(Some)
            }
            _ => {
                // The stream stays at its end, though arrivals have moved on.
                self.jobs_max = self.yielded;
                Ok(None)
            }
        }
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;
