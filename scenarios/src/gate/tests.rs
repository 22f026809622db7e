//! Tests of the gate on baselines made by hand.

use super::*;

const OLD: &str = "# windtunnel baseline, format 1
# scenario: s
# set: workload.jobs=5
# seeds: 2
policy\tpoint\tmetric\tunit\tseed 1\tseed 2
a\tload=0.5\tcompleted\tjobs\t5\t5
a\tload=0.5\trun.fingerprint\t\tff\tee
a\tload=0.5\twait_mean\ts\t10\t0.1
b\tload=0.5\tcompleted\tjobs\t5\t5
b\tload=0.5\trun.fingerprint\t\tdd\tcc
b\tload=0.5\twait_mean\ts\t20\t-
";

fn baseline(text: &str) -> Baseline {
    Baseline::parse("s.snap", text).unwrap()
}

fn exact(now: &str, tolerances: &[&str]) -> Check {
    let texts: Vec<String> = tolerances.iter().map(|&text| text.to_owned()).collect();
    let judge = Judge::Exact(Tolerances::parse(&texts).unwrap());
    check(&baseline(OLD), &baseline(now), &judge).unwrap()
}

#[test]
fn a_baseline_survives_its_file() {
    let read = baseline(OLD);
    assert_eq!(read.text(), OLD);
    assert_eq!((read.overrides.seeds, read.seeds.as_slice()), (Some(2), [1, 2].as_slice()));
    assert!(exact(OLD, &[]).passes());
    assert!(text(&exact(OLD, &[])).starts_with("s: nothing moved in 6 rows"));
}

#[test]
fn the_last_digit_counts() {
    let now = OLD.replace("10\t0.1", "10.000000000000002\t0.1");
    let outcome = exact(&now, &[]);
    let moved: Vec<_> = outcome.moved().collect();
    assert_eq!(moved.len(), 1);
    assert_eq!((moved[0].seed, moved[0].detail.as_str()), (Some(1), "1 of 2"));
    // The runs are the same: what moved is how the metric is computed.
    assert!(text(&outcome).contains("No run has another fingerprint"), "{}", text(&outcome));
}

#[test]
fn what_moved_is_told_with_the_likely_row() {
    let now = OLD.replace("20\t-", "25\t-").replace("dd", "d0");
    let outcome = exact(&now, &[]);
    let told = text(&outcome);
    for part in [
        "2 of 6 rows moved",
        "Most likely: wait_mean of b at load=0.5, 20 -> 25 (+25.000 %)",
        "Of 2 policies only b moved: look at its parts.",
    ] {
        assert!(told.contains(part), "`{part}` is not in:\n{told}");
    }
    let xml = junit(&outcome);
    assert!(xml.contains("tests=\"2\" failures=\"1\"") && xml.contains("name=\"b at load=0.5\""), "{xml}");
}

#[test]
fn counts_are_upstream_of_waits() {
    let now = OLD.replace("a\tload=0.5\tcompleted\tjobs\t5\t5", "a\tload=0.5\tcompleted\tjobs\t4\t5");
    let now = now.replace("10\t0.1", "10\t0.9").replace("ff", "f0");
    assert!(text(&exact(&now, &[])).contains("Most likely: completed of a"));
}

#[test]
fn tolerances_let_metrics_and_runs_move() {
    let now = OLD.replace("20\t-", "20.1\t-").replace("dd", "d0");
    assert!(exact(&now, &["wait_mean=1%"]).passes());
    assert!(!exact(&now, &["wait_mean=0.4%"]).passes());
    assert!(!exact(&now, &["completed=1"]).passes());
}

#[test]
fn what_comes_and_goes_has_moved_whatever_is_tolerated() {
    let gone: String =
        OLD.lines().filter(|line| !line.starts_with("b\tload=0.5\tw")).map(|l| format!("{l}\n")).collect();
    assert!(!exact(&gone, &["50%"]).passes());
    let filled = OLD.replace("20\t-", "20\t20");
    assert!(!exact(&filled, &["50%"]).passes());
}

