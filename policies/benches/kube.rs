//! The kube-scheduler's placer and preemption: microseconds per placement and per preempting decision.
//!
//! `cargo bench -p windtunnel-policies --bench kube`
//!
//! Placements: tasks of 1 to 4 cores with tags, which ask for company and an even spread, come one by one to nodes
//! of 64 cores in four zones. Preemption: every node of 32 cores is filled by jobs of 4 cores and five priorities;
//! then urgent jobs of 16 cores, and gangs of 8 such tasks, come one by one. Times are those of `decide`; a decision
//! that preempts looks for candidates, chooses, stops the victims, who are killed, and starts the job. All are medians
//! of up to 500 decisions.
#![allow(clippy::disallowed_types, reason = "a benchmark needs a clock; the simulator has none")]

use std::time::{Duration, Instant};

use policies::placer::PLACERS;
use policies::preempt::PREEMPTORS;
use policies::{Prior, registry};
use sim_core::registry::{About, Params, Value};
use sim_core::testkit::{ListedJobs, cpu_mem};
use sim_core::{
    ClusterSpec, Company, Constraints, Decision, Domain, Engine, Failures, Gang, Job, Limits, Parts, Policy,
    Preferences, Requested, Setup, Shape, SimDuration, SimTime, Stream, Truth, View, Vocabulary,
};

const NODES: [u32; 3] = [100, 1000, 10_000];
/// Placements and urgent jobs that are timed.
const COUNT: u64 = 500;

/// Times the decisions from an instant on in which something waits.
struct Timed {
    inner: Box<dyn Policy>,
    from: SimTime,
    spent: Vec<Duration>,
}

impl Policy for Timed {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn setup(&self) -> Setup {
        self.inner.setup()
    }

    fn attach(&mut self, view: View<'_>) {
        self.inner.attach(view);
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        let counts = cx.view().now() >= self.from && cx.view().waiting_len() > 0;
        let began = Instant::now();
        self.inner.decide(cx);
        if counts {
            self.spent.push(began.elapsed());
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self { inner: self.inner.fork(), from: self.from, spent: self.spent.clone() })
    }
}

/// The declared defaults, as far as they are words or whole numbers.
fn defaults(all: &[About], name: &str) -> Value {
    let about = all.iter().find(|about| about.name == name).expect("the name is registered");
    let mut params = Params::default();
    for (param, text) in about.params.iter().filter_map(|param| Some((param, param.default?))) {
        match text.parse() {
            Ok(number) => params.set(param.name, Value::Int(number)),
            // Killed victims do not come back to stop others.
            Err(_) if param.name == "how" => params.set("how", Value::Text("kill".to_owned())),
            Err(_) => params.set(param.name, Value::Text(text.trim_matches('"').to_owned())),
        }
    }
    Value::Plugin(name.to_owned(), params)
}

fn policy(place: &str, preempt: &str) -> Box<dyn Policy> {
    let mut params = Params::default();
    params.set("order", defaults(policies::order::ORDERS, "priority"));
    params.set("place", defaults(PLACERS, place));
    params.set("head", Value::Text("block".to_owned()));
    params.set("preempt", defaults(PREEMPTORS, preempt));
    registry::build("list", &params, &Prior::default())
}

/// Median of the microseconds spent in decisions from `from` on.
fn run(
    cluster: ClusterSpec,
    words: Vocabulary,
    jobs: Vec<(Job, Truth)>,
    policy: Box<dyn Policy>,
    from: u64,
) -> f64 {
    let mut policy = Timed { inner: policy, from: SimTime::from_secs(from), spent: Vec::new() };
    let mut engine = Engine::new(Parts {
        cluster,
        words,
        workload: Box::new(ListedJobs::new(jobs)),
        predictor: Box::new(Requested),
        controllers: Vec::new(),
        observers: Vec::new(),
        failures: Failures::default(),
        rules: Default::default(),
        limits: Limits { until: SimTime::from_secs(from + COUNT), ..Limits::default() },
        seed: 1,
    });
    engine.run(&mut policy).expect("the case is a legal one");
    policy.spent.sort_unstable();
    policy.spent[policy.spent.len() / 2].as_secs_f64() * 1e6
}

