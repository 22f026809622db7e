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
fn a_table_that_was_taken_away_is_not_missed_by_the_report() {
    let bench = Bench::new();
    bench.run_small("out", &["--jobs"]);
    std::fs::remove_file(bench.path("out/jobs.parquet")).unwrap();
    let text = bench.good(&["report", "out"]);
    assert!(text.contains("4 runs"), "{text}");
    let page = String::from_utf8(bench.files("out")["report.html"].clone()).unwrap();
    assert!(!page.contains("Distributions over jobs") && page.contains("Over time"));
}
