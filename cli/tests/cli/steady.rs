//! `steady`: what it says of runs whose mean is known, and what it refuses.

use super::support::{Bench, json};

/// One server with Poisson arrivals and exponential service of 100 s.
fn queue(load: f64, jobs: u32, seeds: u32) -> String {
    format!(
        "name = 'queue'\n\
         workload = {{ type = 'synthetic', jobs = {jobs}, load = {load}, arrivals = 'poisson', durations = \
         {{ type = 'exponential', mean = '100s' }}, shapes = [{{ cpu = 1, memory = '1GiB' }}] }}\n\
         cluster = {{ nodes = [{{ count = 1, cpu = 1, memory = '1GiB' }}] }}\n\
         policy = [{{ order = 'fcfs', place = 'first-fit' }}]\n\
         measure.series = '5m'\n\
         sweep = {{ seeds = {seeds} }}\n"
    )
}

/// A folder with results of a queue in `out`.
fn queued(load: f64, jobs: u32, seeds: u32) -> Bench {
    let bench = Bench::new();
    bench.write("queue.toml", queue(load, jobs, seeds));
    bench.good(&["run", "queue.toml", "--jobs", "--out", "out"]);
    bench
}

#[test]
fn intervals_of_long_runs_of_a_queue_cover_its_mean_wait_as_often_as_is_published() {
    let bench = queued(0.5, 5000, 200);
    let told =
        json(&bench.good(&["steady", "out", "--metric", "wait", "--metric", "queue", "--format", "json"]));
    let runs = |metric: &str| -> Vec<serde_json::Value> {
        let all = told["runs"].as_array().unwrap().iter().cloned();
        all.filter(|run| run["metric"] == metric && run["state"] == "steady").collect()
    };
    let covered = |metric: &str, truth: f64| {
        let covers = |run: &&serde_json::Value| {
            run["ci95_low"].as_f64().unwrap() <= truth && truth <= run["ci95_high"].as_f64().unwrap()
        };
        (runs(metric).iter().filter(covers).count() as f64, runs(metric).len() as f64)
    };
    // Khinchin: half of the time busy, 100 s of service, a mean wait of 0.5 / (1 - 0.5) * 100 s; by Little, 1 / 200
    // jobs per second that wait for 100 s are 0.5 in the queue.
    for (metric, truth) in [("wait", 100.0), ("queue", 0.5)] {
        let (covered, of) = covered(metric, truth);
        // results/published/statistics.md has 90.8 % for waits: three standard errors of 200 runs are 6.1 points.
        let share = covered / of;
        assert!(of >= 180.0 && (0.847..=0.969).contains(&share), "{metric}: {covered} of {of}");
    }
    for group in told["summary"].as_array().unwrap() {
        let truth = if group["metric"] == "wait" { 100.0 } else { 0.5 };
        let (low, high) = (group["ci95_low"].as_f64().unwrap(), group["ci95_high"].as_f64().unwrap());
        assert!(group["runs"] == 200 && low <= truth && truth <= high, "{group}");
        assert!(high - low < 0.05 * truth, "{group}");
    }
}

#[test]
fn means_are_those_of_the_metrics_and_the_warm_up_can_be_put_into_the_scenario() {
    let bench = Bench::new();
    bench.write("queue.toml", queue(0.8, 1500, 8) + "measure.tau = '1m'\n");
    let run =
        |more: &[&str]| json(&bench.good(&[&["run", "queue.toml", "--format", "json"][..], more].concat()));
    let value = |report: &serde_json::Value, seed: &serde_json::Value, metric: &serde_json::Value| {
        let runs = report["runs"].as_array().unwrap();
        let own = runs.iter().find(|run| run["seed"] == *seed).unwrap();
        own["metrics"][format!("{}_mean", metric.as_str().unwrap())].as_f64().unwrap()
    };
    let whole = run(&["--jobs", "--out", "out"]);
    let of_jobs = ["--metric", "wait", "--metric", "jct", "--metric", "bounded_slowdown"];
    let told = json(&bench.good(&[&["steady", "out", "--format", "json"][..], &of_jobs].concat()));
    let mut cut = 0;
    for row in told["runs"].as_array().unwrap() {
        let (seed, metric) = (&row["seed"], &row["metric"]);
        let (got, wanted) = (row["mean_all"].as_f64().unwrap(), value(&whole, seed, metric));
        assert!((got - wanted).abs() <= 1e-8 * wanted, "{row}: {wanted}");
        if row["state"] == "steady" && row["cut"] != 0 {
            cut += 1;
            let warm = format!("measure.warmup={}s", row["warmup_s"]);
            let out = format!("warm-{cut}");
            let warm = run(&["--set", &warm, "--out", &out]);
            let (got, wanted) = (row["mean"].as_f64().unwrap(), value(&warm, seed, metric));
            assert!((got - wanted).abs() <= 1e-8 * wanted, "{row}: {wanted}");
        }
    }
    assert!(told["runs"].as_array().unwrap().len() == 24 && cut > 3, "{told:#}");
}

#[test]
fn a_queue_that_only_grows_is_said_not_to_be_steady() {
    let bench = queued(1.5, 2000, 2);
    let text = bench.good(&["steady", "out", "--metric", "wait"]);
    assert!(text.contains("not steady: wait of fcfs/first-fit: "), "{text}");
    assert!(text.ends_with("Nothing here becomes steady: no warm-up can be told.\n"), "{text}");
    let csv = bench.good(&["steady", "out", "--metric", "wait", "--format", "csv"]);
    assert_eq!(csv.lines().filter(|line| line.contains(",not steady,")).count(), 2, "{csv}");
}

#[test]
fn what_cannot_be_answered_is_refused() {
    let bench = queued(0.5, 200, 1);
    bench.run_small("small", &[]);
    for (arguments, wanted) in [
        (&["steady", "gone"][..], "gone: does not exist\n"),
        (&["steady", "small"], "small/jobs.parquet: is not there: `windtunnel run --jobs` writes it\n"),
        (
            &["steady", "out", "--metric", "wiat"],
            "--metric = wiat: no run has such a metric; did you mean `wait`?\n",
        ),
        (&["steady", "out", "--batches", "2"], "--batches = 2: must be from 5 to 1000\n"),
    ] {
        let done = bench.run(arguments);
        assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (2, "", wanted), "{arguments:?}");
    }
    // Both at once.
    let done = bench.run(&["steady", "out", "--metric", "x", "--batches", "0"]);
    assert_eq!((done.code, done.stderr.lines().count()), (2, 2), "{}", done.stderr);
    // A table that was cut off says so.
    let jobs = bench.path("out").join("jobs.parquet");
    let bytes = std::fs::read(&jobs).unwrap();
    std::fs::write(&jobs, &bytes[..bytes.len() / 2]).unwrap();
    let done = bench.run(&["steady", "out"]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{}", done.stderr);
    assert!(done.stderr.starts_with("out/jobs.parquet: is damaged: "), "{}", done.stderr);
}
