//! Whole random cases, drawn from one number.

use std::sync::Arc;

use crate::cluster::{ClusterSpec, GroupSpec, NodeSpec, WindowSpec};
use crate::constraint::{Apart, Constraints, Domain, Spread};
use crate::failure::{Failures, NodeFailures, Outage, Rules};
use crate::ids::{GroupId, NodeId};
use crate::job::{Checkpoint, Dependency, Extras, Gang, Job, Retry, Truth, When};
use crate::random::{Dist, Stream};
use crate::resources::{Lane, Resources};
use crate::shape::{GpuNeed, ModelSet, Shape};
use crate::time::{SimDuration, SimTime};
use crate::vocabulary::Vocabulary;

/// A random cluster with random jobs, rules and failures.
pub struct SwarmCase {
    /// The nodes.
    pub cluster: ClusterSpec,
    /// Names and requests of the jobs.
    pub words: Vocabulary,
    /// The jobs.
    pub jobs: Vec<(Job, Truth)>,
    /// Switches.
    pub rules: Rules,
    /// What goes wrong.
    pub failures: Failures,
    /// True if a [`Meddler`](super::Meddler) interferes.
    pub meddled: bool,
}

/// Whole kinds of features are switched off in some cases, so that the others meet undisturbed.
struct Draw {
    stream: Stream,
    features: u64,
}

impl Draw {
    fn below(&mut self, n: u32) -> u32 {
        self.stream.below(u64::from(n)) as u32
    }

    /// True once in `n`, in the cases that have the feature at all.
    fn feature(&mut self, number: u32, n: u32) -> bool {
        self.features >> number & 1 == 1 && self.below(n) == 0
    }

    fn secs(&mut self, n: u32) -> SimDuration {
        SimDuration::from_secs(u64::from(self.below(n)))
    }
}

/// The case that belongs to `seed`.
pub fn swarm_case(seed: u64) -> SwarmCase {
    let mut stream = Stream::new(seed, "swarm");
    let features = stream.bits();
    let mut draw = Draw { stream, features };
    let mut words = Vocabulary::default();
    let cluster = draw_cluster(&mut draw);
    let count = 1 + draw.below(40);
    let (mut jobs, mut submit) = (Vec::new(), SimTime::ZERO);
    for n in 0..count {
        submit = submit + draw.secs(60);
        let job = draw_job(&mut draw, &mut words, u64::from(n), submit, &cluster);
        jobs.push(job);
    }
    let nodes = if draw.feature(0, 2) {
        NodeFailures::Random {
            time_up: Dist::Exponential { mean: 2000.0 },
            time_down: Dist::Uniform { low: 1.0, high: 300.0 },
        }
    } else if draw.feature(1, 2) {
        let outages = (0..draw.below(5)).map(|n| {
            let down = SimTime::from_secs(u64::from(n * 500 + draw.below(400)));
            let node = NodeId(draw.below(cluster.nodes.len() as u32));
            Outage { node, down, up: down + SimDuration::from_secs(50) }
        });
        NodeFailures::Trace(outages.collect::<Arc<[Outage]>>())
    } else {
        NodeFailures::Never
    };
    let rules = draw_rules(&mut draw);
    let task_ppm = if draw.feature(5, 2) { 100_000 } else { 0 };
    let meddled = draw.feature(6, 2);
    let mut cluster = cluster;
    if draw.feature(18, 2) {
        cluster.windows = draw_windows(&mut draw, cluster.nodes.len() as u32);
    }
    SwarmCase { cluster, words, jobs, rules, failures: Failures { task_ppm, nodes }, meddled }
}

fn draw_rules(draw: &mut Draw) -> Rules {
    Rules {
        kill_at_walltime: !draw.feature(2, 2),
        requeue_on_node_loss: !draw.feature(3, 2),
        preemption_delay: if draw.feature(4, 2) { draw.secs(30) } else { SimDuration::ZERO },
    }
}

/// Maintenance and reservations, at times and on nodes that may overlap. All jobs are of tenant 0, the one that is
/// named first.
fn draw_windows(draw: &mut Draw, nodes: u32) -> Vec<WindowSpec> {
    let window = |draw: &mut Draw| {
        let from = SimTime::ZERO + draw.secs(2000);
        let tenants = [vec![], vec!["own".to_owned()], vec!["other".to_owned()]];
        WindowSpec {
            from,
            to: from + draw.secs(400) + SimDuration::from_ns(1),
            nodes: (0..1 + draw.below(4)).map(|_| NodeId(draw.below(nodes))).collect(),
            tenants: tenants[draw.below(3) as usize].clone(),
        }
    };
    (0..1 + draw.below(3)).map(|_| window(draw)).collect()
}

