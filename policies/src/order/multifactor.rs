//! Slurm's multifactor priority: a weighted sum of age, fair share, size, priority and tenant.

mod fair_share;

use rustc_hash::FxHashMap;
use sim_core::registry::{About, Kind, Param, Params, Value};
use sim_core::{Event, Gang, JobId, Lane, SimDuration, View};

use super::{JobOrder, OrderKey};
use fair_share::FairShare;

const WEIGHT: Kind = Kind::Int { min: 0, max: 4_294_967_295 };
const SHARES: Kind = Kind::Float { min: 1e-6, max: 1e6 };

/// The declaration.
pub(super) const ABOUT: About = About {
    name: "multifactor",
    doc: "Slurm's multifactor priority, the highest first: the sum of factors between 0 and 1, each times \
          its weight, computed anew at every multiple of `calc_period`; until then a job keeps the \
          priority that it entered the queue with. Usage is what executions of a tenant and its users \
          held, in `lane` x seconds, and loses half of its weight in every `half_life`. The sum is a key \
          rounded to 1e-6.",
    source: "Slurm, Multifactor Priority Plugin; Classic Fairshare Algorithm; Fair Tree Fairshare Algorithm \
             (slurm.schedmd.com).",
    params: &[
        Param::with_default(
            "weight_age",
            WEIGHT,
            "1000",
            "of the wait since submission / `age_max`, at most 1",
        ),
        Param::with_default("weight_fair_share", WEIGHT, "10000", "of how far the owner is below its share"),
        Param::with_default(
            "weight_job_size",
            WEIGHT,
            "0",
            "of the part of the cluster's `lane` that the job asks for",
        ),
        Param::with_default(
            "weight_priority",
            WEIGHT,
            "1000",
            "of the declared priority / `priority_max` (Slurm's quality of service), 0 if negative",
        ),
        Param::with_default(
            "weight_tenant",
            WEIGHT,
            "0",
            "of the tenant's `tenant_factor` / the largest of them",
        ),
        Param::with_default("age_max", Kind::Duration, "\"7d\"", "the wait at which age counts in full"),
        Param::with_default("favor_small", Kind::Bool, "false", "makes size count as 1 - its part"),
        Param::with_default(
            "priority_max",
            Kind::Int { min: 1, max: 1_000_000_000 },
            "10",
            "the declared priority that counts in full",
        ),
        Param::with_default("tenant_factor", Kind::Map(&SHARES), "{}", "by tenant; the others have 0"),
        Param::with_default(
            "fair_share",
            Kind::Choice(&["tree", "classic"]),
            "\"tree\"",
            "tree: users ranked depth first by shares / usage among siblings, rank / number of users; \
             classic: 2^(-effective usage / normalised shares / `damping`)",
        ),
        Param::with_default("damping", Kind::Float { min: 1e-6, max: 1e6 }, "1.0", "of classic fair share"),
        Param::with_default(
            "shares",
            Kind::Map(&SHARES),
            "{}",
            "by tenant; the others have 1, as have all users",
        ),
        Param::with_default("half_life", Kind::Duration, "\"7d\"", "of usage"),
        Param::with_default("calc_period", Kind::Duration, "\"5m\"", "time between two computations"),
        Param::with_default(
            "lane",
            Kind::Choice(&["cpu", "memory", "gpu", "disk", "net", "extra1", "extra2", "extra3"]),
            "\"cpu\"",
            "the resource in which usage and size are measured",
        ),
    ],
};

/// Parameters that do not change.
#[derive(Clone, Debug)]
struct Weights {
    age: f64,
    fair_share: f64,
    job_size: f64,
    priority: f64,
    tenant: f64,
    age_max: f64,
    favor_small: bool,
    priority_max: f64,
    tenant_factor: Vec<(String, f64)>,
    period: SimDuration,
    lane: Lane,
}

/// The order.
#[derive(Clone, Debug)]
struct Multifactor {
    weights: Weights,
    usage: FairShare,
    /// Jobs that have entered the queue and have not ended. Looked up, never iterated.
    jobs: FxHashMap<JobId, Held>,
}

/// What a job's executions hold.
#[derive(Clone, Copy, Debug)]
struct Held {
    account: usize,
    each: u64,
    tasks: u32,
    gang: Gang,
    running: u32,
}

