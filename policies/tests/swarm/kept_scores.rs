//! Placers that keep scores, against themselves without memory: what is kept must be what would be scored anew.

use std::sync::Arc;

use policies::list::{Head, ListPolicy};
use policies::placer::{self, Placer, Reason};
use policies::{Prior, order};
use sim_core::testkit::swarm_case;
use sim_core::{JobId, Setup, Slot, Stream, TypicalTask, TypicalTasks, View};

use crate::registered::{order_params, place_params};
use crate::runs::run;

/// Cases per placer that CI runs; `WINDTUNNEL_SWARM=10000` asks for more.
const CASES: u64 = 150;

const PLACERS: [(&str, &[(&str, &str)]); 10] = [
    ("best-fit", &[("lane", "cpu+gpu")]),
    ("best-fit", &[("compat", "fgd-atc23"), ("ties", "seeded-random")]),
    ("dot-product", &[("ties", "seeded-random")]),
    ("dot-product", &[("compat", "fgd-atc23")]),
    ("gpu-packing", &[]),
    ("gpu-clustering", &[("ties", "seeded-rank")]),
    ("gpu-clustering", &[("compat", "fgd-atc23")]),
    ("fgd", &[("ties", "seeded-random")]),
    ("fgd", &[("compat", "fgd-atc23")]),
    ("fill-gradient", &[]),
];

/// Forgets everything before each task.
struct Forgetful(Box<dyn Placer>);

impl Placer for Forgetful {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn setup(&self, setup: &mut Setup) {
        self.0.setup(setup);
    }

    fn place(&mut self, job: JobId, view: View<'_>, stream: &mut Stream) -> Option<Slot> {
        self.0.attach(view);
        self.0.place(job, view, stream)
    }

    fn reason(&self, job: JobId, chosen: Slot, view: View<'_>) -> Reason {
        self.0.reason(job, chosen, view)
    }

    fn fork(&self) -> Box<dyn Placer> {
        Box::new(Self(self.0.fork()))
    }
}

/// The shapes of the case, the first the most common.
pub(crate) fn prior(seed: u64) -> Prior {
    let words = swarm_case(seed).words;
    let shapes = words.shapes().iter().enumerate();
    let tasks = shapes.map(|(n, shape)| TypicalTask {
        cpu_milli: shape.need().get(sim_core::Lane::Cpu),
        gpu: shape.gpu(),
        count: 100 / (n as u32 + 1),
    });
    Prior { typical: Arc::new(TypicalTasks::cover(tasks, 950_000)) }
}

#[test]
fn kept_scores_change_nothing() {
    let cases =
        std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"));
    for (place, given) in PLACERS {
        for seed in 0..cases {
            let prior = prior(seed);
            let placer = || placer::build(place, &place_params(place, given), &prior);
            let policy =
                |placer| ListPolicy::new(order::build("fcfs", &order_params("fcfs")), placer, Head::Skip);
            let ours = run(seed, &mut policy(placer()));
            let forgetful = run(seed, &mut policy(Box::new(Forgetful(placer()))));
            assert_eq!(ours, forgetful, "{place} {given:?}, swarm seed {seed}");
        }
    }
}