fn draw_cluster(draw: &mut Draw) -> ClusterSpec {
    let mut spec = ClusterSpec::default();
    for n in 0..1 + draw.below(3) {
        let id = GroupId(n);
        let count = 1 + draw.below(6);
        let capacity = Resources::ZERO
            .with(Lane::Cpu, 1000 * (4 + draw.below(29)))
            .with(Lane::Memory, 1024 * (4 + draw.below(61)));
        let cards = if draw.feature(7, 2) { draw.below(9) as u16 } else { 0 };
        for k in 0..count {
            let mut node = NodeSpec::new(format!("g{n}-{k}"), id, capacity, cards);
            (node.rack, node.zone) = (draw.below(4), draw.below(3));
            node.labels = if draw.feature(8, 2) { vec!["disk=ssd".into()] } else { Vec::new() };
            if draw.feature(9, 2) {
                node.speed_ppm = 500_000 + draw.below(1_500_000);
            }
            spec.nodes.push(node);
        }
        spec.groups.push(GroupSpec {
            name: format!("g{n}"),
            initial: if draw.feature(10, 2) { draw.below(count + 1) } else { count },
            min: 0,
            max: count,
            boot: draw.secs(100),
            price_micros_per_hour: u64::from(draw.below(5_000_000)),
        });
    }
    spec
}

fn draw_job(
    draw: &mut Draw,
    words: &mut Vocabulary,
    id: u64,
    submit: SimTime,
    cluster: &ClusterSpec,
) -> (Job, Truth) {
    // Sized after a node of the cluster, so that every job is possible.
    let node = &cluster.nodes[draw.below(cluster.nodes.len() as u32) as usize];
    let part = |draw: &mut Draw, amount: u32| (amount / (1 + draw.below(4))).max(1);
    let cpu = part(draw, node.capacity.get(Lane::Cpu));
    let memory = part(draw, node.capacity.get(Lane::Memory));
    let mut shape = Shape::new(Resources::ZERO.with(Lane::Cpu, cpu).with(Lane::Memory, memory));
    if node.cards > 0 && draw.below(2) == 0 {
        let cards = 1 + draw.below(u32::from(node.cards)) as u16;
        let milli_each = if cards == 1 { 100 + draw.below(900) as u16 } else { 1000 };
        shape = shape.with_gpu(GpuNeed { cards, milli_each, models: ModelSet::ANY });
    }
    let alike = cluster.nodes.iter().filter(|other| other.group == node.group).count() as u32;
    let mut job = Job::new(id, submit, words.shape(shape));
    if draw.feature(11, 2) {
        job.tasks = 1 + draw.below(alike);
        job.gang = match draw.below(3) {
            0 => Gang::AllOrNothing,
            1 => Gang::Elastic { min: 1 + draw.below(job.tasks) },
            _ => Gang::Independent,
        };
    }
    job.priority = draw.below(3) as i32;
    let service = SimDuration::from_secs(u64::from(draw.below(600)));
    if draw.feature(12, 2) {
        job.walltime = draw.secs(900) + SimDuration::from_ns(1);
    }
    job.extras = draw_extras(draw, id);
    if draw.feature(13, 3) {
        let rule = draw_constraints(draw, words);
        job.constraints = words.constraints(rule);
    }
    let mut truth = Truth::runs_for(service);
    if draw.feature(14, 4) {
        truth = truth.failing_after(draw.secs(600));
    }
    if job.gang == Gang::Independent && draw.below(2) == 0 {
        truth = truth.with_task_services((0..job.tasks).map(|_| draw.secs(300)).collect());
    }
    (job, truth)
}

fn draw_extras(draw: &mut Draw, id: u64) -> Option<Box<Extras>> {
    let mut extras = Extras::default();
    if draw.feature(15, 3) && id > 0 {
        for _ in 0..1 + draw.below(2) {
            let job = u64::from(draw.below(id as u32));
            let when = [When::Completed, When::Failed, When::Ended][draw.below(3) as usize];
            extras.after.push(Dependency { job, when });
        }
    }
    if draw.feature(16, 2) {
        extras.retry =
            Retry { max: 3, first_delay: draw.secs(20), factor_ppm: 2_000_000, delay_max: draw.secs(90) };
    }
    if draw.feature(17, 2) {
        extras.checkpoint = Checkpoint { interval: draw.secs(120), restart_cost: draw.secs(30) };
    }
    (extras != Extras::default()).then(|| Box::new(extras))
}

fn draw_constraints(draw: &mut Draw, words: &mut Vocabulary) -> Constraints {
    // Few enough tasks carry each key for the rules to be satisfiable sooner or later; jobs that cannot are counted
    // as unfinished.
    let app = draw.below(6);
    let key = Some(words.affinity_key(&format!("app-{app}")));
    // One cap per key, 1 to 3, so that the bound that `Invariants` holds is exact.
    let apart = |level| Some(Apart { level, tasks_max: 1 + app % 3 });
    match draw.below(3) {
        0 => Constraints { key, anti_affinity: apart(Domain::Node), ..Constraints::NONE },
        1 => {
            Constraints { key, spread: Some(Spread { over: Domain::Zone, skew_max: 2 }), ..Constraints::NONE }
        }
        _ => Constraints { key, anti_affinity: apart(Domain::Rack), ..Constraints::NONE },
    }
}
