//! The classic orders: by arrival, length, size, priority, deadline, or at random.

use sim_core::registry::{About, Kind, Param, Params};
use sim_core::{JobId, Keyed, Lane, View};

use super::{JobOrder, OrderKey};

const LANE: Param = Param::with_default(
    "lane",
    Kind::Choice(&["cpu", "memory", "gpu", "disk", "net", "extra1", "extra2", "extra3"]),
    "\"cpu\"",
    "the resource that a job's size is measured in: tasks x request",
);

/// The registered orders.
pub const ORDERS: &[About] = &[
    About {
        name: "fcfs",
        doc: "First come, first served: by submission time.",
        source: "Folklore; Feitelson and Weil, IPPS 1998, as the baseline of backfilling.",
        params: &[],
    },
    About {
        name: "sjf",
        doc: "Shortest job first: by estimated run time, ties to the earlier submission. Unknown times come last.",
        source: "Conway, Maxwell, Miller, Theory of Scheduling, 1967 (SPT).",
        params: &[],
    },
    About {
        name: "ljf",
        doc: "Longest job first: by estimated run time, the longest first. Unknown times come first.",
        source: "Graham, SIAM J. Appl. Math. 1969 (LPT).",
        params: &[],
    },
    About {
        name: "smallest",
        doc: "Smallest job first: by tasks x request in one lane.",
        source: "Majumdar, Eager, Bunt, SIGMETRICS 1988 (smallest number of processes first).",
        params: &[LANE],
    },
    About {
        name: "largest",
        doc: "Largest job first: by tasks x request in one lane, the largest first.",
        source: "Li and Cheng, largest-job-first, Algorithmica 1991 (two-dimensional packing).",
        params: &[LANE],
    },
    About {
        name: "priority",
        doc: "By declared priority, the highest first; ties to the earlier submission.",
        source: "Kubernetes PrioritySort queue-sort plug-in.",
        params: &[],
    },
    About {
        name: "edf",
        doc: "Earliest deadline first; jobs without a deadline come last.",
        source: "Liu and Layland, JACM 1973.",
        params: &[],
    },
    About {
        name: "random",
        doc: "A random order, drawn once per job from the seed: the same for a job under every placer.",
        source: "A control: what any order should beat.",
        params: &[],
    },
    super::multifactor::ABOUT,
];

#[derive(Clone, Copy, Debug)]
enum Rule {
    Fcfs,
    Sjf,
    Ljf,
    Smallest(Lane),
    Largest(Lane),
    Priority,
    Edf,
    Random(Option<Keyed>),
}

#[derive(Clone, Copy, Debug)]
struct Classic {
    name: &'static str,
    rule: Rule,
}

pub(super) fn build(name: &str, params: &Params) -> Option<Box<dyn JobOrder>> {
    let lane = || Lane::from_name(params.text("lane")).expect("the choice lists lanes only");
    let rule = match name {
        "fcfs" => Rule::Fcfs,
        "sjf" => Rule::Sjf,
        "ljf" => Rule::Ljf,
        "smallest" => Rule::Smallest(lane()),
        "largest" => Rule::Largest(lane()),
        "priority" => Rule::Priority,
        "edf" => Rule::Edf,
        "random" => Rule::Random(None),
        _ => return None,
    };
    let name = ORDERS.iter().find(|about| about.name == name)?.name;
    Some(Box::new(Classic { name, rule }))
}

impl JobOrder for Classic {
    fn name(&self) -> &str {
        self.name
    }

    #[inline]
    fn key(&self, job: JobId, view: View<'_>) -> OrderKey {
        let row = view.job(job);
        let facts = row.facts();
        let size = |lane| u64::from(facts.tasks) * u64::from(view.shape(job).need().get(lane));
        match self.rule {
            Rule::Fcfs => OrderKey::ascending(facts.submit.as_ns()),
            Rule::Sjf => OrderKey::ascending(row.estimate().p50.as_ns()),
            Rule::Ljf => OrderKey::descending(row.estimate().p50.as_ns()),
            Rule::Smallest(lane) => OrderKey::ascending(size(lane)),
            Rule::Largest(lane) => OrderKey::descending(size(lane)),
            Rule::Priority => OrderKey(-i64::from(facts.priority)),
            Rule::Edf => OrderKey::ascending(facts.deadline.as_ns()),
            Rule::Random(draws) => OrderKey::ascending(draws.map_or(0, |draws| draws.bits(facts.id, 0))),
        }
    }

    fn seed(&mut self, draws: Keyed) {
        if let Rule::Random(own) = &mut self.rule {
            *own = Some(draws);
        }
    }

    fn fork(&self) -> Box<dyn JobOrder> {
        Box::new(*self)
    }
}
