//! Best fit by the engine's index against scans of the nodes: nanoseconds per placement, one command, one table.
//!
//! `cargo bench -p windtunnel-sim-core --bench best_fit`
//!
//! A placement is a search, a `stage` and its share of the undo that drops the plan again: what a policy pays while
//! it plans. All columns stage and drop alike, 16 tasks at a time; only the search differs, and only the index has an
//! index to keep up to date. `node table` scans the engine's own rows of 32 bytes; `u32 columns` scans one array per
//! lane, the fastest layout for a scan, and is not even kept up to date by the stages. The index and the node table
//! must choose the same nodes: that is checked before anything is measured.
#![allow(clippy::disallowed_types, reason = "a benchmark needs a clock; the simulator has none")]

use std::hint::black_box;
use std::time::Instant;

use sim_core::random::Stream;
use sim_core::testkit::ListedJobs;
use sim_core::{
    ClusterSpec, Decision, Engine, Failures, FitOrder, IndexBy, Job, JobId, Lane, Limits, NodeId, NodeState,
    Parts, Policy, Requested, Resources, Rules, Setup, Shape, SimDuration, SimTime, Slot, Step, Truth, View,
    Vocabulary,
};

/// Every node has 64 cores, 256 GiB and 1000 GiB of disk.
const NODE: [u32; 3] = [64_000, 262_144, 1000];
/// Tasks that one plan places before it is dropped.
const PLAN: usize = 16;
/// Waiting jobs of different requests, taken in turn.
const REQUESTS: u32 = 8;
const ROUNDS: usize = 5;

/// How full the nodes are.
#[derive(Clone, Copy)]
enum Fill {
    /// Uniformly 0 to 12 cores free, 9% on average, with 4 GiB for each of them.
    Benign,
    /// The same on one node in ten. The others have 1 to 60 cores free and less memory than any task asks for.
    Stranded,
    /// As stranded, but the nodes with memory have 61 to 63 cores free: best fit comes to them last.
    Buried,
    /// As buried, but of the useless nodes one half has memory and no disk, the other disk and no memory. The index
    /// keeps maxima lane by lane, and here those of one word come from different nodes: it has to look at each.
    Crossed,
}

/// Free amounts of one node: processors, memory, disk.
fn draw_free(fill: Fill, n: u32, stream: &mut Stream) -> [u32; 3] {
    let mut below = |n: u64| stream.below(n) as u32;
    let (cores, last, idle) = (below(13), 61 + below(3), 1000 * (1 + below(60)));
    let (scraps, useful) = (below(3072), below(10) == 0);
    match fill {
        Fill::Benign => [cores * 1000, cores * 4096, 100],
        Fill::Stranded if useful => [cores * 1000, cores * 4096, 100],
        Fill::Buried | Fill::Crossed if useful => [last * 1000, last * 4096, 100],
        Fill::Crossed if n.is_multiple_of(2) => [idle, 200_000, 0],
        _ => [idle, scraps, 100],
    }
}

fn resources([cpu, memory, disk]: [u32; 3]) -> Resources {
    Resources::ZERO.with(Lane::Cpu, cpu).with(Lane::Memory, memory).with(Lane::Disk, disk)
}

/// Puts job n on node n and leaves the last jobs waiting.
struct Filler {
    indexes: Vec<IndexBy>,
}

impl Policy for Filler {
    fn name(&self) -> &str {
        "filler"
    }

    fn setup(&self) -> Setup {
        Setup { indexes: self.indexes.clone(), ..Setup::default() }
    }

