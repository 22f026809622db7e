//! What agents see and do, on random cases: against the list scheduler, and against a count by trying.

use policies::learned::{CLUSTER_FEATURES, Feature, JOB_FEATURES, Picker, length};
use policies::list::{Head, ListPolicy};
use policies::{Placer, Prior, order, placer};
use sim_core::{CardRule, Decision, FitOrder, JobId, Policy, Setup, Slot, Stream, View};

use crate::naive::Naive;
use crate::registered::{order_params, place_params};
use crate::runs::{run, run_by_steps};

/// Cases that CI runs; `WINDTUNNEL_SWARM=10000` asks for more.
const CASES: u64 = 300;
const SLOTS: usize = 6;

fn cases() -> u64 {
    std::env::var("WINDTUNNEL_SWARM").map_or(CASES, |text| text.parse().expect("a number of cases"))
}

/// Placers without a state that an extra, failing try would change.
fn placer_of(seed: u64) -> Box<dyn Placer> {
    let (name, given): (&str, &[(&str, &str)]) = [
        ("first-fit", &[][..]),
        ("best-fit", &[]),
        ("best-fit", &[("ties", "seeded-rank"), ("lane", "memory")]),
        ("worst-fit", &[("cards", "lowest")]),
    ][seed as usize % 4];
    placer::build(name, &place_params(name, given), &Prior::default())
}

/// First come, first served, as one would write it down: the first job blocks all others until it has started. Unlike
/// the list scheduler's, it is not passed by an older job that comes back.
struct Committed {
    naive: Naive,
    head: Option<JobId>,
}

impl Policy for Committed {
    fn name(&self) -> &str {
        "committed"
    }

    fn setup(&self) -> Setup {
        self.naive.setup()
    }

    fn attach(&mut self, view: View<'_>) {
        self.naive.attach(view);
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        loop {
            let view = cx.view();
            let head = self.head.filter(|&head| view.is_waiting(head)).or_else(|| view.waiting().min());
            self.head = head;
            let Some(job) = head else { return };
            if !self.naive.start(job, cx) {
                return;
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        unreachable!("nobody forks it")
    }
}

#[test]
fn slot_0_always_is_first_come_first_served() {
    let mut as_listed = 0;
    for seed in 0..cases() {
        let order = || order::build("fcfs", &order_params("fcfs"));
        let naive = Naive { order: order(), placer: placer_of(seed), head: Head::Block };
        let committed = run(seed, &mut Committed { naive, head: None });
        let picker = || Box::new(Picker::new(placer_of(seed), 1));
        assert_eq!(run(seed, &mut *picker()), committed, "swarm seed {seed}");
        assert_eq!(run_by_steps(seed, picker(), 5 + seed % 20), committed, "forked, swarm seed {seed}");
        let listed = run(seed, &mut ListPolicy::new(order(), placer_of(seed), Head::Block));
        as_listed += u64::from(listed == committed);
    }
    // They differ only where jobs come back: after failures, holds, and the ends of others.
    assert!(as_listed > cases() / 10, "only {as_listed} cases are as the list scheduler has them");
}

/// Picks by chance, and looks before each choice if it is to.
struct Watched {
    picker: Picker,
    draws: Stream,
    looks: bool,
    seen: u64,
    fitting: u64,
}

impl Watched {
    fn new(seed: u64, looks: bool) -> Self {
        let picker = Picker::new(placer_of(seed), SLOTS);
        Self { picker, draws: Stream::new(seed, "test/agent"), looks, seen: 0, fitting: 0 }
    }

    fn look(&mut self, cx: &mut Decision<'_>) {
        // What an earlier step has left must be overwritten.
        let (mut seen, mut legal) = (vec![7.0; length(SLOTS)], vec![false; SLOTS + 1]);
        self.picker.observe(cx, &mut seen, &mut legal);
        let mut waiting: Vec<JobId> = cx.view().waiting().collect();
        waiting.sort_unstable();
        let shown = waiting.len().min(SLOTS);
        let (cluster, jobs) = seen.split_at(CLUSTER_FEATURES.len());
        expect_bounds(CLUSTER_FEATURES, cluster);
        for (slot, row) in jobs.chunks_exact(JOB_FEATURES.len()).enumerate() {
            expect_bounds(JOB_FEATURES, row);
            assert_eq!(self.picker.job(slot), waiting.get(slot).copied().filter(|_| slot < SLOTS));
            assert_eq!(legal[slot], slot < shown);
            let Some(&job) = waiting.get(slot) else {
                assert!(row.iter().all(|feature| *feature == 0.0), "an empty slot shows {row:?}");
                continue;
            };
            let fits = starts_first_fit(job, cx);
            assert_eq!(row[1] == 1.0, fits, "job {job:?} in slot {slot}");
            self.fitting += u64::from(fits);
        }
        assert_eq!(legal[SLOTS], cx.view().running_len() > 0);
        self.seen += 1;
    }
}

fn expect_bounds(features: &[Feature], values: &[f32]) {
    for (feature, value) in features.iter().zip(values) {
        assert!((feature.low..=feature.high).contains(value), "{} = {value}", feature.name);
    }
}

/// True if enough tasks of the job find room, by staging them one by one.
fn starts_first_fit(job: JobId, cx: &mut Decision<'_>) -> bool {
    let mut fits = false;
    cx.attempt(|cx| {
        let row = cx.view().job(job);
        let least = row.facts().width_min().min(row.unstarted());
        for _ in cx.view().held(job).len() as u32..least {
            let (view, shape) = (cx.view(), *cx.view().shape(job));
            let node = view.nodes().fitting(&shape, FitOrder::Rank).find(|&node| view.admits(job, node))?;
            let cards = view.nodes().pick_cards(node, shape.gpu(), CardRule::Tightest)?;
            cx.stage(job, Slot { node, cards }).ok()?;
        }
        fits = true;
        None::<()>
    });
    fits
}

impl Policy for Watched {
    fn name(&self) -> &str {
        "watched"
    }

    fn setup(&self) -> Setup {
        self.picker.setup()
    }

    fn attach(&mut self, view: View<'_>) {
        self.picker.attach(view);
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        self.picker.follow(cx);
        while self.picker.is_asked() {
            if self.looks {
                self.look(cx);
            }
            let action = self.draws.below(SLOTS as u64 + 1) as usize;
            if self.picker.pick(action, cx) == policies::learned::Done::Waits {
                return;
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        unreachable!("nobody forks it")
    }
}

#[test]
fn what_is_seen_is_what_is_there_and_looking_changes_nothing() {
    let (mut seen, mut fitting) = (0, 0);
    for seed in 0..cases() {
        let mut watched = Watched::new(seed, true);
        let looked = run(seed, &mut watched);
        assert_eq!(looked, run(seed, &mut Watched::new(seed, false)), "swarm seed {seed}");
        (seen, fitting) = (seen + watched.seen, fitting + watched.fitting);
    }
    assert!(seen > 1000 && fitting > 1000, "{seen} observations of {fitting} jobs that fit test little");
}