#[test]
fn an_exact_check_of_other_seeds_is_refused() {
    let now = baseline(&OLD.replace("seed 2", "seed 3"));
    let problems = check(&baseline(OLD), &now, &Judge::Exact(Tolerances::default())).unwrap_err();
    assert!(problems.to_string().contains("--statistical compares others"), "{problems}");
}

/// Six seeds of one metric.
fn six(values: [f64; 6]) -> Baseline {
    let head: Vec<String> = (1..=6).map(|seed| format!("seed {seed}")).collect();
    let values: Vec<String> = values.iter().map(f64::to_string).collect();
    baseline(&format!(
        "# windtunnel baseline, format 1\n# scenario: s\npolicy\tpoint\tmetric\tunit\t{}\na\t\twait_mean\ts\t{}\n",
        head.join("\t"),
        values.join("\t")
    ))
}

#[test]
fn a_statistical_check_asks_whether_means_differ() {
    let old = six([10.0, 12.0, 9.0, 11.0, 10.5, 9.5]);
    let judge = |tolerances: &[&str]| {
        let texts: Vec<String> = tolerances.iter().map(|&text| text.to_owned()).collect();
        Judge::Statistical(Tolerances::parse(&texts).unwrap())
    };
    // Differences +1, -1, +1, -1, +1, -1 are chance; about +1 each are not.
    let noise = check(&old, &six([11.0, 11.0, 10.0, 10.0, 11.5, 8.5]), &judge(&[])).unwrap();
    assert!(noise.passes(), "{}", text(&noise));
    let worse = six([11.0, 13.1, 9.9, 12.2, 11.4, 10.6]);
    assert!(!check(&old, &worse, &judge(&[])).unwrap().passes());
    // The mean difference is 6.2 / 6 = 1.03, 10 % of 10.33.
    assert!(check(&old, &worse, &judge(&["wait_mean=11%"])).unwrap().passes());
    // Seeds that both sides have make pairs, in whatever order; the others are left out.
    let more = "\tseed 3\tseed 2\tseed 1\tseed 7\na\t\twait_mean\ts\t9.9\t13\t11\t90\n";
    let more = baseline(&format!(
        "# windtunnel baseline, format 1\n# scenario: s\npolicy\tpoint\tmetric\tunit{more}"
    ));
    let paired = check(&old, &more, &judge(&[])).unwrap();
    // Differences 1, 1 and 0.9: mean 0.9667, standard error 0.0333; t(0.975, 2) = 4.303.
    assert!(
        !paired.passes() && paired.rows[0].detail.starts_with("3 pairs, 95 % CI 0.8232 .. 1.1101"),
        "{paired:?}"
    );
    assert_eq!(paired.rows[0].before.as_deref(), Some("10.333333333333334"));
    // Other seeds make no pairs, and then the spread between seeds hides it.
    let others = Baseline { seeds: vec![11, 12, 13, 14, 15, 16], ..worse };
    assert!(check(&old, &others, &judge(&[])).unwrap().passes());
}

#[test]
fn bad_baselines_are_told_line_by_line() {
    let bad = OLD.replace("# seeds: 2", "# seeds: x").replace("20\t-", "20").replace("10\t0.1", "ten\t0.1");
    let problems = Baseline::parse("s.snap", &bad).unwrap_err().to_string();
    for part in
        ["s.snap:4", "s.snap:8 = ten: must be a number", "s.snap:11 = 1 values: must have a value for each"]
    {
        assert!(problems.contains(part), "`{part}` is not in:\n{problems}");
    }
    let newer = OLD.replace("format 1", "format 9");
    let problems = Baseline::parse("s.snap", &newer).unwrap_err().to_string();
    assert!(problems.contains("is of format 9, and this program reads format 1"), "{problems}");
    assert!(Baseline::parse("s.snap", "").is_err());
}

#[test]
fn a_baseline_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/s.snap");
    bless(&path, &baseline(OLD)).unwrap();
    bless(&path, &baseline(OLD)).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), OLD);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(bless(&folder.path().join("file/s.snap"), &baseline(OLD)).is_err());
}
