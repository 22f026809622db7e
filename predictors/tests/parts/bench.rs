//! A run under a predictor, and what it said.

use std::sync::{Arc, Mutex};

use predictors::registry::{PREDICTORS, build};
use sim_core::registry::{Kind, Params, Value};
use sim_core::testkit::{ListedJobs, cpu, greedy};
use sim_core::{
    ClusterSpec, Engine, Estimate, Event, EventMask, Failures, Gang, Job, Limits, Observer, Parts,
    ResultSink, Rules, RuntimePredictor, Shape, SimDuration, SimTime, SinkError, Step, TenantId, Truth,
    UserId, View, Vocabulary,
};

/// A day [s]: jobs that many days apart have the hour in common.
pub(crate) const DAY: u64 = 86_400;

/// A job in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) submit: u64,
    pub(crate) run: u64,
    pub(crate) user: u32,
    pub(crate) tasks: u32,
    pub(crate) gang: Gang,
    pub(crate) request: Option<u64>,
}

/// A job of one task that requests nothing.
pub(crate) fn row(submit: u64, run: u64, user: u32) -> Row {
    Row { submit, run, user, tasks: 1, gang: Gang::AllOrNothing, request: None }
}

/// The span of so many seconds.
pub(crate) fn secs(secs: u64) -> SimDuration {
    SimDuration::from_secs(secs)
}

/// What was said and when: at submission, at corrections; and when jobs ended. By number of the job, from 1.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Record {
    pub(crate) predicted: Vec<(u64, SimTime, Estimate)>,
    pub(crate) revised: Vec<(u64, SimTime, Estimate)>,
    pub(crate) ended: Vec<(u64, SimTime)>,
    pub(crate) fingerprint: u128,
}

impl Record {
    /// The medians at submission \[s\], in order.
    pub(crate) fn medians(&self) -> Vec<f64> {
        self.predicted.iter().map(|(_, _, estimate)| seconds(estimate.p50)).collect()
    }
}

/// The span in seconds; infinity for the unknown one.
pub(crate) fn seconds(span: SimDuration) -> f64 {
    if span == SimDuration::MAX { f64::INFINITY } else { span.as_secs_f64() }
}

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Record>>);

impl Observer for Recorder {
    fn mask(&self) -> EventMask {
        EventMask::ALL
    }

    fn on_event(&mut self, at: SimTime, event: &Event, view: View<'_>) {
        let mut record = self.0.lock().unwrap();
        match *event {
            Event::Submitted(job) => {
                let job = view.job(job);
                record.predicted.push((job.facts().id, at, job.predicted()));
            }
            Event::EstimateExpired(job) => {
                let job = view.job(job);
                record.revised.push((job.facts().id, at, job.estimate()));
            }
            Event::Ended { job, .. } => record.ended.push((view.job(job).facts().id, at)),
            _ => {}
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        Some(Box::new(self.clone()))
    }
}

/// The registered predictor with these parameters, and the declared defaults of the others.
pub(crate) fn predictor(name: &str, given: &[(&str, &str)]) -> Box<dyn RuntimePredictor> {
    let found = PREDICTORS.iter().find(|predictor| predictor.about.name == name);
    let about = found.expect("the name is registered").about;
    for (key, _) in given {
        assert!(about.params.iter().any(|param| param.name == *key), "{name} has no {key}");
    }
    let mut params = Params::default();
    for param in about.params {
        let text = given.iter().find(|(key, _)| *key == param.name).map(|(_, text)| *text);
        let text = text.or(param.default).expect("every parameter has a default").trim_matches('"');
        let value = match param.kind {
            Kind::Int { .. } => Value::Int(text.parse().unwrap()),
            Kind::Float { .. } => Value::Float(text.parse().unwrap()),
            Kind::Bool => Value::Bool(text.parse().unwrap()),
            _ => Value::Text(text.to_owned()),
        };
        params.set(param.name, value);
    }
    build(name, &params)
}

/// Runs `rows` on `cores` nodes of one core, without enforcing requests; with a fork after so many decisions.
pub(crate) fn run_on(
    cores: u32,
    predictor: Box<dyn RuntimePredictor>,
    rows: &[Row],
    forks_at: Option<u32>,
) -> Record {
    let (mut cluster, mut words) = (ClusterSpec::default(), Vocabulary::default());
    cluster.add_uniform("n", cores, cpu(1), 0);
    let shape = words.shape(Shape::new(cpu(1)));
    let job = |(n, row): (usize, &Row)| {
        let job = Job {
            tasks: row.tasks,
            gang: row.gang,
            walltime: row.request.map_or(SimDuration::MAX, secs),
            user: UserId(row.user),
            tenant: TenantId(row.user % 2),
            ..Job::new(n as u64 + 1, SimTime::from_secs(row.submit), shape)
        };
        (job, Truth::runs_for(secs(row.run)))
    };
    let recorder = Recorder::default();
    let mut policy = greedy();
    let mut engine = Engine::new(Parts {
        cluster,
        words,
        workload: Box::new(ListedJobs::new(rows.iter().enumerate().map(job).collect())),
        predictor,
        controllers: Vec::new(),
        observers: vec![Box::new(recorder.clone())],
        failures: Failures::default(),
        rules: Rules { kill_at_walltime: false, ..Rules::default() },
        limits: Limits::default(),
        seed: 1,
    });
    engine.attach(&mut *policy);
    let mut decisions = 0;
    while engine.advance().unwrap() == Step::Decide {
        policy.decide(&mut engine.decision());
        engine.commit();
        decisions += 1;
        if forks_at == Some(decisions) {
            engine = engine.clone();
        }
    }
    let fingerprint = engine.fingerprint();
    Record { fingerprint, ..recorder.0.lock().unwrap().clone() }
}

/// Runs `rows`, none of which has to wait.
pub(crate) fn run(name: &str, given: &[(&str, &str)], rows: &[Row]) -> Record {
    run_on(64, predictor(name, given), rows, None)
}

/// Names of the predictors that learn.
pub(crate) fn learning() -> impl Iterator<Item = &'static str> {
    PREDICTORS.iter().map(|predictor| predictor.about.name).filter(|&name| name != "requested")
}