    fn decide(&mut self, cx: &mut Decision<'_>) {
        let mut jobs: Vec<JobId> = cx.view().waiting().collect();
        jobs.sort_unstable();
        for job in jobs {
            let number = cx.view().job(job).facts().id;
            if number < cx.view().nodes().len() as u64 {
                cx.start(job, &[Slot::on(NodeId(number as u32))]).expect("the filling job is made to fit");
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy> {
        Box::new(Self { indexes: self.indexes.clone() })
    }
}

/// An engine whose nodes are filled, stopped at a decision with the requests waiting.
fn filled(fill: Fill, nodes: u32, indexes: Vec<IndexBy>) -> (Engine, Vec<JobId>) {
    let (mut words, mut stream) = (Vocabulary::default(), Stream::new(1, "bench/fill"));
    let mut cluster = ClusterSpec::default();
    cluster.add_uniform("node", nodes, resources(NODE), 0);
    let job = |id: u64, at: u64, need: [u32; 3], words: &mut Vocabulary| {
        let shape = words.shape(Shape::new(resources(need)));
        (Job::new(id, SimTime::from_secs(at), shape), Truth::runs_for(SimDuration::MAX))
    };
    let mut jobs: Vec<_> = (0..nodes)
        .map(|n| {
            let free = draw_free(fill, n, &mut stream);
            job(u64::from(n), 0, [0, 1, 2].map(|lane| NODE[lane] - free[lane]), &mut words)
        })
        .collect();
    for n in 0..REQUESTS {
        // 1 to 8 cores with 3 GiB each: the lanes do not fill up in step.
        jobs.push(job(u64::from(nodes + n), 1, [(n + 1) * 1000, (n + 1) * 3072, 1], &mut words));
    }
    let mut engine = Engine::new(Parts {
        cluster,
        words,
        workload: Box::new(ListedJobs::new(jobs)),
        predictor: Box::new(Requested),
        controllers: Vec::new(),
        observers: Vec::new(),
        failures: Failures::default(),
        rules: Rules::default(),
        limits: Limits::default(),
        seed: 1,
    });
    let mut filler = Filler { indexes };
    engine.attach(&mut filler);
    while engine.view().now() < SimTime::from_secs(1) {
        assert_eq!(engine.advance(), Ok(Step::Decide));
        filler.decide(&mut engine.decision());
        engine.commit();
    }
    let mut waiting: Vec<JobId> = engine.view().waiting().collect();
    waiting.sort_unstable();
    assert_eq!(waiting.len(), REQUESTS as usize);
    (engine, waiting)
}

fn by_index(view: View<'_>, job: JobId) -> Option<NodeId> {
    view.nodes().fitting(view.shape(job), FitOrder::Tightest(Lane::Cpu)).next()
}

fn by_table(view: View<'_>, job: JobId) -> Option<NodeId> {
    let (nodes, need) = (view.nodes(), view.shape(job).need());
    let mut best = (u32::MAX, None);
    for (n, free) in nodes.free().iter().enumerate() {
        let node = NodeId(n as u32);
        if free.get(Lane::Cpu) < best.0 && need.fits_in(free) && nodes.state(node) == NodeState::Up {
            best = (free.get(Lane::Cpu), Some(node));
        }
    }
    best.1
}

/// The free amounts of the three lanes that are asked for, each in an array of its own.
struct Columns {
    cpu: Vec<u32>,
    memory: Vec<u32>,
    disk: Vec<u32>,
}

impl Columns {
    fn new(view: View<'_>) -> Self {
        let column = |lane| view.nodes().free().iter().map(|free| free.get(lane)).collect();
        Self { cpu: column(Lane::Cpu), memory: column(Lane::Memory), disk: column(Lane::Disk) }
    }

    /// The least amount of processors that will do, in a pass without branches, then the node that has it.
    fn tightest(&self, need: &Resources) -> Option<NodeId> {
        let [cpu, memory, disk] = [Lane::Cpu, Lane::Memory, Lane::Disk].map(|lane| need.get(lane));
        let amounts = || self.cpu.iter().zip(&self.memory).zip(&self.disk);
        let fits = |a: u32, b: u32, c: u32| (a >= cpu) & (b >= memory) & (c >= disk);
        let masked = amounts().map(|((&a, &b), &c)| if fits(a, b, c) { a } else { u32::MAX });
        let least = masked.min()?;
        let at = amounts().position(|((&a, &b), &c)| a == least && fits(a, b, c))?;
        Some(NodeId(at as u32))
    }
}

/// Places up to [`PLAN`] tasks and drops the plan. Returns how many found a node.
fn plan(
    cx: &mut Decision<'_>,
    waiting: &[JobId],
    mut search: impl FnMut(View<'_>, JobId) -> Option<NodeId>,
) -> usize {
    let mut placed = 0;
    let dropped: Option<()> = cx.attempt(|cx| {
        for n in 0..PLAN {
            let job = waiting[n % waiting.len()];
            if let Some(node) = search(cx.view(), job) {
                placed += usize::from(cx.stage(job, Slot::on(node)).is_ok());
            }
        }
        None
    });
    assert!(dropped.is_none());
    placed
}

/// Nanoseconds per search and stage, from plans repeated for about `budget_ms`.
fn measure(cx: &mut Decision<'_>, budget_ms: u128, mut once: impl FnMut(&mut Decision<'_>) -> usize) -> f64 {
    let (begin, mut plans) = (Instant::now(), 0u32);
    while plans == 0 || begin.elapsed().as_millis() < budget_ms {
        black_box(once(cx));
        plans += 1;
    }
    begin.elapsed().as_nanos() as f64 / f64::from(plans) / PLAN as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn compare(name: &str, fill: Fill, nodes: u32, budget_ms: u128) {
    let (mut indexed, waiting) = filled(fill, nodes, vec![FitOrder::Tightest(Lane::Cpu).index()]);
    let (mut plain, _) = filled(fill, nodes, Vec::new());
    let columns = Columns::new(plain.view());
    let (mut indexed, mut plain) = (indexed.decision(), plain.decision());
    let (mut first, mut second) = (Vec::new(), Vec::new());
    plan(&mut indexed, &waiting, |view, job| by_index(view, job).inspect(|&node| first.push(node)));
    plan(&mut plain, &waiting, |view, job| by_table(view, job).inspect(|&node| second.push(node)));
    assert_eq!(first, second, "the index and the scan disagree");
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(measure(&mut indexed, budget_ms, |cx| plan(cx, &waiting, by_index)));
        times[1].push(measure(&mut plain, budget_ms, |cx| plan(cx, &waiting, by_table)));
        // The columns are not kept up to date, so that their choice is staged only where it still fits.
        times[2].push(measure(&mut plain, budget_ms, |cx| {
            plan(cx, &waiting, |view, job| columns.tightest(view.shape(job).need()))
        }));
    }
    let [index, table, columns] = times.map(median);
    println!(
        "{nodes:>7}  {name:<8}  {index:>9.0}  {table:>10.0}  {columns:>11.0}  {:>7.1}  {:>9.2}",
        table.min(columns) / index,
        1e3 / index
    );
}

fn main() {
    // `cargo test --benches` passes no `--bench`: then it is enough to see that it runs.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    println!(
        "Best fit, nanoseconds per placement (search, stage, undo), one thread, median of {ROUNDS} rounds."
    );
    println!("gain: the faster scan / the index. rate: million placements per second by the index.");
    println!("  nodes  fill          index  node table  u32 columns     gain       rate");
    let kinds = [
        ("benign", Fill::Benign),
        ("stranded", Fill::Stranded),
        ("buried", Fill::Buried),
        ("crossed", Fill::Crossed),
    ];
    for nodes in [1_000, 10_000, 100_000] {
        for (name, fill) in kinds {
            compare(name, fill, nodes, if quick { 0 } else { 100 });
        }
    }
}
