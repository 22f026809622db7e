//! What synthetic streams yield: determinism, load, warm starts, and every attribute.

use sim_core::{Apart, Checkpoint, ClusterSpec, Domain, Gang, Lane, Resources, Retry};

use super::*;
use crate::generate::testing::{self, drain};

fn cluster() -> ClusterSpec {
    let mut spec = ClusterSpec::default();
    spec.add_uniform("n", 100, Resources::ZERO.with(Lane::Cpu, 64_000).with(Lane::Memory, 262_144), 8);
    spec
}

fn build(text: &str, seed: u64) -> Result<Synthetic, String> {
    let params = testing::params(&ABOUT, text).map_err(|problems| problems.to_string())?;
    Synthetic::new(&params, &cluster(), seed).map_err(|problems| problems.to_string())
}

fn jobs(text: &str) -> Vec<(Job, Truth)> {
    drain(&mut build(text, 1).unwrap()).0
}

const PLAIN: &str = "jobs = 2000\nload = 0.8\ndurations = { type = 'exponential', mean = '5m' }\n\
                     shapes = [{ cpu = [1, 2, 4], memory = '4GiB' }]\n";

#[test]
fn a_fork_goes_on_like_its_origin() {
    let mut stream = build(PLAIN, 7).unwrap();
    let mut words = Vocabulary::default();
    for _ in 0..100 {
        stream.next_job(&mut words).unwrap();
    }
    let (mut fork, mut other) = (stream.fork(), words.clone());
    for _ in 0..2000 {
        assert_eq!(stream.next_job(&mut words), fork.next_job(&mut other));
    }
    assert_eq!(stream.next_job(&mut words), Ok(None));
    assert_ne!(drain(&mut build(PLAIN, 8).unwrap()).0, drain(&mut build(PLAIN, 7).unwrap()).0);
}

#[test]
fn one_attribute_shifts_no_other() {
    let plain = jobs(PLAIN);
    let rich = jobs(&format!(
        "{PLAIN}fails = 0.5\ndeadline_slack = {{ low = 1, high = 3 }}\nestimates = {{ type = 'noisy' }}\n\
         tenants = [{{ name = 'a', users = 9 }}, {{ name = 'b' }}]\nwarm = false"
    ));
    for ((plain, plain_truth), (rich, rich_truth)) in plain.iter().zip(&rich) {
        assert_eq!((plain.id, plain.submit, plain.shape), (rich.id, rich.submit, rich.shape));
        assert_eq!(plain_truth.service(), rich_truth.service());
    }
    let warm = jobs(&format!("{PLAIN}warm = true").replace("jobs = 2000", "jobs = 4000"));
    // The jobs of the start are a nanosecond apart; arrivals count from the last of them.
    let arrived = warm.iter().position(|(job, _)| job.submit > SimTime::from_ns(4000)).unwrap();
    let last = warm[arrived - 1].0.submit;
    assert_eq!(warm[arrived].0.submit.since(last), plain[0].0.submit.since(SimTime::ZERO));
    assert_eq!(warm[arrived].1, plain[0].1);
}

#[test]
fn offered_load_is_met_in_the_dominant_lane() {
    let text = "duration = '2d'\nload = 0.7\ndurations = { type = 'lognormal', mean = '2m', cv = 1.0 }\n\
                shapes = [{ weight = 3, cpu = [1, 3], tasks = { low = 1, high = 3 } },\n\
                { weight = 1, cpu = 4, gpus = [1, 2, 4], gpu_share = [0.5, 1.0],\n\
                durations = { type = 'bounded', of = { type = 'pareto', shape = 1.2, scale = '1m' },\n\
                high = '1d' } }]";
    let (jobs, words) = drain(&mut build(text, 3).unwrap());
    let mut work = [0.0; 8];
    for (job, truth) in &jobs {
        for (lane, amount) in work.iter_mut().zip(words.shape_of(job.shape).need().0) {
            *lane += f64::from(amount) * f64::from(job.tasks) * truth.service().as_secs_f64();
        }
    }
    let span = 2.0 * 86_400.0;
    let load = |lane: Lane| work[lane.index()] / span / cluster().capacity()[lane.index()] as f64;
    // The GPU lane dominates. The work of 200,000 GPU jobs has a relative standard error near 1 %.
    assert!((load(Lane::Gpu) - 0.7).abs() < 0.04, "{}", load(Lane::Gpu));
    assert!(load(Lane::Cpu) < 0.7);
    assert!(jobs.iter().all(|(job, _)| job.submit < SimTime::from_secs(2 * 86_400)));
}

