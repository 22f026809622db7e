//! Random job streams, and an observer that averages waits.

use std::sync::{Arc, Mutex};

use sim_core::testkit::cpu;
use sim_core::{
    ClusterSpec, Dist, Engine, Event, EventMask, Failures, Job, Limits, Observer, Parts, Requested,
    ResultSink, Rules, Shape, ShapeId, SimDuration, SimTime, SinkError, Stream, Truth, View, Vocabulary,
    Workload, WorkloadError,
};

use crate::registered;

/// Poisson arrivals of one-core jobs with independent services.
struct Poisson {
    /// Mean time between arrivals [s].
    gap: Dist,
    /// Service [s].
    service: Dist,
    arrivals: Stream,
    services: Stream,
    shape: ShapeId,
    at: SimTime,
    made: u64,
    jobs: u64,
}

fn span(dist: &Dist, stream: &mut Stream) -> SimDuration {
    SimDuration::try_from_secs_f64(dist.sample(stream)).expect("draws are positive and far below 584 years")
}

impl Workload for Poisson {
    fn next_job(&mut self, _words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        if self.made == self.jobs {
            return Ok(None);
        }
        self.made += 1;
        self.at = self.at + span(&self.gap, &mut self.arrivals);
        let service = span(&self.service, &mut self.services);
        Ok(Some((Job::new(self.made, self.at, self.shape), Truth::runs_for(service))))
    }

    fn fork(&self) -> Box<dyn Workload> {
        unreachable!("these runs are not forked")
    }
}

/// Sum of waits [ns] and number of jobs, without the first ones.
type Sum = Arc<Mutex<(u128, u64)>>;

struct Waits {
    skip: u64,
    sum: Sum,
}

impl Observer for Waits {
    fn mask(&self) -> EventMask {
        EventMask::STARTED
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        let Event::Started { job, .. } = *event else { return };
        if job.sequence() < self.skip {
            return;
        }
        let mut sum = self.sum.lock().expect("nothing panics while it holds the lock");
        sum.0 += u128::from(at.since(view.job(job).facts().submit).as_ns());
        sum.1 += 1;
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        None
    }
}

/// A queue with Poisson arrivals and one queue for all servers.
pub(crate) struct Queue {
    /// One-core nodes.
    pub(crate) servers: u32,
    /// Arrivals x mean service / servers.
    pub(crate) load: f64,
    /// Service [s], of mean 1.
    pub(crate) service: Dist,
}

impl Queue {
    /// Mean wait [s] of jobs `skip..jobs` under first come, first served.
    pub(crate) fn mean_wait(&self, seed: u64, skip: u64, jobs: u64) -> f64 {
        let (mut words, mut cluster, sum) = (Vocabulary::default(), ClusterSpec::default(), Sum::default());
        cluster.add_uniform("server", self.servers, cpu(1), 0);
        let workload = Poisson {
            gap: Dist::Exponential { mean: 1.0 / (self.load * f64::from(self.servers)) },
            service: self.service.clone(),
            arrivals: Stream::new(seed, "theory/arrivals"),
            services: Stream::new(seed, "theory/services"),
            shape: words.shape(Shape::new(cpu(1))),
            at: SimTime::ZERO,
            made: 0,
            jobs,
        };
        let mut engine = Engine::new(Parts {
            cluster,
            words,
            workload: Box::new(workload),
            predictor: Box::new(Requested),
            controllers: Vec::new(),
            observers: vec![Box::new(Waits { skip, sum: sum.clone() })],
            failures: Failures::default(),
            rules: Rules::default(),
            limits: Limits::default(),
            seed,
        });
        let mut policy = registered::policy("fcfs", "first-fit", "block");
        let summary = engine.run(&mut *policy).expect("every job fits one server");
        assert_eq!((summary.submitted, summary.unfinished), (jobs, 0));
        let (ns, counted) = *sum.lock().expect("nothing panics while it holds the lock");
        assert_eq!(counted, jobs - skip);
        ns as f64 / counted as f64 / 1e9
    }
}