/// Microseconds per placement.
fn placing(nodes: u32, place: &str) -> f64 {
    let mut cluster = ClusterSpec::default();
    cluster.add_uniform("n", nodes, cpu_mem(64, 262_144), 0);
    for (n, node) in cluster.nodes.iter_mut().enumerate() {
        node.zone = n as u32 % 4;
    }
    let (mut words, mut stream) = (Vocabulary::default(), Stream::new(1, "bench"));
    let tags = words.tag("app=web").expect("there is but one");
    let company = vec![Company { tags, level: Domain::Zone, weight: 5, required: false }];
    let preferences = words.preferences(Preferences { tags, company, ..Preferences::default() });
    let constraints = words.constraints(Constraints { preferences, ..Constraints::NONE });
    let mut jobs = Vec::new();
    // Five tasks per node stand already.
    for n in 0..u64::from(nodes) * 5 + COUNT {
        let submit =
            SimTime::from_secs(n.saturating_sub(u64::from(nodes) * 5) + u64::from(n >= u64::from(nodes) * 5));
        let cores = 1 + stream.below(4) as u32;
        let shape = words.shape(Shape::new(cpu_mem(cores, 1024 * cores)));
        jobs.push((
            Job { constraints, ..Job::new(n, submit, shape) },
            Truth::runs_for(SimDuration::from_secs(1 << 20)),
        ));
    }
    run(cluster, words, jobs, policy(place, "none"), 1)
}

/// Microseconds per decision that preempts for a job of so many tasks.
fn preempting(nodes: u32, rule: &str, tasks: u32) -> f64 {
    let mut cluster = ClusterSpec::default();
    cluster.add_uniform("n", nodes, cpu_mem(32, 131_072), 0);
    let (mut words, mut stream) = (Vocabulary::default(), Stream::new(1, "bench"));
    let small = words.shape(Shape::new(cpu_mem(4, 1024)));
    let large = words.shape(Shape::new(cpu_mem(16, 1024)));
    let long = || Truth::runs_for(SimDuration::from_secs(1 << 20));
    let mut jobs = Vec::new();
    for n in 0..u64::from(nodes) * 8 {
        let priority = stream.below(5) as i32;
        jobs.push((Job { priority, ..Job::new(n, SimTime::ZERO, small) }, long()));
    }
    // As many as are sure to find victims.
    let count = COUNT.min(u64::from(nodes) / u64::from(tasks));
    for n in 0..count {
        let id = u64::from(nodes) * 8 + n;
        let job = Job::new(id, SimTime::from_secs(10 + n), large);
        jobs.push((Job { tasks, gang: Gang::AllOrNothing, priority: 10, ..job }, long()));
    }
    run(cluster, words, jobs, policy("first-fit", rule), 10)
}

fn main() {
    let title = |what: &str| {
        let nodes = NODES.map(|nodes| format!("{:>14}", format!("{nodes} nodes")));
        println!("{what:<40} {}", nodes.concat());
    };
    let line = |name: &str, of: &dyn Fn(u32) -> f64| {
        let times = NODES.map(|nodes| format!("{:>14.1}", of(nodes)));
        println!("{name:<40} {}", times.concat());
    };
    title("Microseconds per placement");
    for place in ["first-fit", "kube", "weighted"] {
        line(place, &|nodes| placing(nodes, place));
    }
    title("Microseconds per preempting decision");
    for rule in ["kube", "least-lost-work"] {
        for tasks in [1, 8] {
            line(&format!("{rule}, {tasks} task(s)"), &|nodes| preempting(nodes, rule, tasks));
        }
    }
}