pub(super) fn build(params: &Params) -> Box<dyn JobOrder> {
    let weight = |key: &str| params.int(key) as f64;
    let weights = Weights {
        age: weight("weight_age"),
        fair_share: weight("weight_fair_share"),
        job_size: weight("weight_job_size"),
        priority: weight("weight_priority"),
        tenant: weight("weight_tenant"),
        age_max: params.duration("age_max").max(SimDuration::from_ns(1)).as_secs_f64(),
        favor_small: params.bool("favor_small"),
        priority_max: weight("priority_max"),
        tenant_factor: numbers(params, "tenant_factor"),
        period: params.duration("calc_period").max(SimDuration::from_ns(1)),
        lane: Lane::from_name(params.text("lane")).expect("the choice lists lanes only"),
    };
    let half_life = params.duration("half_life").max(SimDuration::from_ns(1)).as_secs_f64();
    let damping = (params.text("fair_share") == "classic").then(|| params.float("damping"));
    let usage = FairShare::new(numbers(params, "shares"), half_life, damping);
    Box::new(Multifactor { weights, usage, jobs: FxHashMap::default() })
}

/// A map from names to numbers, by name.
fn numbers(params: &Params, key: &str) -> Vec<(String, f64)> {
    let table = params.table(key).expect("the map has a default");
    let number = |value: &Value| match value {
        Value::Float(number) => *number,
        other => panic!("the map is declared to hold numbers, not {other:?}"),
    };
    table.iter().map(|(name, value)| (name.to_owned(), number(value))).collect()
}

impl Multifactor {
    /// An execution of the job starts (or ends), if it is known.
    fn change(&mut self, job: JobId, starts: bool, view: View<'_>) {
        let Some(held) = self.jobs.get_mut(&job) else { return };
        let width = match held.gang {
            Gang::Independent => 1,
            Gang::AllOrNothing => held.tasks,
            // Its one execution may have been resized: what it holds now, or nothing once it has ended.
            Gang::Elastic { .. } if starts => {
                view.runs_of(job).map(|run| view.run(run).slots().len() as u32).sum::<u32>()
            }
            Gang::Elastic { .. } => held.running,
        };
        let before = held.running;
        held.running = match held.gang {
            Gang::Elastic { .. } if starts => width,
            _ if starts => before + width,
            _ => before.saturating_sub(width),
        };
        let more = (i64::from(held.running) - i64::from(before)) * held.each as i64;
        self.usage.hold(held.account, more, view.now());
    }
}

impl JobOrder for Multifactor {
    fn name(&self) -> &str {
        ABOUT.name
    }

    fn key(&self, job: JobId, view: View<'_>) -> OrderKey {
        let (row, of) = (view.job(job), &self.weights);
        let facts = row.facts();
        let wait = view.now().since(facts.submit).as_secs_f64();
        let asked = f64::from(facts.tasks) * f64::from(view.shape(job).need().get(of.lane));
        let whole = view.nodes().capacity_up()[of.lane.index()] as f64;
        let size = if whole > 0.0 { (asked / whole).min(1.0) } else { 0.0 };
        let largest = of.tenant_factor.iter().map(|(_, factor)| *factor).fold(0.0, f64::max);
        let name = view.words().tenants().name(facts.tenant.0).unwrap_or("");
        let own = of.tenant_factor.iter().find(|(tenant, _)| tenant == name);
        let sum = of.age * (wait / of.age_max).min(1.0)
            + of.fair_share * self.usage.factor(facts.tenant, facts.user)
            + of.job_size * if of.favor_small { 1.0 - size } else { size }
            + of.priority * (f64::from(facts.priority) / of.priority_max).clamp(0.0, 1.0)
            + of.tenant * own.map_or(0.0, |(_, factor)| factor / largest);
        OrderKey(-(libm::round(sum * 1e6) as i64))
    }

    fn period(&self) -> Option<SimDuration> {
        Some(self.weights.period)
    }

    fn observe(&mut self, events: &[Event], view: View<'_>) {
        for event in events {
            match *event {
                Event::Queued(job) => {
                    if let Some(row) = view.find(job)
                        && !self.jobs.contains_key(&job)
                    {
                        let facts = row.facts();
                        let account = self.usage.account(facts.tenant, facts.user, view.words());
                        let each = u64::from(view.shape(job).need().get(self.weights.lane));
                        let held = Held { account, each, tasks: facts.tasks, gang: facts.gang, running: 0 };
                        self.jobs.insert(job, held);
                    }
                }
                Event::Started { job, .. } | Event::Resized { job, .. } => self.change(job, true, view),
                Event::RunEnded { job, .. } | Event::Preempted { job, .. } => self.change(job, false, view),
                Event::Ended { job, .. } => {
                    if let Some(held) = self.jobs.remove(&job) {
                        let rest = -(i64::from(held.running) * held.each as i64);
                        self.usage.hold(held.account, rest, view.now());
                    }
                }
                _ => {}
            }
        }
        self.usage.read(view.now(), self.weights.period);
    }

    fn fork(&self) -> Box<dyn JobOrder> {
        Box::new(self.clone())
    }
}
