//! Random cases under random trees of queues: invariants of the engine and of limits, and forks that agree.

use std::collections::BTreeMap;

use sim_core::registry::Value;
use sim_core::testkit::{run_by_steps, swarm_case};
use sim_core::{
    Engine, Event, EventMask, Lane, Observer, ResultSink, SimTime, SinkError, Stream, Summary, TenantId,
    UserId, View,
};

use crate::declared::{Given, Table, queue, queues, share};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
/// Cases that CI runs; `WINDTUNNEL_SWARM=10000` asks for more.
const CASES: u64 = 400;

/// What no tenant may hold more of than this.
#[derive(Clone, Default)]
struct Bounds {
    /// Milli-cores per tenant.
    alone: BTreeMap<u32, u64>,
    /// Milli-cores of tenants together.
    together: Option<(Vec<u32>, u64)>,
}

impl Observer for Bounds {
    fn mask(&self) -> EventMask {
        EventMask::STARTED.or(EventMask::RESIZED)
    }

    fn on_event(&mut self, _: SimTime, event: &Event, view: View<'_>) {
        // Who resizes a job may exceed what a policy would have let start.
        if !matches!(event, Event::Started { .. }) {
            return;
        }
        let mut held: BTreeMap<u32, u64> = BTreeMap::new();
        for (_, run) in view.running() {
            let cpu = u64::from(view.shape(run.job()).need().get(Lane::Cpu)) * run.slots().len() as u64;
            *held.entry(view.job(run.job()).facts().tenant.0).or_default() += cpu;
        }
        let of = |tenant: &u32| held.get(tenant).copied().unwrap_or(0);
        for (tenant, &most) in &self.alone {
            assert!(of(tenant) <= most, "{tenant} holds {} milli-cores of {most}", of(tenant));
        }
        if let Some((tenants, most)) = &self.together {
            let sum: u64 = tenants.iter().map(of).sum();
            assert!(sum <= *most, "{tenants:?} hold {sum} milli-cores of {most} together");
        }
    }

    fn finish(&mut self, _: SimTime, _: View<'_>, _: &mut dyn ResultSink) -> Result<(), SinkError> {
        Ok(())
    }

    fn fork(&self) -> Option<Box<dyn Observer>> {
        Some(Box::new(self.clone()))
    }
}

/// The case of a seed, with tenants a to e and three users.
fn engine(seed: u64, bounds: Bounds) -> Engine {
    let mut case = swarm_case(seed);
    NAMES.iter().for_each(|name| assert!(case.words.tenant(name).0 < 5));
    let mut stream = Stream::new(seed, "owners");
    for (job, _) in &mut case.jobs {
        job.tenant = TenantId(stream.below(5) as u32);
        job.user = UserId(stream.below(3) as u32);
    }
    case.engine(seed, vec![Box::new(bounds)])
}

/// A policy drawn from the seed, and what it must never let a tenant exceed.
fn drawn(seed: u64) -> (Table, Bounds) {
    let mut stream = Stream::new(seed, "queues");
    let mut below = |n: u64| stream.below(n) as usize;
    const RULES: [&str; 7] = ["fifo", "priority", "fair", "drf", "hdrf", "capacity", "cohort"];
    let rule = RULES[below(7)];
    let mut bounds = Bounds::default();
    let (mut tree, mut quotas) = (Vec::new(), Vec::new());
    let has_group = below(2) == 0;
    if has_group {
        tree.push(queue("group").with("share", RULES[below(7)]).with("guaranteed", 0.6));
    }
    let borrows = below(2) == 0;
    for (n, name) in NAMES[..1 + below(5)].iter().enumerate() {
        let mut own = queue(name).with("weight", 1.0 + below(3) as f64).with("priority", below(3) as i64);
        if has_group {
            own = own.with("parent", "group");
        }
        if below(2) == 0 {
            own = own.with("guaranteed", 0.1 * below(2) as f64).with("user_limit", 0.4);
        }
        if below(2) == 0 {
            let cores = 2 + below(20) as u32;
            let quota = Given::Keys(vec![("cpu", Value::Amount(cores * 1000))]);
            own = own.with("quota", quota).with("borrow", borrows);
            quotas.push((n as u32, u64::from(cores) * 1000));
        }
        own = own.with("order", ["fcfs", "sjf", "priority"][below(3)]);
        own = own.with("users", ["together", "order", "fair", "drf"][below(4)]);
        tree.push(own);
    }
    if borrows {
        let together = quotas.iter().map(|quota| quota.0).collect();
        bounds.together = Some((together, quotas.iter().map(|quota| quota.1).sum()));
    } else {
        bounds.alone = quotas.into_iter().collect();
    }
    let given = match below(4) {
        0 => share("fair", &[("half_life", Given::Seconds(200)), ("calc_period", Given::Seconds(50))]),
        1 => share("priority", &[("age_every", Given::Seconds(30))]),
        _ => share(rule, &[]),
    };
    let mut table = queues(given, &tree).with("head", ["skip", "queue", "block"][below(3)]);
    if below(3) == 0 {
        table = table.with("patience", Given::Seconds(100));
    }
    let reclaim = ["none", "requeue", "suspend", "kill"][below(4)];
    let with_reclaim = table.clone().with("reclaim", reclaim);
    if with_reclaim.contradictions().is_empty() {
        table = with_reclaim;
    }
    table = table.with("place", ["first-fit", "best-fit", "worst-fit"][below(3)]);
    (table.with("by", "tenant"), bounds)
}

/// A run by the engine's loop, or with a fork at a decision.
fn run(seed: u64, fork_at: Option<u64>) -> Summary {
    let (table, bounds) = drawn(seed);
    let (mut engine, mut policy) = (engine(seed, bounds), table.policy());
    match fork_at {
        Some(decision) => run_by_steps(engine, policy, decision),
        None => engine.run(&mut *policy).expect("every drawn case is possible"),
    }
}

#[test]
fn invariants_and_quotas_hold_and_forks_agree_under_random_trees() {
    let cases =
        std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"));
    let (mut submitted, mut unfinished) = (0, 0);
    for seed in 0..cases {
        let caught = std::panic::catch_unwind(|| {
            let summary = run(seed, None);
            assert_eq!(summary, run(seed, Some(1 + seed % 13)), "a fork went another way");
            summary
        });
        let summary = caught.unwrap_or_else(|_| panic!("swarm seed {seed} failed (see above)"));
        submitted += summary.submitted;
        unfinished += summary.unfinished;
    }
    // Quotas below a job's request, constraints and nodes that are never on leave jobs waiting for good.
    assert!(unfinished * 2 < submitted, "{unfinished} of {submitted} jobs were left unfinished");
}
