//! No allocation per event: once warm, a run under a list policy does not touch the heap.
#![allow(unsafe_code, reason = "counting allocations takes a global allocator, whose trait is unsafe")]

#[allow(dead_code, reason = "not every test binary needs all of it")]
#[path = "shared/declared.rs"]
mod declared;
#[path = "shared/ranked.rs"]
mod ranked;
#[path = "shared/registered.rs"]
mod registered;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use policies::Prior;
use sim_core::random::Stream;
use sim_core::registry::Value;
use sim_core::testkit::cpu_mem;
use sim_core::{
    ClusterSpec, Engine, Failures, GpuNeed, Job, Lane, Limits, ModelSet, Parts, Policy, Requested, Rules,
    Shape, ShapeId, SimDuration, SimTime, Step, Truth, TypicalTask, TypicalTasks, Vocabulary, Workload,
    WorkloadError,
};

thread_local! {
    // Per thread, because tests run side by side; initialised without allocating.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn count() {
    // A thread that is being torn down has no counter any more, and nothing to be counted.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: `pointer` came from `alloc` above, hence from the system's allocator.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, hence from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Jobs of the pattern that the workload repeats.
const PERIOD: usize = 1024;
/// Events before counting starts: 39 repetitions of the pattern, at 5 events per job.
const WARM_UP: u64 = 200_000;
/// Events that are counted.
const COUNTED: u64 = 400_000;

/// One pattern of jobs over and over: the longest queue comes up in the warm-up already.
#[derive(Clone)]
struct Repeating {
    /// Time to the next arrival, service, request.
    pattern: Arc<[(SimDuration, SimDuration, ShapeId)]>,
    next: u64,
    at: SimTime,
}

impl Repeating {
    fn new(words: &mut Vocabulary) -> Self {
        let mut stream = Stream::new(1, "test/pattern");
        let mut pattern = Vec::new();
        for _ in 0..PERIOD {
            let cores = 1 + stream.below(8) as u32;
            let mut shape = Shape::new(cpu_mem(cores, cores * (512 + 512 * stream.below(8) as u32)));
            if stream.below(2) == 0 {
                let milli_each = 100 + 100 * stream.below(10) as u16;
                shape = shape.with_gpu(GpuNeed { cards: 1, milli_each, models: ModelSet::ANY });
            }
            let shape = words.shape(shape);
            // 4.5 cores for 100 s every 5 s on average: 90 of the cluster's 128 cores are busy. Gaps up to 20 s and
            // their lumps make queues form and drain.
            let gap = [0, 0, 0, 20][stream.below(4) as usize];
            let service = SimDuration::from_secs(1 + stream.below(200));
            pattern.push((SimDuration::from_secs(gap), service, shape));
        }
        // The cluster drains after each repetition, so that all of them look alike.
        pattern.push((SimDuration::from_secs(2000), SimDuration::from_secs(1), pattern[0].2));
        Self { pattern: pattern.into(), next: 0, at: SimTime::ZERO }
    }
}

impl Workload for Repeating {
    fn next_job(&mut self, _words: &mut Vocabulary) -> Result<Option<(Job, Truth)>, WorkloadError> {
        let (gap, service, shape) = self.pattern[self.next as usize % self.pattern.len()];
        self.at = self.at + gap;
        self.next += 1;
        let mut job = Job::new(self.next, self.at, shape);
        job.walltime = service;
        Ok(Some((job, Truth::runs_for(service))))
    }

    fn fork(&self) -> Box<dyn Workload> {
        Box::new(self.clone())
    }
}

/// An engine at the start of a run, and the shapes of its jobs as typical tasks.
fn engine() -> (Engine, Prior) {
    let (mut words, mut cluster) = (Vocabulary::default(), ClusterSpec::default());
    cluster.add_uniform("node", 8, cpu_mem(16, 65_536), 4);
    let workload = Box::new(Repeating::new(&mut words));
    let kind =
        |shape: &Shape| TypicalTask { cpu_milli: shape.need().get(Lane::Cpu), gpu: shape.gpu(), count: 1 };
    let typical = TypicalTasks::cover(words.shapes().iter().map(kind), 1_000_000);
    let engine = Engine::new(Parts {
        workload,
        cluster,
        words,
        predictor: Box::new(Requested),
        controllers: Vec::new(),
        observers: Vec::new(),
        failures: Failures::default(),
        rules: Rules::default(),
        limits: Limits::default(),
        seed: 1,
    });
    (engine, Prior { typical: Arc::new(typical) })
}

/// Goes on for that many events, and returns the longest queue that it saw.
fn go_on(engine: &mut Engine, policy: &mut dyn Policy, events: u64) -> usize {
    let (mut seen, mut longest) = (0, 0);
    while seen < events {
        assert_eq!(engine.advance(), Ok(Step::Decide), "the workload has no end");
        let mut decision = engine.decision();
        seen += decision.trigger().events.len() as u64;
        longest = longest.max(decision.view().waiting_len());
        policy.decide(&mut decision);
        engine.commit();
    }
    longest
}

fn expect_no_allocations(order: &str, place: &str, head: &str) {
    let (_, prior) = engine();
    let policy = registered::policy_knowing(&prior, order, place, head, &[]);
    // `random` lists the nodes for a kind of task when its draws fail for the first time, which may be late.
    expect_at_most(if place == "random" { 4 } else { 0 }, policy);
}

/// Runs the policy, which may allocate so many times per kind of task.
fn expect_at_most(per_kind: u64, mut policy: Box<dyn Policy>) {
    let (mut engine, _) = engine();
    engine.attach(&mut *policy);
    go_on(&mut engine, &mut *policy, WARM_UP);
    let before = ALLOCATIONS.get();
    let longest = go_on(&mut engine, &mut *policy, COUNTED);
    let made = ALLOCATIONS.get() - before;
    let once_per_kind = per_kind * engine.view().words().shapes().len() as u64;
    assert!(made <= once_per_kind, "{} allocated {made} times in {COUNTED} events", policy.name());
    assert!(longest > 10, "no queue formed: the longest was {longest}");
}

#[test]
fn fcfs_with_best_fit_does_not_allocate() {
    expect_no_allocations("fcfs", "best-fit", "block");
}

#[test]
fn sjf_with_first_fit_passing_over_does_not_allocate() {
    expect_no_allocations("sjf", "first-fit", "skip");
}

#[test]
fn orders_that_move_do_not_allocate() {
    expect_no_allocations("wfp3", "best-fit", "block");
    expect_no_allocations("unicep", "first-fit", "skip");
}

#[test]
fn profiles_of_other_simulators_do_not_allocate() {
    for (profile, given) in [
        ("rlscheduler", vec![("backfill", Value::Bool(true))]),
        ("rlscheduler", vec![("order", registered::order_value("wfp3")), ("backfill", Value::Bool(true))]),
        ("deeprm", vec![("horizon", Value::Int(1_000_000)), ("backlog", Value::Int(100_000))]),
    ] {
        expect_at_most(0, registered::profile(profile, &given));
    }
}

#[test]
fn no_placer_allocates() {
    for about in policies::placer::PLACERS {
        expect_no_allocations("fcfs", about.name, "skip");
    }
}

#[test]
fn no_backfilling_allocates() {
    for (kind, given) in registered::BACKFILLINGS {
        expect_at_most(0, registered::backfilling("fcfs", "first-fit", kind, given));
    }
}

#[test]
fn queues_do_not_allocate() {
    for rule in ["fair", "drf", "priority", "capacity"] {
        expect_at_most(0, declared::queues(rule, &[]).policy());
    }
}

#[test]
fn preemption_does_not_allocate() {
    let queues = [("limits", ranked::spans(&[100, 1000]))];
    for (rank, given) in [("srpt", &[][..]), ("srsf", &[]), ("las-2d", &queues), ("smallest", &[])] {
        expect_at_most(0, ranked::preemptive(rank, given, "suspend", "skip"));
    }
}

#[test]
fn the_counter_counts() {
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(vec![1u8]));
    assert_eq!(ALLOCATIONS.get() - before, 1);
}
