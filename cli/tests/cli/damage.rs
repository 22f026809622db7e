//! Tables that were changed since they were written: no command goes on with what it reads of them.

use crate::support::Bench;

/// What is written of each kind, and the commands that read it: all must refuse.
const READERS: [(&str, &[&[&str]]); 3] = [
    (
        "series.parquet",
        &[&["report", "out"], &["export", "prometheus", "out"], &["export", "perfetto", "out"]],
    ),
    (
        "jobs.parquet",
        &[&["report", "out"], &["export", "perfetto", "out"], &["trace", "convert", "out", "done.swf"]],
    ),
    ("decisions/", &[&["explain", "out", "--job", "7"]]),
];

/// Commands that do not read it: they must not care.
const OTHERS: [(&str, &[&str]); 3] = [
    ("series.parquet", &["explain", "out", "--job", "7"]),
    ("jobs.parquet", &["compare", "out"]),
    ("decisions/", &["compare", "out"]),
];

#[test]
fn a_flipped_bit_is_found_by_whoever_reads_the_table_and_before_anything_is_written() {
    let bench = Bench::new();
    bench.run_small("out", &["--jobs", "--log-decisions"]);
    let whole = bench.files("out");
    for ((prefix, readers), (_, other)) in READERS.into_iter().zip(OTHERS) {
        // The log that is read is that of the first run; all of them are damaged.
        let names: Vec<&String> = whole.keys().filter(|name| name.starts_with(prefix)).collect();
        assert!(!names.is_empty(), "{prefix}");
        for part in [3, 2] {
            for name in &names {
                let mut bytes = whole[*name].clone();
                let at = bytes.len() / part;
                bytes[at] ^= 1;
                bench.write(&format!("out/{name}"), &bytes);
            }
            let before = bench.files("out");
            for reader in readers {
                let done = bench.run(reader);
                assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{reader:?}: {done:?}");
                let told = format!("out/{prefix}");
                assert!(done.stderr.contains(&told) && done.stderr.contains(": is damaged: "), "{done:?}");
                assert!(done.stderr.contains("by the checksum in manifest.json"), "{done:?}");
                assert!(bench.files("out") == before, "{reader:?} has written something");
                assert!(!bench.path("done.swf").exists());
            }
            bench.good(other);
        }
        for name in names {
            bench.write(&format!("out/{name}"), &whole[name]);
        }
    }
    for (_, readers) in READERS {
        readers.iter().for_each(|reader| assert_eq!(bench.run(reader).code, 0, "{reader:?}"));
    }
}

#[test]
fn a_table_that_was_taken_away_is_missed_by_whoever_reads_it() {
    let bench = Bench::new();
    bench.run_small("out", &["--jobs", "--log-decisions"]);
    let whole = bench.files("out");
    for (prefix, readers) in READERS {
        let names: Vec<&String> = whole.keys().filter(|name| name.starts_with(prefix)).collect();
        names.iter().for_each(|name| std::fs::remove_file(bench.path(&format!("out/{name}"))).unwrap());
        let steady: &[&str] = &["steady", "out"];
        let before = bench.files("out");
        for reader in readers.iter().chain(prefix.ends_with(".parquet").then_some(&steady)) {
            let done = bench.run(reader);
            assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{reader:?}: {done:?}");
            let told = format!("out/{prefix}");
            assert!(done.stderr.starts_with(&told), "{done:?}");
            let rule = ": is damaged: it is gone, and manifest.json lists it; `windtunnel run --out DIR` makes it anew";
            assert!(done.stderr.trim_end().ends_with(rule), "{done:?}");
            assert!(bench.files("out") == before, "{reader:?} has written something");
        }
        names.iter().for_each(|name| bench.write(&format!("out/{name}"), &whole[*name]));
    }
}

#[test]
fn complete_results_are_not_gone_on_with_if_a_file_of_them_is_damaged() {
    let bench = Bench::new();
    bench.run_small("out", &["--jobs"]);
    let jobs = bench.files("out").remove("jobs.parquet").unwrap();
    for is_gone in [false, true] {
        if is_gone {
            std::fs::remove_file(bench.path("out/jobs.parquet")).unwrap();
        } else {
            bench.write("out/jobs.parquet", &jobs[..100]);
        }
        let before = bench.files("out");
        let resume = ["run", "small.toml", "--jobs", "--out", "out", "--resume"];
        for command in [&resume[..], &[&resume[..], &["--seeds", "4"]].concat(), &["merge", "joined", "out"]]
        {
            let done = bench.run(command);
            assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{command:?}: {done:?}");
            assert!(done.stderr.contains("out/jobs.parquet: is damaged: it"), "{command:?}: {done:?}");
            assert!(
                done.stderr.contains("`windtunnel run --out DIR` makes it anew"),
                "{command:?}: {done:?}"
            );
            assert!(bench.files("out") == before, "{command:?} has written something");
            assert!(!bench.path("out/parts").exists() && !bench.path("joined").exists(), "{command:?}");
        }
    }
    // Which is so.
    bench.run_small("out", &["--jobs"]);
    assert!(bench.files("out")["jobs.parquet"] == jobs);
}

#[test]
fn finished_runs_beside_a_damaged_manifest_are_gone_on_with() {
    let bench = Bench::new();
    let shard = &["--shard", "1/2", "--jobs"][..];
    bench.run_small("whole", shard);
    bench.run_small("out", shard);
    assert!(bench.path("out/parts").is_dir());
    let manifest = bench.files("out").remove("manifest.json").unwrap();
    bench.write("out/manifest.json", &manifest[..200]);
    let before = bench.files("out");
    let refused = bench.run(&[&["run", "small.toml", "--out", "out"], shard].concat());
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(refused.stderr.contains("--resume goes on with them"), "{refused:?}");
    assert!(bench.files("out") == before);
    let text = bench.run_small("out", &[shard, &["--resume"]].concat());
    assert!(text.contains("2 runs, 2 of them done before"), "{text}");
    let (mut out, mut whole) = (bench.results("out"), bench.results("whole"));
    // The parts hold wall times.
    [&mut out, &mut whole].into_iter().for_each(|files| files.retain(|name, _| !name.starts_with("parts/")));
    assert!(out == whole, "{:?} and {:?}", out.keys(), whole.keys());
}
