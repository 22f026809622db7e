//! `export` and `run --export`: what Prometheus answers, what Perfetto is given, what is refused.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::support::{Bench, Done};

/// A program of Prometheus, if there is one.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// What the program did, which ended with that code.
fn ended(done: Done, code: i32) -> Done {
    assert_eq!(done.code, code, "{done:?}");
    done
}

/// A Prometheus on this machine, stopped when it is dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(prometheus: &Path, data: &Path) -> Self {
        let config = data.join("prometheus.yml");
        std::fs::write(&config, "global:\n  scrape_interval: 1m\n").unwrap();
        // A port that is free now; nobody else on this machine is likely to take it before the server does.
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{free}");
        let process = Command::new(prometheus)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, address }
    }

    /// The one value that an instant query has at that time.
    fn ask(&self, promtool: &Path, query: &str, at_secs: u64) -> f64 {
        let server = format!("http://{}", self.address);
        let mut said = String::new();
        for _ in 0..150 {
            let asked = Command::new(promtool)
                .args(["query", "instant", "-o", "json", &format!("--time={at_secs}"), &server, query])
                .output()
                .unwrap();
            let found: Option<Value> = serde_json::from_slice(&asked.stdout).ok();
            if let Some(value) = found.as_ref().and_then(|found| found[0]["value"][1].as_str()) {
                return value.parse().unwrap();
            }
            said = String::from_utf8_lossy(&[asked.stdout, asked.stderr].concat()).into_owned();
            // It is not listening yet, or has not opened its blocks.
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no answer to {query}: {said}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn prometheus_finds_the_mean_utilization_of_every_run() {
    let (Some(prometheus), Some(promtool)) = (program("prometheus"), program("promtool")) else {
        println!("skipped: no Prometheus found");
        return;
    };
    let bench = Bench::new();
    // A warm-up and a cooldown, neither of them on the grid of the series.
    let set = ["--set", "measure.warmup=67m", "--set", "measure.cooldown=43m", "--set", "measure.series=10m"];
    let out = bench.run(
        &[["run", "small.toml", "--export", "prometheus", "--format", "json"].as_slice(), &set].concat(),
    );
    let report: Value = serde_json::from_str(&ended(out, 0).stdout).unwrap();
    let (folder, data) = (bench.path("results/small"), bench.path("data"));
    let loaded = Command::new(&promtool)
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&folder.join("openmetrics.txt"), &data])
        .output()
        .unwrap();
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let server = Server::start(&prometheus, &data);
    for run in report["runs"].as_array().unwrap() {
        for lane in ["cpu", "memory", "gpu"] {
            let labels = format!(
                "{{policy=\"{}\",seed=\"{}\",resource=\"{lane}\"}}",
                run["policy"].as_str().unwrap(),
                run["seed"]
            );
            let of =
                |name: &str| format!("max_over_time(windtunnel_{name}_resource_seconds_total{labels}[1y])");
            let query = format!("{} / {}", of("allocated"), of("capacity"));
            // A year after the start: later than any run.
            let found = server.ask(&promtool, &query, 31_000_000);
            let ours = run["metrics"][format!("utilization_{lane}")].as_f64().unwrap();
            assert!((found / ours - 1.0).abs() < 1e-6, "{lane} of {labels}: {found}, not {ours}");
        }
    }
}

#[test]
fn perfetto_is_given_a_trace_per_run() {
    let bench = Bench::new();
    ended(bench.run(&["run", "small.toml", "--export", "perfetto"]), 0);
    let traces: Vec<PathBuf> = std::fs::read_dir(bench.path("results/small/perfetto"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(traces.len(), super::support::RUNS);
    for trace in traces {
        let trace: Value = serde_json::from_slice(&std::fs::read(trace).unwrap()).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let of = |ph: &'static str| events.iter().filter(move |event| event["ph"] == ph);
        assert!(of("X").count() >= 200 && of("C").count() > 0 && of("M").count() > 1);
        assert!(
            of("X").all(|slice| slice["ts"].is_number() && slice["dur"].is_number() && slice["tid"].is_u64())
        );
    }
}

#[test]
fn exports_need_their_tables_and_alerts_their_series() {
    let bench = Bench::new();
    ended(bench.run(&["run", "small.toml"]), 0);
    let error = ended(bench.run(&["export", "perfetto", "results/small"]), 2).stderr;
    assert!(error.contains("jobs.parquet: is not there") && error.contains("--jobs"), "{error}");
    ended(bench.run(&["run", "small.toml", "--set", "measure.series=0s", "--out", "bare"]), 0);
    let error = ended(bench.run(&["export", "prometheus", "bare"]), 2).stderr;
    assert!(
        error.contains("bare/series.parquet: is not there") && error.contains("measure.series"),
        "{error}"
    );
    assert!(!bench.path("bare/openmetrics.txt").exists());
    let error = ended(bench.run(&["export", "prometheus", "nowhere"]), 2).stderr;
    assert!(error.contains("nowhere"), "{error}");
    let alert =
        "alert=[{ name = \"a\", series = \"queues\", above = 1 }, { name = \"a\", series = \"queue\" }]";
    let error =
        ended(bench.run(&["validate", "small.toml", "--set", alert, "--set", "measure.series=0s"]), 2).stderr;
    for part in ["alert[0].series", "queues", "alert[1].name", "`above` or `below`", "measure.series"] {
        assert!(error.contains(part), "{part} is not in {error}");
    }
}

#[test]
fn a_report_lists_the_alerts() {
    let bench = Bench::new();
    let alert = "alert=[{ name = \"long-queue\", series = \"queue\", above = 2, for = \"1h\" }]";
    ended(bench.run(&["run", "small.toml", "--set", alert]), 0);
    ended(bench.run(&["report", "results/small"]), 0);
    let page = std::fs::read_to_string(bench.path("results/small/report.html")).unwrap();
    assert!(
        page.contains("<h2>Alerts</h2>") && page.contains("long-queue") && page.contains("for 1h"),
        "{page}"
    );
}

#[cfg(unix)]
#[test]
fn exports_go_through_links_and_to_devices() {
    let bench = Bench::new();
    ended(bench.run(&["run", "small.toml", "--out", "out", "--export", "prometheus"]), 0);
    let text = bench.files("out").remove("openmetrics.txt").unwrap();
    let link = bench.path("out/openmetrics.txt");
    let swap = |target: &str| {
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(target, &link).unwrap();
    };
    // The file behind the link is written, and the link stays.
    swap("../elsewhere.txt");
    ended(bench.run(&["export", "prometheus", "out"]), 0);
    assert!(link.is_symlink() && std::fs::read(bench.path("elsewhere.txt")).unwrap() == text);
    // A pipe is written to as it is, and so is a file that the shell has opened.
    swap("/dev/stdout");
    let done = ended(bench.run(&["export", "prometheus", "out"]), 0);
    assert!(link.is_symlink() && done.stdout.as_bytes() == text);
    let shell =
        "echo before > all.txt; \"$0\" export prometheus out 2> /dev/null >> all.txt; echo after >> all.txt";
    let run = bench.command(&[]).get_program().to_owned();
    let status =
        Command::new("sh").current_dir(bench.path("")).args(["-c", shell]).arg(run).status().unwrap();
    assert!(status.success());
    let all = std::fs::read(bench.path("all.txt")).unwrap();
    assert!(all == [&b"before\n"[..], &text, b"after\n"].concat(), "{} bytes", all.len());
    // Read through the link, the output of these tests might be a pipe without end.
    std::fs::remove_file(&link).unwrap();
    assert!(bench.files("out").keys().all(|name| !name.ends_with(".tmp")));
}