#[test]
fn a_warm_start_fills_the_cluster_to_its_load() {
    for durations in [
        "{ type = 'exponential', mean = '5m' }",
        "{ type = 'lognormal', mean = '5m', cv = 2.0 }",
        "{ type = 'bounded', of = { type = 'pareto', shape = 0.9, scale = 20 }, high = '2h' }",
    ] {
        let text = format!(
            "duration = '1h'\nload = 0.8\nwarm = true\ndurations = {durations}\nshapes = [{{ cpu = 1 }}]"
        );
        let jobs = jobs(&text);
        let running = |at: SimTime| {
            let runs = |(job, truth): &&(Job, Truth)| job.submit <= at && at < job.submit + truth.service();
            jobs.iter().filter(runs).count() as f64
        };
        // 0.8 x 6400 cores. The number at a later time is Poisson with that mean: standard deviation 72.
        assert_eq!(running(SimTime::from_ns(5119)), 5120.0);
        for minute in [1, 5, 20, 59] {
            let found = running(SimTime::from_secs(minute * 60));
            assert!((found - 5120.0).abs() < 290.0, "{durations}, minute {minute}: {found}");
        }
    }
}

#[test]
fn every_attribute_comes_through() {
    let text = "jobs = 4000\narrivals = { type = 'uniform', gap = 1 }\nfails = 0.25\n\
                durations = { type = 'constant', value = 100 }\ndeadline_slack = 2.5\n\
                estimates = { type = 'uniform-factor', max = 3.0 }\n\
                retry = { max = 2, first_delay = '10s', factor = 1.5 }\ncheckpoint = { interval = '1m' }\n\
                tenants = [{ name = 'a', share = 3, priority = 5, users = 2 }, { name = 'b' }]\n\
                shapes = [{ cpu = 2, tasks = 4, gang = 'elastic', tasks_min = 2, priority = 1, disk = 9,\n\
                gpus = 2, gpu_share = 0.5, gpu_models = ['T4', 'V100'],\n\
                constraints = { require = ['disk=ssd'], anti_affinity = 'rack',\n\
                anti_affinity_max = 4 } }]";
    let (jobs, words) = drain(&mut build(text, 1).unwrap());
    assert_eq!(jobs.len(), 4000);
    let of_a = jobs.iter().filter(|(job, _)| words.tenants().name(job.tenant.0) == Some("a")).count();
    assert!((2890..3110).contains(&of_a), "{of_a}");
    let failing = jobs.iter().filter(|(_, truth)| truth.fails_after().is_some()).count();
    assert!((890..1110).contains(&failing), "{failing}");
    assert_eq!((words.users().len(), words.shapes().len(), words.gpu_models().len()), (3, 1, 2));
    for (n, (job, truth)) in jobs.iter().enumerate() {
        assert_eq!((job.id, job.submit), (n as u64 + 1, SimTime::from_secs(n as u64 + 1)));
        assert_eq!(
            (job.gang, job.tasks, truth.service()),
            (Gang::Elastic { min: 2 }, 4, SimDuration::from_secs(100))
        );
        assert_eq!(job.deadline, job.submit + SimDuration::from_secs(250));
        assert!((100..=300).contains(&(job.walltime.as_ns() / 1_000_000_000)));
        let is_a = words.tenants().name(job.tenant.0) == Some("a");
        assert_eq!(job.priority, if is_a { 6 } else { 1 });
        assert_eq!(job.retry().factor_ppm, 1_500_000);
        assert_eq!(job.retry().delay_max, Retry::NEVER.delay_max);
        assert_ne!(job.checkpoint(), Checkpoint::NONE);
    }
    let rule = words.constraints_of(jobs[0].0.constraints);
    let apart = Apart { level: Domain::Rack, tasks_max: 4 };
    assert_eq!((rule.require.0, rule.anti_affinity), (1, Some(apart)));
    let shape = words.shape_of(jobs[0].0.shape);
    assert_eq!(
        (shape.need().get(Lane::Gpu), shape.need().get(Lane::Disk), shape.gpu().models.0),
        (1000, 9, 0b11)
    );
}

#[test]
fn all_that_contradicts_is_reported_at_once() {
    let problems = build(
        "arrivals = { type = 'poisson', rate_per_hour = 5 }\nload = 0.5\n\
         shapes = [{ cpu = [], tasks_min = 2 }, { gpus = 40, tasks = 0,\n\
         durations = { type = 'constant', value = 1 } }]",
        1,
    )
    .unwrap_err();
    let lines: Vec<&str> = problems.lines().collect();
    assert_eq!(
        lines,
        [
            "workload: arrivals.rate_per_hour: must not be given together with `load`",
            "workload: shapes[0].cpu: must hold at least one value",
            "workload: shapes[0].tasks_min = 2: is for `gang = \"elastic\"` only",
            "workload: shapes[0].durations: is required where the workload has none",
            "workload: shapes[1].gpus = 40: must be at most 32",
            "workload: shapes[1].tasks = 0: must be at least 1",
            "workload: jobs: is required where `duration` is not given: the stream has to end",
        ]
    );
    let infinite =
        "jobs = 1\nload = 0.5\ndurations = { type = 'pareto', shape = 0.9, scale = 1 }\nshapes = [{}]";
    assert!(build(infinite, 1).unwrap_err().contains("must have a finite mean"));
    let warm = infinite.replace("load = 0.5", "warm = true\narrivals = { type = 'uniform', gap = 1 }");
    assert!(build(&warm, 1).unwrap_err().contains("warm = true: needs durations"));
}
